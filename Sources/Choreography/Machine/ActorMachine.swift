import MessagePack
import Registers
import World

// A DURABLE ACTOR AS A REGISTER
//
// Each event, from wherever it comes, is a command of the actor's register; and all that it leads to is one change of it:
//
//   a letter comes ──▶ inbox: its number, or nothing if it was applied before
//                      own rows and state: what the rule says
//                      outbox: letters to others            these lie in the register until the others have them in theirs
//                      orders for workers, timers
//                      causal graph: one entry
//
// Delivery is at least once and application once, because the number in the inbox is written with what the letter did. Numbers have no gaps,
// so one number per pair is all that is remembered, for ever and without a clock.
//
// A letter tells its receiver what its sender has received of it, so that a question and its answer need no third change to settle the outbox.
//
// What cannot be applied. A rule that throws changes nothing, and the sender is told why. It keeps the letter as dead: what follows in
// that pair waits, until an operator has it sent again or gives it up. A compensation does not wait. A step
// before it that is dead, or dies later, is given up by itself: it becomes void, which keeps the numbers whole, and the receiver notes that
// it has no effect.

/// The rules of one kind of durable actor as those of a register.
public struct ActorMachine<Actor: DurableActor>: RegisterMachine {
    private let rules: [String: Rule<Actor>]
    private let schemas: StateSchemas
    private let mutations: Set<Mutation>

    public init(_ type: Actor.Type = Actor.self, schemas: StateSchemas = .program, mutations: Set<Mutation> = []) {
        (self.schemas, self.mutations) = (schemas, mutations)
        rules = Dictionary(Actor.rules.map { ($0.step.event, $0) }) { _, rule in
            preconditionFailure("\(Actor.kind) has two rules for \(rule.step.event)")
        }
    }

    public func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
        do {
            var turn = try ActorTurn<Actor>(view, schemas, mutations)
            let answer = try turn.carryOut(try ActorCommand(packed: command), rules)
            view = try turn.end()
            return answer
        } catch let refusal as MachineRefusal {
            throw refusal
        } catch {
            throw MachineRefusal("\(view.key): \(error)", isLasting: !(error is NotNow))
        }
    }

    /// What is over stays as it is. Whoever delivers once more is told that it was received, whatever it was.
    public func late(_ command: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        do {
            switch try ActorCommand(packed: command) {
            case .deliver(_, let letter, _, _): return DeliveryAnswer.received(letter.sequence).packed
            case .settle, .bury, .fire, .answer, .buryTimer, .buryPart: return []
            case .tell, .redrive, .discard, .revive, .abandon: throw MachineRefusal("\(view.key) has ended, and nothing of it changes any more")
            }
        } catch let refusal as MachineRefusal {
            throw refusal
        } catch {
            throw MachineRefusal("\(view.key): \(error)")
        }
    }

    public func hour(of row: StoredRow, in key: RegisterKey) -> CreationHour? { ActorRows.hour(of: row) }

    public func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] {
        do {
            return try ActorQuery(packed: query).answer(view) { state in
                Actor.word(for: try Actor.state(reading: state, by: schemas))
            }
        } catch {
            throw MachineRefusal("\(view.key): \(error)")
        }
    }
}

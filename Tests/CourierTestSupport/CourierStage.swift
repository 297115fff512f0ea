import Choreography
import Registers
import World

/// Three nodes with a courier each, over registers that are kept in one place; in virtual time, under one seed. Calls take their time, get lost on
/// the way there or on the way back; couriers die and begin with nothing.
package final class CourierStage {
    private enum Happening {
        case arrive(node: Int, life: Int, CourierInput)
        case attend(ActorName, stand: Int)
        case tick(node: Int, life: Int)
        case rise(node: Int)
        case deed((CourierStage) throws -> Void)
    }

    /// How often a call gets lost, either way.
    package var loss = 0.15
    private var couriers: [Courier?] = []
    private var lives = [1, 1, 1]
    package private(set) var actors: MemoryActors
    private var random: RandomStream
    private var events = EventHeap<Happening>()
    package private(set) var now = Instant.zero
    /// The first error that a deed of the test threw.
    package private(set) var trouble: (any Error)?
    private static let start = WallTime(millisecondsSince1970: 1_800_000_000_000)

    package init(_ kinds: [any DurableActor.Type], seed: UInt64) {
        actors = MemoryActors(kinds)
        random = RandomStream(seed: seed, name: "stage")
        couriers = (0..<3).map { Courier(random: RandomStream(seed: seed, name: "courier \($0)")) }
    }

    package var wall: WallTime { WallTime(nanosecondsSince1970: Self.start.nanosecondsSince1970 + now.nanoseconds) }

    /// Has the test do something at a time.
    package func at(_ milliseconds: Int64, _ deed: @escaping (CourierStage) throws -> Void) {
        events.insert(.deed(deed), at: Instant(nanoseconds: milliseconds * 1_000_000))
    }

    package func tell<Event: DurableEvent>(_ event: Event, to actor: ActorName, as work: WorkID) throws {
        try change(actor, .telling(event, as: work))
    }

    /// The courier of a node dies with all that it knew, and another begins some time later.
    package func kill(_ node: Int) {
        guard couriers[node] != nil else { return }
        couriers[node] = nil
        lives[node] += 1
        events.insert(.rise(node: node), at: now + .milliseconds(200 + random.below(3_000)))
    }

    /// Lets everything happen until nothing is left, or a time has come.
    package func play(until limit: Duration) {
        let end = now + limit
        while let (event, at) = events.pop(dueBy: end) {
            now = max(now, at)
            happen(event)
        }
    }

    private func happen(_ event: Happening) {
        switch event {
        case .arrive(let node, let life, let input): give(node, life, input)
        case .attend(let actor, let stand): attend(actor, stand)
        case .tick(let node, let life): give(node, life, .tick)
        case .rise(let node): couriers[node] = Courier(random: RandomStream(seed: random.next(), name: "risen"))
        case .deed(let deed): do { try deed(self) } catch { trouble = trouble ?? error }
        }
    }

    private func give(_ node: Int, _ life: Int, _ input: CourierInput) {
        guard lives[node] == life, let effects = couriers[node]?.handle(input, now: now, wall: wall) else { return }
        for effect in effects { carryOut(effect, node) }
        if let next = couriers[node]?.nextDeadline, next < .distantFuture {
            events.insert(.tick(node: node, life: life), at: max(next, now + .microseconds(100)))
        }
    }

    private func carryOut(_ effect: CourierEffect, _ node: Int) {
        switch effect {
        case .read(let actor, let part):
            call(node, { try $0.duties(actor, after: part) }) { .duties(actor, $0) }
        case .deliver(let sender, let receiver, let letter, let received, let attempt):
            let command = ActorCommand.deliver(from: sender, letter, received: received, attempt: attempt)
            call(node, { try $0.delivery(receiver, command) }) { .delivered(from: sender, to: receiver, sequence: letter.sequence, $0) }
        case .write(let actor, let command):
            call(node, { try $0.change(actor, command) }) { result in
                if case .failure(let error) = result { .written(actor, command, error) } else { .written(actor, command, nil) }
            }
        case .perform(let actor, _, let part): preconditionFailure("\(actor) orders part \(part.name), and orders order nothing")
        case .callOff: break
        }
    }

    /// Carries something out some time later, and tells the courier some time after that.
    private func call<Value>(
        _ node: Int, _ body: @escaping (CourierStage) throws -> Value, _ input: @escaping (Result<Value, RegisterError>) -> CourierInput
    ) {
        let life = lives[node]
        let silence = RegisterError(.noMajority, .unknown, "nobody has answered")
        if random.chance(loss) { return events.insert(.arrive(node: node, life: life, input(.failure(silence))), at: now + .seconds(1)) }
        events.insert(.deed { stage in
            let result: Result<Value, RegisterError>
            do { result = .success(try body(stage)) } catch {
                result = .failure(RegisterError(.refused, .failed, "\(error)"))
            }
            if stage.random.chance(stage.loss) {
                stage.events.insert(.arrive(node: node, life: life, input(.failure(silence))), at: stage.now + .seconds(1))
            } else {
                stage.arrive(node, input(result))
            }
        }, at: moment)
    }

    private func arrive(_ node: Int, _ input: CourierInput) {
        events.insert(.arrive(node: node, life: lives[node], input), at: moment)
    }

    private var moment: Instant { now + .microseconds(100 + random.below(8_000)) }

    // MARK: Registers

    private func duties(_ actor: ActorName, after part: String) throws -> ActorDuties { try actors.duties(actor, after: part) }

    private func delivery(_ actor: ActorName, _ command: ActorCommand) throws -> DeliveryAnswer {
        try DeliveryAnswer(reading: change(actor, command))
    }

    @discardableResult
    private func change(_ actor: ActorName, _ command: ActorCommand) throws -> [UInt8] {
        let answer = try actors.change(actor, command, now: wall)
        watch(actor, stand: 0)
        return answer
    }

    /// What the replicas of the actor do: the first says at once that somebody has to look after it, the others give it time.
    private func watch(_ actor: ActorName, stand: Int) {
        guard let due = actors.due(actor), due != RegisterState.someday else { return }
        let wait = Duration.milliseconds(max(0, Int64(due) - wall.millisecondsSince1970)) + .seconds(2) * stand
        events.insert(.attend(actor, stand: stand), at: now + wait + .microseconds(100))
    }

    private func attend(_ actor: ActorName, _ stand: Int) {
        guard let due = actors.due(actor), Int64(due) <= wall.millisecondsSince1970 else { return }
        let node = (Int(actor.key.shard) + stand) % 3
        if couriers[node] != nil { give(node, lives[node], .attend(actor)) }
        // Again by the next, should nothing come of it.
        events.insert(.attend(actor, stand: (stand + 1) % 3), at: now + .seconds(5))
    }
}

import Registers
import World

/// What a courier wants of one register, for shells that speak to registers by bytes.
package struct CourierErrand: Sendable {
    package let key: RegisterKey
    package let action: RegisterWish.Action
    /// What the courier is told of the answer.
    package let input: @Sendable (Result<[UInt8], RegisterError>) -> CourierInput

    /// Nil for what is asked of a worker.
    package init?(_ effect: CourierEffect) {
        switch effect {
        case .read(let actor, let part):
            key = actor.key
            action = .look(ActorQuery.duties(after: part).packed)
            input = { .duties(actor, $0.flatMap { Self.reading(actor, $0) { try ActorDuties(packed: $0) } }) }
        case .deliver(let sender, let receiver, let letter, let received, let attempt):
            key = receiver.key
            action = .change(
                operation: nil, command: ActorCommand.deliver(from: sender, letter, received: received, attempt: attempt).packed)
            input = { result in
                let answer = result.flatMap { Self.reading(receiver, $0) { try DeliveryAnswer(packed: $0) } }
                return .delivered(from: sender, to: receiver, sequence: letter.sequence, answer)
            }
        case .write(let actor, let command):
            key = actor.key
            action = .change(operation: nil, command: command.packed)
            input = { result in
                if case .failure(let error) = result { .written(actor, command, error) } else { .written(actor, command, nil) }
            }
        case .perform, .callOff: return nil
        }
    }

    private static func reading<Value>(
        _ actor: ActorName, _ bytes: [UInt8], _ body: ([UInt8]) throws -> Value
    ) -> Result<Value, RegisterError> {
        do { return .success(try body(bytes)) } catch {
            return .failure(RegisterError(.refused, .failed, "what \(actor) says cannot be read by this program; update it: \(error)"))
        }
    }
}

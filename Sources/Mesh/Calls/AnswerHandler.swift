import Distributed
import MessagePack
import Synchronization

/// Takes what a distributed function returned or threw, and packs it.
public final class AnswerHandler: DistributedTargetInvocationResultHandler {
    public typealias SerializationRequirement = any Codable

    private let encoder: MessagePackEncoder
    private let errors: ErrorTypes
    private let answer = Mutex<InboundCall.Answer?>(nil)

    init(encoder: MessagePackEncoder, errors: ErrorTypes) {
        self.encoder = encoder
        self.errors = errors
    }

    /// Nil while the function has not ended.
    func take() -> InboundCall.Answer? { answer.withLock { $0 } }

    public func onReturn<Success: Codable>(value: Success) async throws {
        let packed: InboundCall.Answer
        do {
            packed = .value(try encoder.encode(value))
        } catch {
            packed = .failure(CallFailure(
                code: .calleeFailed, message: "the result, a \(Success.self), cannot be encoded: \(error)"))
        }
        answer.withLock { $0 = packed }
    }

    public func onReturnVoid() async throws { answer.withLock { $0 = .void } }

    public func onThrow<Err: Error>(error: Err) async throws {
        let failure = errors.failure(for: error, encoder: encoder)
        answer.withLock { $0 = .failure(failure) }
    }
}

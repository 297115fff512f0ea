import Distributed
import MessagePack
import Synchronization

/// Takes what a distributed function returned or threw, and packs it.
public final class AnswerHandler: DistributedTargetInvocationResultHandler {
    public typealias SerializationRequirement = any Codable

    private let encoder: MessagePackEncoder
    private let errors: ErrorTypes
    private let outcome = Mutex<(answer: InboundCall.Answer, type: ResultType?)?>(nil)

    enum ResultType: Sendable {
        case nothing
        case value(any Codable.Type)
    }

    /// What the function has returned; nil when it threw.
    var resultType: ResultType? { outcome.withLock { $0?.type } }

    init(encoder: MessagePackEncoder, errors: ErrorTypes) {
        self.encoder = encoder
        self.errors = errors
    }

    /// Nil while the function has not ended.
    func take() -> InboundCall.Answer? { outcome.withLock { $0?.answer } }

    public func onReturn<Success: Codable>(value: Success) async throws {
        let packed: InboundCall.Answer
        do {
            packed = .value(try encoder.encode(value))
        } catch {
            packed = .failure(CallFailure(
                code: .calleeFailed, message: "the result, a \(Success.self), cannot be encoded: \(error)"))
        }
        outcome.withLock { $0 = (packed, .value(Success.self)) }
    }

    public func onReturnVoid() async throws {
        outcome.withLock { $0 = (.void, .nothing) }
    }

    public func onThrow<Err: Error>(error: Err) async throws {
        let failure = errors.failure(for: error, encoder: encoder)
        outcome.withLock { $0 = (.failure(failure), nil) }
    }
}

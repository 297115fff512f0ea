import Distributed
import MessagePack
import Synchronization
import World

/// A call that came from another node, from its arrival to its answer.
final class InboundCall: Sendable {
    /// The answer, or the way it failed.
    enum Answer: Sendable {
        case value([UInt8])
        case void
        case failure(CallFailure)
    }

    private struct Run {
        var task: SpawnedTask?
        var isCancelled = false
    }

    let key: InboundKey
    let target: String
    let arguments: EncodedArguments
    let deadline: Instant
    let wantsAnswer: Bool
    private let run = Mutex(Run())

    init(key: InboundKey, target: String, arguments: EncodedArguments, deadline: Instant, wantsAnswer: Bool) {
        self.key = key
        self.target = target
        self.arguments = arguments
        self.deadline = deadline
        self.wantsAnswer = wantsAnswer
    }

    /// Says which task runs the call. Cancels the task when the caller has already taken the call back.
    func started(by task: SpawnedTask?) {
        let cancel = run.withLock { run in
            run.task = task
            return run.isCancelled
        }
        if cancel { task?.cancel() }
    }

    func cancel() {
        run.withLock { run in
            run.isCancelled = true
            return run.task
        }?.cancel()
    }

    /// True once the caller has taken the call back.
    var isCancelled: Bool { run.withLock { $0.isCancelled } }
}

/// Names an inbound call on its node.
struct InboundKey: Hashable, Sendable {
    var session: SessionKey
    var callID: UInt64
}

/// How a call failed, in the form in which it travels.
struct CallFailure: Error, Sendable {
    var code: MeshError.Code
    var message: String
    /// The mangled name of the callee's error type, when the error itself travels.
    var errorType: String = ""
    var payload: [UInt8] = []
}

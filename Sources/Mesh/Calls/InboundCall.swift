import Distributed
import MessagePack
import Synchronization
import Transport
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
        var worker: WorkerHandle?
        var isCancelled = false
    }

    let key: InboundKey
    let target: String
    /// The function's place in this program's contract table.
    let targetIndex: UInt32
    let arguments: [UInt8]
    let deadline: Instant
    let wantsAnswer: Bool
    private let run = Mutex(Run())

    init(
        key: InboundKey, target: String, targetIndex: UInt32, arguments: [UInt8], deadline: Instant, wantsAnswer: Bool
    ) {
        self.targetIndex = targetIndex
        self.key = key
        self.target = target
        self.arguments = arguments
        self.deadline = deadline
        self.wantsAnswer = wantsAnswer
    }

    /// Says which worker runs the call.
    /// - Returns: false when nobody waits for it any more: the caller has taken it back, or its deadline has passed.
    func start(by worker: WorkerHandle, now: Instant) -> Bool {
        if wantsAnswer && deadline <= now { return false }
        return run.withLock { run in
            if run.isCancelled { return false }
            run.worker = worker
            return true
        }
    }

    /// From now on a cancellation finds no worker, which may already run another call.
    func ended() { run.withLock { $0.worker = nil } }

    /// The caller has taken the call back. Cancels under the lock, so that it cannot hit the worker's next call.
    func cancel() {
        run.withLock { run in
            run.isCancelled = true
            run.worker?.cancel()
        }
    }
}

/// A worker's task, which may be cancelled before the worker knows it.
final class WorkerHandle: Sendable {
    private struct State {
        var task: SpawnedTask?
        var isCancelled = false
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func started(_ task: SpawnedTask) {
        let cancel = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if cancel { task.cancel() }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            return state.task
        }?.cancel()
    }
}

/// Names an inbound call on its node.
struct InboundKey: Hashable, Sendable {
    var session: SessionID
    var callID: UInt64
}

/// How a call failed, in the form in which it travels.
struct CallFailure: Error, Sendable {
    var code: MeshError.Code
    var message: String
    /// The mangled name of the callee's error type, when the error itself travels.
    var errorType: String = ""
    var payload: [UInt8] = []
    /// `failed` when the function was certainly not started.
    var outcome = MeshError.Outcome.unknown
}

import Synchronization
import World

/// The calls from other nodes that one local actor has been given and has not ended.
///
/// **Order.** Calls of one session start in the order in which they were sent. The node's core delivers them one after
/// the other; each delivery enqueues one job of a worker in the actor's queue, which is first in, first out; and from there to
/// the actor it is the same number of further jobs in the same queue for every worker, new or kept, because a worker's
/// own code is never isolated to the actor (see ``QueuedTasks``). Calls then interleave where they await.
///
/// **Workers.** A task costs about a microsecond to make, so calls run in tasks that are kept: a worker that has ended a
/// call waits here for the next. A worker whose task was cancelled is not kept, because a task cannot be un-cancelled.
///
/// **Limit.** At most `limit` calls are unfinished; the next is refused as overloaded.
final class Mailbox: Sendable {
    private struct State {
        var unfinished = 0
        /// Calls that wait for their turn, in a one-at-a-time actor.
        var waiting: [InboundCall] = []
        var waitingHead = 0
        var idle: [UnsafeContinuation<InboundCall?, Never>] = []
        var isClosed = false
    }

    private enum Delivery { case refused, queued, startWorker, resume(UnsafeContinuation<InboundCall?, Never>) }

    /// Idle workers kept per actor, about a kilobyte each; a burst's surplus ends.
    private static let idleLimit = 512

    private let limit: Int
    private let isOneAtATime: Bool
    private let state = Mutex(State())

    init(limit: Int, isOneAtATime: Bool) {
        precondition(limit > 0, "a mailbox holds at least one call")
        self.limit = limit
        self.isOneAtATime = isOneAtATime
    }

    var unfinished: Int { state.withLock { $0.unfinished } }

    /// Takes a call in. On the node's event loop.
    /// - Parameter startWorker: makes a new worker that begins with the call.
    /// - Returns: false when the mailbox is full or closed.
    func deliver(_ call: InboundCall, startWorker: (InboundCall) -> Void) -> Bool {
        let delivery: Delivery = state.withLock { state in
            guard !state.isClosed, state.unfinished < limit else { return .refused }
            state.unfinished += 1
            if isOneAtATime && state.unfinished > 1 {
                state.waiting.append(call)
                return .queued
            }
            if let worker = state.idle.popLast() { return .resume(worker) }
            return .startWorker
        }
        switch delivery {
        case .refused: return false
        case .queued: break
        case .resume(let worker): worker.resume(returning: call)
        case .startWorker: startWorker(call)
        }
        return true
    }

    /// Ends a worker's call and gives it the next; nil when the worker is to end.
    nonisolated(nonsending) func next(afterEnding mayContinue: Bool) async -> Next {
        enum Step { case run(InboundCall), wait, end }
        let step: Step = state.withLock { state in
            state.unfinished -= 1
            if state.waitingHead < state.waiting.count {
                let call = state.waiting[state.waitingHead]
                state.waitingHead += 1
                if state.waitingHead == state.waiting.count {
                    state.waiting.removeAll(keepingCapacity: true)
                    state.waitingHead = 0
                }
                return .run(call)
            }
            return mayContinue && !state.isClosed && state.idle.count < Self.idleLimit ? .wait : .end
        }
        switch step {
        case .run(let call): return mayContinue ? .run(call) : .handOver(call)
        case .end: return .end
        case .wait:
            let call = await withUnsafeContinuation { continuation in
                let mustEnd = state.withLock { state in
                    if state.isClosed { return true }
                    state.idle.append(continuation)
                    return false
                }
                if mustEnd { continuation.resume(returning: nil) }
            }
            return call.map(Next.run) ?? .end
        }
    }

    enum Next {
        case run(InboundCall)
        /// The worker may not go on, but the call must be run by another.
        case handOver(InboundCall)
        case end
    }

    /// Refuses further calls and ends the idle workers.
    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for worker in idle { worker.resume(returning: nil) }
    }
}

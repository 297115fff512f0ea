import Membership
import MessagePack
import Transport
import Wire
import World

/// A call that waits for its answer.
struct PendingCall {
    let continuation: UnsafeContinuation<[UInt8], any Error>
    let call: OutboundCall
    /// The session by which it went; nil while it has not been sent.
    var session: SessionID?
}

/// The caller's side of a call.
extension NodeCore {
    /// Sends a call and returns its packed answer.
    nonisolated(nonsending) func call(_ call: OutboundCall) async throws -> [UInt8] {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                submit { $0.begin(call, continuation) }
            }
        } onCancel: {
            guard let id = call.ticket.cancel() else { return }
            submit { $0.withdraw(id) }
        }
    }

    private func begin(_ call: OutboundCall, _ continuation: UnsafeContinuation<[UInt8], any Error>) {
        counters.callsSent += 1
        if hasStopped {
            return continuation.resume(throwing: MeshError(.nodeDown, outcome: .failed, "\(call.callee): this node has stopped"))
        }
        let node = call.callee.node
        // A session ends in the turn in which its node is declared dead, so one that stands needs no look at the view.
        let hasSession = peers[node]?.session != nil
        guard hasSession || membership.isLive(node) else {
            return continuation.resume(throwing: MeshError(
                .nodeDown, outcome: .failed, "\(call.callee): \(node) is not a live member of the mesh"))
        }
        let pendingCall = PendingCall(continuation: continuation, call: call, session: nil)
        guard let id = pending.insert(pendingCall, deadline: call.deadline) else {
            return continuation.resume(throwing: MeshError(
                .overloaded, outcome: .failed,
                "\(call.callee): \(pending.limit) calls of this node are pending, the limit; wait for some to end"))
        }
        guard call.ticket.begin(id) else { return fail(id, .cancelled, "the task was cancelled before the call was sent") }
        if hasSession {
            transmit(id, pendingCall.call)
        } else {
            peers[node, default: Peer()].waiting.append(id)
            dial(node)
        }
    }

    /// Puts a call on the wire.
    private func transmit(_ id: UInt64, _ call: OutboundCall) {
        guard let peer = peers[call.callee.node], let session = peer.session else { return }
        guard let target = (peer.contracts ?? contracts).index(of: call.target) else {
            return fail(id, .incompatible, "\(call.callee.node) runs a program that does not have \(call.target)")
        }
        let remaining = max(1, UInt32(clamping: (call.deadline - world.now).milliseconds))
        let frame = Call(
            id: id, actor: call.callee.number, target: target, deadlineMs: call.isOneWay ? 0 : remaining,
            arguments: call.arguments[...])
        switch send(frame, on: session) {
        case .queued:
            if call.isOneWay {
                pending.remove(id)?.continuation.resume(returning: [])
            } else {
                pending.update(id) { $0.session = session }
            }
        case .overloaded:
            fail(id, .overloaded, "the link to \(call.callee.node) is full; wait for some calls to end")
        case .tooLarge:
            fail(
                id, .tooLarge,
                "the call's arguments have \(call.arguments.count) bytes and a frame may have \(WireLimits.frameBytes(.work)); send the data in pieces")
        case .noSession:
            peers[call.callee.node]?.session = nil
            peers[call.callee.node]?.waiting.append(id)
            dial(call.callee.node)
        }
    }

    /// Ends a call that was not carried out, or of which it is not known.
    func fail(_ id: UInt64, _ code: MeshError.Code, _ message: String) {
        guard let failed = pending.remove(id) else { return }
        failed.fail(code, message)
    }

    /// The session to a node stands: sends what has waited for it.
    func flushWaiting(for node: NodeIdentity) {
        guard let waiting = peers[node]?.waiting, !waiting.isEmpty else { return }
        peers[node]?.waiting = []
        for id in waiting { if let call = pending[id]?.call { transmit(id, call) } }
    }

    /// The caller no longer wants the answer.
    private func withdraw(_ id: UInt64) {
        guard let withdrawn = pending.remove(id) else { return }
        withdrawn.fail(.cancelled, "\(withdrawn.call.callee): the task was cancelled")
        if let session = withdrawn.session { send(Cancel(id: id), on: session, as: .control) }
    }

    /// Ends what is past its deadline, and tells the callees.
    func expireCalls(now: Instant) -> Bool {
        let expired = pending.expire(now: now)
        for (id, call) in expired {
            counters.callsExpired += 1
            call.fail(.unknown, "\(call.call.callee): no answer within the deadline of the call")
            if let session = call.session { send(Cancel(id: id), on: session, as: .control) }
        }
        return !expired.isEmpty
    }

    /// A node is gone: every call to it ends in this turn.
    func failCalls(to node: NodeIdentity, _ reason: String) {
        let failed = pending.removeAll { $0.call.callee.node == node }
        peers[node]?.waiting = []
        for call in failed { call.fail(.nodeDown, "\(call.call.callee): \(reason)") }
    }

    /// A session is gone, and with it the answers to what was sent by it.
    func failCalls(by session: SessionID, _ reason: String) {
        for call in pending.removeAll(where: { $0.session == session }) {
            call.fail(.nodeDown, "\(call.call.callee): the session ended before the answer: \(reason)")
        }
    }

    func received(_ reply: Reply, by session: SessionID) {
        guard pending[reply.id]?.session == session, let answered = pending.remove(reply.id) else {
            counters.lateAnswers += 1
            return
        }
        answered.continuation.resume(returning: Array(reply.result))
    }

    func received(_ reply: ReplyError, by session: SessionID) {
        guard pending[reply.id]?.session == session, let answered = pending.remove(reply.id) else {
            counters.lateAnswers += 1
            return
        }
        counters.callsFailed += 1
        guard let system, let decoder = try? system.currentCoders().decoder else {
            return answered.fail(.nodeDown, "this node has stopped")
        }
        let failure = CallFailure(reply)
        answered.continuation.resume(
            throwing: system.errors.error(for: failure, outcome: failure.outcome, decoder: decoder))
    }
}

extension PendingCall {
    /// A call that was never sent did certainly nothing.
    func fail(_ code: MeshError.Code, _ message: String) {
        continuation.resume(throwing: MeshError(code, outcome: session == nil ? .failed : .unknown, message))
    }
}

extension CallFailure {
    init(_ reply: ReplyError) {
        let code: MeshError.Code = switch reply.code {
        case .calleeFailed, .other: .calleeFailed
        case .noSuchActor: .noSuchActor
        case .incompatible, .malformedArguments: .incompatible
        case .overloaded: .overloaded
        case .deadlinePassed: .unknown
        case .cancelled: .cancelled
        case .tooLarge: .tooLarge
        case .leaving: .nodeDown
        }
        self.init(
            code: code, message: reply.message, errorType: reply.typeName ?? "", payload: reply.payload.map { Array($0) } ?? [])
        // These say that the call was not started.
        outcome = switch reply.code {
        case .noSuchActor, .incompatible, .overloaded, .malformedArguments, .leaving: .failed
        default: .unknown
        }
    }

    var replyCode: ReplyError.Code {
        switch code {
        case .calleeFailed: .calleeFailed
        case .noSuchActor: .noSuchActor
        case .incompatible: .incompatible
        case .overloaded: .overloaded
        case .unknown: .deadlinePassed
        case .cancelled: .cancelled
        case .tooLarge: .tooLarge
        case .nodeDown: .leaving
        }
    }
}

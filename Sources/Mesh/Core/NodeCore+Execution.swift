import Distributed
import MessagePack
import Transport
import Wire
import World

/// The callee's side of a call.
extension NodeCore {
    /// - Parameter ageMs: how long the call was under way, which the caller has waited already.
    func received(_ call: Call, ageMs: UInt32, by session: SessionID) {
        counters.callsReceived += 1
        let wantsAnswer = call.deadlineMs > 0
        if wantsAnswer, call.deadlineMs <= ageMs {
            return refuse(
                call, session, .deadlinePassed,
                "the call was under way to \(identity) for \(ageMs) ms, and its deadline was \(call.deadlineMs) ms")
        }
        guard let target = contracts[call.target] else {
            return refuse(call, session, .incompatible, "this program has no distributed function number \(call.target)")
        }
        let cell: ActorCell
        switch find(call, target) {
        case .found(let found): cell = found
        case .wrongType(let actual):
            return refuse(
                call, session, .incompatible, "\(actual) \(call.actor) of \(identity) does not declare \(target)")
        case .nobody:
            return refuse(
                call, session, .noSuchActor, "no actor of \(identity) with number \(call.actor) declares \(target)")
        }
        let allowance = wantsAnswer ? Duration.milliseconds(Int64(call.deadlineMs - ageMs)) : MeshActorSystem.defaultDeadline
        let inboundCall = InboundCall(
            key: InboundKey(session: session, callID: call.id), target: target, targetIndex: call.target, arguments: Array(call.arguments),
            deadline: now + allowance, wantsAnswer: wantsAnswer)
        guard cell.mailbox.deliver(inboundCall, startWorker: { startWorker(cell, with: $0) }) else {
            return refuse(
                call, session, .overloaded, "the mailbox of \(target) number \(call.actor) at \(identity) is full")
        }
        if wantsAnswer { inbound[inboundCall.key] = inboundCall }
    }

    /// Looks the actor up by number and by the type that declares the function. The singleton of a function is remembered.
    private func find(_ call: Call, _ target: String) -> ActorRegistry.Finding {
        guard call.actor == 0 else { return look(call, target) }
        let version = registry.version
        if version != singletonsVersion {
            singletonsVersion = version
            singletons = [:]
        }
        if let cell = singletons[call.target] { return .found(cell) }
        let finding = look(call, target)
        if case .found(let cell) = finding { singletons[call.target] = cell }
        return finding
    }

    private func look(_ call: Call, _ target: String) -> ActorRegistry.Finding {
        let type: ActorType?
        if let known = declaring[call.target] {
            type = known
        } else {
            type = DeclaringType.of(target)
            declaring[call.target] = .some(type)
        }
        guard let type else { return .nobody }
        return registry.find(number: call.actor, declaring: type)
    }

    private func refuse(_ call: Call, _ session: SessionID, _ code: ReplyError.Code, _ message: String) {
        counters.callsRefused += 1
        guard call.deadlineMs > 0 else { return }
        answer(ReplyError(id: call.id, code: code, message: message), session)
    }

    func received(_ cancel: Cancel, by session: SessionID) {
        inbound.removeValue(forKey: InboundKey(session: session, callID: cancel.id))?.cancel()
    }

    /// The caller is gone with the session: nobody waits for what its calls still do.
    func cancelInbound(of session: SessionID) {
        let keys = inbound.keys.filter { $0.session == session }.sorted { $0.callID < $1.callID }
        for key in keys { inbound.removeValue(forKey: key)?.cancel() }
    }

    /// A task that runs calls of one actor, one after the other, for as long as there are some.
    private func startWorker(_ cell: ActorCell, with first: InboundCall) {
        guard let system else { return }
        let handle = WorkerHandle()
        let task = world.spawn("call", on: cell.executor) { [weak cell] in
            var call = first
            while let current = cell {
                if call.start(by: handle, now: system.world.now) {
                    await system.execute(call, on: current)
                    call.ended()
                } else {
                    system.abandon(call)
                }
                switch await current.mailbox.next(afterEnding: !handle.isCancelled) {
                case .run(let next):
                    call = next
                case .handOver(let next):
                    system.core.submit { $0.startWorker(current, with: next) }
                    return
                case .end: return
                }
            }
        }
        handle.started(task)
    }

    private func answer(_ error: ReplyError, _ session: SessionID) {
        if send(error, on: session, as: .control) == .tooLarge {
            send(ReplyError(id: error.id, code: error.code, message: error.message), on: session, as: .control)
        }
    }

    /// Sends the answer of a call that has ended.
    func finished(_ call: InboundCall, _ answer: InboundCall.Answer) {
        guard inbound.removeValue(forKey: call.key) != nil else { return }
        let id = call.key.callID
        switch answer {
        case .void: send(Reply(id: id, result: []), on: call.key.session, as: .control)
        case .failure(let failure): self.answer(ReplyError(id: id, failure: failure), call.key.session)
        case .value(let bytes):
            guard send(Reply(id: id, result: bytes[...]), on: call.key.session, as: .control) == .tooLarge else { return }
            let message = "the result has \(bytes.count) bytes and a frame may have \(WireLimits.frameBytes(.work)); fetch the data in pieces"
            self.answer(ReplyError(id: id, code: .tooLarge, message: message), call.key.session)
        }
    }
}

extension ReplyError {
    fileprivate init(id: UInt64, failure: CallFailure) {
        self.init(
            id: id, code: failure.replyCode, message: failure.message,
            typeName: failure.errorType.isEmpty ? nil : failure.errorType,
            payload: failure.errorType.isEmpty ? nil : failure.payload[...])
    }
}

// `nonisolated(nonsending)` here and on the way of a call out: these functions stay on their caller's executor. Otherwise each
// would look for the task's executor on entry, under a lock of the runtime, only to find that it is there already.

extension MeshActorSystem {
    /// Runs one call on the actor's executor and hands its answer to the core.
    nonisolated(nonsending) fileprivate func execute(_ call: InboundCall, on cell: ActorCell) async {
        let answer = await run(call, on: cell)
        if call.wantsAnswer { core.submit { $0.finished(call, answer) } }
    }

    /// The caller has given up before the call's turn came.
    fileprivate func abandon(_ call: InboundCall) {
        core.submit { core in
            core.counters.callsRefused += 1
            core.finished(call, .failure(CallFailure(
                code: .unknown, message: "the deadline passed at \(core.identity) before \(call.target) was started")))
        }
    }

    nonisolated(nonsending) private func run(_ call: InboundCall, on cell: ActorCell) async -> InboundCall.Answer {
        guard let actor = cell.actor else {
            return .failure(CallFailure(code: .noSuchActor, message: "the actor at \(node) is gone"))
        }
        do {
            let coders = try currentCoders()
            let handler = AnswerHandler(encoder: coders.encoder, errors: errors)
            try await CallContext.$current.withValue(CallContext(deadline: call.deadline)) {
                try await execute(actor, call, coders.decoder, handler)
            }
            return handler.take() ?? .failure(CallFailure(code: .calleeFailed, message: "the function gave no answer"))
        } catch let error as MeshError {
            return .failure(CallFailure(code: error.code, message: error.message, outcome: error.outcome))
        } catch {
            return .failure(CallFailure(code: .incompatible, message: "\(call.target) could not be called: \(error)"))
        }
    }

    /// Opens the actor's existential type for the runtime.
    private func execute<Act: DistributedActor>(
        _ actor: Act, _ call: InboundCall, _ decoder: MessagePackDecoder, _ handler: AnswerHandler
    ) async throws {
        let signature = signatures[call.targetIndex]
        var decoder = try MeshInvocationDecoder(
            decoder: decoder, arguments: call.arguments, takes: signature?.arguments.count ?? parameterCount(of: call.target),
            notesTypes: signature == nil)
        if let signature {
            try await invoke(signature, on: actor, &decoder, handler)
        } else {
            try await executeDistributedTarget(
                on: actor, target: RemoteCallTarget(call.target), invocationDecoder: &decoder, handler: handler)
        }
        // The runtime hands it to the handler, as if the function had thrown it.
        if let failure = decoder.failure { throw failure }
        if signature == nil, let result = handler.resultType {
            signatures[call.targetIndex] = decoder.signature(of: call.target, returning: result)
        }
    }
}

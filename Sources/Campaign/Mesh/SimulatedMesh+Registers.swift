import Registers
import World

extension SimulatedMesh {
    func takeFrame(_ bytes: [UInt8], _ process: NodeProcess) {
        do {
            let frame = try RegisterFrame(unpacking: bytes)
            trace.note(
                now, process.machine, .frame, Trace.digest(bytes),
                "from \(frame.sender.short).\(frame.life) at \(frame.commit): \(frame.text)")
            feed(process, .frame(frame))
        } catch {
            faults.append("n\(process.machine + 1) cannot read a frame of \(bytes.count) bytes: \(error)")
        }
    }

    func tickRegisters(_ process: NodeProcess) {
        guard let replica = process.replica else { return }
        if replica.value.nextDeadline <= now { feed(process, .tick) } else { armRegisters(process) }
    }

    private func armRegisters(_ process: NodeProcess) {
        guard let deadline = process.replica?.value.nextDeadline, deadline < process.registerTick else { return }
        process.registerTick = max(deadline, now)
        push(.registerTick(process.machine, process: process.serial), at: process.registerTick)
    }

    /// Gives a replica an input: at once, or with all that comes until its next turn.
    func feed(_ process: NodeProcess, _ input: ReplicaInput) {
        guard process.replica != nil else { return }
        process.inputs.append(input)
        guard !process.hasTurn else { return }
        process.hasTurn = true
        if shape.turnTime == .zero { return takeTurn(process) }
        push(.turn(process.machine, process: process.serial), after: shape.turnTime)
    }

    /// Has a replica handle what has come, and does what it wants done. What comes of that waits for the next turn.
    func takeTurn(_ process: NodeProcess) {
        guard let replica = process.replica else { return }
        while !process.inputs.isEmpty, isRunning(process) {
            let inputs = process.inputs
            process.inputs = []
            let effects = replica.value.handle(inputs, now: now, wall: wall(process.machine))
            for effect in effects where isRunning(process) { carry(effect, of: process) }
        }
        process.hasTurn = false
        if isRunning(process) { armRegisters(process) }
    }

    private func carry(_ effect: ReplicaEffect, of process: NodeProcess) {
        let i = process.machine
        switch effect {
        case .send(let frame, let store):
            if let to = process.peers[store] { transmit(.registers(frame.packed()), from: i, to: to) }
        case .commit(let commit): write(commit, process)
        case .answer(let token, let result): answered(process, token, result)
        case .standing(let standing): trace.note(now, i, .standing, 0, "\(standing)")
        case .heldUp(let key): trace.note(now, i, .epoch, UInt64(key.shard), "\(key) holds freeing up")
        case .attend(let key): attend(key, process)
        case .rests(let key): rests(key, process)
        case .rescanned(let progress):
            process.progress = progress
            trace.note(now, i, .epoch, UInt64(progress.carried), "\(progress.carried) of \(progress.moving) shards are carried over")
            runErrand(process)
        }
    }

    // MARK: The disk

    private func write(_ commit: StoreCommit, _ process: NodeProcess) {
        let i = process.machine
        guard let store = process.store else { return }
        if machines[i].killPoint == .beforeWriting { return kill(i, keepsPending: false, isSeen: seesDeaths) }
        if machines[i].isDiskFull { return push(.refused(i, process: process.serial), after: .microseconds(200)) }
        trace.note(now, i, .commit, commit.number, "\(commit.number): \(commit.changes.count) changes")
        store.begin(commit)
        let time = commitTime(i)
        switch machines[i].killPoint {
        case .whileWriting: push(.death(i, process: process.serial, keepsPending: false), after: moment(within: time))
        case .withLastStrength: push(.death(i, process: process.serial, keepsPending: true), after: moment(within: time))
        case .beforeWriting, .afterWriting, nil: break
        }
        push(.written(i, process: process.serial), after: time)
    }

    func written(_ process: NodeProcess) {
        guard let store = process.store, store.isWriting else { return }
        store.finish()
        trace.note(now, process.machine, .durable, store.commitNumber, "\(store.commitNumber)")
        if machines[process.machine].killPoint == .afterWriting { return kill(process.machine, keepsPending: true, isSeen: seesDeaths) }
        push(.told(process.machine, process: process.serial, .committed), at: now)
    }

    func refusedByDisk(_ process: NodeProcess) {
        trace.note(now, process.machine, .full, 0, "the disk is full")
        let refusal = StoreRefusal(reason: "no space left on the simulated disk")
        push(.told(process.machine, process: process.serial, .refused(refusal)), at: now)
    }

    // MARK: Asking directly

    /// Puts a wish to the replica of a machine, past all forwarding. False when it has none that runs.
    func ask(
        _ i: Int, _ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration,
        then: @escaping (Result<[UInt8], RegisterError>) -> Void
    ) -> Bool {
        guard let process = machines[i].process, process.replica != nil else { return false }
        let token = nextNumber()
        direct[token] = then
        feed(process, .wish(RegisterWish(token: token, key: key, action: action, deadline: now + patience)))
        return true
    }
}

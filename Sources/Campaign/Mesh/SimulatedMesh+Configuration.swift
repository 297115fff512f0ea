import Membership
import Registers
import World

// A node keeps the configuration that it goes by in a file, tells its epoch in a label of its metadata, and asks whoever tells of a
// newer one for that. The register of the configuration is the clerk's business.

extension SimulatedMesh {
    /// What a node tells of itself.
    func metadata(_ store: MemoryStore?, _ map: ReplicaMap) -> MemberMetadata {
        var labels = ["configuration": "\(map.epoch)"]
        if let store { labels["store"] = store.id.description }
        return MemberMetadata(roles: store == nil ? ["edge"] : ["store"], labels: labels)
    }

    /// Notes of which epoch a live member tells.
    func see(_ member: Member, _ process: NodeProcess) {
        guard let epoch = member.metadata.labels["configuration"].flatMap({ UInt64($0) }) else { return }
        if epoch > process.newest?.epoch ?? 0 { process.newest = (epoch, Machine.number(of: member.address)) }
    }

    func lookAround(_ process: NodeProcess) {
        push(.lookAround(process.machine, process: process.serial), after: shape.lookInterval)
        if let newest = process.newest, newest.epoch > machines[process.machine].map.epoch {
            transmit(.configurationQuestion(from: process.machine), from: process.machine, to: newest.machine, isOrderly: true)
        }
        runErrand(process)
    }

    func take(configuration bytes: [UInt8], _ process: NodeProcess) {
        guard let map = ReplicaMap(document: bytes) else {
            return faults.append("n\(process.machine + 1) was sent a configuration that is none")
        }
        adopt(map, process)
    }

    /// Keeps a newer configuration, goes by it, and tells of it.
    func adopt(_ map: ReplicaMap, _ process: NodeProcess) {
        guard process.clerk.adopt(map) else { return }
        machines[process.machine].map = map
        let joint = map.isJoint ? ", joint in \(map.moving.count) shards" : ""
        trace.note(now, process.machine, .epoch, map.epoch, "epoch \(map.epoch)\(joint)")
        feed(process, .map(map))
        guard isRunning(process) else { return }
        do {
            carry(try process.membership.updateMetadata(metadata(process.store, map), now: now), of: process)
        } catch { preconditionFailure("\(error)") }
    }

    /// Asks the register of the configuration what its clerk wants to know.
    func runErrand(_ process: NodeProcess) {
        guard let store = process.store?.id else { return }
        let rank = machines[process.machine].map.rank(
            of: store, in: Shard.configuration, live: process.live.contains, astray: process.astray.contains)
        let action = process.clerk.errand(rank: rank, progress: process.progress, operation: nextOperation(process), now: now)
        guard let action else { return }
        _ = ask(process.machine, .configuration, action, patience: .seconds(2)) { [unowned self] result in
            guard isRunning(process), let newer = process.clerk.ended(action, result) else { return }
            adopt(newer, process)
        }
    }

    /// Wants a reconfiguration of a node, as an operator does. Whatever becomes of it, the mesh ends it by itself.
    func propose(_ map: ReplicaMap, to process: NodeProcess) {
        let number = nextNumber()
        let command = ConfigurationMachine.command(after: map.epoch - 1, map.document)
        callers[number] = { [unowned self] result in
            if case .success = result, isRunning(process) { adopt(map, process) }
        }
        take(
            ClientCall(
                number: number, key: .configuration, action: .change(operation: nextOperation(process), command: command),
                patience: .seconds(5)),
            process)
    }

    private func nextOperation(_ process: NodeProcess) -> WorkID {
        WorkID(milliseconds: UInt64(max(wall(process.machine).millisecondsSince1970, 0)), randomA: 1, randomB: nextNumber())
    }
}

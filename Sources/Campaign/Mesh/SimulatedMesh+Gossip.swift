import Membership
import Registers
import World

extension SimulatedMesh {
    func takeGossip(_ bytes: [UInt8], from peer: MembershipPeer, _ wall: WallTime?, _ process: NodeProcess) {
        trace.note(now, process.machine, .gossip, Trace.digest(bytes), nil)
        do {
            let message = try MembershipMessage(unpacking: bytes)
            carry(process.membership.handle(message, from: peer, wall: wall, now: now), of: process)
        } catch { preconditionFailure("a message of our own did not unpack: \(error)") }
    }

    func tickGossip(_ process: NodeProcess) {
        guard process.membership.nextDeadline <= now else { return armGossip(process) }
        carry(process.membership.tick(now: now), of: process)
    }

    private func armGossip(_ process: NodeProcess) {
        let deadline = process.membership.nextDeadline
        guard deadline < process.gossipTick else { return }
        process.gossipTick = max(deadline, now)
        push(.gossipTick(process.machine, process: process.serial), at: process.gossipTick)
    }

    func carry(_ effects: [MembershipEffect], of process: NodeProcess) {
        let own = process.peer, i = process.machine
        for effect in effects + process.membership.lookAtClock(wall(i), now: now) {
            switch effect {
            case .send(let message, let peer):
                let wall: WallTime? = if case .ack = message { wall(i) } else { nil }
                transmit(.gossip(message.packed(), from: own, wall: wall), from: i, to: Machine.number(of: peer.address), isOrderly: true)
            case .connect(let address):
                let to = Machine.number(of: address)
                transmit(.accept(from: i, own), from: i, to: to, isOrderly: true, needsBothWays: true)
            case .probeFresh(let peer, let sequence):
                let ping = MembershipMessage.ping(sequence: sequence, rumours: []).packed()
                let to = Machine.number(of: peer.address)
                transmit(.gossip(ping, from: own, wall: nil), from: i, to: to, isOrderly: true, needsBothWays: true)
            case .startNewLife(let above):
                machines[i].lives = max(machines[i].lives, above)
                kill(i, keepsPending: true)
                return push(.start(i), after: .milliseconds(10))
            case .event, .note, .forget, .farewellSaid: break
            }
        }
        if process.membership.version != process.viewVersion { look(process) }
        armGossip(process)
    }

    /// The view has changed: where stores are, and which of them live.
    private func look(_ process: NodeProcess) {
        process.viewVersion = process.membership.version
        var live: [StoreID] = [], gone: [StoreID] = [], astray: [StoreID] = []
        process.peers = [:]
        process.newest = nil
        for member in process.membership.members {
            if member.status.isLive { see(member, process) }
            guard let text = member.metadata.labels["store"], let store = StoreID(text) else { continue }
            process.peers[store] = Machine.number(of: member.address)
            if member.status.isLive { live.append(store) } else { gone.append(store) }
            if ClockWatch.verdict(of: member.metadata).isOff { astray.append(store) }
        }
        seeWorkers(process)
        live.sort()
        gone.sort()
        astray.sort()
        guard live != process.live || gone != process.gone || astray != process.astray else { return }
        (process.live, process.gone, process.astray) = (live, gone, astray)
        trace.note(now, process.machine, .live, UInt64(live.count), live.map(\.short).joined(separator: " "))
        feed(process, .seen(live: live, gone: gone, astray: astray))
    }
}

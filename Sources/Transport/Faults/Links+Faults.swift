import MessagePack
import Wire
import World

extension Links {
    /// Puts a rule in force. Needs a node started with faults permitted and a rule without ``FaultRule/objection``;
    /// otherwise nothing happens and the result says why.
    public func setFault(_ rule: FaultRule) -> String? {
        guard let faults else { return "this node was not started with --chaos; faults cannot be set" }
        if let objection = rule.objection { return objection }
        refresh()
        faults.set(rule, now: now)
        armFaults(faults)
        return nil
    }

    /// Ends the rule called `name`, or all rules. What they held back goes on now.
    public func clearFault(_ name: String?) {
        refresh()
        guard let faults else { return }
        faults.clear(name, now: now)
        armFaults(faults)
    }

    /// The rules in force.
    public func listFaults() -> [FaultRuleStatus] {
        refresh()
        return faults?.status(now: now) ?? []
    }

    /// Makes sure that what is held is released in time, with one timer for all of it.
    private func armFaults(_ faults: FaultFilter) {
        guard faults.nextRelease < faults.timerAt else { return }
        faults.timerAt = faults.nextRelease
        timers.insert(.faults, at: faults.timerAt)
    }

    /// Who has the key of the connection by which the packet in hand came.
    var authenticatedPeer: String? { isReleasing ? releasedPeer : sockets.authenticatedPeer }

    /// A packet that goes out.
    func interfere(_ faults: FaultFilter, with packet: ArraySlice<UInt8>, _ lane: Lane, _ path: PacketPath, peer: String?) -> PacketSendResult {
        let subject = FaultFilter.Subject(peer: peer, lane: lane, kind: Self.kind(of: packet), isInbound: false)
        let (verdict, rule) = faults.decide(packet, subject, now: now)
        switch verdict {
        case .pass: return put(packet, lane, path)
        case .drop: return .sent
        case .changed(let bytes): return put(bytes[...], lane, path)
        case .twice:
            let result = put(packet, lane, path)
            if result == .sent { _ = put(packet, lane, path) }
            return result
        case .later(let instant):
            if faults.hold(Array(packet), path, subject, authenticatedPeer: nil, rule: rule, until: instant) { armFaults(faults) }
            return .sent
        }
    }

    /// A packet that has come in.
    func interfere(_ faults: FaultFilter, with packet: [UInt8], _ lane: Lane, _ path: PacketPath) {
        let subject = FaultFilter.Subject(
            peer: sender(of: packet[...]), lane: lane, kind: Self.kind(of: packet[...]), isInbound: true)
        let (verdict, rule) = faults.decide(packet[...], subject, now: now)
        switch verdict {
        case .pass: handle(packet[...], lane, path)
        case .drop: break
        case .changed(let bytes): handle(bytes[...], lane, path)
        case .twice:
            handle(packet[...], lane, path)
            handle(packet[...], lane, path)
        case .later(let instant):
            if faults.hold(packet, path, subject, authenticatedPeer: authenticatedPeer, rule: rule, until: instant) {
                armFaults(faults)
            }
        }
    }

    /// Lets go on what has waited for long enough.
    func releaseFaults() {
        guard let faults else { return }
        faults.timerAt = .distantFuture
        defer { armFaults(faults) }
        for held in faults.takeDue(now: now) {
            guard held.subject.isInbound else {
                _ = put(held.packet[...], held.subject.lane, held.path)
                continue
            }
            (isReleasing, releasedPeer) = (true, held.authenticatedPeer)
            handle(held.packet[...], held.subject.lane, held.path)
            (isReleasing, releasedPeer) = (false, nil)
        }
    }

    private static func kind(of packet: ArraySlice<UInt8>) -> UInt8? {
        var reader = MessagePackReader(packet)
        guard (try? BatchHeader.unpack(&reader)) != nil else { return nil }
        return FrameKind.peek(reader.rest)
    }

    /// The node that a packet is from, as far as its token or its Hello tells.
    private func sender(of packet: ArraySlice<UInt8>) -> String? {
        var reader = MessagePackReader(packet)
        guard let header = try? BatchHeader.unpack(&reader) else { return nil }
        switch tokens[header.token] {
        case .session(let session): return session.info.peer.name
        case .dialled(let link): return link.expected ?? link.lastPeer?.name
        case nil: return (try? Hello.unpack(reader.rest))?.identity.name
        }
    }
}

import Membership
import World

/// One node in the hand of a test.
enum TestNode {
    static let stranger = MembershipPeer(
        identity: NodeIdentity(name: "stranger", life: 1), address: MemberAddress(host: "10.0.9.9", port: 10000))
    static let twoRefusals = [Accuser(name: "w1", refused: true), Accuser(name: "w2", refused: true)]

    static func peer(_ name: String, life: UInt64 = 1, host: String = "10.0.0.2") -> MembershipPeer {
        MembershipPeer(identity: NodeIdentity(name: name, life: life), address: MemberAddress(host: host, port: 10000))
    }

    static func make(
        name: String = "self", life: UInt64 = 5, host: String = "10.0.0.1", figures: MembershipConfiguration = .lan, seed: UInt64 = 1
    ) throws -> Membership {
        var node = try Membership(
            identity: NodeIdentity(name: name, life: life), address: MemberAddress(host: host, port: 10000),
            metadata: MemberMetadata(roles: ["store"]), configuration: figures, random: RandomStream(seed: seed), now: .zero)
        _ = node.start(seeds: [], now: .zero)
        return node
    }

    static func alive(
        _ peer: MembershipPeer, incarnation: UInt64 = 0, version: UInt64 = 1, metadata: MemberMetadata = MemberMetadata(roles: ["store"])
    ) -> MemberRecord {
        MemberRecord(
            identity: peer.identity, address: peer.address, incarnation: incarnation, status: .alive, metadataVersion: version,
            metadata: PackedMetadata(metadata))
    }

    static func claim(
        _ peer: MembershipPeer, _ status: MemberStatus, incarnation: UInt64 = 0, ageMs: UInt64 = 0, accusers: [Accuser] = []
    ) -> MemberRecord {
        MemberRecord(
            identity: peer.identity, address: peer.address, incarnation: incarnation, status: status, ageMs: ageMs, accusers: accusers)
    }

    /// A node that knows `count` members p1, p2, ... at 10.0.0.11 and so on, all heard just now.
    static func among(_ count: Int, figures: MembershipConfiguration = .lan) throws -> (node: Membership, peers: [MembershipPeer]) {
        var node = try make(figures: figures)
        let peers = (1...count).map { peer("p\($0)", host: "10.0.0.\(10 + $0)") }
        _ = node.handle(.gossip(rumours: peers.map { alive($0) }), from: peers[0], now: .zero)
        for peer in peers { _ = node.heard(from: peer.identity, now: .zero) }
        return (node, peers)
    }
}

extension Instant {
    static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }
}

extension [MembershipEffect] {
    var events: [MembershipEvent] { compactMap { if case .event(let event) = $0 { event } else { nil } } }

    func messages(to peer: MembershipPeer) -> [MembershipMessage] {
        compactMap { if case .send(let message, let to) = $0, to == peer { message } else { nil } }
    }

    /// All records sent to anybody about `name`.
    func records(about name: String) -> [MemberRecord] {
        flatMap { effect -> [MemberRecord] in
            guard case .send(let message, _) = effect else { return [] }
            return message.records.filter { $0.identity.name == name }
        }
    }

    var newLifeAbove: UInt64? { for case .startNewLife(let life) in self { return life }; return nil }
}

extension MembershipMessage {
    var records: [MemberRecord] {
        switch self {
        case .ping(_, let records), .ack(_, let records), .pingRequest(_, _, _, let records), .gossip(let records), .records(let records, _): records
        case .nack, .digest, .buckets, .outline: []
        }
    }
}

extension Membership {
    /// Ticks as a shell would, exactly on time, and gives all effects.
    mutating func run(until end: Instant) -> [MembershipEffect] {
        var effects: [MembershipEffect] = []
        while nextDeadline <= end { effects += tick(now: nextDeadline) }
        return effects
    }
}

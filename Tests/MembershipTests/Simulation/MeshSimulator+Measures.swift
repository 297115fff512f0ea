import Membership
import World

extension MeshSimulator {
    /// All running nodes hold exactly the running nodes live, and their digests agree.
    var isConverged: Bool {
        let running = self.running
        guard let first = running.first, let hash = hosts[first].membership?.contentHash else { return false }
        for i in running {
            guard let membership = hosts[i].membership, membership.liveMemberCount == running.count, membership.contentHash == hash else { return false }
        }
        guard let membership = hosts[first].membership else { return false }
        return running.allSatisfy { membership.isLive(hosts[$0].identity) || $0 == first }
    }

    /// No running node holds `i` live (in the life it had).
    func isGoneEverywhere(_ i: Int) -> Bool {
        running.allSatisfy { $0 == i || !(hosts[$0].membership?.isLive(hosts[i].identity) ?? false) }
    }

    func status(of i: Int, at observer: Int) -> MemberStatus? { hosts[observer].membership?.member(named: hosts[i].identity.name)?.status }

    func resetTraffic() {
        for i in hosts.indices { hosts[i].traffic = Traffic() }
    }

    /// Means per node and second since `resetTraffic`.
    func traffic(over duration: Duration) -> (packets: Double, packetBytes: Double, exchanges: Double, exchangeBytes: Double) {
        let scale = 1 / Double(max(1, running.count)) / duration.seconds
        func sum(_ of: (Traffic) -> Int) -> Double { Double(hosts.reduce(0) { $0 + of($1.traffic) }) * scale }
        return (sum { $0.packets }, sum { $0.packetBytes }, sum { $0.exchanges }, sum { $0.exchangeBytes })
    }

    var suspicions: Int { log.reduce(0) { if case .suspected = $1.event { $0 + 1 } else { $0 } } }

    /// A mesh whose nodes started together and know one another.
    static func formed(
        seed: UInt64, count: Int, figures: MembershipConfiguration = .lan, settle: Duration = .seconds(3)
    ) -> MeshSimulator {
        let mesh = MeshSimulator(seed: seed, count: count, figures: figures)
        for i in 0..<count { mesh.start(i) }
        mesh.run(for: settle)
        precondition(mesh.isConverged, "\(count) nodes did not find one another in \(settle)")
        return mesh
    }
}

/// What a node sent, apart for what memberlist sends as packets (probes and gossip) and what it sends over TCP (push-pull, here the exchange).
struct Traffic {
    var packets = 0
    var packetBytes = 0
    var exchanges = 0
    var exchangeBytes = 0
    /// Probes that had to go by others.
    var pingRequests = 0

    mutating func count(_ message: MembershipMessage, _ bytes: Int) {
        if case .pingRequest = message { pingRequests += 1 }
        switch message {
        case .ping, .ack, .pingRequest, .nack, .gossip:
            packets += 1
            packetBytes += bytes
        case .digest, .buckets, .outline, .records:
            exchanges += 1
            exchangeBytes += bytes
        }
    }
}

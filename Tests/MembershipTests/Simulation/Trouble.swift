import Membership
import World

/// A lasting trouble of the network or of the machines, under which a mesh has to keep its head.
enum Trouble: CaseIterable {
    /// Every tenth message is lost.
    case loss
    /// Every four seconds one machine, in a large mesh one in 25, stops for two.
    case pauses
    /// About one pair in ten hears one another in one direction only.
    case oneWayLinks

    func begin(in mesh: MeshSimulator) {
        switch self {
        case .loss: mesh.loss = 0.1
        case .pauses:
            mesh.isPausing = true
            Self.pauseSome(mesh)
        case .oneWayLinks: mesh.cut = { Self.isDeaf($1, to: $0) ? .drop : .open }
        }
    }

    func end(in mesh: MeshSimulator) {
        mesh.isPausing = false
        mesh.heal()
    }

    private static func pauseSome(_ mesh: MeshSimulator) {
        guard mesh.isPausing else { return }
        for _ in 0..<max(1, mesh.hosts.count / 25) { mesh.pause(mesh.random.below(mesh.hosts.count), for: .seconds(2)) }
        mesh.at(mesh.now + .seconds(4)) { pauseSome($0) }
    }

    /// Host 2 does not hear host 1, whatever the draw, so that the smallest mesh has such a link too.
    private static func isDeaf(_ listener: Int, to speaker: Int) -> Bool {
        let (low, high) = (min(listener, speaker), max(listener, speaker))
        if (low, high) == (1, 2) { return listener == 2 }
        let draw = StableHash.mix(UInt64(low << 32 | high))
        return draw % 10 == 0 && (draw >> 32 & 1 == 0) == (listener == low)
    }
}

/// What was seen of a mesh in trouble.
struct Hardship {
    var traffic: (packets: Double, packetBytes: Double, exchanges: Double, exchangeBytes: Double)
    /// Suspicions, counted at each node that heard of them.
    var suspicions: Int
    /// Probes that had to go by others.
    var pingRequests: Int
    /// Time until all knew of a process that was killed, and of a machine that vanished, in the midst of it; nil: never.
    var refused: Duration?
    var silent: Duration?
    /// Time until all views were equal after the end, with both started again.
    var converged: Duration?

    /// Lives through `duration` of trouble, two deaths and the end.
    init(_ trouble: Trouble, in mesh: MeshSimulator, for duration: Duration) {
        let before = mesh.suspicions
        trouble.begin(in: mesh)
        mesh.resetTraffic()
        mesh.run(for: duration)
        traffic = mesh.traffic(over: duration)
        suspicions = mesh.suspicions - before
        pingRequests = mesh.hosts.reduce(0) { $0 + $1.traffic.pingRequests }
        let last = mesh.hosts.count - 1
        silent = Self.timeToKnow(last, refusing: false, mesh)
        // In a mesh of three the two that are left could hear each other in one direction only.
        if mesh.hosts.count > 3 { refused = Self.timeToKnow(last - 1, refusing: true, mesh) }
        trouble.end(in: mesh)
        for i in [last, last - 1] where mesh.hosts[i].membership == nil { mesh.start(i) }
        converged = mesh.time(step: .milliseconds(100), limit: .seconds(60)) { mesh.isConverged }
    }

    private static func timeToKnow(_ i: Int, refusing: Bool, _ mesh: MeshSimulator) -> Duration? {
        mesh.kill(i, refusing: refusing)
        return mesh.time(step: .milliseconds(100), limit: .seconds(90)) { mesh.isGoneEverywhere(i) }
    }
}

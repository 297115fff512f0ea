import CReactor
import Glibc
import Wire
import World

/// Bare connects, begun after a link was lost.
///
/// A refusal says that the machine is up and the process is not: evidence of death that arrives in microseconds, while
/// silence says nothing. libzmq's monitor (4.3.4) reports a refused connect like any other failure, hence this.
struct ConnectProbes {
    private struct Probe {
        let key: UInt32
        let address: PeerAddress
        let descriptor: Int32
        let deadline: Instant
        var isReady = false
    }

    private static let patience = Duration.milliseconds(500)
    /// Probes at a time; more are answered as silent at once.
    private static let limit = 256

    private let reactor: Reactor
    private var probes: [Probe] = []
    private var ended: [(PeerAddress, ProbeOutcome)] = []

    init(reactor: Reactor) { self.reactor = reactor }

    mutating func begin(_ address: PeerAddress, key: UInt32, now: Instant) {
        guard probes.count < Self.limit else { return ended.append((address, .silent)) }
        let descriptor = creactor_connect_begin(address.host, address.port)
        if descriptor < 0 {
            ended.append((address, descriptor == -ECONNREFUSED ? .refused : .silent))
            return
        }
        probes.append(Probe(key: key, address: address, descriptor: descriptor, deadline: now + Self.patience))
        reactor.watch(descriptor, key: key, forOutput: true)
    }

    mutating func ready(_ key: UInt32) {
        if let index = probes.firstIndex(where: { $0.key == key }) { probes[index].isReady = true }
    }

    /// Reports the probes that have ended. False when none has.
    mutating func finish(now: Instant, into receiver: any PacketReceiver) -> Bool {
        if probes.isEmpty && ended.isEmpty { return false }
        for probe in probes where probe.isReady || probe.deadline <= now {
            ended.append((probe.address, probe.isReady ? Self.outcome(probe.descriptor) : .silent))
            discard(probe)
        }
        probes.removeAll { $0.isReady || $0.deadline <= now }
        let reports = ended
        ended = []
        for (address, outcome) in reports { receiver.probeEnded(address, outcome) }
        return !reports.isEmpty
    }

    private static func outcome(_ descriptor: Int32) -> ProbeOutcome {
        switch creactor_connect_result(descriptor) {
        case 0: .accepted
        case ECONNREFUSED: .refused
        default: .silent
        }
    }

    private func discard(_ probe: Probe) {
        reactor.unwatch(probe.descriptor)
        close(probe.descriptor)
    }

    var nextDeadline: Instant {
        if !ended.isEmpty { return .zero }
        return probes.reduce(.distantFuture) { min($0, $1.deadline) }
    }

    mutating func closeAll() {
        for probe in probes { discard(probe) }
        probes = []
    }
}

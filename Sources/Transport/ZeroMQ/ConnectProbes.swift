import CReactor
import Glibc
import Wire
import World

/// Bare connects, begun after a link was lost.
///
/// A refusal says that the machine is up and the process is not: evidence of death that arrives in microseconds, while
/// silence says nothing. libzmq's monitor (4.3.4) reports a refused connect like any other failure, hence this.
///
/// A name with several addresses is refused when all refuse; addresses to which this machine has no way at all (IPv6
/// where there is none) do not count.
struct ConnectProbes {
    private struct Probe {
        let key: UInt32
        let address: PeerAddress
        let deadline: Instant
        /// The addresses not tried yet; `nil` while the name is looked up.
        var untried: [String]?
        var descriptor: Int32?
        var isReady = false
        var wasRefused = false
        /// How it has ended, until that is reported.
        var outcome: ProbeOutcome?
    }

    private static let patience = Duration.milliseconds(500)
    /// Probes at a time; more are answered as silent at once.
    private static let limit = 256

    private let reactor: Reactor
    private var probes: [Probe] = []
    private var hasOutcome = false

    init(reactor: Reactor) { self.reactor = reactor }

    /// - Parameter addresses: of the address's host, or `nil` when ``resolved(_:_:)`` will tell them.
    mutating func begin(_ address: PeerAddress, at addresses: [String]?, key: UInt32, now: Instant) {
        var probe = Probe(key: key, address: address, deadline: now + Self.patience, untried: addresses)
        if probes.count >= Self.limit { probe.outcome = .silent } else { advance(&probe) }
        probes.append(probe)
        if probe.outcome != nil { hasOutcome = true }
    }

    mutating func resolved(_ host: String, _ addresses: [String]) {
        for index in probes.indices where probes[index].untried == nil && probes[index].address.host == host {
            probes[index].untried = addresses
            advance(&probes[index])
            if probes[index].outcome != nil { hasOutcome = true }
        }
    }

    /// Tries the next address, unless the probe has ended.
    private func advance(_ probe: inout Probe) {
        guard probe.untried != nil else { return }
        while probe.outcome == nil, let host = probe.untried?.first {
            probe.untried?.removeFirst()
            let descriptor = creactor_connect_begin(host, probe.address.port)
            if descriptor < 0 {
                note(-descriptor, &probe)
            } else if reactor.watch(descriptor, key: probe.key, forOutput: true) {
                probe.descriptor = descriptor
                return
            } else {
                close(descriptor)
                probe.outcome = .silent
            }
        }
        if probe.outcome == nil { probe.outcome = probe.wasRefused ? .refused : .silent }
    }

    private func note(_ error: Int32, _ probe: inout Probe) {
        switch error {
        case 0: probe.outcome = .accepted
        case ECONNREFUSED: probe.wasRefused = true
        case EADDRNOTAVAIL, EAFNOSUPPORT, ENETUNREACH: break
        default: probe.outcome = .silent
        }
    }

    mutating func ready(_ key: UInt32) {
        if let index = probes.firstIndex(where: { $0.key == key }) { probes[index].isReady = true }
    }

    /// Reports the probes that have ended. False when none has.
    mutating func finish(now: Instant, into receiver: any PacketReceiver) -> Bool {
        if probes.isEmpty { return false }
        for index in probes.indices {
            if probes[index].isReady, let descriptor = probes[index].descriptor {
                note(creactor_connect_result(descriptor), &probes[index])
                discard(&probes[index])
                advance(&probes[index])
            }
            if probes[index].outcome == nil && probes[index].deadline <= now { probes[index].outcome = .silent }
            if probes[index].outcome != nil { discard(&probes[index]) }
        }
        let ended = probes.filter { $0.outcome != nil }
        probes.removeAll { $0.outcome != nil }
        hasOutcome = false
        for probe in ended { receiver.probeEnded(probe.address, probe.outcome ?? .silent) }
        return !ended.isEmpty
    }

    private func discard(_ probe: inout Probe) {
        guard let descriptor = probe.descriptor else { return }
        reactor.unwatch(descriptor)
        close(descriptor)
        probe.descriptor = nil
        probe.isReady = false
    }

    var nextDeadline: Instant {
        if hasOutcome { return .zero }
        return probes.reduce(.distantFuture) { min($0, $1.deadline) }
    }

    mutating func closeAll() {
        for index in probes.indices { discard(&probes[index]) }
        probes = []
    }
}

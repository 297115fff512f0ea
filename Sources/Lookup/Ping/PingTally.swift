import Synchronization
import World

/// Counts the runs of echoes of a node, by method.
final class PingTally: Sendable {
    private struct Key: Hashable {
        let method: PingMethod
        let version: IPAddress.Version
    }

    private let counts = Mutex<[Key: Int]>([:])

    func count(_ method: PingMethod, _ version: IPAddress.Version) {
        counts.withLock { $0[Key(method: method, version: version), default: 0] += 1 }
    }

    var metrics: [MetricSample] {
        let counts = counts.withLock { $0 }
        return PingMethod.allCases.flatMap { method in
            [IPAddress.Version.v4, .v6].map { version in
                MetricSample(
                    "gossamer_ping_runs_total", .counter, Double(counts[Key(method: method, version: version)] ?? 0),
                    labels: [.init("ip", "\(version.rawValue)"), .init("method", method.rawValue)],
                    help: "Runs of echoes to a host that were carried out, by how the echoes were sent.")
            }
        }
    }
}

import JSONDocument

/// What became of the echoes of one ping, in the order of sending.
package struct PingReport: Sendable {
    package struct Echo: Hashable, Sendable {
        /// From sending to the answer; `nil` without one.
        package var roundTrip: Duration?
        /// The hop limit that the answer arrived with, where it can be seen.
        package var hops: Int?
        /// "Success", "TimedOut", or what is in the way.
        package var status: String

        package init(roundTrip: Duration? = nil, hops: Int? = nil, status: String) {
            self.roundTrip = roundTrip
            self.hops = hops
            self.status = status
        }
    }

    /// How the echoes were sent.
    package struct Way: Sendable {
        package let address: IPAddress
        package let method: PingMethod
        /// Why the methods before it were not used.
        package let refusals: [String]

        package init(address: IPAddress, method: PingMethod, refusals: [String] = []) {
            self.address = address
            self.method = method
            self.refusals = refusals
        }
    }

    private let target: LookupTarget
    private let way: Way
    private let echoes: [Echo]
    private let duplicates: Int
    private let late: Int

    /// - Parameters:
    ///   - duplicates: answers to what had been answered.
    ///   - late: answers to what had been given up.
    package init(target: LookupTarget, way: Way, echoes: [Echo], duplicates: Int = 0, late: Int = 0) {
        self.target = target
        self.way = way
        self.echoes = echoes
        self.duplicates = duplicates
        self.late = late
    }

    /// The document. Times are in milliseconds, to the microsecond; 0 when nothing has answered, as clients expect a number.
    package var json: JSON {
        let times = echoes.compactMap { $0.roundTrip.map(Self.milliseconds) }.sorted(), received = times.count
        let average = received == 0 ? 0 : times.reduce(0, +) / Double(received)
        let variance = received == 0 ? 0 : times.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(received)
        return [
            "target": .string(target.text), "resolvedAddress": .string(way.address.description),
            "method": .string(way.method.rawValue), "methodRefusals": .array(way.refusals.map { .string($0) }),
            "packetsSent": .number(echoes.count), "packetsReceived": .number(received),
            "packetLoss": .number(echoes.isEmpty ? 0 : Double(echoes.count - received) / Double(echoes.count) * 100),
            "averageRoundtripMs": Self.rounded(average), "minRoundtripMs": Self.rounded(times.first ?? 0),
            "maxRoundtripMs": Self.rounded(times.last ?? 0), "stddevRoundtripMs": Self.rounded(variance.squareRoot()),
            "p50RoundtripMs": Self.rounded(Self.percentile(50, times)), "p90RoundtripMs": Self.rounded(Self.percentile(90, times)),
            "p99RoundtripMs": Self.rounded(Self.percentile(99, times)),
            "duplicates": .number(duplicates), "late": .number(late), "results": .array(echoes.map(Self.json)),
        ]
    }

    /// By nearest rank: the least of the times that at least so many of a hundred do not exceed, so that it always is a time that was
    /// measured. Of fewer than ten the 90th is the largest, of fewer than a hundred the 99th.
    private static func percentile(_ percent: Int, _ sorted: [Double]) -> Double {
        sorted.isEmpty ? 0 : sorted[max(1, (sorted.count * percent + 99) / 100) - 1]
    }

    private static func milliseconds(_ duration: Duration) -> Double { Double(duration.nanoseconds) / 1_000_000 }

    /// No answer comes with a hop limit of 0, so that 0 says that none was seen.
    private static func json(_ echo: Echo) -> JSON {
        [
            "success": .bool(echo.roundTrip != nil), "roundtripTime": rounded(echo.roundTrip.map(milliseconds) ?? 0),
            "status": .string(echo.status), "ttl": .number(echo.hops ?? 0),
        ]
    }

    private static func rounded(_ value: Double) -> JSON { .number((value * 1_000).rounded() / 1_000) }
}

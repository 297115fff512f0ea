import JSONDocument

/// What became of the echoes of one ping, in the order of sending.
struct PingReport: Sendable {
    struct Echo: Hashable, Sendable {
        /// From sending to the answer; `nil` without one.
        var roundTrip: Duration?
        /// The hop limit that the answer arrived with, where it can be seen.
        var hops: Int?
        /// "Success", "TimedOut", or what is in the way.
        var status: String
    }

    let target: LookupTarget
    let address: IPAddress
    let method: PingMethod
    let echoes: [Echo]

    private var roundTrips: [Double] { echoes.compactMap { $0.roundTrip.map(Self.milliseconds) } }

    private static func milliseconds(_ duration: Duration) -> Double { Double(duration.nanoseconds / 1_000) / 1_000 }

    /// The document. Times are in milliseconds, to the microsecond; 0 when nothing has answered, as clients expect a number.
    var json: JSON {
        let times = roundTrips, received = times.count
        let average = received == 0 ? 0 : times.reduce(0, +) / Double(received)
        let variance = received == 0 ? 0 : times.reduce(0) { $0 + ($1 - average) * ($1 - average) } / Double(received)
        return [
            "target": .string(target.text), "resolvedAddress": .string(address.description), "method": .string(method.rawValue),
            "packetsSent": .number(echoes.count), "packetsReceived": .number(received),
            "packetLoss": .number(echoes.isEmpty ? 0 : Double(echoes.count - received) / Double(echoes.count) * 100),
            "averageRoundtripMs": Self.rounded(average), "minRoundtripMs": Self.rounded(times.min() ?? 0),
            "maxRoundtripMs": Self.rounded(times.max() ?? 0), "stddevRoundtripMs": Self.rounded(variance.squareRoot()),
            "results": .array(echoes.map(Self.json)),
        ]
    }

    private static func json(_ echo: Echo) -> JSON {
        [
            "success": .bool(echo.roundTrip != nil), "roundtripTime": rounded(echo.roundTrip.map(milliseconds) ?? 0),
            "status": .string(echo.status), "ttl": echo.hops.map { .number($0) } ?? .null,
        ]
    }

    private static func rounded(_ value: Double) -> JSON { .number((value * 1_000).rounded() / 1_000) }
}

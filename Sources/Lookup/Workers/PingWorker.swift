import JSONDocument
import World

/// How a ping is done.
public struct PingSettings: Codable, Hashable, Sendable {
    /// The methods that may be used, best first; the first that this process may use is.
    public var methods: [PingMethod]
    /// Echoes of one ping; 1 to 100, others count as the nearest.
    public var count: Int
    /// From the sending of one echo to that of the next; ``intervalAllowed``, others count as the nearest.
    public var interval: Duration
    /// How long each echo may take; ``patienceAllowed``, others count as the nearest.
    public var patience: Duration
    /// Ports for the method ``PingMethod/tcp``.
    public var ports: [UInt16]

    public init(
        methods: [PingMethod] = PingMethod.allCases, count: Int = 4, interval: Duration = .milliseconds(500),
        patience: Duration = .seconds(5), ports: [UInt16] = [443, 80, 7]
    ) {
        self.methods = methods
        self.count = count
        self.interval = interval
        self.patience = patience
        self.ports = ports
    }

    public static let countAllowed = 1...100
    /// The least is what leaves a host its peace.
    public static let intervalAllowed = Duration.milliseconds(10)...Duration.seconds(10)
    public static let patienceAllowed = Duration.milliseconds(10)...Duration.seconds(15)
    /// Ports that are tried at the same time, at most; the first of more.
    public static let portsAllowed = 1...8
    /// What ``longest`` should not exceed: an order that is not answered for ``WorkKind/shortestSilence`` is given to another node as well,
    /// and the target would be pinged by two. What is left is for finding its address.
    public static let longestAllowed = LookupJob.work.shortestSilence - LookupResolver.standardPatience

    /// All within their ranges.
    var clamped: PingSettings {
        PingSettings(
            methods: methods, count: count.clamped(to: Self.countAllowed), interval: interval.clamped(to: Self.intervalAllowed),
            patience: patience.clamped(to: Self.patienceAllowed), ports: Array(ports.prefix(Self.portsAllowed.upperBound)))
    }

    /// From the first echo to the end of the last one's patience.
    public var longest: Duration { interval * (count - 1) + patience }
}

/// Finds out whether a host answers, and how fast.
///
/// A host that does not answer is a result with all packets lost; a host to which no way leads from this node is a failure.
public struct PingWorker: LookupWorker {
    private let resolver: LookupResolver
    private let settings: PingSettings
    private let marks: PingMarks
    private let tally = PingTally()

    public var service: LookupService { .ping }

    /// The finding of the address, all echoes at their times, and the last one's patience.
    public var timeout: Duration { resolver.patience + settings.longest }

    public init(_ resolver: LookupResolver, settings: PingSettings = PingSettings(), world: any World) {
        self.resolver = resolver
        self.settings = settings.clamped
        marks = PingMarks(world)
    }

    /// What this process may not do, and what it does instead.
    public func obstacles(_ world: any World) -> [String] {
        [(IPAddress.Version.v4, "IPv4"), (.v6, "IPv6")].compactMap { version, name in
            let refusals = settings.methods.map { ($0, $0.refusal(version)) }
            guard let first = refusals.first(where: { $0.1 == nil })?.0 else {
                return "this node may not ping \(name): \(refusals.compactMap(\.1).joined(separator: "; "))"
            }
            // That it takes a raw socket for one that needs no right makes no difference to anybody.
            guard first == .tcp, refusals.count > 1 else { return nil }
            let passed = refusals.compactMap(\.1)
            return passed.isEmpty ? nil : "pings of \(name) are beginnings of connections, for \(passed.joined(separator: "; "))"
        }
    }

    /// How often each method was used.
    public var metrics: [MetricSample] { tally.metrics }

    public func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        let addresses = if let address = target.address { [address] } else { try await resolver.addresses(of: target.text, world) }
        guard !addresses.isEmpty else { throw LookupFailure("\(target) has no address", source: .target) }
        try resolver.client.outside.addresses.admit(target: addresses)
        var failure: String?
        // The first address to which a way leads.
        for address in addresses {
            if let obstacle = address.obstacle {
                failure = failure ?? obstacle
                continue
            }
            do {
                // A ping is of its moment, so nothing is said of how long it holds.
                return LookupAnswer(try await ping(address, target, world).json, address: address)
            } catch let error as SystemFailure {
                failure = failure ?? error.description
            }
        }
        let tried = addresses.map(\.description).joined(separator: ", ")
        throw LookupFailure("\(tried) cannot be reached from this node: \(failure ?? "no method")", source: .node)
    }

    private func ping(_ address: IPAddress, _ target: LookupTarget, _ world: any World) async throws -> PingReport {
        var refusals: [String] = []
        for method in settings.methods {
            do {
                let way = PingReport.Way(address: address, method: method, refusals: refusals)
                let report = try await report(target, way, world)
                tally.count(method, address.version)
                return report
            } catch let failure as SystemFailure where failure.isForbidden {
                refusals.append(method.refusal(failure))
            }
        }
        let tried = settings.methods.map(\.rawValue).joined(separator: ", ")
        let remedy = "allow net.ipv4.ping_group_range, CAP_NET_RAW or the method tcp"
        throw LookupFailure("this node may not ping (tried: \(tried)); \(remedy)", source: .node)
    }

    private func report(_ target: LookupTarget, _ way: PingReport.Way, _ world: any World) async throws -> PingReport {
        switch way.method {
        case .icmp, .icmpRaw:
            let isRaw = way.method == .icmpRaw
            let socket = try PingSocket.icmp(way.address, raw: isRaw)
            var ping = ICMPPing(socket: socket, address: way.address, isRaw: isRaw, settings: settings, marks: marks)
            let ledger = try await ping.run(world)
            return PingReport(target: target, way: way, echoes: ledger.echoes, duplicates: ledger.duplicates, late: ledger.late)
        case .tcp:
            let echoes = try await TCPPing(address: way.address, settings: settings).run(world)
            return PingReport(target: target, way: way, echoes: echoes)
        }
    }
}

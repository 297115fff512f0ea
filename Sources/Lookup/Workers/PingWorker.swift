import JSONDocument
import World

/// How a ping is done.
public struct PingSettings: Codable, Hashable, Sendable {
    /// The methods that may be used, best first; the first that this process may use is.
    public var methods: [PingMethod]
    /// Echoes of one ping; 1 to 100, others count as the nearest.
    public var count: Int
    /// From the sending of one echo to that of the next.
    public var interval: Duration
    /// How long each echo may take.
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

    /// The count, within its bounds.
    var echoes: Int { min(100, max(1, count)) }
}

/// Finds out whether a host answers, and how fast.
///
/// A host that does not answer is a result with all packets lost; a host to which no way leads from this node is a failure.
public struct PingWorker: LookupWorker {
    private let resolver: LookupResolver
    private let settings: PingSettings
    private let marks: PingMarks

    public var service: LookupService { .ping }

    /// All echoes at their times, the last one's patience, and five seconds for finding the address.
    public var timeout: Duration { settings.interval * settings.echoes + settings.patience + .seconds(5) }

    public init(_ resolver: LookupResolver, settings: PingSettings = PingSettings(), world: any World) {
        self.resolver = resolver
        self.settings = settings
        marks = PingMarks(world)
    }

    public func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        let addresses = if let address = target.address { [address] } else { try await resolver.addresses(of: target.text, world) }
        guard !addresses.isEmpty else { throw LookupFailure("\(target) has no address") }
        try resolver.client.outside.addresses.admit(target: addresses)
        var failure: String?
        // The first address to which a way leads.
        for address in addresses {
            if let obstacle = address.obstacle {
                failure = failure ?? obstacle
                continue
            }
            do {
                return LookupAnswer(try await ping(address, target, world).json, address: address)
            } catch let error as SystemFailure {
                failure = failure ?? error.description
            }
        }
        let tried = addresses.map(\.description).joined(separator: ", ")
        throw LookupFailure("\(tried) cannot be reached from this node: \(failure ?? "no method")")
    }

    private func ping(_ address: IPAddress, _ target: LookupTarget, _ world: any World) async throws -> PingReport {
        for method in settings.methods {
            do {
                let echoes = try await echoes(of: method, address, world)
                return PingReport(target: target, address: address, method: method, echoes: echoes)
            } catch let failure as SystemFailure where failure.isForbidden {
                continue
            }
        }
        let tried = settings.methods.map(\.rawValue).joined(separator: ", ")
        throw LookupFailure("this node may not ping (tried: \(tried)); allow net.ipv4.ping_group_range, CAP_NET_RAW or the method tcp")
    }

    private func echoes(of method: PingMethod, _ address: IPAddress, _ world: any World) async throws -> [PingReport.Echo] {
        switch method {
        case .icmp, .icmpRaw:
            let isRaw = method == .icmpRaw
            let socket = try PingSocket.icmp(address, raw: isRaw)
            var ping = ICMPPing(socket: socket, address: address, isRaw: isRaw, settings: settings, marks: marks)
            return try await ping.run(world)
        case .tcp: return try await TCPPing(address: address, settings: settings).run(world)
        }
    }
}

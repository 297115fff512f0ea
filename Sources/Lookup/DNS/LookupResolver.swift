import World

/// Finds the addresses of names.
public struct LookupResolver: Sendable {
    /// For how long the addresses of one name are asked for.
    public static let standardPatience = Duration.seconds(5)

    let client: DNSClient
    let patience: Duration

    /// - Parameter patience: for all questions about one name. What has come by then counts: some servers never answer for one kind.
    public init(_ client: DNSClient, patience: Duration = LookupResolver.standardPatience) {
        self.client = client
        self.patience = patience
    }

    /// The addresses of a name.
    struct Resolution: Sendable {
        /// Those of IPv4 first, in the order of the answers.
        let addresses: [IPAddress]
        /// For how long they hold, or that there are none; `nil` when that is not known, as when one kind could not be asked for.
        let timeToLive: Duration?
    }

    /// All addresses of the name, those of IPv4 first, in the order of the answers. Empty when there is no such name or it has none.
    /// - Throws: ``LookupFailure`` when no server could tell; `CancellationError`.
    public func addresses(of name: String, _ world: any World) async throws -> [IPAddress] {
        try await resolve(name, world).addresses
    }

    /// The same, and for how long.
    func resolve(_ name: String, _ world: any World) async throws -> Resolution {
        let results = try await results(name, [.a, .aaaa], world)
        let findings = results.compactMap { try? $0.get() }
        let addresses = findings.flatMap(\.addresses)
        // One kind is enough: some servers fail for the other.
        if addresses.isEmpty { for case .failure(let failure) in results { throw failure } }
        // That there are none of one kind says nothing against those of the other.
        let telling = addresses.isEmpty ? findings : findings.filter { !$0.addresses.isEmpty }
        let times = telling.compactMap(\.timeToLive)
        let isWhole = findings.count == results.count && times.count == telling.count
        return Resolution(addresses: addresses, timeToLive: isWhole ? times.min().map { .seconds(Int64($0)) } : nil)
    }

    /// What is found of each type in the time that there is.
    private func results(
        _ name: String, _ types: [DNSType], _ world: any World
    ) async throws -> [Result<DNSFinding, LookupFailure>] {
        let servers = client.settings.servers.isEmpty ? "the system's name servers" : client.settings.servers.joined(separator: ", ")
        let late = LookupFailure("the address of \(name) is unknown: no answer of \(servers) within \(patience.milliseconds) ms")
        let found = try await world.gather(types, within: patience) { try await finding(name, $0, world) }
        return types.map { found[$0] ?? .failure(late) }
    }

    private func finding(_ name: String, _ type: DNSType, _ world: any World) async throws -> Result<DNSFinding, LookupFailure> {
        do {
            return .success(try await client.find(name, type, world))
        } catch let failure as DNSFailure {
            return .failure(LookupFailure("the address of \(name) is unknown: \(failure)", source: failure.source))
        }
    }
}

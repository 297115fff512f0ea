import JSONDocument
import World

/// Finds the names of an address: its PTR records, and whether the first name leads back to it.
public struct ReverseDNSWorker: LookupWorker {
    private let client: DNSClient
    public let timeout: Duration

    public var service: LookupService { .reverseDNS }

    public init(_ client: DNSClient, timeout: Duration = .seconds(5)) {
        self.client = client
        self.timeout = timeout
    }

    /// An address without a name is an answer, not a failure. A server that fails or refuses is a failure that says so.
    public func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        guard let address = target.address else {
            throw LookupFailure("Reverse DNS lookup requires an IP address target.", source: .target)
        }
        try client.outside.addresses.admit(target: [address])
        let askedAt = world.wallTime
        let (names, timeToLive) = try await names(of: address, world)
        // That a name leads nowhere, or its server is silent, takes nothing from what was found.
        let forward = if let name = names.first { try await addresses(of: name, world) } else { [IPAddress]() }
        return LookupAnswer([
            "input": .string(target.text), "found": .bool(!names.isEmpty), "hostName": .text(names.first),
            "aliases": .array(names.dropFirst().map { .string($0) }), "addresses": .array(forward.map { .string($0.description) }),
            "forwardConfirmed": .bool(forward.contains { $0.bytes == address.bytes }),
            "timeToLiveSeconds": timeToLive.map { .number($0) } ?? .null, "queriedAtUtc": .string(askedAt.iso8601),
        ])
    }

    private func names(of address: IPAddress, _ world: any World) async throws -> (names: [String], timeToLive: UInt32?) {
        let question = address.reverseName
        do {
            guard case .records(let message) = try await client.ask(question, .ptr, world) else { return ([], nil) }
            let (data, timeToLive) = message.answer(question, .ptr)
            let names = data.compactMap { if case .name(let name) = $0 { name } else { nil } }
            return (names, names.isEmpty ? nil : timeToLive)
        } catch let failure as DNSFailure {
            throw LookupFailure("the name of \(address) is unknown: \(failure)")
        }
    }

    /// Asked once and not for long: the names are what was wanted, and they are there.
    private func addresses(of name: String, _ world: any World) async throws -> [IPAddress] {
        var settings = client.settings
        settings.patience = .seconds(1)
        settings.rounds = 1
        do {
            return try await LookupResolver(DNSClient(settings, through: client.outside)).addresses(of: name, world)
        } catch is LookupFailure {
            return []
        }
    }
}

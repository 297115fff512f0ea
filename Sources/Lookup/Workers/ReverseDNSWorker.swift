import JSONDocument
import World

// THE NAMES OF AN ADDRESS
//
// Anybody can give his address any name, so a name is worth something only when it leads back to the address: forward-confirmed reverse
// DNS. The names are sorted, because servers turn the order of their records from answer to answer, and two nodes that were told the
// same shall say the same. That a name leads nowhere, or that its server is silent, takes nothing from what was found.

/// Finds the names of an address: its PTR records, and which of the names lead back to it.
public struct ReverseDNSWorker: LookupWorker {
    /// Names that are asked for their addresses.
    public static let confirmationLimit = 8
    /// What is found is kept no longer than this, whatever its time to live.
    public static let longestKeep = Duration.seconds(86_400)
    /// The same for what is not found (RFC 2308, 5, calls one to three hours sensible).
    public static let longestNegativeKeep = Duration.seconds(3 * 3_600)
    /// The same while it is not known where some of the names lead, so that their servers are soon asked again.
    public static let longestUncertainKeep = Duration.seconds(30)
    private static let longestConfirmation = Duration.seconds(2)

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
        let askedAt = world.wallTime, begun = world.now
        let finding = try await finding(of: address, world)
        let names = Set(finding.names.map { $0.lowercased() }).filter { !$0.isEmpty }.sorted()
        let rest = timeout - (world.now - begun)
        let forward = try await forward(names.prefix(Self.confirmationLimit), within: min(Self.longestConfirmation, rest / 2), world)
        let confirmed = names.filter { name in forward[name]?.addresses.contains { $0.bytes == address.bytes } == true }
        let addresses = names.first.flatMap { forward[$0]?.addresses } ?? []
        let document: JSON = [
            "input": .string(target.text), "found": .bool(!names.isEmpty), "hostName": .text(names.first),
            "aliases": .array(names.dropFirst().map { .string($0) }),
            "addresses": .array(Self.sorted(addresses).map { .string($0.description) }),
            "forwardConfirmed": .bool(names.first.map(confirmed.contains) == true),
            "confirmedNames": .array(confirmed.map { .string($0) }),
            "uncheckedNames": .array(names.filter { forward[$0] == nil }.map { .string($0) }),
            "reverseName": .string(address.reverseName), "reverseAliases": .array(finding.aliases.map { .string($0) }),
            "responseCode": .string(finding.exists ? "NOERROR" : "NXDOMAIN"),
            "timeToLiveSeconds": finding.timeToLive.map { .number($0) } ?? .null, "server": .text(finding.server),
            "queriedAtUtc": .string(askedAt.iso8601),
        ]
        return LookupAnswer(document, keep: Self.keep(finding, names, forward), address: address)
    }

    private func finding(of address: IPAddress, _ world: any World) async throws -> DNSFinding {
        do {
            return try await client.find(address.reverseName, .ptr, world)
        } catch let failure as DNSFailure {
            throw LookupFailure("the name of \(address) is unknown: \(failure)", source: failure.source)
        }
    }

    /// Where the names lead, as far as servers say so in time. Each is asked once and not for long: the names are what was wanted, and
    /// they are there.
    /// - Throws: `CancellationError`.
    private func forward(
        _ names: ArraySlice<String>, within time: Duration, _ world: any World
    ) async throws -> [String: LookupResolver.Resolution] {
        var settings = client.settings
        settings.patience = .seconds(1)
        settings.rounds = 1
        let resolver = LookupResolver(DNSClient(settings, through: client.outside))
        return try await world.gather(names, within: time) { name -> LookupResolver.Resolution? in
            do { return try await resolver.resolve(name, world) } catch is LookupFailure { return nil }
        }.compactMapValues { $0 }
    }

    /// Servers turn the order of addresses, too.
    private static func sorted(_ addresses: [IPAddress]) -> [IPAddress] {
        addresses.sorted { a, b in
            a.bytes.count == b.bytes.count ? a.bytes.lexicographicallyPrecedes(b.bytes) : a.bytes.count < b.bytes.count
        }
    }

    /// For as long as everything that the document says holds. What no server gives a time for is not kept.
    private static func keep(
        _ finding: DNSFinding, _ names: [String], _ forward: [String: LookupResolver.Resolution]
    ) -> Duration? {
        guard let seconds = finding.timeToLive else { return nil }
        guard !names.isEmpty else { return positive(min(.seconds(Int64(seconds)), longestNegativeKeep)) }
        let asked = names.prefix(confirmationLimit)
        let times = asked.map { forward[$0]?.timeToLive ?? longestUncertainKeep }
        return positive((times + [longestKeep]).reduce(.seconds(Int64(seconds)), min))
    }

    /// What holds for no time is not kept (RFC 1035, 3.2.1).
    private static func positive(_ time: Duration) -> Duration? { time > .zero ? time : nil }
}

import JSONDocument
import World

/// Finds out where an address is and whose: from files if there are any, else from a service.
public struct GeoIPWorker: LookupWorker {
    private let resolver: LookupResolver
    private let files: GeoIPFiles?
    private let paths: [String]
    private let web: GeoIPWeb
    public let timeout: Duration

    public var service: LookupService { .geoIP }

    /// - Parameters:
    ///   - resolver: also gives the door through which the service is asked.
    ///   - files: paths of databases in the MaxMind format; with none, the service is asked.
    ///   - base: of the service, without a slash at its end.
    public init(_ resolver: LookupResolver, files: [String], base: String, timeout: Duration = .seconds(10)) {
        self.resolver = resolver
        paths = files
        self.files = files.isEmpty ? nil : GeoIPFiles(paths: files)
        self.timeout = timeout
        web = GeoIPWeb(base: base, patience: timeout, outside: resolver.client.outside)
    }

    public func obstacles(_ world: any World) -> [String] {
        paths.filter { !world.files.exists($0) }.map {
            "the GeoIP database \($0) is not there: put it there, which needs no restart, or take it from geoip.files"
        }
    }

    /// Addresses of special ranges are nowhere: they fail with the words of the contract, and nobody is asked.
    public func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        let addresses = try await addresses(of: target, world), address = addresses[0]
        try resolver.client.outside.addresses.admit(target: addresses)
        if let special = AddressRefusal(address) { throw LookupFailure(special.sentence, source: .target) }
        let members = if let files {
            try await world.compute { try files.find(address) }
        } else {
            try await web.find(address)
        }
        return LookupAnswer(.object(members + [.init("resolvedAddress", .string(address.description))]), address: address)
    }

    /// At least one.
    private func addresses(of target: LookupTarget, _ world: any World) async throws -> [IPAddress] {
        if let address = target.address { return [address] }
        do {
            let addresses = try await resolver.addresses(of: target.text, world)
            if !addresses.isEmpty { return addresses }
        } catch is LookupFailure {
            // The contract has one sentence for all that may be the matter.
        }
        throw LookupFailure("Failed to resolve domain to IP")
    }
}

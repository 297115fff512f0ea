import Logging
import World

/// Whom the lookups of a node ask, and how long.
public struct LookupConfiguration: Codable, Hashable, Sendable {
    /// Database files in the MaxMind format, of cities, countries or autonomous systems, any of them. With none, the service at
    /// ``geoIPBase`` is asked, which then learns every address that is looked up.
    public var geoIPFiles: [String]
    /// A service that speaks as ip-api.com does, without a slash at its end.
    public var geoIPBase: String
    public var geoIPTimeout: Duration
    public var ping: PingSettings
    /// Where IANA's bootstrap registries are, without a slash at its end.
    public var rdapBase: String
    public var rdapTimeout: Duration
    /// Name servers and how they are asked.
    public var dns: DNSClient.Settings
    public var reverseDNSTimeout: Duration
    /// How often, how many at a time, and when no longer.
    public var outside: OutsideFigures
    /// Which addresses may be asked, and about which.
    public var addresses: AddressPolicy
    /// What is kept of what was found out, and how long.
    public var cache = LookupCacheSettings()

    public init(
        geoIPFiles: [String] = [], geoIPBase: String = "http://ip-api.com", geoIPTimeout: Duration = .seconds(10),
        ping: PingSettings = PingSettings(), rdapBase: String = "https://data.iana.org/rdap", rdapTimeout: Duration = .seconds(15),
        dns: DNSClient.Settings = DNSClient.Settings(), reverseDNSTimeout: Duration = .seconds(5),
        outside: OutsideFigures = OutsideFigures(), addresses: AddressPolicy = AddressPolicy()
    ) {
        self.geoIPFiles = geoIPFiles
        self.geoIPBase = geoIPBase
        self.geoIPTimeout = geoIPTimeout
        self.ping = ping
        self.rdapBase = rdapBase
        self.rdapTimeout = rdapTimeout
        self.dns = dns
        self.reverseDNSTimeout = reverseDNSTimeout
        self.outside = outside
        self.addresses = addresses
    }

    /// The four workers, by the value of their service.
    /// - Parameters:
    ///   - hosts: the node's door to the outside, made with ``outside`` and ``addresses``.
    ///   - log: is told of what changes by itself, as of database files.
    public func makeWorkers(through hosts: OutsideHosts, log: Logger = Logger(label: "lookup")) -> [any LookupWorker] {
        let client = DNSClient(dns, through: hosts)
        let resolver = LookupResolver(client)
        return [
            GeoIPWorker(resolver, files: geoIPFiles, base: geoIPBase, timeout: geoIPTimeout, log: log),
            PingWorker(resolver, settings: ping, world: hosts.world),
            RDAPWorker(resolver, base: rdapBase, timeout: rdapTimeout),
            ReverseDNSWorker(client, timeout: reverseDNSTimeout),
        ]
    }
}

import JSONDocument

/// A kind of lookup, as clients know it.
///
/// Not an enumeration: a new kind is a value of this and a ``LookupWorker``.
public struct LookupService: Codable, Hashable, Sendable {
    /// The number by which clients ask for it; 0 or more.
    public let value: Int
    /// The name by which they may ask too, without regard to case.
    public let name: String
    /// One line for people.
    public let description: String

    public init(value: Int, name: String, description: String) {
        self.value = value
        self.name = name
        self.description = description
    }

    public static let geoIP = LookupService(value: 0, name: "GeoIP", description: "Geographic location and ISP information")
    public static let ping = LookupService(value: 1, name: "Ping", description: "Network reachability and latency check")
    public static let rdap = LookupService(value: 2, name: "RDAP", description: "Registration data via RDAP protocol")
    public static let reverseDNS = LookupService(value: 3, name: "ReverseDNS", description: "Reverse DNS lookup (PTR record)")

    /// The four that every mesh has, by value.
    public static let all = [geoIP, ping, rdap, reverseDNS]

    /// The one of ``all`` with this value.
    public init?(value: Int) {
        guard let service = Self.all.first(where: { $0.value == value }) else { return nil }
        self = service
    }

    /// The one of ``all`` with this name, in upper or lower case.
    public init?(name: String) {
        let folded = name.asciiLowercased
        guard let service = Self.all.first(where: { $0.name.asciiLowercased == folded }) else { return nil }
        self = service
    }

    /// How sentences call it: "Reverse DNS lookup timed out after 5s."
    public var title: String { self == .reverseDNS ? "Reverse DNS" : name }
}

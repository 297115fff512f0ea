import JSONDocument

/// What is known of where an address is and whose, as clients read it.
struct GeoIPDocument: Sendable {
    /// The keys of the contract, in its order.
    static let keys = ["country", "countryCode", "region", "regionName", "city", "zip", "lat", "lon", "timezone", "isp", "org", "as"]
    /// Those whose values are numbers, and those whose values are texts.
    static let numbers = ["lat", "lon"], texts = keys.filter { !numbers.contains($0) }

    /// By key; what is not known is not there.
    var values: [String: JSON]
    /// Who says so.
    let source: JSON
    /// What is the matter with those who were asked, though others have answered.
    var problems: [String] = []

    /// The document without what concerns the target. Clients expect a text or a number for every key, so that what is not known is
    /// empty or 0 and named in `unknown`.
    var members: [JSON.Member] {
        let known = Self.keys.map { JSON.Member($0, values[$0] ?? (Self.numbers.contains($0) ? 0 : "")) }
        let unknown = Self.keys.filter { values[$0] == nil }
        return [.init("status", "success"), .init("message", .null)] + known
            + [.init("unknown", .array(unknown.map { .string($0) })), .init("source", source)]
    }
}

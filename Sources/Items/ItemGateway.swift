import World

/// Items of tenants, as an edge sees them.
public protocol ItemGateway: Sendable {
    /// Has items counted. When this returns each of them counts, once, whatever dies. Adding one again changes nothing.
    /// - Parameters:
    ///   - ids: of what has to be done for that; the same once more are the same work.
    ///   - deadline: by when there is to be an answer; what is not done by then may be done afterwards.
    func add(_ items: [Item], ids: any WorkIDSource, by deadline: Instant) async throws(ItemGatewayError)

    /// How many items a tenant has: all that were acknowledged before, and maybe some that are being added. 0 for a tenant that nobody
    /// knows.
    func count(_ tenant: String) async throws(ItemGatewayError) -> UInt64

    /// The same as one replica has it, which may be behind; without a majority, too.
    func glance(_ tenant: String) async throws(ItemGatewayError) -> ItemGlance
}

/// A count as one replica has it.
public struct ItemGlance: Hashable, Sendable {
    public let count: UInt64
    /// Of the tenant's register; of two glances the one with the higher version is the newer. 0 for a tenant that the replica does not
    /// know.
    public let version: UInt64

    public init(count: UInt64, version: UInt64) { (self.count, self.version) = (count, version) }
}

/// Why an edge has nothing for its client.
public struct ItemGatewayError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// A majority of the replicas does not answer. Nothing counts, and nothing of it will.
        case unavailable
        /// The same, and some of it may count, or may yet: adding it again is right in any case.
        case unknown
        /// What is asked for cannot be, by the rules.
        case invalid
    }

    public let code: Code
    /// What is wrong, with the value and the remedy.
    public let description: String
    public let retryAfterSeconds: Int

    public init(_ code: Code, _ description: String, retryAfterSeconds: Int = 1) {
        self.code = code
        self.description = description
        self.retryAfterSeconds = retryAfterSeconds
    }
}

import World

/// The name of a register: what it is of (`kv/colour`, `job/0199...`), and when that was made if it ends some day.
public struct RegisterKey: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest name, in bytes of UTF-8.
    public static let maximumBytes = 512

    /// The name in UTF-8, 1 ... 512 bytes.
    public let bytes: [UInt8]
    /// For work, which ends and is freed with all of its hour. Nil for what is named by people and lives on, such as a tenant.
    public let hour: CreationHour?
    /// 0 ..< 1,024; and ``Shard/configuration`` for the register of that.
    public let shard: Int

    /// The register in which the mesh's configuration is written down. Its name has no kind before a slash, as all others have.
    public static let configuration = RegisterKey(ofShard: Shard.configuration, Array("configuration".utf8))

    /// Nil for an empty name, or one of more than 512 bytes.
    public init?(bytes: [UInt8], hour: CreationHour? = nil) {
        guard !bytes.isEmpty, bytes.count <= Self.maximumBytes else { return nil }
        self.bytes = bytes
        self.hour = hour
        shard = bytes == Self.configuration.bytes ? Shard.configuration : Shard.of(bytes)
    }

    private init(ofShard shard: Int, _ bytes: [UInt8]) {
        self.bytes = bytes
        hour = nil
        self.shard = shard
    }

    /// Nil for an empty name, or one of more than 512 bytes.
    public init?(_ name: String, hour: CreationHour? = nil) { self.init(bytes: Array(name.utf8), hour: hour) }

    /// The register of a piece of work.
    public init(kind: StaticString, of id: WorkID) {
        bytes = Array("\(kind)/\(id)".utf8)
        precondition(bytes.count <= Self.maximumBytes, "a kind of work has a short name, not \(kind)")
        hour = CreationHour(of: id)
        shard = Shard.of(bytes)
    }

    /// By shard, then by name: the order in which a store keeps them.
    public static func < (a: RegisterKey, b: RegisterKey) -> Bool {
        if a.shard != b.shard { return a.shard < b.shard }
        if a.bytes != b.bytes { return a.bytes.lexicographicallyPrecedes(b.bytes) }
        return (a.hour?.number ?? 0, a.hour != nil ? 1 : 0) < (b.hour?.number ?? 0, b.hour != nil ? 1 : 0)
    }

    /// By name alone, the last first: the order of lists.
    static func isNamedLater(_ a: RegisterKey, than b: RegisterKey) -> Bool {
        a.bytes == b.bytes ? (a.hour?.number ?? 0) > (b.hour?.number ?? 0) : b.bytes.lexicographicallyPrecedes(a.bytes)
    }

    public static func == (a: RegisterKey, b: RegisterKey) -> Bool { a.bytes == b.bytes && a.hour == b.hour }

    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }

    public var description: String { String(decoding: bytes, as: UTF8.self) }
}

/// The fixed division of all keys into parts that are placed together.
public enum Shard {
    /// The number of shards of every mesh. Fixed for ever: a key's shard may not depend on configuration.
    public static let count = 1_024

    /// The part that holds the mesh's configuration alone, beyond those of keys.
    public static let configuration = 1_024

    /// The shard of a key, 0 ..< 1,024: the first ten bits of its StableHash.
    public static func of(_ key: some Sequence<UInt8>) -> Int { Int(StableHash.hash(key) >> 54) }
}

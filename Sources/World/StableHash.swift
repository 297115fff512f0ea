/// Hashes that are the same in every process and on every machine, unlike `Hasher`'s.
public enum StableHash {
    /// FNV-1a over the bytes (Fowler, Noll, Vo; draft-eastlake-fnv), finished with the 64-bit mixer of MurmurHash3
    /// (Appleby), because bare FNV-1a leaves the high bits of short keys poorly spread.
    @inlinable public static func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var h: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { h = (h ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return mix(h)
    }

    /// The finalizer of MurmurHash3: a bijection in which every input bit reaches every output bit.
    @inlinable public static func mix(_ x: UInt64) -> UInt64 {
        var h = x
        h ^= h >> 33
        h = h &* 0xFF51_AFD7_ED55_8CCD
        h ^= h >> 33
        h = h &* 0xC4CE_B9FE_1A85_EC53
        h ^= h >> 33
        return h
    }
}

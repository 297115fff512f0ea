import World

extension CarriedShards {
    /// Bytes of ``bits``.
    static let bytes = Shard.configuration / 8 + 1

    /// One bit for each shard, from the lowest of the first byte on.
    var bits: [UInt8] {
        var bits = Array(repeating: UInt8(0), count: Self.bytes)
        for shard in shards { bits[shard / 8] |= 1 << UInt8(shard % 8) }
        return bits
    }

    /// Bits beyond the last shard mean nothing.
    init(epoch: UInt64, bits: some Sequence<UInt8>, registers: UInt64) {
        let shards = bits.enumerated().lazy.flatMap { place, byte in
            (0..<8).lazy.filter { byte >> UInt8($0) & 1 == 1 }.map { place * 8 + $0 }
        }
        self.init(epoch: epoch, shards: Set(shards.filter { $0 <= Shard.configuration }), registers: registers)
    }
}

/// A seeded stream of random numbers: xoshiro256** 1.0 (Blackman and Vigna, "Scrambled Linear Pseudorandom Number
/// Generators", 2021), seeded through SplitMix64 as its authors advise.
///
/// A stream is drawn from ``World/random(_:)`` by name, so that a new user of randomness does not shift the numbers of
/// the others: two runs under one seed stay comparable after a change elsewhere. Not for secrets.
public struct RandomStream: RandomNumberGenerator, Sendable {
    private var s0, s1, s2, s3: UInt64

    public init(seed: UInt64) {
        var mixer = seed
        func mix() -> UInt64 {
            mixer &+= 0x9E37_79B9_7F4A_7C15
            var z = mixer
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
        (s0, s1, s2, s3) = (mix(), mix(), mix(), mix())
    }

    /// The stream called `name` of the world with this seed.
    public init(seed: UInt64, name: String) {
        self.init(seed: seed ^ StableHash.hash(name.utf8))
    }

    public mutating func next() -> UInt64 {
        func rotateLeft(_ x: UInt64, _ k: UInt64) -> UInt64 { (x << k) | (x >> (64 - k)) }
        let result = rotateLeft(s1 &* 5, 7) &* 9
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = rotateLeft(s3, 45)
        return result
    }

    /// True with probability `p`; never for `p <= 0`, always for `p >= 1`.
    public mutating func chance(_ p: Double) -> Bool { unit() < p }

    /// Uniform in `0 ..< 1`, with 53 bits.
    public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform in `0 ..< bound`. `bound` must be positive.
    public mutating func below(_ bound: Int) -> Int {
        precondition(bound > 0, "RandomStream.below needs a positive bound, not \(bound)")
        return Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}

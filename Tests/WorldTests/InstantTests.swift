import Testing
import World

@Suite struct InstantTests {
    @Test func additionSaturates() {
        #expect(Instant(nanoseconds: .max - 1) + .seconds(5) == .distantFuture)
        #expect(Instant(nanoseconds: .min + 1) - .seconds(5) == Instant(nanoseconds: .min))
        #expect(Instant.zero + .milliseconds(3) == Instant(nanoseconds: 3_000_000))
        #expect(Duration.seconds(Int64.max).nanoseconds == .max)
        #expect(Duration.seconds(Int64.min).nanoseconds == .min)
    }

    @Test func hashesAreTheSameEverywhere() {
        // Values written down once: a change of the hash would move every key of every mesh.
        #expect(StableHash.hash("".utf8) == 0xEFD0_1F60_BA99_2926)
        #expect(StableHash.hash("a".utf8) == 0x82A2_A958_A9BE_CE5B)
        #expect(StableHash.mix(0) == 0)
    }
}

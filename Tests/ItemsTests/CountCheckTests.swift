import Items
import Testing
import World

/// Counts of a set that only grows.
@Suite struct CountCheckTests {
    private static func add(_ ids: Int, _ called: Int64, _ returned: Int64?) -> CountCheck.Addition {
        .init(ids: ids, called: called, returned: returned, name: "add at \(called)")
    }

    private static func read(_ count: Int, _ called: Int64, _ returned: Int64) -> CountCheck.Read {
        .init(count: count, called: called, returned: returned, name: "read at \(called)")
    }

    @Test func whatHappensOneAfterTheOtherIsRight() {
        #expect(CountCheck.judge([], []) == nil)
        let adds = [Self.add(2, 0, 1), Self.add(3, 4, 5)]
        #expect(CountCheck.judge(adds, [Self.read(2, 2, 3), Self.read(5, 6, 7)]) == nil)
    }

    @Test func everyKindOfWrongIsFoundAndNamed() {
        let adds = [Self.add(2, 0, 1), Self.add(3, 4, 5)]
        for (reads, kind) in [
            // An acknowledged addition is missing; more than was asked for; ahead of its time; a count that goes back.
            ([Self.read(4, 6, 7)], CountCheck.Finding.Kind.stale), ([Self.read(6, 6, 7)], .future), ([Self.read(3, 2, 3)], .future),
            ([Self.read(1, 2, 3)], .stale),
        ] {
            #expect(CountCheck.judge(adds, reads)?.kind == kind, "\(reads)")
        }
        #expect(CountCheck.judge([Self.add(1, 0, 9)], [Self.read(1, 1, 2), Self.read(0, 3, 4)])?.kind == .regress)
    }

    @Test func whatIsUnknownMayComeLateOrNeverAndStays() {
        let adds = [Self.add(2, 0, nil)]
        for count in 0...2 { #expect(CountCheck.judge(adds, [Self.read(count, 50, 60)]) == nil) }
        #expect(CountCheck.judge(adds, [Self.read(0, 10, 11), Self.read(1, 12, 13), Self.read(2, 14, 15)]) == nil)
        #expect(CountCheck.judge(adds, [Self.read(2, 10, 11), Self.read(1, 12, 13)])?.kind == .regress)
        #expect(CountCheck.judge(adds, [Self.read(3, 50, 60)])?.kind == .future)
    }

    /// A read is put where what is over soon after is among what it tells.
    @Test func aReadTakesPlaceWhereItCan() {
        let adds = [Self.add(1, 0, 100), Self.add(1, 6, 7)]
        #expect(CountCheck.judge(adds, [Self.read(1, 5, 8), Self.read(1, 9, 10)]) == nil)
        #expect(CountCheck.judge(adds, [Self.read(1, 5, 5), Self.read(1, 9, 10)])?.kind == .stale)
    }

    // MARK: Against all orders there are

    private struct Deed {
        /// Nil for an addition of one.
        let count: Int?
        let called: Int64
        let returned: Int64
        var mayBeLeft: Bool { count == nil && returned == .max }
    }

    /// Tries every order.
    private static func isExplained(_ deeds: [Deed], _ taken: Int = 0, _ count: Int = 0) -> Bool {
        let left = deeds.indices.filter { taken >> $0 & 1 == 0 }
        if left.allSatisfy({ deeds[$0].mayBeLeft }) { return true }
        let first = left.map { deeds[$0].returned }.min() ?? .max
        return left.contains { index in
            let deed = deeds[index]
            guard deed.called <= first, deed.count == nil || deed.count == count else { return false }
            return isExplained(deeds, taken | 1 << index, deed.count == nil ? count + 1 : count)
        }
    }

    @Test func itSaysWhatAllOrdersSay() {
        var random = RandomStream(seed: 1, name: "histories"), right = 0
        for _ in 0..<20_000 {
            let adds = (0..<random.below(4)).map { _ in
                let called = Int64(random.below(12))
                return Self.add(1 + random.below(2), called, random.chance(0.2) ? nil : called + Int64(random.below(6)))
            }
            let reads = (0..<1 + random.below(4)).map { _ in
                let called = Int64(random.below(14))
                return Self.read(random.below(5), called, called + Int64(random.below(5)))
            }
            let deeds = adds.flatMap { Array(repeating: Deed(count: nil, called: $0.called, returned: $0.returned ?? .max), count: $0.ids) }
                + reads.map { Deed(count: $0.count, called: $0.called, returned: $0.returned) }
            let isExplained = Self.isExplained(deeds)
            if isExplained { right += 1 }
            #expect((CountCheck.judge(adds, reads) == nil) == isExplained, "\(adds) \(reads)")
        }
        #expect((2_000...18_000).contains(right), "\(right) of 20000 are right")
    }
}

import Foundation
import Limits
import Testing
import World

@Suite struct LimitBucketsTests {
    private static func order(_ name: String, _ limit: Int = 2) -> LimitOrder {
        LimitOrder(name: name, policy: LimitPolicy(limit: limit, queue: 1))
    }

    @Test func eachNameHasABucketOfItsOwn() async {
        let buckets = LimitBuckets(world: SystemWorld())
        var decisions: [LimitVerdict.Decision] = []
        for _ in 0..<4 { decisions.append(await buckets.take(Self.order("a")).verdict.decision) }
        #expect(decisions == [.granted, .granted, .waits, .refused])
        let other = await buckets.take(Self.order("b"))
        #expect(other.verdict.decision == .granted && other.verdict.remaining == 1 && !other.isShare)
        let otherFigures = await buckets.take(Self.order("a", 3))
        #expect(otherFigures.verdict.decision == .granted, "other figures are another bucket")
        #expect(buckets.count == 3)
    }

    @Test func aPlaceInTheQueueIsGivenBack() async {
        let buckets = LimitBuckets(world: SystemWorld())
        for _ in 0..<2 { _ = await buckets.take(Self.order("a")) }
        let waits = await buckets.take(Self.order("a"))
        await buckets.leave(waits)
        let next = await buckets.take(Self.order("a"))
        #expect(next.verdict.decision == .waits)
        await buckets.leave(LimitTicket(next.verdict, Self.order("nobody")))
        #expect(await buckets.take(Self.order("a")).verdict.decision == .refused)
    }

    @Test func theirNumberIsBoundedAndWhoAsksStays() async {
        let buckets = LimitBuckets(world: SystemWorld(), capacity: 100)
        for _ in 0..<2 { _ = await buckets.take(Self.order("steady")) }
        for number in 0..<1_000 {
            _ = await buckets.take(Self.order("passer-by \(number)"))
            #expect(buckets.count <= 100)
            // One that is asked for at least once in a while keeps what it knows.
            if number % 40 == 0 { #expect(await buckets.take(Self.order("steady")).verdict.decision != .granted) }
        }
        #expect(await buckets.take(Self.order("passer-by 0")).verdict.remaining == 1, "it was dropped, and begins anew")
        let dropped = buckets.metrics.first { $0.name == "gossamer_limits_buckets_dropped_total" }
        #expect(dropped.map { $0.value > 800 } == true)
    }

    @Test func anAnswerOfAnotherNodeIsLookedAt() async throws {
        let buckets = LimitBuckets(world: SystemWorld()), order = Self.order("a")
        for _ in 0..<4 { #expect(await buckets.take(order).verdict.isPossible(for: order.policy)) }
        let text = { (pause: Int, reset: Int, remaining: Int) in
            #"{"decision":"waits","place":1,"pauseMs":\#(pause),"remaining":\#(remaining),"resetMs":\#(reset)}"#
        }
        for (figures, isPossible) in [
            (text(60_000, 60_000, 0), true), (text(.max, 0, 0), false), (text(0, .min, 0), false), (text(0, 0, 3), false),
            (text(-1, 0, 0), false),
        ] {
            let verdict = try JSONDecoder().decode(LimitVerdict.self, from: Data(figures.utf8))
            #expect(verdict.isPossible(for: order.policy) == isPossible, "\(figures)")
        }
    }

    @Test func anOrderOfAnotherNodeIsLookedAt() {
        #expect(Self.order("a").isValid)
        #expect(!LimitOrder(name: String(repeating: "x", count: 257), policy: LimitPolicy(limit: 1)).isValid)
        #expect(!LimitOrder(name: "a", policy: LimitPolicy(limit: 0)).isValid)
    }
}

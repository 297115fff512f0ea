import Limits
import Testing
import World

@Suite struct SlidingWindowTests {
    private static let submissions = LimitPolicy(limit: 20, window: .seconds(60), segments: 6, queue: 5)

    private static func at(_ seconds: Double) -> Instant { .zero + .milliseconds(Int(seconds * 1_000)) }

    @Test func theLimitIsGrantedAtOnceThenTheQueueFillsAndTheNextIsRefused() {
        var window = SlidingWindow(Self.submissions, now: .zero)
        for left in (0..<20).reversed() {
            let verdict = window.take(now: Self.at(1))
            #expect(verdict.decision == .granted && verdict.remaining == left && verdict.pauseMs == 0)
            #expect(verdict.resetMs == 59_000, "the first segment ends to count 60 s after its beginning")
        }
        for waiting in 1...5 {
            let verdict = window.take(now: Self.at(2))
            #expect(verdict.decision == .waits && verdict.pauseMs == 58_000 && verdict.remaining == 0)
            #expect(window.waiting == waiting)
        }
        let refused = window.take(now: Self.at(3))
        #expect(refused.decision == .refused && refused.pauseMs == 57_000 && refused.resetMs == 57_000)
        #expect(window.waiting == 5)
    }

    @Test func whatWasAskedInASegmentComesBackWhenThatSegmentHasLeftTheWindow() {
        var window = SlidingWindow(Self.submissions, now: .zero)
        for _ in 0..<12 { _ = window.take(now: Self.at(0)) }
        for _ in 0..<8 { _ = window.take(now: Self.at(25)) }
        #expect(window.take(now: Self.at(59.9)).decision == .waits)
        // At 60 s the twelve come back, one of them for the request that waits.
        for left in (0..<11).reversed() {
            let verdict = window.take(now: Self.at(60))
            #expect(verdict.decision == .granted && verdict.remaining == left)
        }
        let next = window.take(now: Self.at(60))
        #expect(next.decision == .waits && next.pauseMs == 20_000, "the eight of the third segment come back at 80 s")
    }

    @Test func oneSegmentIsAFixedWindow() {
        var window = SlidingWindow(LimitPolicy(limit: 3, window: .seconds(60), segments: 1, queue: 1), now: Self.at(7))
        for _ in 0..<3 { #expect(window.take(now: Self.at(60)).decision == .granted) }
        let waits = window.take(now: Self.at(61))
        #expect(waits.decision == .waits && waits.pauseMs == 6_000)
        #expect(window.take(now: Self.at(61)).decision == .refused)
        for left in [1, 0] { #expect(window.take(now: Self.at(67)).remaining == left) }
        #expect(window.take(now: Self.at(67)).decision == .waits)
    }

    @Test func aPlaceThatIsGivenBackIsTheNextOnes() {
        var window = SlidingWindow(Self.submissions, now: .zero)
        for _ in 0..<20 { _ = window.take(now: .zero) }
        let places = (0..<5).map { _ in window.take(now: Self.at(1)).place }
        #expect(window.take(now: Self.at(1)).decision == .refused)
        window.leave(places[2], now: Self.at(2))
        #expect(window.waiting == 4)
        let next = window.take(now: Self.at(3))
        #expect(next.decision == .waits && next.place == places[2])
        #expect(window.take(now: Self.at(3)).decision == .refused)
    }

    @Test func aPlaceWhoseTimeHasComeIsNotGivenBack() {
        var window = SlidingWindow(Self.submissions, now: .zero)
        for _ in 0..<20 { _ = window.take(now: .zero) }
        let place = window.take(now: Self.at(1)).place
        window.leave(place, now: Self.at(60))
        #expect(window.take(now: Self.at(60)).remaining == 18, "two of twenty are used")
        for strange in [-1, 0, place, 9_999] { window.leave(strange, now: Self.at(61)) }
        #expect(window.take(now: Self.at(61)).remaining == 17)
    }

    @Test func withoutAQueueWhatFindsNoRoomIsRefused() {
        var window = SlidingWindow(LimitPolicy(limit: 2, window: .seconds(10), segments: 2), now: .zero)
        _ = window.take(now: .zero)
        _ = window.take(now: Self.at(6))
        let refused = window.take(now: Self.at(7))
        #expect(refused.decision == .refused && refused.pauseMs == 3_000, "the first one comes back at 10 s")
    }

    @Test func aLongSilenceForgetsAll() {
        var window = SlidingWindow(Self.submissions, now: .zero)
        for _ in 0..<25 { _ = window.take(now: .zero) }
        let verdict = window.take(now: Self.at(1_000_000))
        #expect(verdict.decision == .granted && verdict.remaining == 19 && window.waiting == 0)
    }

    /// Against a plain list of the moments at which requests went on.
    @Test(arguments: 0..<40) func noWindowEverHoldsMoreThanTheLimit(seed: UInt64) {
        var numbers = RandomStream(seed: seed)
        let segments = 1 + numbers.below(8), limit = 1 + numbers.below(12)
        let policy = LimitPolicy(limit: limit, window: .seconds(segments * 2), segments: segments, queue: numbers.below(limit + 1))
        var window = SlidingWindow(policy, now: .zero)
        var now = Instant.zero, passed: [Instant] = [], waits: [(place: Int64, at: Instant)] = []
        for _ in 0..<600 {
            now = now + .milliseconds(numbers.below(1_500))
            if numbers.below(10) == 0, let last = waits.popLast() {
                if last.at > now { window.leave(last.place, now: now) } else { passed.append(last.at) }
            }
            let verdict = window.take(now: now)
            switch verdict.decision {
            case .granted: passed.append(now)
            case .waits: waits.append((verdict.place, now + verdict.pause))
            case .refused: #expect(window.waiting == policy.queue)
            }
            #expect(window.waiting <= policy.queue)
        }
        passed += waits.map(\.at)
        // By segments: the moments of one segment count as one.
        let numbersOfSegments = passed.map { Int($0.nanoseconds / 2_000_000_000) }.sorted()
        for (index, segment) in numbersOfSegments.enumerated() {
            let inWindow = numbersOfSegments[index...].prefix { $0 < segment + segments }.count
            #expect(inWindow <= limit, "\(policy): \(inWindow) in the window from segment \(segment) on")
        }
    }

    @Test func figuresThatAreNotAllowedAreSeen() {
        #expect(Self.submissions.isValid)
        for bad in [
            LimitPolicy(limit: 0), LimitPolicy(limit: 1, window: .milliseconds(1)), LimitPolicy(limit: 1, window: .seconds(3_601)),
            LimitPolicy(limit: 1, segments: 0), LimitPolicy(limit: 1, segments: 61), LimitPolicy(limit: 1, queue: -1),
            LimitPolicy(limit: 5, queue: 6),
        ] { #expect(!bad.isValid, "\(bad)") }
    }

    @Test func sharesTogetherAreNoMoreThanTheWhole() {
        #expect(Self.submissions.share(of: 2) == LimitPolicy(limit: 10, segments: 6, queue: 2))
        #expect(Self.submissions.share(of: 3).limit == 6)
        #expect(Self.submissions.share(of: 100) == LimitPolicy(limit: 1, segments: 6, queue: 0))
        #expect(Self.submissions.share(of: 0) == Self.submissions)
    }
}

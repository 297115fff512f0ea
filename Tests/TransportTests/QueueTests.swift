import Testing
import Transport
import Wire
import World

@Suite struct PeerClockTests {
    @Test func ageIsWhatAMessageHasAboveTheFastest() {
        var clock = PeerClock()
        #expect(clock.age(sentMs: 1000, arrivedMs: 50) == 0)
        #expect(clock.age(sentMs: 1100, arrivedMs: 155) == 5)
        #expect(clock.age(sentMs: 1200, arrivedMs: 248) == 0)
        #expect(clock.age(sentMs: 1300, arrivedMs: 20_348) == 20_000)
    }

    @Test func clocksThatDriftApartAreFollowed() {
        var clock = PeerClock()
        var oldest: UInt32 = 0
        // Two days at 100 ppm, a message a second.
        for second in 0..<172_800 as Range<Int64> {
            oldest = max(oldest, clock.age(sentMs: UInt64(second * 1000), arrivedMs: second * 1000 + second / 10))
        }
        #expect(oldest <= 61)
    }

    @Test func aSendersNonsenseDoesNotTrap() {
        var clock = PeerClock()
        #expect(clock.age(sentMs: .max, arrivedMs: 0) == 0)
        #expect(clock.age(sentMs: 0, arrivedMs: .max) == .max)
        #expect(clock.age(sentMs: .max, arrivedMs: .max) <= .max)
        #expect(clock.age(sentMs: 0, arrivedMs: 5) <= .max)
    }
}

@Suite struct SendQueueTests {
    private let limits = LinkLimits()
    private func clock(_ ms: Int64) -> SendQueue.Clock {
        SendQueue.Clock(now: Instant(nanoseconds: ms * 1_000_000), startedAt: .zero)
    }

    private func append(_ queue: inout SendQueue, _ bytes: [UInt8], limits: LinkLimits? = nil) {
        bytes.withUnsafeBytes {
            queue.append($0, alone: false, limits: limits ?? self.limits, ack: 0, token: 9, clock: clock(0))
        }
    }

    @Test func theWindowBoundsWhatIsInFlight() throws {
        var limits = limits
        limits.window = 2
        limits.batchBytes = 34
        var queue = SendQueue()
        for _ in 0..<5 { append(&queue, [0x91, 0x05], limits: limits) }
        for _ in 0..<2 {
            #expect(queue.next(limits: limits, ack: 0, token: 9, clock: clock(1)) != nil)
            queue.markSent(now: clock(1).now)
        }
        #expect(queue.next(limits: limits, ack: 0, token: 9, clock: clock(1)) == nil)
        #expect(queue.acknowledge(1) == .progress)
        #expect(queue.next(limits: limits, ack: 0, token: 9, clock: clock(1)) != nil)
    }

    @Test func acknowledgingWhatWasNeverSentIsImpossible() {
        var queue = SendQueue()
        #expect(queue.acknowledge(0) == .nothingNew)
        #expect(queue.acknowledge(1) == .impossible)
        append(&queue, [0x91, 0x05])
        #expect(queue.acknowledge(1) == .impossible)
        _ = queue.next(limits: limits, ack: 0, token: 9, clock: clock(1))
        #expect(queue.acknowledge(1) == .impossible)
        queue.markSent(now: clock(1).now)
        #expect(queue.acknowledge(.max) == .impossible)
        #expect(queue.acknowledge(1) == .progress)
        #expect(queue.acknowledge(1) == .nothingNew)
        #expect(queue.queuedFrames == 0 && queue.queuedBytes == 0)
    }

    @Test func aMessageIsSentAgainByteForByte() throws {
        var queue = SendQueue()
        append(&queue, [0x91, 0x05])
        let next = queue.next(limits: limits, ack: 3, token: 9, clock: clock(1))
        let first = try #require(next).packet
        queue.markSent(now: clock(1).now)
        var again: [UInt8] = []
        let count = queue.resend(sentBefore: clock(1).now, burst: 10, now: clock(300).now) { message in
            again = Array(message.packet)
            return true
        }
        #expect(count == 1 && again == Array(first))
        #expect(queue.resend(sentBefore: clock(1).now, burst: 10, now: clock(300).now) { _ in true } == 0)
    }
}

@Suite struct ReceiveQueueTests {
    @Test func messagesAreDeliveredInOrderAndOnce() {
        let limits = LinkLimits()
        var queue = ReceiveQueue()
        #expect(queue.admit(2, [2], limits: limits, now: .zero) == .early)
        #expect(queue.admit(2, [2], limits: limits, now: .zero) == .duplicate)
        #expect(queue.admit(1, [1], limits: limits, now: .zero) == .deliver)
        #expect(queue.takeNext() == [2])
        #expect(queue.takeNext() == nil)
        #expect(queue.admit(1, [1], limits: limits, now: .zero) == .duplicate)
        #expect(queue.delivered == 2)
    }

    @Test func whatIsTooFarAheadIsNotKept() {
        let limits = LinkLimits()
        var queue = ReceiveQueue()
        #expect(queue.admit(UInt64(limits.window) + 1, [], limits: limits, now: .zero) == .beyondWindow)
        #expect(queue.admit(.max, [], limits: limits, now: .zero) == .beyondWindow)
        var small = limits
        small.windowBytes = 10
        #expect(queue.admit(5, ArraySlice([UInt8](repeating: 0, count: 11)), limits: small, now: .zero) == .beyondWindow)
    }
}

@Suite struct DeadlineHeapTests {
    @Test func whatIsDueComesInOrder() {
        var random = RandomStream(seed: 1)
        var heap = DeadlineHeap<Int>()
        let instants = (0..<500).map { _ in Instant(nanoseconds: Int64(random.below(100))) }
        for (key, at) in instants.enumerated() { heap.insert(key, at: at) }
        var seen: [(Instant, Int)] = []
        while let (key, at) = heap.popDue(Instant(nanoseconds: 60)) { seen.append((at, key)) }
        let expected = instants.enumerated().filter { $1 <= Instant(nanoseconds: 60) }.map { ($1, $0) }.sorted { $0 < $1 }
        #expect(seen.map(\.1) == expected.map(\.1))
        #expect(heap.next > Instant(nanoseconds: 60))
    }
}

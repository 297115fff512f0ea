import MessagePack
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
            oldest = max(oldest, clock.age(sentMs: UInt64(second * 1000), arrivedMs: second * 1000 + second / 10) ?? .max)
        }
        #expect(oldest <= 61)
    }

    @Test func aSendersNonsenseIsRefusedAndDoesNotTrap() {
        var clock = PeerClock()
        #expect(clock.age(sentMs: .max, arrivedMs: 0) == nil)
        #expect(clock.age(sentMs: 1 << 31, arrivedMs: 5) == nil)
        #expect(clock.age(sentMs: 5, arrivedMs: 5) == 0, "what was refused has left no trace")
        #expect(clock.age(sentMs: 0, arrivedMs: .max) == .max)
    }

    @Test func aSenderMayBeAheadByWhatAHandshakeAndDriftExplain() {
        var clock = PeerClock()
        #expect(clock.age(sentMs: 59_000, arrivedMs: 0) != nil)
        #expect(clock.age(sentMs: 61_000, arrivedMs: 0) == nil)
        // A year at 100 ppm is almost an hour.
        let year: Int64 = 365 * 86_400_000
        #expect(clock.age(sentMs: UInt64(year + year / 10_000), arrivedMs: year) != nil)
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
        #expect(queue.acknowledge(1, now: clock(2).now) == .progress)
        #expect(queue.next(limits: limits, ack: 0, token: 9, clock: clock(1)) != nil)
    }

    @Test func aMessageBearsTheTimeOfItsFirstFrame() throws {
        var queue = SendQueue()
        for at in [100, 110, 150] as [Int64] {
            ([0x91, 0x05] as [UInt8]).withUnsafeBytes {
                queue.append($0, alone: false, limits: limits, ack: 0, token: 9, clock: clock(at))
            }
        }
        var clocks: [UInt64] = []
        while let message = queue.next(limits: limits, ack: 0, token: 9, clock: clock(9000)) {
            var reader = MessagePackReader(message.packet)
            clocks.append(try BatchHeader.unpack(&reader).clock)
            queue.markSent(now: clock(9000).now)
        }
        #expect(clocks == [100, 150])
    }

    @Test func progressIsWhatGetsOnAndNotWhatIsSent() {
        var limits = limits
        limits.batchBytes = 34
        var queue = SendQueue()
        for _ in 0..<3 { append(&queue, [0x91, 0x05], limits: limits) }
        for at in [10, 20, 30] as [Int64] {
            #expect(queue.next(limits: limits, ack: 0, token: 9, clock: clock(at)) != nil)
            queue.markSent(now: clock(at).now)
        }
        #expect(queue.lastProgress == clock(10).now && queue.waitingSince == clock(10).now)
        #expect(queue.acknowledge(1, now: clock(500).now) == .progress)
        #expect(queue.waitingSince == clock(500).now, "the second message waited for the first")
    }

    @Test func acknowledgingWhatWasNeverSentIsImpossible() {
        var queue = SendQueue()
        #expect(queue.acknowledge(0, now: clock(2).now) == .nothingNew)
        #expect(queue.acknowledge(1, now: clock(2).now) == .impossible)
        append(&queue, [0x91, 0x05])
        #expect(queue.acknowledge(1, now: clock(2).now) == .impossible)
        _ = queue.next(limits: limits, ack: 0, token: 9, clock: clock(1))
        #expect(queue.acknowledge(1, now: clock(2).now) == .impossible)
        queue.markSent(now: clock(1).now)
        #expect(queue.acknowledge(.max, now: clock(2).now) == .impossible)
        #expect(queue.acknowledge(1, now: clock(2).now) == .progress)
        #expect(queue.acknowledge(1, now: clock(2).now) == .nothingNew)
        #expect(queue.queuedFrames == 0 && queue.queuedBytes == 0)
    }

    @Test func aMessageIsSentAgainByteForByte() throws {
        var queue = SendQueue()
        append(&queue, [0x91, 0x05])
        let next = queue.next(limits: limits, ack: 3, token: 9, clock: clock(1))
        let first = try #require(next).packet
        queue.markSent(now: clock(1).now)
        var again: [UInt8] = []
        let count = queue.resend(upTo: 1, now: clock(300).now) { message in
            again = Array(message.packet)
            return true
        }
        #expect(count == 1 && again == Array(first))
        #expect(queue.resend(upTo: 0, now: clock(400).now) { _ in true } == 0)
    }
}

@Suite struct ReceiveQueueTests {
    @Test func aMessageThatCameEarlyHasItsOwnAgeAndTheWait() {
        let limits = LinkLimits()
        var queue = ReceiveQueue()
        let second = Instant(nanoseconds: 1_000_000_000)
        #expect(queue.admit(2, [2], ageMs: 7, limits: limits, now: .zero) == .early)
        #expect(queue.admit(1, [1], ageMs: 1900, limits: limits, now: second) == .deliver)
        #expect(queue.takeNext(now: second)?.ageMs == 1007)
    }

    @Test func messagesAreDeliveredInOrderAndOnce() {
        let limits = LinkLimits()
        var queue = ReceiveQueue()
        #expect(queue.admit(2, [2], ageMs: 0, limits: limits, now: .zero) == .early)
        #expect(queue.admit(2, [2], ageMs: 0, limits: limits, now: .zero) == .duplicate)
        #expect(queue.admit(1, [1], ageMs: 0, limits: limits, now: .zero) == .deliver)
        #expect(queue.takeNext(now: .zero)?.body == [2])
        #expect(queue.takeNext(now: .zero) == nil)
        #expect(queue.admit(1, [1], ageMs: 0, limits: limits, now: .zero) == .duplicate)
        #expect(queue.delivered == 2)
    }

    @Test func whatIsTooFarAheadIsNotKept() {
        let limits = LinkLimits()
        var queue = ReceiveQueue()
        #expect(queue.admit(UInt64(limits.window) + 1, [], ageMs: 0, limits: limits, now: .zero) == .beyondWindow)
        #expect(queue.admit(.max, [], ageMs: 0, limits: limits, now: .zero) == .beyondWindow)
        var small = limits
        small.windowBytes = 10
        #expect(queue.admit(5, ArraySlice([UInt8](repeating: 0, count: 11)), ageMs: 0, limits: small, now: .zero) == .beyondWindow)
    }
}

@Suite struct PendingDeadlinesTests {
    @Test func onlyAnEarlierDeadlineNeedsAnEntry() {
        func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
        var pending = PendingDeadlines()
        var needed = [600, 700, 600, 1].map { pending.add(at($0)) }
        #expect(needed == [true, false, false, true])
        pending.remove(at(1))
        needed = [pending.add(at(601))]
        #expect(needed == [false], "the entry of 600 is still there")
        pending.remove(at(600))
        needed = [pending.add(at(601)), pending.add(.distantFuture)]
        #expect(needed == [true, false])
    }
}

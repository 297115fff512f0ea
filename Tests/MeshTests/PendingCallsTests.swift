import Mesh
import Testing
import World

@Suite struct PendingCallsTests {
    private let start = Instant(nanoseconds: 5_000_000_000)

    @Test func anAnswerFindsItsCallOnce() throws {
        var calls = PendingCalls<String>(limit: 10, now: start)
        let inserted = calls.insert("a", deadline: start + .seconds(1))
        let id = try #require(inserted)
        #expect(calls[id] == "a")
        let answered = calls.remove(id), again = calls.remove(id)
        #expect(answered == "a")
        #expect(again == nil)
        #expect(calls.count == 0)
    }

    @Test func aLateAnswerNeverFindsTheSlotsNextCall() throws {
        var calls = PendingCalls<Int>(limit: 1, now: start)
        var seen: Set<UInt64> = []
        for number in 0..<1000 {
            let inserted = calls.insert(number, deadline: .distantFuture)
            let id = try #require(inserted)
            #expect(seen.insert(id).inserted)
            for old in seen where old != id { #expect(calls[old] == nil) }
            let answered = calls.remove(id)
            #expect(answered == number)
        }
    }

    @Test func theLimitIsKept() {
        var calls = PendingCalls<Int>(limit: 3, now: start)
        let inserted = (0..<4).map { calls.insert($0, deadline: .distantFuture) != nil }
        #expect(inserted == [true, true, true, false])
        #expect(calls.count == 3)
    }

    /// Against a plain list of calls: the same ones end, none early, none later than the wheel's resolution.
    @Test(arguments: UInt64(0)..<20) func callsEndAtTheirDeadlines(seed: UInt64) {
        var random = RandomStream(seed: seed)
        var calls = PendingCalls<Int>(limit: 500, now: start)
        var model: [(id: UInt64, number: Int, deadline: Instant)] = []
        var now = start
        for number in 0..<3000 {
            switch random.below(10) {
            case 0..<5:
                let deadline = now + .milliseconds(random.below(random.chance(0.1) ? 90_000 : 300))
                if let id = calls.insert(number, deadline: deadline) { model.append((id, number, deadline)) }
            case 5..<8 where !model.isEmpty:
                let victim = model.remove(at: random.below(model.count))
                let answered = calls.remove(victim.id)
                #expect(answered == victim.number)
            default:
                now = random.chance(0.02) ? now + .seconds(random.below(100)) : now + .milliseconds(random.below(60))
                let expired = calls.expire(now: now)
                for (id, number) in expired {
                    guard let index = model.firstIndex(where: { $0.id == id }) else {
                        Issue.record("a call that is not pending ended")
                        continue
                    }
                    #expect(model[index].number == number)
                    #expect(model[index].deadline <= now)
                    model.remove(at: index)
                }
                #expect(model.allSatisfy { $0.deadline > now - PendingCalls<Int>.resolution }, "a call outlived its deadline")
            }
            #expect(calls.count == model.count)
            let next = calls.nextDeadline
            if let earliest = model.map(\.deadline).min() {
                #expect(next > now - PendingCalls<Int>.resolution)
                // The wheel may ask for a turn too early for a call of a later round, never too late.
                #expect(next <= max(earliest, now) + PendingCalls<Int>.resolution * 2)
            } else {
                #expect(next == .distantFuture)
            }
        }
    }
}

import Lookup
import Testing
import World

@Suite struct BulkheadTests {
    @Test func whoComesFirstIsServedFirstAndThenTheQueueIsFull() {
        var bulkhead = Bulkhead(places: 2, queueLimit: 2)
        #expect((1...5).map { bulkhead.enter($0) } == [.enters, .enters, .waits, .waits, .refused])
        #expect(bulkhead.leave() == 3 && bulkhead.underWay == 2 && bulkhead.queue == [4])
        #expect(bulkhead.giveUp(3) == false && bulkhead.giveUp(4) == true && bulkhead.giveUp(4) == false)
        #expect(bulkhead.leave() == nil && bulkhead.leave() == nil && bulkhead.isIdle)
    }

    @Test func withoutAQueueNobodyWaits() {
        var bulkhead = Bulkhead(places: 1, queueLimit: 0)
        #expect(bulkhead.enter(1) == .enters && bulkhead.enter(2) == .refused)
        #expect(bulkhead.leave() == nil && bulkhead.enter(3) == .enters)
    }

    @Test(arguments: 0..<100 as Range<UInt64>) func itDoesWhatTwoListsSay(_ seed: UInt64) {
        var dice = RandomStream(seed: seed)
        let places = 1 + dice.below(4), limit = dice.below(5)
        var bulkhead = Bulkhead(places: places, queueLimit: limit)
        var inside: [UInt64] = [], waiting: [UInt64] = []
        for number in 0..<500 as Range<UInt64> {
            switch dice.below(10) {
            case 0..<5:
                switch bulkhead.enter(number) {
                case .enters:
                    #expect(inside.count < places && waiting.isEmpty)
                    inside.append(number)
                case .waits:
                    #expect(inside.count == places && waiting.count < limit)
                    waiting.append(number)
                case .refused: #expect(inside.count == places && waiting.count == limit)
                }
            case 5..<8:
                guard !inside.isEmpty else { continue }
                inside.remove(at: dice.below(inside.count))
                let next = bulkhead.leave()
                #expect(next == waiting.first)
                if let next { inside.append(next) }
                waiting = Array(waiting.dropFirst())
            case 8:
                guard !waiting.isEmpty else { continue }
                let hasGone = bulkhead.giveUp(waiting.remove(at: dice.below(waiting.count)))
                #expect(hasGone)
            default:
                #expect(bulkhead.disperse() == waiting)
                waiting = []
            }
            #expect(bulkhead.underWay == inside.count && bulkhead.queue == waiting)
        }
    }
}

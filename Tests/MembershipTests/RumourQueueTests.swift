import Membership
import Testing
import World

@Suite struct RumourQueueTests {
    @Test func aRumourIsToldAsOftenAsItsBudgetAllows() {
        var queue = RumourQueue()
        queue.enqueue(3)
        var sends = 0
        while !queue.isEmpty { sends += queue.take(budget: 8) { _ in .take }.count }
        #expect(sends == 8)
    }

    @Test func whatWasToldLeastGoesFirst() {
        var queue = RumourQueue()
        queue.enqueue(1)
        let first = queue.take(budget: 8) { _ in .take }
        queue.enqueue(2)
        var asked: [Int] = []
        let second = queue.take(budget: 8) { asked.append($0); return asked.count == 1 ? .take : .full }
        #expect(first == [1] && second == [2])
    }

    @Test func aChangeStartsTheCountAgain() {
        var queue = RumourQueue()
        queue.enqueue(1)
        for _ in 0..<7 { _ = queue.take(budget: 8) { _ in .take } }
        queue.enqueue(1)
        var sends = 0
        while !queue.isEmpty { sends += queue.take(budget: 8) { _ in .take }.count }
        #expect(sends == 8 && queue.count == 0)
    }

    @Test func whatOneReceiverDoesNotNeedWaitsForTheNext() {
        var queue = RumourQueue()
        queue.enqueue(1)
        queue.enqueue(2)
        let skipped = queue.take(budget: 8) { $0 == 1 ? .skip : .take }
        let next = queue.take(budget: 8) { _ in .take }
        #expect(skipped == [2] && next.contains(1))
    }

    @Test func newsThatNobodyTakesDoesNotPileUp() {
        var queue = RumourQueue()
        queue.enqueue(3)
        for _ in 0..<10_000 { queue.enqueue(1) }
        #expect(queue.ticketCount <= 2 * 4 + 64 && queue.count == 2)
        let taken = queue.take(budget: 8) { _ in .take }
        #expect(taken == [3, 1])
    }

    @Test func theQueueKeepsCountOfItsTickets() {
        var queue = RumourQueue(), random = RandomStream(seed: 1)
        for step in 0..<20_000 {
            switch random.below(8) {
            case 0: queue.remove(random.below(30))
            case 1...4: queue.enqueue(random.below(30), told: random.below(5))
            default:
                let slot = random.below(30)
                let taken = queue.take(budget: 8) { $0 == slot ? .full : $0 % 7 == slot % 7 ? .skip : .take }
                #expect(Set(taken).count == taken.count && !taken.contains(slot))
            }
            #expect(queue.ticketCount >= queue.count && queue.ticketCount <= 2 * 30 + 64, "step \(step)")
        }
        // All that is left are tickets of what is to be told.
        while !queue.isEmpty { _ = queue.take(budget: 8) { _ in .take } }
        #expect(queue.ticketCount == 0)
    }

    @Test func aForgottenMemberIsNoLongerTold() {
        var queue = RumourQueue()
        queue.enqueue(1)
        queue.remove(1)
        let taken = queue.take(budget: 8) { _ in .take }
        #expect(taken.isEmpty && !queue.contains(1))
    }

    /// max(8, 2 x ceil(log2(N + 1)))
    @Test(arguments: [(1, 8), (8, 8), (15, 8), (16, 10), (63, 12), (100, 14)])
    func theBudgetGrowsWithTheLogarithmOfTheMesh(members: Int, sends: Int) throws {
        let node = try members == 1 ? TestNode.make() : TestNode.among(members - 1).node
        #expect(node.retransmitBudget == sends)
    }
}

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

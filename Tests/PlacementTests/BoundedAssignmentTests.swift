import Placement
import Testing

@Suite struct BoundedAssignmentTests {
    func assignment(
        _ chosen: [[Int]], zones: [Int], zoneLimit: [Int], floor: [Int], cap: [Int], candidates: [[Int]]? = nil
    ) -> BoundedAssignment {
        BoundedAssignment(
            chosen: chosen, candidates: candidates, zoneOfStore: zones, zoneLimit: zoneLimit, floor: floor, cap: cap
        ) { shard, store in UInt64(shard * 8 + store) }
    }

    @Test func whatIsTooMuchGoesToANewcomerEvenIfAnOldStoreHasLess() {
        var holders = assignment(
            [[0], [0], [0], [2]], zones: [0, 0, 0], zoneLimit: [1], floor: [0, 0, 0], cap: [2, 2, 2])
        holders.settle(newcomers: [false, false, true])
        #expect(holders.load == [2, 0, 2])
    }

    @Test func aDeadEndIsLeftByAChainOfMoves() {
        // Shard 2 may only go to store 0, which is full; of its shards none may go to store 2, but one to store 1, which
        // is full as well and can give one to store 2.
        var holders = assignment(
            [[0], [1], []], zones: [0, 0, 0], zoneLimit: [1], floor: [0, 0, 0], cap: [1, 1, 1],
            candidates: [[0, 1], [1, 2], [0]])
        holders.choose(for: 2, in: [0])
        #expect(holders.chosen == [[1], [2], [0]])
    }

    @Test func aStoreThatOwesIsFedThroughOthersWhenNobodyCanGiveItDirectly() {
        var holders = assignment(
            [[0], [0], [1]], zones: [0, 0, 0], zoneLimit: [1], floor: [1, 1, 1], cap: [2, 2, 2],
            candidates: [[0, 1], [0], [1, 2]])
        holders.settle(newcomers: [false, false, false])
        #expect(holders.chosen == [[1], [0], [2]])
    }

    @Test func aStoreWithTooMuchIsRelievedThroughOthers() {
        var holders = assignment(
            [[0], [0], [1]], zones: [0, 0, 0], zoneLimit: [1], floor: [0, 0, 0], cap: [1, 1, 1],
            candidates: [[0, 1], [0], [1, 2]])
        holders.settle(newcomers: [false, false, false])
        #expect(holders.load == [1, 1, 1])
    }

    @Test func aZoneTakesNoMoreOfAShardThanItsLimit() {
        var holders = assignment(
            [[0]], zones: [0, 0, 1], zoneLimit: [1, 1], floor: [0, 0, 0], cap: [1, 1, 1])
        holders.choose(for: 0, in: [0, 1, 2])
        #expect(holders.chosen == [[0, 2]])
    }
}

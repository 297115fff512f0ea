import Lookup
import Testing
import TestSupport
import World

@Suite struct BoundedTableTests {
    private static let ids = {
        let generator = WorkIDGenerator(SystemWorld())
        return (0..<2_000).map { _ in generator.next() }
    }()

    private static func table(_ limit: Int, bytes: Int) -> BoundedTable<Int> { BoundedTable(limit: limit, byteLimit: bytes) { $0 } }

    @Test func theOldestGoesWhenTheBytesRunOut() {
        var table = Self.table(100, bytes: 1_000)
        for id in Self.ids.prefix(5) { table.insert(300, for: id) }
        #expect(Self.ids.prefix(5).map { table[$0] != nil } == [false, false, true, true, true])
        #expect(table.bytes == 900)
    }

    @Test func aLargeValueTakesTheRoomOfManySmallOnes() {
        var table = Self.table(100, bytes: 1_000)
        for id in Self.ids.prefix(10) { table.insert(100, for: id) }
        table.insert(750, for: Self.ids[10])
        #expect(table.count == 3 && table.bytes == 950)
        #expect(table[Self.ids[8]] != nil && table[Self.ids[7]] == nil)
    }

    @Test func whatIsTooLargeForAllIsHeldAlone() {
        var table = Self.table(100, bytes: 1_000)
        table.insert(10, for: Self.ids[0])
        table.insert(5_000, for: Self.ids[1])
        #expect(table.count == 1 && table[Self.ids[1]] == 5_000)
        table.insert(10, for: Self.ids[2])
        #expect(table.count == 1 && table[Self.ids[2]] == 10)
    }

    @Test func aValueThatGrowsInItsPlaceIsCountedAnew() {
        var table = Self.table(100, bytes: 1_000)
        for id in Self.ids.prefix(3) { table.insert(100, for: id) }
        table.insert(900, for: Self.ids[2])
        #expect(table[Self.ids[0]] == nil && table[Self.ids[1]] == 100 && table[Self.ids[2]] == 900)
        #expect(table.bytes == 1_000)
        table.insert(1, for: Self.ids[2])
        #expect(table.bytes == 101)
    }

    /// Against a list that is simply cut at its front.
    @Test(arguments: 0..<20)
    func theTableIsAListCutAtItsFront(_ seed: UInt64) {
        var random = RandomStream(seed: seed)
        var table = Self.table(1 + random.below(20), bytes: 1 + random.below(2_000))
        var model: [(id: WorkID, value: Int)] = []
        for _ in 0..<2_000 {
            let id = Self.ids[random.below(60)], value = random.below(300)
            table.insert(value, for: id)
            if let index = model.firstIndex(where: { $0.id == id }) { model[index].value = value } else { model.append((id, value)) }
            while model.count > 1, model.count > table.limit || model.reduce(0, { $0 + $1.value }) > table.byteLimit {
                model.removeFirst()
            }
            let isAlike = table.count == model.count && table.bytes == model.reduce(0) { $0 + $1.value }
                && model.allSatisfy { table[$0.id] == $0.value }
            #expect(isAlike, "\(table.count) values of \(table.bytes) bytes, and not \(model)")
            guard isAlike else { return }
        }
    }
}

import Registers
import Testing
import World

/// What is left of a simulated disk when its process is gone.
@Suite struct PowerCutTests {
    private func key() throws -> RegisterKey { try #require(RegisterKey("value/0")) }

    private func disk() -> MemoryDisk { MemoryDisk(id: StoreID(high: 1, low: 2)) }

    private func commit(_ number: UInt64) throws -> StoreCommit {
        let row = StoredRow(key: [2, UInt8(number)], value: [1], changed: number)
        return StoreCommit(
            number: number, changes: [.init(key: try key(), record: RegisterRecord(), rows: [row])],
            witnesses: [Witness(store: StoreID(high: 3, low: 4), commit: number)])
    }

    private func rows(_ store: MemoryStore) throws -> Int {
        store.rows(of: try key(), from: [], changedAfter: 0, within: .piece).rows.count
    }

    @Test(arguments: [true, false]) func aPendingCommitStaysAsAWholeOrNotAtAll(keeps: Bool) throws {
        let store = MemoryStore(disk())
        try store.write(try commit(1))
        store.begin(try commit(2))
        #expect(try store.isWriting && rows(store) == 1 && store.commitNumber == 1)
        let next = MemoryStore(store.cut(keepsPending: keeps))
        #expect(next.commitNumber == (keeps ? 2 : 1))
        #expect(try rows(next) == (keeps ? 2 : 1))
        #expect(next.witnesses.map(\.commit) == [keeps ? 2 : 1])
        #expect(!next.isWriting)
    }

    @Test func everyOpeningIsALifeOfItsOwn() {
        let first = MemoryStore(disk())
        let second = MemoryStore(first.cut(keepsPending: false))
        #expect((first.life, second.life) == (1, 2))
        #expect(first.id == second.id)
    }

    @Test func anOlderCopyKnowsNothingOfWhatCameAfter() throws {
        let store = MemoryStore(disk())
        try store.write(try commit(1))
        let copy = store.disk
        try store.write(try commit(2))
        #expect(copy.commitNumber == 1 && store.disk.commitNumber == 2)
        let back = MemoryStore(copy)
        #expect(try rows(back) == 1)
        // It begins the very life again that the store had after the copy was made.
        #expect(MemoryStore(store.cut(keepsPending: true)).life == back.life)
    }
}

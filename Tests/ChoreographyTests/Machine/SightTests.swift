import Choreography
import Registers
import Testing
import WorkTestSupport
import World

/// How an actor stands: its state, and its rows in as many answers as they take.
@Suite struct SightTests {
    /// Keeps rows of whatever size it is told.
    private enum Shelf: DurableActor {
        struct State: Codable, Sendable { var count = 0 }
        struct Lay: DurableEvent {
            static let name = "lay"
            let number: UInt8
            let bytes: Int
        }

        static let kind = "shelf"
        static var blank: State { State() }
        static var rules: [Rule<Shelf>] {
            [
                .on(Lay.self, .note, from: [.outside]) { lay, state, next in
                    state.count += 1
                    next[row: [lay.number]] = [UInt8](repeating: lay.number, count: lay.bytes)
                },
            ]
        }
    }

    private let engine = MemoryEngine([Shelf.self], now: WallTime(millisecondsSince1970: Stage.startMs))
    private let shelf = ActorName(Shelf.kind, of: .first)

    private func lay(_ sizes: [Int]) throws {
        for (index, bytes) in sizes.enumerated() { try engine.tell(Shelf.Lay(number: UInt8(index + 1), bytes: bytes), to: shelf, as: .first) }
    }

    private func sighting(rows: Int = .max) async throws -> ActorSighting<Shelf>? {
        try await DurableActors(engine: engine).sighting(of: shelf, Shelf.self, rows: rows)
    }

    @Test(arguments: [
        [Int](repeating: 10, count: 40), [Int](repeating: 10_000, count: 40), [60_000, 60_000, 60_000, 1, 1, 60_000],
        [Int](repeating: 65_000, count: 5), [Int](repeating: 8_192, count: 32), [],
    ])
    func everyRowIsSeenOnceAndInOrder(_ sizes: [Int]) async throws {
        try lay(sizes.isEmpty ? [1] : sizes)
        let sighting = try #require(try await sighting())
        #expect(sighting.rows.map { $0.key } == (1...max(1, sizes.count)).map { [UInt8($0)] })
        #expect(sighting.rows.map(\.value.count) == (sizes.isEmpty ? [1] : sizes))
        #expect(sighting.state.count == max(1, sizes.count) && sighting.number == UInt64(max(1, sizes.count)) && !sighting.isOver)
    }

    @Test func noAnswerIsMuchLargerThanItsLimit() throws {
        var after: [UInt8]? = [], answers = 0
        var actors = MemoryActors([Shelf.self])
        for number in 1...10 {
            try actors.change(shelf, .telling(Shelf.Lay(number: UInt8(number), bytes: 60_000), as: .first), now: engine.now)
        }
        while let from = after {
            let bytes = try actors.read(shelf, .sight(after: from))
            #expect(bytes.count < 256 << 10)
            after = try ActorSight(packed: bytes).next
            answers += 1
        }
        #expect(answers == 4)
    }

    @Test func noMoreIsReadThanIsWanted() async throws {
        try lay([Int](repeating: 60_000, count: 20))
        let before = engine.reads
        let sighting = try #require(try await sighting(rows: 4))
        #expect(engine.reads - before == 2 && sighting.rows.count == 6)
    }

    /// One replica is asked for news, and a majority when it has none.
    @Test(arguments: [(nil, 1), (1, 1), (2, 3), (7, 3), (.max, 2)] as [(UInt64?, Int)])
    func whoHasSeenItIsToldTheNewsOrHowItStands(_ seen: UInt64?, _ reads: Int) async throws {
        try lay([1, 1])
        let sighting = try await DurableActors(engine: engine).sighting(of: shelf, Shelf.self, seen: seen, rows: 8, patience: .zero)
        #expect(sighting?.number == 2 && sighting?.rows.count == 2 && engine.reads == reads)
    }

    @Test func theStateAloneIsReadWithoutRows() async throws {
        try lay([60_000, 60_000])
        let bytes = try await engine.read(shelf.key, query: DurableActors.stateQuery, patience: .seconds(1))
        #expect(bytes.count < 200)
        let sighting = try #require(ActorSighting<Shelf>(reading: bytes))
        #expect(sighting.state.count == 2 && sighting.rows.isEmpty && sighting.number == 2)
    }

    @Test func whoHasNeverReactedIsNotSeen() async throws {
        #expect(try await sighting() == nil)
        let bytes = try await engine.read(shelf.key, query: DurableActors.stateQuery, patience: .seconds(1))
        #expect(ActorSighting<Shelf>(reading: bytes) == nil && ActorSighting<Shelf>(reading: [0xC1]) == nil)
    }
}

import Choreography
import Registers
import Synchronization
import Testing
import WorkTestSupport
import World

/// Lists of open work where registers have no majority: what comes of one answer in the time that it may take.
@Suite struct StuckWorkTests {
    private static func makeEngine(page: Int = 200) -> MemoryEngine {
        MemoryEngine([Clerk.self, Box.self], now: WallTime(millisecondsSince1970: Stage.startMs), page: page)
    }

    private static func id(_ number: Int) -> WorkID {
        WorkID(milliseconds: UInt64(Stage.startMs) + UInt64(number), randomA: 0, randomB: 1)
    }

    private func catalogue(_ engine: MemoryEngine) -> WorkCatalogue {
        WorkCatalogue(actors: DurableActors(engine: engine), catalogue: engine, kinds: [Box.kind, Clerk.kind], world: engine.world)
    }

    /// Clerks that have asked a box each, and wait for the answer for 20 s. The box has one, which does not arrive.
    private func ask(_ boxes: [ActorName], _ engine: MemoryEngine) throws {
        for (number, box) in boxes.enumerated() {
            let clerk = ActorName(Clerk.kind, of: Self.id(number))
            try engine.tell(Do(acts: [.ask(box: box.name)]), to: clerk, as: Self.id(number))
            try engine.carry(from: clerk, to: box)
        }
        engine.now.nanosecondsSince1970 += 20_000_000_000
    }

    private func stuck(_ engine: MemoryEngine, before: WorkID? = nil) async -> OpenWorkList {
        await catalogue(engine).open(OpenWorkListing(kind: Clerk.kind, stuckFor: .seconds(10), before: before), now: engine.now)
    }

    @Test func aShardWithoutAMajorityIsWaitedForOnceInOneAnswer() async throws {
        let engine = Self.makeEngine(page: 1), start = engine.world.now
        try ask(Array(repeating: .box("x"), count: 20), engine)
        engine.silence(.box("x"))
        let list = await stuck(engine)
        #expect(list.rows.map(\.work) == (0..<20).reversed().map(Self.id) && list.next == nil)
        #expect(list.rows.first?.doubt == "box/x could not be read: two of three do not answer")
        #expect(list.rows.allSatisfy { $0.doubt?.hasPrefix("box/x could not be read: ") == true })
        #expect(engine.waits == 1 && engine.world.now == start + .seconds(2))
    }

    /// Page after page, so that one look comes after the other.
    @Test func oneDeadlineHoldsForAllLooks() async throws {
        let engine = Self.makeEngine(page: 1), boxes = DistinctShards.boxes(10)
        try ask(boxes, engine)
        for box in boxes { engine.silence(box) }
        var found: [OpenWork] = [], before: WorkID?
        repeat {
            let start = engine.world.now, list = await stuck(engine, before: before)
            #expect(list.rows.count <= 3 && engine.world.now <= start + .seconds(6))
            found += list.rows
            before = list.next
        } while before != nil && found.count < 20
        #expect(found.map(\.work) == (0..<10).reversed().map(Self.id), "what there was no time for is on the next page")
        #expect(found.allSatisfy { $0.doubt?.contains("two of three do not answer") == true })
    }

    @Test func whatThereWasNoTimeToLookAtIsListedWithThatDoubt() async throws {
        let engine = Self.makeEngine(), boxes = DistinctShards.boxes(30)
        try ask(boxes, engine)
        for box in boxes { engine.silence(box) }
        let list = await stuck(engine)
        #expect(list.rows.map(\.work) == (0..<30).reversed().map(Self.id) && list.next == nil)
        #expect(list.rows.allSatisfy { $0.doubt != nil })
        #expect(list.rows.contains { $0.doubt?.hasSuffix("the time for this answer was over") == true })
    }

    @Test func whatIsKnownIsNotInDoubt() async throws {
        let engine = Self.makeEngine()
        try ask(DistinctShards.boxes(3), engine)
        let list = await stuck(engine)
        #expect(list.rows.count == 3 && list.rows.allSatisfy { $0.doubt == nil && !$0.awaited.isEmpty })
    }

    @Test func beyondSoManyLooksTheOldestAreListedWithThatDoubt() async throws {
        let engine = Self.makeEngine()
        try ask(DistinctShards.boxes(40), engine)
        let list = await stuck(engine)
        #expect(list.rows.count == 40 && list.rows.prefix(32).allSatisfy { $0.doubt == nil })
        #expect(list.rows.suffix(8).allSatisfy { $0.doubt?.contains("one answer looks at 32 pieces of work") == true })
    }

    @Test func slowListsAreCutWithTheDeadlineAndGoOnWithTheNextPage() async throws {
        let engine = Self.makeEngine(page: 1)
        for number in 0..<10 {
            try engine.tell(Do(acts: [.remember(1)]), to: ActorName(Clerk.kind, of: Self.id(number)), as: Self.id(number))
        }
        engine.pageTime = .seconds(5)
        var listing = OpenWorkListing(kind: Clerk.kind), found: [WorkID] = []
        repeat {
            let start = engine.world.now, list = await catalogue(engine).open(listing, now: engine.now)
            #expect(list.rows.count <= 3 && engine.world.now <= start + .seconds(6))
            found += list.rows.map(\.work)
            listing.before = list.next
        } while listing.before != nil && found.count < 20
        #expect(found == (0..<10).reversed().map(Self.id))
    }

    @Test func aTraceSaysWhomThereWasNoTimeToAsk() async throws {
        let engine = Self.makeEngine(), boxes = DistinctShards.boxes(10)
        try engine.tell(Do(acts: boxes.map { .ask(box: $0.name) }), to: .clerk, as: .first)
        for box in boxes {
            try engine.carry(from: .clerk, to: box)
            engine.silence(box)
        }
        let actors = DurableActors(engine: engine).until(engine.world.now + .seconds(6), engine.world)
        let graph = try await actors.graph(of: .first, begunBy: [Clerk.kind], patience: .seconds(2))
        #expect(graph.nodes.map(\.mark.actor) == [.clerk] && Set(graph.unread.map(\.actor)) == Set(boxes))
        #expect(graph.unread.suffix(2).allSatisfy { $0.reason.hasSuffix("the time for this answer was over") }, "eight are asked at a time")
    }

    // MARK: Side by side

    /// Holds back those who look at boxes until so many do, and those who list until all kinds are listed.
    private final class Gate: RegisterEngine, RegisterCatalogue {
        struct Door {
            let needed: Int
            var inside = 0
            var most = 0
            var isOpen: Bool { most >= needed }
        }

        private let engine: MemoryEngine
        let looks: Mutex<Door>, lists: Mutex<Door>

        init(_ engine: MemoryEngine, looks: Int, lists: Int) {
            self.engine = engine
            self.looks = Mutex(Door(needed: looks))
            self.lists = Mutex(Door(needed: lists))
        }

        private func enter(_ door: borrowing Mutex<Door>) {
            door.withLock { door in
                door.inside += 1
                door.most = max(door.most, door.inside)
            }
        }

        func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
            guard ActorName(key: key)?.kind == Box.kind else { return try await engine.read(key, query: query, patience: patience) }
            enter(looks)
            // Long enough for whoever comes at all.
            for _ in 0..<1_000 where !looks.withLock({ $0.isOpen }) { try? await SystemWorld().sleep(for: .milliseconds(10)) }
            defer { looks.withLock { $0.inside -= 1 } }
            return try await engine.read(key, query: query, patience: patience)
        }

        func list(_ listing: RegisterListing, patience: Duration) async -> RegisterList {
            enter(lists)
            for _ in 0..<1_000 where !lists.withLock({ $0.isOpen }) { try? await SystemWorld().sleep(for: .milliseconds(10)) }
            defer { lists.withLock { $0.inside -= 1 } }
            return await engine.list(listing, patience: patience)
        }

        func change(
            _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
        ) async throws(RegisterError) -> [UInt8] {
            try await engine.change(key, operation: operation, command: command, patience: patience)
        }

        func glance(
            _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
        ) async throws(RegisterError) -> RegisterGlance {
            try await engine.glance(key, query: query, seen: seen, patience: patience)
        }
    }

    @Test func kindsAreListedAndGraphsAreLookedAtSideBySide() async throws {
        let engine = Self.makeEngine(), gate = Gate(engine, looks: 8, lists: 2)
        try ask(DistinctShards.boxes(20), engine)
        let catalogue = WorkCatalogue(
            actors: DurableActors(engine: gate), catalogue: gate, kinds: [Box.kind, Clerk.kind], world: engine.world)
        let list = await catalogue.open(OpenWorkListing(stuckFor: .seconds(10)), now: engine.now)
        #expect(list.rows.count == 20 && list.rows.allSatisfy { $0.doubt == nil })
        #expect(gate.lists.withLock { $0.most } == 2, "both kinds at once")
        #expect(gate.looks.withLock { $0.most } == 8, "eight at once, and never more")
    }
}

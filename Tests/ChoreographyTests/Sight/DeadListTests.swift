import Choreography
import Registers
import Testing
import WorkTestSupport
import World

/// Lists of what is dead where much is dead, or much else waits.
@Suite struct DeadListTests {
    private let engine = MemoryEngine([Clerk.self, Box.self], now: WallTime(millisecondsSince1970: Stage.startMs))

    private var catalogue: WorkCatalogue {
        WorkCatalogue(actors: DurableActors(engine: engine), catalogue: engine, kinds: [Clerk.kind], world: engine.world)
    }

    private func list(before: String? = nil) async -> DeadList { await catalogue.dead(before: before, limit: 1_000) }

    /// Has a clerk order the parts `numbers`, by names in their order.
    private func order(_ numbers: Range<Int>, by clerk: ActorName = .clerk) throws {
        for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 100) {
            let acts = (start..<min(start + 100, numbers.upperBound)).map { Act.order(Self.part($0)) }
            try engine.tell(Do(acts: acts), to: clerk, as: .first)
        }
    }

    private static func part(_ number: Int) -> String { "\(100_000 + number)" }

    private func bury(_ numbers: Range<Int>, of clerk: ActorName = .clerk, cause: String = "no") throws {
        for number in numbers { try engine.change(clerk, .buryPart(Self.part(number), cause: cause)) }
    }

    private func ids(_ list: DeadList) -> [DeadID] { list.dead.map { DeadID($0) } }

    private func parts(_ numbers: Range<Int>) -> [DeadID] { numbers.map { .part(Self.part($0), of: .clerk) } }

    @Test func ofOneActorAllIsListedThatIsDead() async throws {
        try order(0..<150)
        try bury(0..<150)
        let list = await list()
        #expect(Set(ids(list)) == Set(parts(0..<150)) && list.dead.count == 150)
        #expect(list.cut.isEmpty && list.next == nil)
    }

    @Test func whatIsDeadIsFoundAmongThousandsThatAreNot() async throws {
        try order(0..<4_200)
        try bury(4_150..<4_153)
        let list = await list()
        #expect(ids(list) == parts(4_150..<4_153) && list.cut.isEmpty)
        let outline = try await DurableActors(engine: engine).outline(of: .clerk, limit: 8)
        #expect(outline.awaited.map { $0.deathCause != nil } == [true, true, true, false, false, false, false, false] && outline.isCut)
    }

    /// What waits behind a dead letter is older than the other one that is dead.
    @Test func whatWaitsBehindTheDeadDoesNotHideOthersThatAreDead() async throws {
        try engine.tell(Do(acts: (0..<64).map { .say("\($0)", box: "x") }), to: .clerk, as: .first)
        engine.now.nanosecondsSince1970 += 1_000_000_000
        try engine.tell(Do(acts: [.say("a", box: "z")]), to: .clerk, as: .first)
        for box in ["x", "z"] { try engine.change(.clerk, .bury(to: .box(box), sequence: 1, cause: "no")) }
        let list = await list()
        #expect(ids(list) == ["x", "z"].map { .letter(from: .clerk, sequence: 1, to: .box($0)) } && list.cut.isEmpty)
    }

    /// More than is read of one actor, so that the list is full of it.
    @Test func whatOnlyWaitsBehindTheDeadIsNoMoreThatIsDead() async throws {
        let boxes = (0..<10).map { "\($0)" }
        for box in boxes {
            try engine.tell(Do(acts: (0..<60).map { .say("\($0)", box: box) }), to: .clerk, as: .first)
            try engine.change(.clerk, .bury(to: .box(box), sequence: 1, cause: "no"))
        }
        let list = await list()
        #expect(Set(ids(list)) == Set(boxes.map { .letter(from: .clerk, sequence: 1, to: .box($0)) }) && list.dead.count == 10)
        #expect(list.cut.isEmpty)
        engine.silence(.clerk)
        #expect(await self.list() == list, "what its home has said is enough")
    }

    @Test func whatIsMoreThanCanBeListedIsSaid() async throws {
        try order(0..<600)
        try bury(0..<600)
        let first = await list()
        #expect(first.dead.count == 512 && Set(ids(first)).isSubset(of: parts(0..<600)))
        #expect(first.cut.map(\.actor) == [.clerk] && first.cut.first?.reason.contains("than the 512 that are listed") == true)
        // As it says: whoever sees to some of them sees the others.
        for id in ids(first).prefix(100) {
            guard case .part(let part, _) = id else { continue }
            try engine.change(.clerk, .abandon(.part(part)))
        }
        let rest = await list()
        #expect(rest.dead.count == 500 && rest.cut.isEmpty)
        #expect(Set(ids(first)).union(ids(rest)) == Set(parts(0..<600)))
    }

    /// The reasons together are longer than what a store says of one register.
    @Test func whatAListHasNoRoomForIsRead() async throws {
        let cause = String(repeating: "n", count: ChoreographyLimits.reasonBytes)
        try order(0..<70)
        try bury(0..<70, cause: cause)
        let list = await list()
        #expect(Set(ids(list)) == Set(parts(0..<70)) && list.dead.allSatisfy { $0.deathCause == cause } && list.cut.isEmpty)
    }

    @Test func whatCannotBeReadIsSaidWithWhatIsKnown() async throws {
        try order(0..<100)
        try bury(0..<100)
        engine.silence(.clerk)
        let list = await list()
        #expect(list.dead.count == 64 && list.cut.map(\.actor) == [.clerk])
        #expect(list.cut.first?.reason == "more of it may be dead: two of three do not answer")
    }

    @Test func oneDeadlineHoldsForTheWholeList() async throws {
        let clerks = DistinctShards.pick(5) { number in
            ActorName(Clerk.kind, of: WorkID(milliseconds: UInt64(Stage.startMs) + UInt64(number), randomA: 0, randomB: 1))
        }
        for clerk in clerks {
            try order(0..<65, by: clerk)
            try bury(0..<65, of: clerk)
            engine.silence(clerk)
        }
        var found: [ActorName] = [], next: String?, turns = 0
        repeat {
            let start = engine.world.now, list = await list(before: next)
            #expect(list.cut.count <= 3 && engine.world.now <= start + .seconds(6))
            found += list.cut.map(\.actor)
            next = list.next
            turns += 1
        } while next != nil && turns < 9
        #expect(found == clerks.reversed() && turns == 2, "what there was no time for is on the next page")
    }
}

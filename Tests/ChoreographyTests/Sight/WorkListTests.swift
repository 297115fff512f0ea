import Choreography
import MessagePack
import Registers
import Testing
import WorkTestSupport
import World

/// Graphs, lists and what operators do, asked of a mesh.
@Suite struct WorkListTests {
    private let engine = Self.makeEngine()
    private var actors: DurableActors { DurableActors(engine: engine) }

    private static func makeEngine(page: Int = 200) -> MemoryEngine {
        MemoryEngine([Clerk.self, Box.self], now: WallTime(millisecondsSince1970: Stage.startMs), page: page)
    }

    private func tell(_ clerk: ActorName, _ acts: Act..., as work: WorkID, engine: MemoryEngine? = nil) throws {
        try (engine ?? self.engine).tell(Do(acts: acts), to: clerk, as: work)
    }

    private func catalogue(_ engine: MemoryEngine) -> WorkCatalogue {
        WorkCatalogue(actors: DurableActors(engine: engine), catalogue: engine, kinds: [Box.kind, Clerk.kind], world: engine.world)
    }

    private static func id(_ number: Int) -> WorkID {
        WorkID(milliseconds: UInt64(Stage.startMs) + UInt64(number), randomA: 0, randomB: 1)
    }

    private static func clerk(_ number: Int) -> ActorName { ActorName(Clerk.kind, of: id(number)) }

    private func bury(_ clerk: ActorName, box: String, _ acts: Act..., as work: WorkID) throws {
        try engine.tell(Lock(isLocked: true), to: .box(box), as: .second)
        try engine.tell(Do(acts: acts), to: clerk, as: work)
        try engine.change(clerk, .bury(to: .box(box), sequence: 1, cause: "the box is locked"))
    }

    // MARK: Graphs

    @Test func theGraphIsAskedOfAllActorsOfTheWork() async throws {
        try tell(.clerk, .say("a", box: "x"), .say("b", box: "y"), as: .first)
        try engine.carry(from: .clerk, to: .box("x"))
        let graph = try await actors.graph(of: .first, begunBy: [Box.kind, Clerk.kind])
        #expect(graph.nodes.map(\.mark) == [.init(.clerk, 1), .init(.box("x"), 1)])
        #expect(graph.awaited.map { DeadID($0) } == [.letter(from: .clerk, sequence: 1, to: .box("y"))])
        #expect(!graph.isCut)
    }

    @Test func whatCannotBeReadIsSaidAndTheRestIsShown() async throws {
        try tell(.clerk, .say("a", box: "x"), .say("b", box: "y"), as: .first)
        for box in ["x", "y"] { try engine.carry(from: .clerk, to: .box(box)) }
        engine.silence(.box("x"))
        let graph = try await actors.graph(of: .first, begunBy: [Clerk.kind])
        #expect(graph.unread.map(\.actor) == [.box("x")] && graph.unread[0].reason == "two of three do not answer")
        #expect(graph.nodes.map(\.mark.actor) == [.clerk, .box("y")])
    }

    @Test func whatHasNoBeginningToBeReadIsAnError() async throws {
        engine.silence(.clerk)
        await #expect(throws: RegisterError.self) { try await actors.graph(of: .first, begunBy: [Box.kind, Clerk.kind]) }
        let nobody = try await actors.graph(of: .second, begunBy: [Box.kind, Clerk.kind])
        #expect(nobody.nodes.isEmpty && nobody.awaited.isEmpty)
    }

    @Test func whoIsNotThereInAnHourThatIsClosedHasNotBegunIt() async throws {
        try tell(.clerk, .say("a", box: "x"), as: .first)
        engine.close(CreationHour(of: .first))
        let graph = try await actors.graph(of: .first, begunBy: [Box.kind, Clerk.kind])
        #expect(graph.nodes.map(\.mark.actor) == [.clerk] && graph.unread.isEmpty)
        let past = await #expect(throws: RegisterError.self) { try await actors.graph(of: .second, begunBy: [Box.kind, Clerk.kind]) }
        #expect(past?.code == .expired)
        // One of them may have begun it, for all that is known.
        engine.silence(ActorName(Box.kind, of: .second))
        let unknown = await #expect(throws: RegisterError.self) { try await actors.graph(of: .second, begunBy: [Box.kind, Clerk.kind]) }
        #expect(unknown?.code == .noMajority)
    }

    /// Of an actor with thousands of entries no more is read than is shown.
    @Test func aLongGraphIsReadNoFurtherThanItIsShown() async throws {
        for _ in 0..<1_300 { try tell(.clerk, .remember(1), as: .first) }
        var limits = CausalLimits()
        limits.entries = 600
        let before = engine.reads
        let graph = try await actors.graph(of: .first, begunBy: [Clerk.kind], limits: limits)
        #expect(graph.nodes.map(\.mark.number) == Array(1...600) && graph.isCut)
        #expect(engine.reads - before == 3, "an outline, and two portions of 512")
    }

    // MARK: Open work

    @Test func openWorkIsListedTheNewestFirst() async throws {
        for number in 1...3 { try tell(Self.clerk(number), .say("a", box: "x"), as: Self.id(number)) }
        try tell(Self.clerk(4), .finish, as: Self.id(4))
        try tell(.ann, .say("b", box: "x"), as: Self.id(5))
        let list = await catalogue(engine).open(OpenWorkListing(), now: engine.now)
        #expect(list.rows.map(\.work) == [3, 2, 1].map(Self.id), "what has ended, and what lives on, is not open work")
        #expect(list.rows[0].actor == Self.clerk(3) && list.rows[0].node == "n1" && list.rows[0].lastMs == Stage.startMs)
        #expect(list.rows[0].awaited.map { DeadID($0) } == [.letter(from: Self.clerk(3), sequence: 1, to: .box("x"))])
        #expect(list.unheard == ["n5"] && list.next == nil)
    }

    /// Kinds are listed side by side, and stores in pages of their own: nothing may be missing, or come twice.
    @Test(arguments: [1, 2, 3, 7, 200]) func pagesLeaveNothingOut(page: Int) async throws {
        let engine = Self.makeEngine(page: page)
        var all: [WorkID] = []
        for number in 1...20 {
            try tell(Self.clerk(number), .remember(1), as: Self.id(number), engine: engine)
            all.append(Self.id(number))
            guard number % 3 == 0 else { continue }
            let box = ActorName(Box.kind, of: Self.id(number + 100))
            try engine.tell(Lock(isLocked: true), to: box, as: Self.id(number + 100))
            all.append(Self.id(number + 100))
        }
        for limit in [1, 4, 50] {
            var listing = OpenWorkListing(limit: limit), found: [WorkID] = []
            repeat {
                let list = await catalogue(engine).open(listing, now: engine.now)
                #expect(list.rows.count <= limit)
                found += list.rows.map(\.work)
                listing.before = list.next
            } while listing.before != nil && found.count < 100
            #expect(found == all.sorted(by: >), "in pages of \(limit)")
        }
        let clerks = await catalogue(engine).open(OpenWorkListing(kind: Clerk.kind), now: engine.now)
        #expect(clerks.rows.count == 20)
    }

    /// One kind has been gone through further than the other, and nothing is found yet.
    @Test func aPageThatFindsNothingLeavesNothingOut() async throws {
        let engine = Self.makeEngine(page: 1)
        for number in 1...70 {
            let box = ActorName(Box.kind, of: Self.id(number + 100))
            for (actor, work) in [(Self.clerk(number), Self.id(number)), (box, Self.id(number + 100))] {
                if actor.kind == Clerk.kind {
                    try engine.tell(Do(acts: number == 1 ? [.say("a", box: "x")] : [.remember(1)]), to: actor, as: work)
                } else if number == 1 {
                    // A box that answers a clerk who is not there.
                    try engine.tell(Do(acts: [.remember(1)]), to: .ann, as: work)
                    let ask = Letter(
                        sequence: 1, nature: .step, event: Ask.name, payload: try MessagePackEncoder().encode(Ask()), trace: work, cause: 1,
                        sentAtMs: Stage.startMs)
                    try engine.change(actor, .deliver(from: .ann, ask, received: 0, attempt: 1))
                } else {
                    try engine.tell(Lock(isLocked: true), to: actor, as: work)
                }
            }
        }
        try engine.change(Self.clerk(1), .bury(to: .box("x"), sequence: 1, cause: "no"))
        try engine.change(ActorName(Box.kind, of: Self.id(101)), .bury(to: .ann, sequence: 1, cause: "no"))
        var listing = OpenWorkListing(stuckFor: .seconds(10)), found: [WorkID] = [], turns = 0
        repeat {
            let list = await catalogue(engine).open(listing, now: engine.now)
            found += list.rows.map(\.work)
            listing.before = list.next
            turns += 1
        } while listing.before != nil && turns < 20
        #expect(found == [101, 1].map(Self.id) && turns > 1)
    }

    @Test func whatIsStuckIsOverdueOrDead() async throws {
        try tell(Self.clerk(1), .say("a", box: "x"), as: Self.id(1))
        try tell(Self.clerk(2), .timer("tea", afterMs: 60_000), as: Self.id(2))
        try tell(Self.clerk(3), .timer("tea", afterMs: 1_000), as: Self.id(3))
        try bury(Self.clerk(4), box: "z", .say("a", box: "z"), as: Self.id(4))
        engine.now.nanosecondsSince1970 += 9_000_000_000
        try tell(Self.clerk(5), .say("a", box: "y"), as: Self.id(5))
        func stuck(_ span: Duration) async -> [WorkID] {
            await catalogue(engine).open(OpenWorkListing(stuckFor: span), now: engine.now).rows.map(\.work)
        }
        #expect(await stuck(.seconds(10)) == [4].map(Self.id), "what is dead needs no time")
        #expect(await stuck(.seconds(9)) == [4, 1].map(Self.id))
        #expect(await stuck(.seconds(8)) == [4, 3, 1].map(Self.id), "a timer is late from its time on")
        #expect(await stuck(.zero) == [5, 4, 3, 1].map(Self.id), "a timer that is to come is not late")
    }

    /// The clerk has nothing to do but to wait for the box, whose answer does not arrive.
    @Test func whatIsStuckElsewhereIsFoundThere() async throws {
        try tell(Self.clerk(1), .ask(box: "x"), .timer("tea", afterMs: 60_000), as: Self.id(1))
        try engine.carry(from: Self.clerk(1), to: .box("x"))
        engine.now.nanosecondsSince1970 += 20_000_000_000
        let rows = await catalogue(engine).open(OpenWorkListing(stuckFor: .seconds(10)), now: engine.now).rows
        #expect(rows.map(\.work) == [Self.id(1)])
        let letter = DeadID.letter(from: .box("x"), sequence: 1, to: Self.clerk(1))
        #expect(rows.first?.awaited.map { DeadID($0) }.contains(letter) == true)
        #expect(await catalogue(engine).open(OpenWorkListing(stuckFor: .seconds(30)), now: engine.now).rows.isEmpty)
    }

    // MARK: What is dead

    @Test func whatIsDeadIsListedThoughItsActorHasMoreToDo() async throws {
        try bury(Self.clerk(1), box: "x", .say("a", box: "x"), .say("b", box: "x"), .timer("tea", afterMs: 9_000), as: Self.id(1))
        try bury(.ann, box: "y", .put(1, box: "y"), as: Self.id(2))
        try tell(.ben, .say("c", box: "w"), as: Self.id(3))
        let list = await catalogue(engine).dead(before: nil, limit: 50)
        #expect(list.dead.map { DeadID($0) } == [
            .letter(from: .ann, sequence: 1, to: .box("y")), .letter(from: Self.clerk(1), sequence: 1, to: .box("x")),
        ], "in the order of names, the last first; and what only waits behind it is not dead")
        #expect(list.dead.map(\.deathCause) == ["the box is locked", "the box is locked"])
        #expect(list.dead.map(\.work) == [Self.id(2), Self.id(1)] && list.next == nil && list.unheard == ["n5"])
    }

    @Test func whatIsDeadComesInPages() async throws {
        let engine = Self.makeEngine(page: 2)
        for number in 1...9 {
            try tell(Self.clerk(number), .say("a", box: "x"), as: Self.id(number), engine: engine)
            if number % 2 == 0 { try engine.change(Self.clerk(number), .bury(to: .box("x"), sequence: 1, cause: "no")) }
        }
        var found: [ActorName] = [], next: String?
        repeat {
            let list = await catalogue(engine).dead(before: next, limit: 1)
            found += list.dead.map(\.owner)
            next = list.next
        } while next != nil && found.count < 20
        #expect(found == [8, 6, 4, 2].map(Self.clerk))
    }

    @Test func aDeadLetterIsShownRedrivenAndDiscarded() async throws {
        try bury(Self.clerk(1), box: "x", .put(7, box: "x"), .say("b", box: "x"), as: Self.id(1))
        let id = DeadID.letter(from: Self.clerk(1), sequence: 1, to: .box("x"))
        let detail = try #require(try await actors.dead(id))
        #expect(detail.awaited.deathCause == "the box is locked" && detail.held == 1 && detail.awaited.work == Self.id(1))
        let shown = await catalogue(engine).dead(before: nil, limit: 9).dead
        #expect(shown == [detail.awaited], "as in the list")
        #expect(try await actors.dead(.letter(from: Self.clerk(1), sequence: 2, to: .box("x"))) == nil)
        #expect(try await actors.dead(.letter(from: Self.clerk(9), sequence: 1, to: .box("x"))) == nil)
        #expect(try await actors.redrive(id, operation: Self.id(50)))
        #expect(try await actors.redrive(id, operation: Self.id(50)), "the same wish once more has the same answer")
        #expect(try await !actors.redrive(id, operation: Self.id(51)), "it is not dead any more")
        #expect(try await actors.dead(id) == nil)
        try engine.change(Self.clerk(1), .bury(to: .box("x"), sequence: 1, cause: "still"))
        #expect(try await actors.discard(id, operation: Self.id(52)))
        let graph = try await actors.graph(of: Self.id(1), begunBy: [Clerk.kind])
        #expect(graph.nodes.map(\.entry.outcome) == [.done, .died("the box is locked"), .redriven, .died("still"), .discarded])
    }

    @Test func aDeadTimerAndADeadPartAreFoundRedrivenAndDiscarded() async throws {
        let clerk = Self.clerk(1), tea = DeadID.timer("tea", of: clerk), part = DeadID.part("p", of: clerk)
        try tell(clerk, .timer("tea", afterMs: 5), .order("p", bytes: 3), .order("q"), as: Self.id(1))
        func die() throws {
            try engine.change(clerk, .buryTimer("tea", atMs: Stage.startMs + 5, cause: "no tea"))
            try engine.change(clerk, .buryPart("p", cause: "three nodes have died of it"))
        }
        try die()
        let list = await catalogue(engine).dead(before: nil, limit: 9)
        #expect(Set(list.dead.map { DeadID($0) }) == [tea, part])
        #expect(try await actors.dead(part)?.payload == [7, 7, 7])
        #expect(try await actors.dead(tea)?.awaited.deathCause == "no tea")
        #expect(try await actors.dead(.part("q", of: clerk)) == nil)
        for (number, id) in [tea, part].enumerated() {
            #expect(try await actors.redrive(id, operation: Self.id(60 + number)))
            #expect(try await !actors.redrive(id, operation: Self.id(70 + number)))
        }
        #expect(await catalogue(engine).dead(before: nil, limit: 9).dead.isEmpty)
        try die()
        for (number, id) in [tea, part].enumerated() { #expect(try await actors.discard(id, operation: Self.id(80 + number))) }
        let graph = try await actors.graph(of: Self.id(1), begunBy: [Clerk.kind])
        #expect(graph.awaited.map { DeadID($0) } == [.part("q", of: clerk)])
        #expect(graph.nodes.filter { $0.entry.origin == .burial(cause: 1) }.count == 4)
        let deeds = graph.nodes.filter { $0.entry.origin == .operator(cause: 1) }.map(\.entry.outcome)
        #expect(deeds == [.redriven, .redriven, .discarded, .discarded])
        #expect(graph.nodes.last?.entry.origin == .worker(part: "p", node: "", cause: 1), "the clerk is told that the part has failed")
    }

    @Test func aDeadPartIsFoundBeyondTheFirstPortion() async throws {
        let clerk = Self.clerk(1)
        for start in stride(from: 1_000, to: 2_200, by: 100) {
            for number in start..<start + 100 { try tell(clerk, .order("\(number)"), as: Self.id(1)) }
        }
        try engine.change(clerk, .buryPart("2150", cause: "no"))
        #expect(try await actors.dead(.part("2150", of: clerk))?.awaited.deathCause == "no")
        #expect(try await actors.dead(.part("2199", of: clerk)) == nil)
        #expect(try await actors.dead(.part("3", of: clerk)) == nil)
    }
}

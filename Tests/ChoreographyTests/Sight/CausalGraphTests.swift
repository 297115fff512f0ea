import Choreography
import Registers
import Testing
import World

/// What has happened to a piece of work, put together from what each of its actors tells.
@Suite struct CausalGraphTests {
    private let stage = Stage()

    /// Entries as their actors would have written them.
    private struct Writer {
        var entries: [ActorName: [TraceEntry]] = [:]

        mutating func write(
            _ actor: ActorName, _ event: String, _ origin: TraceEntry.Origin, atMs: Int64, host: String = "n1/1",
            sent: [TraceEntry.Sent] = []
        ) {
            let number = UInt64(entries[actor, default: []].count + 1)
            entries[actor, default: []].append(
                TraceEntry(
                    number: number, event: event, origin: origin, atMs: atMs, host: host, ballot: 1, outcome: .done, sent: sent, orders: [],
                    isLast: false))
        }

        var graph: CausalGraph { CausalGraph(.first, entries: entries) }
    }

    private func sent(_ event: String, _ receiver: ActorName, _ sequence: UInt64 = 1) -> TraceEntry.Sent {
        TraceEntry.Sent(event: event, receiver: receiver, sequence: sequence)
    }

    private func search(_ work: WorkID = .first, _ limits: CausalLimits = CausalLimits()) throws -> CausalGraph {
        var search = CausalSearch(work, from: [.clerk], limits: limits)
        while let (actor, entries, awaited) = search.next() {
            let outline = try ActorOutline(packed: stage.read(actor, .outline(of: work, limit: UInt32(awaited))))
            search.take(actor, Array(try stage.trace(of: actor, work).prefix(entries + 1)), outline)
        }
        return search.graph
    }

    // MARK: Order

    @Test func causesComeBeforeEffectsThoughTheClocksSayOtherwise() {
        var writer = Writer()
        writer.write(.clerk, "do", .outside, atMs: 1_000, sent: [sent("ask", .box("x"))])
        writer.write(.box("x"), "ask", .letter(from: .clerk, sequence: 1, cause: 1, attempt: 1), atMs: 400, sent: [sent("told", .clerk)])
        writer.write(.clerk, "told", .letter(from: .box("x"), sequence: 1, cause: 1, attempt: 1), atMs: 1_010)
        let nodes = writer.graph.nodes
        #expect(nodes.map(\.entry.event) == ["do", "ask", "told"])
        #expect(nodes.map { $0.causes.map(\.description) } == [[], ["\(ActorName.clerk)#1"], ["box/x#1"]])
        #expect(writer.graph.startMs == 400)
    }

    @Test func whatHasNoOtherOrderGoesByTime() {
        var writer = Writer()
        writer.write(.clerk, "do", .outside, atMs: 0, sent: [sent("say", .box("x")), sent("say", .box("y"))])
        writer.write(.box("x"), "say", .letter(from: .clerk, sequence: 1, cause: 1, attempt: 1), atMs: 9)
        writer.write(.box("y"), "say", .letter(from: .clerk, sequence: 1, cause: 1, attempt: 1), atMs: 8)
        #expect(writer.graph.nodes.map(\.mark.actor) == [.clerk, .box("y"), .box("x")])
    }

    /// Nothing that a peer says may keep anybody from drawing the rest.
    @Test func aCircleIsDrawnAllTheSame() {
        var writer = Writer()
        writer.write(.box("x"), "a", .letter(from: .box("y"), sequence: 1, cause: 1, attempt: 1), atMs: 2)
        writer.write(.box("y"), "b", .letter(from: .box("x"), sequence: 1, cause: 1, attempt: 1), atMs: 1)
        writer.write(.ann, "c", .timer("t", cause: 1), atMs: 3)
        #expect(writer.graph.nodes.map(\.entry.event) == ["b", "a", "c"])
    }

    // MARK: Detours

    @Test func anotherHomeAndAnotherAttemptAreDetours() {
        var writer = Writer()
        writer.write(.clerk, "do", .outside, atMs: 0, host: "n1/1", sent: [sent("say", .box("x"))])
        writer.write(.box("x"), "say", .letter(from: .clerk, sequence: 1, cause: 1, attempt: 3), atMs: 1, host: "n2/1")
        writer.write(.clerk, "ring", .timer("tea", cause: 1), atMs: 5, host: "n3/1")
        writer.write(.clerk, "ring", .timer("tea", cause: 3), atMs: 6, host: "n3/2")
        #expect(writer.graph.nodes.map(\.detours) == [
            [], [.attempt(3)], [.otherHome(before: "n1/1")], [.otherHome(before: "n3/1")],
        ])
    }

    /// The first refusal, the operator, and the arrival: each follows from the one before, and the arrival from the sending, too.
    @Test func aRedrivenLetterFollowsFromItsSendingAndFromTheOperator() throws {
        try stage.tell(Lock(isLocked: true), to: .box("x"), as: .second)
        try stage.tell(.clerk, .put(1, box: "x"))
        try stage.bury(.clerk, to: .box("x"), 1, cause: "locked")
        try stage.tell(Lock(isLocked: false), to: .box("x"), as: .second)
        #expect(try stage.change(.clerk, .redrive(to: .box("x"), sequence: 1)) == [1])
        try stage.carry(from: .clerk, to: .box("x"))
        let nodes = try search().nodes
        #expect(nodes.map(\.entry.outcome) == [.done, .died("locked"), .redriven, .done])
        #expect(nodes.map { $0.causes.map(\.number) } == [[], [1], [1], [1, 3]])
        #expect(nodes[2].detours == [.operator])
        #expect(nodes[1].entry.origin == .burial(cause: 1))
        #expect(nodes[1].entry.sent == [sent("put", .box("x"))])
    }

    // MARK: Finding

    @Test func allActorsOfAPieceOfWorkAreFoundAndNobodyElses() throws {
        try stage.tell(.ann, .say("other", box: "x"), as: .second)
        try stage.carry(from: .ann, to: .box("x"))
        try stage.tell(.clerk, .say("a", box: "x"), .ask(box: "y"))
        for box in ["x", "y"] { try stage.carry(from: .clerk, to: .box(box)) }
        try stage.carry(from: .box("y"), to: .clerk)
        let graph = try search()
        #expect(graph.nodes.map(\.mark) == [
            .init(.clerk, 1), .init(.box("x"), 2), .init(.box("y"), 1), .init(.clerk, 2),
        ])
        #expect(graph.awaited.isEmpty && !graph.isCut && graph.unread.isEmpty)
    }

    @Test func whatIsToComeIsTold() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .takeBack(1, box: "y"), .timer("tea", afterMs: 500), .order("p"))
        stage.nowMs += 2
        try stage.tell(.clerk, .say("b", box: "x"))
        try stage.bury(.clerk, to: .box("x"), 1, cause: "no")
        let graph = try search()
        let start = Stage.startMs
        func say(_ sequence: UInt64) -> Awaited.What { .letter(event: "say", to: .box("x"), sequence: sequence, isCompensation: false) }
        func awaited(
            _ what: Awaited.What, since: Int64?, cause: UInt64 = 1, _ hindrance: Awaited.Hindrance? = nil
        ) -> Awaited {
            Awaited(owner: .clerk, what: what, work: .first, cause: cause, sinceMs: since, hindrance: hindrance)
        }
        let all: [Awaited] = [
            awaited(say(1), since: start, .dead("no")),
            awaited(say(2), since: start + 2, cause: 2, .behindDead),
            awaited(.letter(event: "take-back", to: .box("y"), sequence: 1, isCompensation: true), since: start),
            awaited(.part("p", work: "count"), since: start),
            awaited(.timer("tea", event: "ring", atMs: start + 500), since: nil),
        ]
        #expect(graph.awaited == all)
        #expect(graph.cause(of: graph.awaited[1])?.mark == .init(.clerk, 2))
    }

    /// The sender learns late of an arrival. The receiver knows.
    @Test func whatHasArrivedIsNotToComeThoughItsSenderDoesNotKnow() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "x"))
        let letter = try #require(try stage.letters(from: .clerk, to: .box("x")).first)
        try stage.deliver(letter, from: .clerk, to: .box("x"))
        #expect(try search().awaited.map(\.what) == [.letter(event: "say", to: .box("x"), sequence: 2, isCompensation: false)])
    }

    @Test func whatIsOfOtherWorkIsNotToCome() throws {
        try stage.tell(.ann, .say("a", box: "x"), .timer("tea", afterMs: 5), .order("p"), as: .second)
        try stage.tell(.ann, .say("b", box: "x"), as: .first)
        let mine = try ActorOutline(packed: stage.read(.ann, .outline(of: .first, limit: 10)))
        #expect(mine.awaited.map(\.what) == [.letter(event: "say", to: .box("x"), sequence: 2, isCompensation: false)])
        let all = try ActorOutline(packed: stage.read(.ann, .outline(of: nil, limit: 10)))
        #expect(all.awaited.count == 4 && !all.isCut && all.entries == 2)
    }

    @Test func aGraphThatIsTooLargeIsCutAndSaysSo() throws {
        try stage.tell(.clerk, .say("a", box: "x"), .say("b", box: "y"), .say("c", box: "z"))
        for box in ["x", "y", "z"] { try stage.carry(from: .clerk, to: .box(box)) }
        var limits = CausalLimits()
        limits.actors = 3
        #expect(try search(.first, limits).isCut)
        #expect(try search(.first, limits).nodes.count == 3)
        limits.actors = 4
        #expect(try !search(.first, limits).isCut)
        limits.entries = 3
        #expect(try search(.first, limits).isCut)
        #expect(try search(.first, limits).nodes.count == 3)
        limits.entries = 4
        #expect(try !search(.first, limits).isCut)
        try stage.tell(.clerk, .say("d", box: "x"), .say("e", box: "x"))
        (limits.entries, limits.awaited) = (100, 1)
        #expect(try search(.first, limits).isCut)
        #expect(try search(.first, limits).awaited.count == 1)
    }

    @Test func aRehearsalTellsTheSame() throws {
        let now = WallTime(millisecondsSince1970: Stage.startMs)
        let rehearsal = Rehearsal([Clerk.self, Box.self], seed: 3, now: now) { _, _, _ in .done([1]) }
        try rehearsal.tell(Do(acts: [.ask(box: "x"), .order("p"), .timer("tea", afterMs: 60_000)]), to: .clerk, as: .first)
        try rehearsal.play()
        let graph = try rehearsal.graph(of: .first, begunBy: [Box.kind, Clerk.kind])
        #expect(Set(graph.nodes.map(\.mark.actor)) == [.clerk, .box("x")])
        #expect(graph.nodes.count == (try rehearsal.trace(of: .first).count))
        #expect(graph.awaited.map(\.what) == [.timer("tea", event: "ring", atMs: Stage.startMs + 60_000)])
        let answer = try #require(graph.nodes.first { $0.entry.event == WorkAnswer.name })
        #expect(answer.entry.origin == .worker(part: "p", node: "n1", cause: 1) && answer.causes == [.init(.clerk, 1)])
    }
}

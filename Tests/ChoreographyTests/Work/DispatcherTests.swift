import Choreography
import Placement
import Testing
import World

/// The parts of many actors, and the workers of one view.
@Suite struct DispatcherTests {
    private typealias Assignment = WorkDispatcher.Assignment

    private static let counting = ScatterBench.counting, looking = ScatterBench.looking
    private static let one = NodeIdentity(name: "n1", life: 1), two = NodeIdentity(name: "n2", life: 1)

    /// A dispatcher, and all that it wanted.
    private struct Bench {
        var dispatcher = WorkDispatcher(kinds: [counting, looking])
        var now = Instant(nanoseconds: 1_000_000_000)

        mutating func give(_ input: WorkDispatcher.Input) -> [WorkDispatcher.Effect] { dispatcher.handle(input, now: now) }

        @discardableResult
        mutating func crew(_ nodes: NodeIdentity..., of kind: WorkKind = counting, credits: Int = 2, died: [NodeIdentity] = []) -> [WorkDispatcher.Effect] {
            let seats = nodes.map { WorkerSeat(node: $0, credits: credits) }
            return give(.crew(work: kind.name, seats, ScatterBench.ring(nodes.map(\.name), kind), died: died))
        }

        @discardableResult
        mutating func perform(_ actor: ActorName, _ part: String, work: String = counting.name) -> [WorkDispatcher.Effect] {
            give(.perform(actor, work: work, Scatter.Part(part, [7])))
        }
    }

    private static func call(_ actor: ActorName, _ part: String, _ node: NodeIdentity, work: String = counting.name) -> WorkDispatcher.Effect {
        .call(Assignment(actor, work: work, part: part, on: node), WorkTask(actor: actor, part: part, payload: [7]))
    }

    @Test func aPartIsDoneByAWorkerAndItsEndIsTold() {
        var bench = Bench()
        bench.crew(Self.one)
        #expect(bench.perform(.clerk, "a") == [Self.call(.clerk, "a", Self.one)])
        let task = WorkTask(actor: .clerk, part: "a", payload: [7])
        #expect(task.orderer == "\(ActorName.clerk)" && task.work == .first)
        #expect(WorkTask(actor: .ann, part: "a", payload: []).work == nil, "she lives on")
        let report = WorkReport(result: .done([1]), node: "n1")
        #expect(bench.give(.answered(Assignment(.clerk, work: "count", part: "a", on: Self.one), .done([1]))) == [.ended(.clerk, part: "a", report)])
        #expect(bench.dispatcher.isIdle)
    }

    @Test func whatWasOrderedBeforeAnybodyCouldDoItIsDoneThen() {
        var bench = Bench()
        #expect(bench.perform(.clerk, "a").isEmpty)
        #expect(bench.crew(Self.one, of: Self.looking).isEmpty, "these do something else")
        #expect(bench.crew(Self.one) == [Self.call(.clerk, "a", Self.one)])
        #expect(!bench.dispatcher.isIdle && bench.dispatcher.count == 1)
    }

    @Test func eachActorHasCreditsOfItsOwn() {
        var bench = Bench()
        bench.crew(Self.one, credits: 1)
        #expect(bench.perform(.clerk, "a") == [Self.call(.clerk, "a", Self.one)])
        #expect(bench.perform(.clerk, "b").isEmpty)
        #expect(bench.perform(.ann, "a") == [Self.call(.ann, "a", Self.one)])
        #expect(bench.perform(.clerk, "a", work: Self.looking.name).isEmpty, "nobody does this")
        #expect(bench.dispatcher.count == 3)
    }

    /// Whatever looks after the actor next, or after another actor of the work: the place on the ring is the same.
    @Test func thePlaceOfAPartIsReckonedFromTheWork() {
        var bench = Bench()
        bench.crew(Self.one, Self.two, of: Self.looking)
        let ring = ScatterBench.ring(["n1", "n2"], Self.looking)
        for name in parts(20) {
            let owner = ring.owner(of: "\(WorkID.first)/\(name)", role: "look")?.name == "n1" ? Self.one : Self.two
            #expect(bench.perform(.clerk, name, work: "look") == [Self.call(.clerk, name, owner, work: "look")])
        }
    }

    @Test func workThatThisProgramDoesNotKnowWaitsForAnOperator() {
        var bench = Bench()
        let cause = "this program knows no work of the kind sing; update it"
        #expect(bench.perform(.clerk, "a", work: "sing") == [.silent(.clerk, part: "a", cause: cause)])
        #expect(bench.dispatcher.isIdle)
    }

    @Test func whatNobodyWaitsForAnyMoreIsCalledOff() {
        var bench = Bench()
        bench.crew(Self.one)
        bench.perform(.clerk, "a")
        let assignment = Assignment(.clerk, work: "count", part: "a", on: Self.one)
        #expect(bench.give(.callOff(.clerk, work: "count", part: "a")) == [.callOff(assignment)])
        #expect(bench.dispatcher.isIdle)
        #expect(bench.give(.answered(assignment, .done([1]))).isEmpty)
        #expect(bench.give(.lost(assignment, .died)).isEmpty)
        #expect(bench.give(.callOff(.ben, work: "count", part: "z")).isEmpty)
    }

    /// Of the same node there is one call for each part.
    @Test func aPartThatIsBegunAnewIsCalledOffBefore() {
        var bench = Bench()
        bench.crew(Self.one)
        bench.perform(.clerk, "a")
        #expect(bench.perform(.clerk, "a") == [.callOff(Assignment(.clerk, work: "count", part: "a", on: Self.one)), Self.call(.clerk, "a", Self.one)])
    }

    @Test func deathsAreToldToAllWhoWait() {
        var bench = Bench()
        let lives = (1...4).map { NodeIdentity(name: "n1", life: UInt64($0)) }
        bench.crew(lives[0], of: Self.looking)
        for actor in [ActorName.ann, .clerk] { bench.perform(actor, "a", work: "look") }
        for life in lives.dropLast() {
            for actor in [ActorName.ann, .clerk] { _ = bench.give(.lost(Assignment(actor, work: "look", part: "a", on: life), .nodeDown)) }
            bench.now = bench.now + .seconds(3)
            bench.crew(lives[Int(life.life)], of: Self.looking)
        }
        let effects = bench.crew(lives[3], of: Self.looking, died: Array(lives.dropLast()))
        let ended = effects.filter { if case .ended = $0 { true } else { false } }
        let reason = "nodes died while they had this in hand: n1 (3 times); it is given to no other"
        #expect(ended == [ActorName.clerk, .ann].sorted().map { .ended($0, part: "a", WorkReport(result: .failed(reason), node: "n1", resent: 3)) })
        #expect(bench.dispatcher.isIdle)
    }

    @Test func silenceIsToldToTheCourierAndTheAnswerStillCounts() {
        var bench = Bench()
        bench.crew(Self.one)
        bench.perform(.clerk, "a")
        bench.now = bench.now + .seconds(6)
        #expect(bench.give(.tick) == [.silent(.clerk, part: "a", cause: "no answer from n1, to whom it was given, for 6 s")])
        #expect(!bench.dispatcher.isIdle)
        let answered = bench.give(.answered(Assignment(.clerk, work: "count", part: "a", on: Self.one), .done([1])))
        #expect(answered == [.ended(.clerk, part: "a", WorkReport(result: .done([1]), node: "n1"))])
    }

    @Test func underTheMutationNothingIsSentAgain() {
        var dispatcher = WorkDispatcher(kinds: [Self.counting], resends: false)
        let now = Instant(nanoseconds: 1)
        let seats = [Self.one, Self.two].map { WorkerSeat(node: $0, credits: 2) }
        _ = dispatcher.handle(.crew(work: "count", seats, ScatterBench.ring(["n1", "n2"]), died: []), now: now)
        guard case .call(let assignment, _)? = dispatcher.handle(.perform(.clerk, work: "count", Scatter.Part("a", [])), now: now).first else {
            Issue.record("nobody was asked")
            return
        }
        #expect(dispatcher.handle(.lost(assignment, .died), now: now).isEmpty)
        #expect(dispatcher.handle(.tick, now: now + .seconds(100)).isEmpty && !dispatcher.isIdle)
    }
}

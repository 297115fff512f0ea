import Campaign
import Choreography
import Orders
import Testing
import World

/// Books that go together are fine, and each way in which they do not is seen.
@Suite struct WorkCheckTests {
    private static func id(_ number: UInt64) -> WorkID { WorkID(milliseconds: 1_800_000_000_000, randomA: 0, randomB: number) }

    /// One order that was shipped, one that was cancelled, a trip that has its rooms, and a gather of two parts.
    private struct Scene {
        var pieces: [Piece]
        var books = Books()

        init() {
            let sold = Place(customer: "a", item: "b", quantity: 2, amount: 30, failAt: nil, deadlineMs: 5)
            let failed = Place(customer: "a", item: "b", quantity: 1, amount: 50, failAt: .shipping, deadlineMs: 5)
            pieces = [
                Piece(id: id(1), wish: .order(sold)), Piece(id: id(2), wish: .order(failed)),
                Piece(id: id(3), wish: .trip(Plan(hotel: "a", rooms: 3, agent: nil, isRefused: false, patienceMs: 5))),
                Piece(id: id(4), wish: .gather(Collect(parts: 2))),
            ]
            for index in pieces.indices { pieces[index].outcome = .ok([]) }
            books.orders = [id(1): .shipped, id(2): .cancelled]
            books.shipped = [id(1): 2, id(2): 0]
            books.accounts = ["a": .init(whole: 170, held: 0), "b": .init(whole: 200, held: 0)]
            books.stock = ["b": .init(whole: 6, held: 0)]
            books.trips = [id(3): .booked]
            books.hotels = ["a": Self.hotel(booked: 3, confirmed: 3)]
            var gather = Gather.blank
            (gather.wanted, gather.answers, gather.sum) = (2, 2, Gather.weight("0") + Gather.weight("1"))
            books.gathers = [id(4): gather]
            books.performed = [.init(actor: pieces[3].actor, part: "0"), .init(actor: pieces[3].actor, part: "1")]
            books.ended = Set(pieces.map(\.actor))
        }

        static func hotel(booked: Int64, confirmed: Int64) -> Hotel.State {
            var hotel = Hotel.blank
            (hotel.booked, hotel.confirmed) = (booked, confirmed)
            return hotel
        }

        var kinds: [Violation.Kind] { WorkCheck.judge(pieces, books).map(\.kind) }
    }

    private func kinds(_ change: (inout Scene) -> Void) -> [Violation.Kind] {
        var scene = Scene()
        change(&scene)
        return scene.kinds
    }

    @Test func whatGoesTogetherIsFine() { #expect(Scene().kinds.isEmpty) }

    @Test func whatWasAcknowledgedIsThere() {
        #expect(kinds { $0.books.orders[Self.id(2)] = nil } == [.lost])
        #expect(kinds { $0.books.gathers[Self.id(4)] = nil } == [.lost])
    }

    @Test func whatHasFailedIsNotThere() {
        #expect(kinds { $0.pieces[2].outcome = .failed(.noMajority) } == [.ghost])
    }

    @Test func whatNobodyKnowsMayBeThereOrNot() {
        #expect(kinds { $0.pieces[1].outcome = .unknown }.isEmpty)
        #expect(kinds { ($0.pieces[1].outcome, $0.books.orders[Self.id(2)]) = (.unknown, nil) }.isEmpty)
    }

    @Test func allWorkEnds() {
        #expect(kinds { $0.books.ended.remove($0.pieces[0].actor) } == [.unended])
        #expect(kinds { $0.books.orders[Self.id(2)] = .compensating } == [.unended])
        #expect(kinds { ($0.books.trips[Self.id(3)], $0.books.hotels) = (.open, [:]) } == [.unended])
        #expect(kinds { $0.books.leftovers = ["account/a has a timer"] } == [.unended])
    }

    @Test func moneyStockAndRoomsAreCounted() {
        #expect(kinds { $0.books.accounts["a"] = .init(whole: 140, held: 0) } == [.unbalanced], "spent twice")
        #expect(kinds { $0.books.accounts["a"] = .init(whole: 170, held: 50) } == [.unbalanced], "held for ever")
        #expect(kinds { $0.books.stock["b"] = .init(whole: 8, held: 0) } == [.unbalanced], "shipped from nothing")
        #expect(kinds { $0.books.shipped[Self.id(1)] = 0 } == [.unbalanced], "paid and not sent out")
        #expect(kinds { $0.books.shipped[Self.id(2)] = 1 } == [.unbalanced], "sent out for nothing")
        #expect(kinds { $0.books.hotels["a"] = Scene.hotel(booked: 3, confirmed: 6) } == [.unbalanced], "confirmed twice")
        #expect(kinds { $0.books.trips[Self.id(3)] = .givenUp } == [.unbalanced], "a room for nobody")
    }

    @Test func whatIsCancelledOrFailsIsNotShipped() {
        #expect(kinds { $0.pieces[0].cancellation = .ok([]) } == [.unbalanced])
        #expect(kinds { $0.pieces[0].cancellation = .failed(.refused) }.isEmpty)
        #expect(kinds { ($0.books.orders[Self.id(2)], $0.books.shipped[Self.id(2)]) = (.shipped, 1) }.contains(.unbalanced))
    }

    @Test func everyPartCountsOnce() {
        #expect(kinds { $0.books.gathers[Self.id(4)]?.sum = 2 * Gather.weight("0") } == [.unbalanced])
        #expect(kinds { $0.books.gathers[Self.id(4)]?.answers = 3 } == [.unbalanced])
        #expect(kinds { $0.books.performed = [] } == [.ghost, .ghost], "an answer that nobody has given")
        let givenUp = kinds { scene in
            scene.books.gathers[Self.id(4)]?.failed = ["1"]
            scene.books.gathers[Self.id(4)]?.sum = Gather.weight("0")
        }
        #expect(givenUp.isEmpty, "what was given up is told, and not counted")
    }
}

/// The causal graph says of each event what has brought it.
@Suite struct GraphCheckTests {
    private static let work = WorkID(milliseconds: 1_800_000_000_000, randomA: 0, randomB: 1)
    private static let order = ActorName("order", of: work), account = ActorName("account", named: "a")!
    private static let piece = Piece(
        id: work, wish: .order(Place(customer: "a", item: "b", quantity: 1, amount: 1, failAt: nil, deadlineMs: 1_000)))

    private static func entry(
        _ number: UInt64, _ origin: TraceEntry.Origin, at ms: Int64 = 0, sends sequences: [UInt64] = [], to receiver: ActorName = account
    ) -> TraceEntry {
        TraceEntry(
            number: number, event: "event", origin: origin, atMs: ms, host: "", ballot: 1, outcome: .done,
            sent: sequences.map { .init(event: "event", receiver: receiver, sequence: $0) }, orders: [], isLast: false)
    }

    private func kinds(_ entries: [(ActorName, TraceEntry)]) -> [Violation.Kind] {
        var books = Books()
        books.graph = entries.map { .init(work: Self.work, actor: $0.0, entry: $0.1) }
        return GraphCheck.judge([Self.piece], books).map(\.kind)
    }

    private static func letter(_ sequence: UInt64) -> TraceEntry.Origin { .letter(from: order, sequence: sequence, cause: 1, attempt: 1) }

    @Test func aLetterIsAppliedOnceByItsReceiver() {
        let first = (Self.order, Self.entry(1, .outside, sends: [1, 2]))
        #expect(kinds([first, (Self.account, Self.entry(1, Self.letter(1))), (Self.account, Self.entry(2, Self.letter(2)))]).isEmpty)
        #expect(kinds([first, (Self.account, Self.entry(1, Self.letter(1))), (Self.account, Self.entry(2, Self.letter(1)))]) == [.twice])
    }

    @Test func aLetterWasSentByItsSenderToItsReceiver() {
        #expect(kinds([(Self.account, Self.entry(1, Self.letter(1)))]) == [.ghost])
        let elsewhere = (Self.order, Self.entry(1, .outside, sends: [1], to: Self.order))
        #expect(kinds([elsewhere, (Self.account, Self.entry(1, Self.letter(1)))]) == [.ghost])
    }

    @Test func aPartIsAnsweredOnce() {
        func answer(_ part: String) -> TraceEntry.Origin { .worker(part: part, node: "n1", cause: 1) }
        #expect(kinds([(Self.order, Self.entry(2, answer("0"))), (Self.order, Self.entry(3, answer("1")))]).isEmpty)
        #expect(kinds([(Self.order, Self.entry(2, answer("0"))), (Self.order, Self.entry(3, answer("0")))]) == [.twice])
    }

    @Test func noTimerFiresBeforeItsTime() {
        #expect(kinds([(Self.order, Self.entry(2, .timer("deadline", cause: 1), at: 1_000))]).isEmpty)
        #expect(kinds([(Self.order, Self.entry(2, .timer("deadline", cause: 1), at: 999))]) == [.early])
    }
}

@Suite struct CampaignChoreographyTests {
    /// What is made for trying out is as sound as what is offered.
    @Test func tripsAndGathersAreSound() throws {
        _ = try Choreography("trips", [Trip.self, Agent.self, Hotel.self])
        _ = try Choreography("gathers", [Gather.self])
    }
}

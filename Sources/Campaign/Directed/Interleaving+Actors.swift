import Choreography
import Orders
import World

/// One order of a lamp by Ann, who has enough, one trip, and one gather of two parts.
private struct Work {
    static let ann = ActorName(Account.kind, named: "ann")!, lamp = ActorName(Stock.kind, named: "lamp")!
    static let inn = ActorName(Hotel.kind, named: "inn")!

    let stage: ActorStage
    let order: ActorName, trip: ActorName, gather: ActorName
    private let id: WorkID

    init(_ mutations: Set<Mutation>) {
        stage = ActorStage(mutations: mutations)
        id = stage.nextID()
        (order, trip, gather) = (ActorName(Order.kind, of: id), ActorName(Trip.kind, of: id), ActorName(Gather.kind, of: id))
        stage.tell(SetBalance(100, over: 0), to: Self.ann, as: stage.nextID())
        stage.tell(SetQuantity(5, over: 0), to: Self.lamp, as: stage.nextID())
    }

    /// It costs 10, and its deadline is far.
    func place() {
        stage.tell(
            Place(customer: "ann", item: "lamp", quantity: 1, amount: 10, failAt: nil, deadlineMs: stage.ms(after: .seconds(600))),
            to: order, as: id)
        stage.settle()
    }

    func plan(agent: String? = nil, isRefused: Bool = false, patience: Duration) {
        stage.tell(
            Plan(hotel: "inn", rooms: 1, agent: agent, isRefused: isRefused, patienceMs: stage.ms(after: patience)), to: trip, as: id)
        stage.settle()
    }

    func collect() {
        stage.tell(Collect(parts: 2), to: gather, as: id)
        stage.settle()
    }

    /// What is wrong with the order, which nothing has kept from being carried out.
    func complaintOfOrder() -> String? {
        let account = stage.state(of: Self.ann, Account.self), status = stage.state(of: order, Order.self).status
        if status != .shipped { return "the order is \(status.rawValue)" }
        return account.balance == 90 && account.held == 0 ? nil : "Ann has \(account.balance) with \(account.held) held, and not 90"
    }

    /// What is wrong with the trip, after more time than it needs.
    func complaintOfTrip() -> String? {
        guard stage.isFinished(trip) else { return "the trip has not ended" }
        let decision = stage.state(of: trip, Trip.self).decision, hotel = stage.state(of: Self.inn, Hotel.self)
        let rooms: Int64 = decision == .booked ? 1 : 0
        return hotel == Hotel.State(booked: rooms, confirmed: rooms)
            ? nil : "the trip is \(decision.rawValue), with \(hotel.booked) rooms booked and \(hotel.confirmed) confirmed"
    }

    /// What is wrong with the gather, after more time than it needs.
    func complaintOfGather() -> String? {
        let state = stage.state(of: gather, Gather.self), sum = Gather.weight("0") + Gather.weight("1")
        guard stage.isFinished(gather) else { return "the gather has not ended, with \(state.answers) of 2 answers" }
        return state.answers == 2 && state.sum == sum ? nil : "the gather has \(state.answers) answers and \(state.sum), and not \(sum)"
    }
}

extension CourierEffect {
    /// Whether it brings this event.
    func brings(_ event: String) -> Bool {
        if case .deliver(_, _, let letter, _, _) = self { letter.event == event } else { false }
    }

    /// Whether it writes down what a worker has said of the part.
    func answers(_ part: String) -> Bool {
        if case .write(_, .answer(part, _)) = self { true } else { false }
    }
}

extension Interleaving {
    static let letters = [
        Interleaving(
            .noOutbox, "the courier of an order sends its first letter, which gets lost, and dies; another takes over"
        ) { mutations in
            let work = Work(mutations)
            work.stage.fate = { $0.brings("charge") ? .lost : .answered }
            work.place()
            work.stage.kill(1)
            work.stage.fate = { _ in .answered }
            work.stage.wait(.seconds(20))
            return work.complaintOfOrder()
        },
        Interleaving(.noInbox, "the account has captured its money, its answer gets lost, and the letter comes again") { mutations in
            let work = Work(mutations)
            work.stage.fate = { $0.brings("capture") ? .answerLost : .answered }
            work.place()
            work.stage.fate = { _ in .answered }
            work.stage.wait(.seconds(20))
            return work.complaintOfOrder()
        },
        Interleaving(
            .dedupeByTime, "the account has captured its money, its answer gets lost, and the letter comes again after a minute"
        ) { mutations in
            let work = Work(mutations)
            work.stage.fate = { $0.brings("capture") ? .answerLost : .answered }
            work.place()
            work.stage.fate = { $0.brings("capture") ? .lost : .answered }
            work.stage.wait(.seconds(60))
            work.stage.fate = { _ in .answered }
            work.stage.wait(.seconds(20))
            return work.complaintOfOrder()
        },
    ]

    static let decisions = [
        Interleaving(
            .noTombstone, "an agent's letter to the hotel is late: the trip has given up, and its compensation has overtaken the letter"
        ) { mutations in
            let work = Work(mutations)
            work.stage.fate = { $0.brings("book") ? .lost : .answered }
            work.plan(agent: "ida", patience: .seconds(2))
            work.stage.wait(.seconds(5))
            work.stage.fate = { _ in .answered }
            work.stage.wait(.seconds(20))
            return work.complaintOfTrip()
        },
        Interleaving(.twoDeciders, "the trip has its rooms and confirms them late; meanwhile its patience would be over") { mutations in
            let work = Work(mutations)
            work.stage.fate = { $0.brings("confirm") ? .lost : .answered }
            work.plan(patience: .seconds(2))
            work.stage.wait(.seconds(5))
            work.stage.fate = { _ in .answered }
            work.stage.wait(.seconds(20))
            return work.complaintOfTrip()
        },
        Interleaving(.timersInMemory, "the courier that has read the trip's timer dies before it is due; another takes over") { mutations in
            let work = Work(mutations)
            work.plan(isRefused: true, patience: .seconds(2))
            work.stage.kill(1)
            work.stage.wait(.seconds(20))
            return work.complaintOfTrip()
        },
        Interleaving(
            .wrongClocksFire, "an order's first letter gets lost, and the wall clock of its home is an hour ahead for a while"
        ) { mutations in
            let work = Work(mutations)
            work.stage.fate = { $0.brings("charge") ? .lost : .answered }
            work.place()
            work.stage.clockAhead = .seconds(3_600)
            work.stage.wait(.seconds(10))
            work.stage.clockAhead = .zero
            work.stage.fate = { _ in .answered }
            work.stage.wait(.seconds(20))
            return work.complaintOfOrder()
        },
        Interleaving(.compensationHeldBack, "the hotel refuses a trip for good, and the trip gives up") { mutations in
            let work = Work(mutations)
            work.plan(isRefused: true, patience: .seconds(2))
            work.stage.wait(.seconds(20))
            return work.complaintOfTrip()
        },
    ]

    static let work = [
        Interleaving(.noResend, "the worker of a part dies, and nobody else looks after its gather") { mutations in
            let work = Work(mutations)
            work.stage.loss = { $0.part == "0" ? .died : nil }
            work.collect()
            work.stage.loss = { _ in nil }
            work.stage.wait(.seconds(60))
            return work.complaintOfGather()
        },
        Interleaving(
            .gatherByCounting, "the first answer is written down, the courier does not hear so and writes it again; then the second comes"
        ) { mutations in
            let work = Work(mutations)
            work.stage.loss = { $0.part == "1" ? .silent : nil }
            work.stage.fate = { $0.answers("0") ? .answerLost : .answered }
            work.collect()
            work.stage.fate = { _ in .answered }
            work.stage.wait(.seconds(10))
            work.stage.loss = { _ in nil }
            work.stage.wait(.seconds(20))
            return work.complaintOfGather()
        },
    ]
}

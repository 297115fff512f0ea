import Choreography
import Orders
import Registers
import World

/// A piece of work that somebody outside has asked for, and what was heard of it.
package struct Piece {
    package enum Wish: Hashable {
        case order(Place)
        case trip(Plan)
        case gather(Collect)
    }

    package let id: WorkID
    package let wish: Wish
    /// What came of asking for it.
    package var outcome = Ledger.Outcome.open
    /// What came of asking for its end; nil when nobody has.
    package var cancellation: Ledger.Outcome?

    package init(id: WorkID, wish: Wish) { (self.id, self.wish) = (id, wish) }

    /// The actor that it begins with.
    package var actor: ActorName {
        switch wish {
        case .order: ActorName(Order.kind, of: id)
        case .trip: ActorName(Trip.kind, of: id)
        case .gather: ActorName(Gather.kind, of: id)
        }
    }
}

/// Those who place orders, plan trips and begin gathers, and cancel some. Each asks again under the same id as long as nobody has said yes
/// or no.
final class Customers {
    /// What every account and every item begins with: too little for all of the orders.
    package static let balance: Int64 = 200, quantity: Int64 = 8
    static let names = ["a", "b"]
    private static let patience: Duration = .milliseconds(1_500)

    /// What a request is about: pieces by their place.
    private enum Purpose {
        case setting(ActorName)
        case piece(Int)
        case cancelling(Int)
    }

    private unowned let mesh: SimulatedMesh
    private let plan: WorkPlan
    private let asking: Asking
    private var purposes: [Purpose] = []
    private(set) var pieces: [Piece] = []
    /// Accounts and items that may not have what they were to begin with.
    private(set) var unset: Set<ActorName> = []

    init(_ mesh: SimulatedMesh, _ plan: WorkPlan) {
        self.mesh = mesh
        self.plan = plan
        mesh.work = plan.work
        asking = Asking(mesh, patience: Self.patience, random: RandomStream(seed: mesh.seed, name: "customers"))
        asking.ended = { [unowned self] number, outcome in end(number, outcome) }
    }

    /// Whether there is anything for them to do.
    var isNeeded: Bool { plan.orders + plan.trips + plan.gathers > 0 }

    var isIdle: Bool { asking.isIdle }

    static var accounts: [ActorName] { names.compactMap { ActorName(Account.kind, named: $0) } }
    static var stock: [ActorName] { names.compactMap { ActorName(Stock.kind, named: $0) } }
    static var agents: [ActorName] { names.compactMap { ActorName(Agent.kind, named: $0) } }
    static var hotels: [ActorName] { names.compactMap { ActorName(Hotel.kind, named: $0) } }

    /// Gives accounts and items what they begin with.
    func furnish() {
        unset = Set(Self.accounts + Self.stock)
        for account in Self.accounts { tell(SetBalance(Self.balance, over: 0), to: account, as: nextID(), .setting(account), attempts: 40) }
        for item in Self.stock { tell(SetQuantity(Self.quantity, over: 0), to: item, as: nextID(), .setting(item), attempts: 40) }
    }

    /// Has everything asked for within this time, bit by bit.
    func begin(within length: Duration) {
        for _ in 0..<plan.orders { mesh.after(length * asking.random.unit()) { [unowned self] _ in begin(.order(order())) } }
        for _ in 0..<plan.trips { mesh.after(length * asking.random.unit()) { [unowned self] _ in begin(.trip(trip())) } }
        for _ in 0..<plan.gathers {
            mesh.after(length * asking.random.unit()) { [unowned self] _ in begin(.gather(Collect(parts: 1 + asking.random.below(40)))) }
        }
    }

    // MARK: Wishes

    private func order() -> Place {
        Place(
            customer: pick(Self.names), item: pick(Self.names), quantity: Int64(1 + asking.random.below(2)),
            amount: Int64(10 + 20 * asking.random.below(3)), failAt: asking.random.chance(0.2) ? pick(OrderStep.allCases) : nil,
            deadlineMs: soon(.milliseconds(pick([50, 2_000, 8_000]))))
    }

    private func trip() -> Plan {
        let isRefused = asking.random.chance(0.2)
        return Plan(
            hotel: pick(Self.names), rooms: Int64(1 + asking.random.below(3)),
            agent: !isRefused && asking.random.chance(0.7) ? pick(Self.names) : nil, isRefused: isRefused,
            patienceMs: soon(.milliseconds(pick([5, 50, 500, 3_000]))))
    }

    private func soon(_ mean: Duration) -> Int64 { mesh.truth.millisecondsSince1970 + asking.random.exponential(mean).milliseconds }

    private func pick<Element>(_ elements: [Element]) -> Element { elements[asking.random.below(elements.count)] }

    private func begin(_ wish: Piece.Wish) {
        let id = nextID(), place = pieces.count
        let piece = Piece(id: id, wish: wish)
        pieces.append(piece)
        switch wish {
        case .order(let order):
            tell(order, to: piece.actor, as: id, .piece(place))
            guard asking.random.chance(0.2) else { return }
            mesh.after(asking.random.exponential(.milliseconds(pick([10, 300, 3_000])))) { [unowned self] _ in cancel(place) }
        case .trip(let plan): tell(plan, to: piece.actor, as: id, .piece(place))
        case .gather(let collect): tell(collect, to: piece.actor, as: id, .piece(place))
        }
    }

    private func cancel(_ place: Int) {
        pieces[place].cancellation = .open
        tell(Cancel(), to: pieces[place].actor, as: pieces[place].id, operation: nextID(), .cancelling(place))
    }

    private func nextID() -> WorkID {
        WorkID(milliseconds: UInt64(mesh.truth.millisecondsSince1970), randomA: 2, randomB: mesh.nextNumber())
    }

    private func tell<Event: DurableEvent>(
        _ event: Event, to actor: ActorName, as work: WorkID, operation: WorkID? = nil, _ purpose: Purpose, attempts: Int = 6
    ) {
        let command: [UInt8]
        do { command = try ActorCommand.telling(event, as: work).packed } catch { preconditionFailure("\(error)") }
        let number = purposes.count
        purposes.append(purpose)
        mesh.trace.note(mesh.now, nil, .invoke, UInt64(number), "request \(number): \(Event.name) to \(actor)")
        asking.ask(number, actor.key, .change(operation: operation ?? work, command: command), attempts: attempts)
    }

    // MARK: Answers

    private func end(_ number: Int, _ outcome: Ledger.Outcome) {
        mesh.trace.note(mesh.now, nil, .end, UInt64(number), "request \(number): \(outcome.text)")
        switch purposes[number] {
        case .setting(let actor): if outcome == .ok([SettingOutcome.done.rawValue]) { unset.remove(actor) }
        case .piece(let place): pieces[place].outcome = outcome
        case .cancelling(let place): pieces[place].cancellation = outcome
        }
    }
}

extension Ledger.Outcome {
    var text: String {
        switch self {
        case .open: "no answer"
        case .ok: "acknowledged"
        case .failed(let code): "failed (\(code.rawValue))"
        case .unknown: "unknown"
        }
    }
}

import Choreography
import MessagePack
import Orders
import Registers
import World

/// What is asked of the durable actors when all trouble is over: all work ends within a stated time, and then its books are looked at.
final class ActorExamination {
    /// Virtual time after everything was made well, within which all work must have ended. A register that nobody looks after in the first
    /// place is found again after half a minute.
    static let patience: Duration = .seconds(60)

    private unowned let mesh: SimulatedMesh
    private let customers: Customers
    private var books = Books()
    /// Questions that were not answered yet.
    private var open = 0
    private(set) var violations: [Violation] = []

    init(_ mesh: SimulatedMesh, _ customers: Customers) {
        self.mesh = mesh
        self.customers = customers
    }

    func run() {
        let end = mesh.now + Self.patience
        // A timer waits for its hour, and a clock that is wrong for the same.
        for i in mesh.machines.indices { mesh.machines[i].clockAhead = .zero }
        guard mesh.run(until: end, or: { self.customers.isIdle }) else { return stuck("customers have no answer") }
        _ = mesh.run(until: end, or: { self.isQuiet })
        read()
        guard mesh.run(until: mesh.now + Examination.patience, or: { self.open == 0 }) else {
            return stuck("no answer to \(open) questions about durable actors")
        }
        violations += customers.unset.sorted().map { Violation(.stuck, "\($0) was not given what it begins with") }
        violations += WorkCheck.judge(customers.pieces, books) + GraphCheck.judge(customers.pieces, books)
    }

    private func stuck(_ what: String) {
        violations.append(Violation(.stuck, "\(Self.patience.milliseconds) ms after everything was made well: \(what)"))
    }

    /// No register is due any more, by what a majority has accepted last. A replica that has missed the last change of one may go on
    /// believing so.
    private var isQuiet: Bool {
        let stores = mesh.running.compactMap(\.store)
        return Set(stores.flatMap { $0.due(by: .max, limit: .max) }).allSatisfy { key in
            let records = stores.compactMap { $0.record(of: key) }
            guard let newest = records.max(by: { $0.accepted < $1.accepted }) else { return true }
            let holders = records.count { $0.accepted == newest.accepted }, members = mesh.map.electorate(of: key.shard).members
            return 2 * holders > members.count && (newest.pending?.state ?? newest.state).due == nil
        }
    }

    // MARK: Reading

    private func read() {
        for piece in customers.pieces {
            switch piece.wish {
            case .order(let order):
                ask(piece.actor, Order.self) { $0.orders[piece.id] = $1.request == nil ? nil : $1.status }
                let shipping = ActorName(Shipping.kind, of: piece.id)
                ask(shipping, Shipping.self) { $0.shipped[piece.id] = $1.quantity }
                graph(piece, [piece.actor, shipping] + [
                    ActorName(Account.kind, named: order.customer), ActorName(Stock.kind, named: order.item),
                ].compactMap { $0 })
            case .trip(let plan):
                ask(piece.actor, Trip.self) { $0.trips[piece.id] = $1.decision }
                graph(piece, [piece.actor] + [
                    ActorName(Hotel.kind, named: plan.hotel), plan.agent.flatMap { ActorName(Agent.kind, named: $0) },
                ].compactMap { $0 })
            case .gather: ask(piece.actor, Gather.self) { $0.gathers[piece.id] = $1 }
            }
        }
        books.performed = mesh.performed
        for account in Customers.accounts {
            ask(account, Account.self) { $0.accounts[account.name] = Books.Balance(whole: $1.balance, held: $1.held) }
        }
        for item in Customers.stock {
            ask(item, Stock.self) { $0.stock[item.name] = Books.Balance(whole: $1.quantity, held: $1.reserved) }
        }
        for agent in Customers.agents { ask(agent, Agent.self) { _, _ in } }
        for hotel in Customers.hotels { ask(hotel, Hotel.self) { $0.hotels[hotel.name] = $1 } }
    }

    /// Asks an actor for its state and for what it has yet to do.
    private func ask<Actor: DurableActor>(_ actor: ActorName, _ type: Actor.Type, _ note: @escaping (inout Books, Actor.State) -> Void) {
        ask(actor, .state) { books, bytes in
            if !bytes.isEmpty { note(&books, try MessagePackDecoder().decode(Actor.State.self, from: bytes)) }
        }
        ask(actor, .duties(after: "")) { books, bytes in books.note(try ActorDuties(packed: bytes), of: actor) }
    }

    private func graph(_ piece: Piece, _ actors: [ActorName]) {
        for actor in actors {
            ask(actor, .trace(piece.id, after: 0)) { books, bytes in
                var reader = MessagePackReader(bytes)
                books.graph += try reader.readAll(TraceEntry.self).map { Books.Entry(work: piece.id, actor: actor, entry: $0) }
            }
        }
    }

    private func ask(_ actor: ActorName, _ query: ActorQuery, _ note: @escaping (inout Books, [UInt8]) throws -> Void) {
        open += 1
        attempt(actor, query, note)
    }

    /// Asks the home until it answers.
    private func attempt(_ actor: ActorName, _ query: ActorQuery, _ note: @escaping (inout Books, [UInt8]) throws -> Void) {
        guard let home = mesh.map.electorate(of: actor.key.shard).members.lazy.compactMap(machine).first else { return }
        _ = mesh.ask(home, actor.key, .read(query.packed), patience: .seconds(3)) { [unowned self] result in
            switch result {
            case .success(let bytes):
                open -= 1
                do { try note(&books, bytes) } catch {
                    violations.append(Violation(.unreadable, "what \(actor) says cannot be read: \(error)"))
                }
            case .failure: mesh.after(.milliseconds(100)) { [unowned self] _ in attempt(actor, query, note) }
            }
        }
    }

    private func machine(of store: StoreID) -> Int? { mesh.running.first { $0.store?.id == store && $0.standing == .voting }?.machine }
}

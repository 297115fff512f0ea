import Choreography
import Items
import MessagePack
import Orders
import Primes
import Registers
import World

extension ActorExamination {
    func read() {
        for piece in customers.pieces { read(piece) }
        books.performed = mesh.performed
        books.partDeaths = mesh.partDeaths
        for account in Customers.accounts {
            ask(account, Account.self) { $0.accounts[account.name] = Books.Balance(whole: $1.balance, held: $1.held) }
        }
        for item in Customers.stock {
            ask(item, Stock.self) { $0.stock[item.name] = Books.Balance(whole: $1.quantity, held: $1.reserved) }
        }
        for agent in Customers.agents { ask(agent, Agent.self) { _, _ in } }
        for hotel in Customers.hotels { ask(hotel, Hotel.self) { $0.hotels[hotel.name] = $1 } }
        if users.isNeeded { readEdges() }
    }

    private func read(_ piece: Piece) {
        switch piece.wish {
        case .order(let order):
            ask(piece.actor, Order.self) { $0.orders[piece.id] = $1.request == nil ? nil : $1.status }
            let shipping = ActorName(Shipping.kind, of: piece.id)
            ask(shipping, Shipping.self) { $0.shipped[piece.id] = $1.quantity }
            graph(piece.id, [piece.actor, shipping] + [
                ActorName(Account.kind, named: order.customer), ActorName(Stock.kind, named: order.item),
            ].compactMap { $0 })
        case .trip(let plan):
            ask(piece.actor, Trip.self) { $0.trips[piece.id] = $1.decision }
            graph(piece.id, [piece.actor] + [
                ActorName(Hotel.kind, named: plan.hotel), plan.agent.flatMap { ActorName(Agent.kind, named: $0) },
            ].compactMap { $0 })
        case .gather: ask(piece.actor, Gather.self) { $0.gathers[piece.id] = $1 }
        }
    }

    // MARK: What edges have begun

    private func readEdges() {
        let tenants = Users.tenants.compactMap { ActorName(Tenant.kind, named: $0) }
        for tenant in tenants {
            items(of: tenant, after: [])
            duties(of: tenant)
        }
        for delivery in mesh.registers(ofKind: Delivery.kind).compactMap({ ActorName(key: $0) }) {
            guard let work = delivery.work else { continue }
            ask(delivery, Delivery.self) { $0.deliveries[work] = $1.status }
            graph(work, [delivery] + tenants)
        }
        for job in mesh.registers(ofKind: PrimesJob.kind).compactMap({ ActorName(key: $0) }) {
            guard let work = job.work else { continue }
            let now = mesh.truth
            ask(job, .sight(after: [])) { books, bytes in
                guard !bytes.isEmpty else { return }
                let sighting = ActorSighting<PrimesJob>(reading: bytes)
                guard let sighting, let status = PrimesJob.document(work, sighting, results: [:], now: now) else {
                    throw MachineRefusal("it is no job")
                }
                books.jobs[work] = status
            }
            duties(of: job)
            graph(work, [job])
        }
    }

    /// State and rows of a tenant, page by page.
    private func items(of tenant: ActorName, after key: [UInt8]) {
        ask(tenant, .sight(after: key)) { [unowned self] books, bytes in
            guard !bytes.isEmpty else { return }
            let sight = try ActorSight(packed: bytes)
            let count = try Tenant.state(reading: sight.state, by: .program).count
            books.tenants[tenant.name, default: Books.Tenant()].take(sight.rows.map { (key: $0.key, value: $0.value) }, count: count)
            if let next = sight.next { items(of: tenant, after: next) }
        }
    }

    // MARK: Asking

    /// Asks an actor for its state and for what it has yet to do.
    private func ask<Actor: DurableActor>(_ actor: ActorName, _ type: Actor.Type, _ note: @escaping (inout Books, Actor.State) -> Void) {
        ask(actor, .state) { books, bytes in
            if !bytes.isEmpty { note(&books, try MessagePackDecoder().decode(Actor.State.self, from: bytes)) }
        }
        duties(of: actor)
    }

    private func duties(of actor: ActorName) {
        ask(actor, .duties(after: "")) { books, bytes in books.note(try ActorDuties(packed: bytes), of: actor) }
    }

    private func graph(_ work: WorkID, _ actors: [ActorName]) {
        for actor in actors {
            ask(actor, .trace(work, after: 0)) { books, bytes in
                var reader = MessagePackReader(bytes)
                books.graph += try reader.readAll(TraceEntry.self).map { Books.Entry(work: work, actor: actor, entry: $0) }
            }
        }
    }

    private func ask(_ actor: ActorName, _ query: ActorQuery, _ note: @escaping (inout Books, [UInt8]) throws -> Void) {
        open += 1
        attempt(actor, query, note)
    }

    /// Asks the home until it answers.
    private func attempt(_ actor: ActorName, _ query: ActorQuery, _ note: @escaping (inout Books, [UInt8]) throws -> Void) {
        let again: (SimulatedMesh) -> Void = { [unowned self] _ in attempt(actor, query, note) }
        guard let home = mesh.map.electorate(of: actor.key.shard).members.lazy.compactMap(machine).first else {
            return mesh.after(.milliseconds(100), again)
        }
        _ = mesh.ask(home, actor.key, .read(query.packed), patience: .seconds(3)) { [unowned self] result in
            switch result {
            case .success(let bytes):
                open -= 1
                do { try note(&books, bytes) } catch {
                    violations.append(Violation(.unreadable, "what \(actor) says cannot be read: \(error)"))
                }
            case .failure: mesh.after(.milliseconds(100), again)
            }
        }
    }

    private func machine(of store: StoreID) -> Int? { mesh.running.first { $0.store?.id == store && $0.standing == .voting }?.machine }
}

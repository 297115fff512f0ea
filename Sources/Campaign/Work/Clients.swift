import Registers
import World

/// Clients outside of the mesh: each asks for one thing after the other, and writes down what it asked for and was told.
final class Clients {
    /// An operation that is not over.
    private struct Errand {
        let number: Int
        let client: Int
        let key: RegisterKey
        let action: RegisterWish.Action
    }

    let plan: WorkPlan
    var ledger = Ledger()
    private unowned let mesh: SimulatedMesh
    private let asking: Asking
    private var errands: [Int: Errand] = [:]
    private var lastID: UInt64 = 0
    /// Ids that were put into a set, acknowledged, and not yet taken out.
    private var present: [RegisterKey: [UInt64]] = [:]
    /// Registers of work, in the order in which they were begun.
    private var works: [RegisterKey] = []
    private(set) var isWorking = true
    private let keys: [(key: RegisterKey, isSet: Bool)]

    init(_ mesh: SimulatedMesh, _ plan: WorkPlan) {
        self.mesh = mesh
        self.plan = plan
        keys = plan.keys
        asking = Asking(mesh, patience: plan.patience, random: RandomStream(seed: mesh.seed, name: "clients"))
        mesh.clientLoss = plan.loss
        asking.ended = { [unowned self] number, outcome in end(number, outcome) }
        asking.echoed = { [unowned self] number, bytes in
            if !ledger.operations[number].deed.isRead { ledger.echo(number, bytes) }
        }
    }

    func begin() {
        for client in 0..<plan.clients { rest(client) }
    }

    /// No client begins anything new.
    func stop() { isWorking = false }

    var isIdle: Bool { errands.isEmpty }

    private func rest(_ client: Int) {
        mesh.after(asking.random.exponential(plan.pause)) { [unowned self] _ in
            guard isWorking else { return }
            choose(client)
        }
    }

    private func choose(_ client: Int) {
        if plan.works > 0, asking.random.chance(plan.works) { return chooseWork(client) }
        // The square makes low numbers hot.
        let draw = asking.random.unit()
        guard !keys.isEmpty else { return }
        let (key, isSet) = keys[min(keys.count - 1, Int(Double(keys.count) * draw * draw))]
        if asking.random.chance(plan.bursts), isSet {
            for i in 0..<plan.burst { begin(i == 0 ? client : -1, key, .add(nextID(), bytes: 8)) }
            return
        }
        begin(client, key, deed(key, isSet))
    }

    private func deed(_ key: RegisterKey, _ isSet: Bool) -> Deed {
        if asking.random.chance(plan.reads) { return isSet ? .readSet : .readValue }
        guard isSet else { return .put(nextID()) }
        if asking.random.chance(plan.removals), var ids = present[key], !ids.isEmpty {
            let id = ids.remove(at: asking.random.below(ids.count))
            present[key] = ids
            return .remove(id)
        }
        return .add(nextID(), bytes: plan.largeRows > 0 && asking.random.chance(plan.largeRows) ? 1 + asking.random.below(plan.largest) : 8)
    }

    // MARK: Work that ends

    /// Begins a piece of work, or goes on with one, or asks about one that has ended.
    private func chooseWork(_ client: Int) {
        if works.isEmpty || asking.random.chance(0.2) {
            let id = WorkID(milliseconds: UInt64(clamping: mesh.wall(0).millisecondsSince1970), randomA: 1, randomB: nextID())
            works.append(RegisterKey(kind: "work", of: id))
        }
        guard let key = asking.random.pick(Array(works.suffix(12))) else { return }
        let draw = asking.random.unit()
        begin(client, key, draw < 0.4 ? .readSet : draw < 0.55 ? .finish : .add(nextID(), bytes: 8))
    }

    private func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    /// Begins an operation of a client; of none when the client is negative.
    func begin(_ client: Int, _ key: RegisterKey, _ deed: Deed, isFinal: Bool = false) {
        let number = ledger.invoke(key, deed, at: mesh.now, isFinal: isFinal)
        let action: RegisterWish.Action = deed.isRead
            ? .read(deed.bytes)
            : .change(operation: operationID(number), command: deed.bytes)
        mesh.trace.note(mesh.now, nil, .invoke, UInt64(number), "operation \(number): \(deed.text) of \(key)")
        let attempts = isFinal ? 40 : 1 + asking.random.below(plan.attempts)
        errands[number] = Errand(number: number, client: client, key: key, action: action)
        asking.ask(number, key, action, attempts: attempts)
    }

    /// One more put or add of the final examination.
    func beginFinalChange(_ key: RegisterKey, isSet: Bool) {
        begin(-1, key, isSet ? .add(nextID(), bytes: 8) : .put(nextID()), isFinal: true)
    }

    /// Ends all work that may have begun, if nobody surely has.
    func finishWork() {
        let ended = Set(ledger.operations.filter { $0.deed == .finish && $0.isAcknowledged }.map(\.key))
        let begun = Set(ledger.operations.filter { !$0.deed.isRead && !$0.isFailed }.map(\.key))
        for key in works where begun.contains(key) && !ended.contains(key) { begin(-1, key, .finish, isFinal: true) }
    }

    private func operationID(_ number: Int) -> WorkID {
        WorkID(milliseconds: UInt64(clamping: mesh.wall(0).millisecondsSince1970), randomA: 0, randomB: UInt64(number))
    }

    // MARK: Ends

    private func end(_ number: Int, _ outcome: Ledger.Outcome) {
        guard let errand = errands.removeValue(forKey: number) else { return }
        ledger.end(errand.number, outcome, at: mesh.now, clock: mesh.slowestClock(of: errand.key))
        mesh.trace.note(
            mesh.now, nil, .end, UInt64(errand.number) << 8 ^ Trace.digest(ledger.operations[errand.number].answer ?? []),
            "operation \(errand.number): \(ledger.operations[errand.number].text)")
        if case .ok = outcome, case .add(let id, _) = ledger.operations[errand.number].deed { present[errand.key, default: []].append(id) }
        if case .ok = outcome { repeatLater(errand) }
        if errand.client >= 0 { rest(errand.client) }
    }

    /// A message of long ago, or a client that has not heard: the same operation again. Nobody waits for the answer, but it is
    /// written down.
    private func repeatLater(_ errand: Errand) {
        guard case .change = errand.action, plan.repeats > 0, asking.random.chance(plan.repeats) else { return }
        mesh.after(asking.random.exponential(.seconds(4))) { [unowned self] _ in
            guard isWorking else { return }
            asking.askAgain(errand.number, errand.key, errand.action)
        }
    }
}

import Registers
import World

/// Clients outside of the mesh: each asks for one thing after the other, tries again under the same operation id when it hears
/// nothing, and writes down what it asked for and was told.
final class Clients {
    /// An operation that is not over.
    private struct Errand {
        let number: Int
        let client: Int
        let key: RegisterKey
        let action: RegisterWish.Action
        var attempts: Int
        /// The number of the call under way.
        var call: UInt64 = 0
        /// An attempt may have been carried out.
        var isOpen = false
    }

    let plan: WorkPlan
    var ledger = Ledger()
    private unowned let mesh: SimulatedMesh
    private var random: RandomStream
    private var errands: [Int: Errand] = [:]
    private var calls: [UInt64: Int] = [:]
    private var lastID: UInt64 = 0
    /// Ids that were put into a set, acknowledged, and not yet taken out.
    private var present: [RegisterKey: [UInt64]] = [:]
    /// Registers of work, in the order in which they were begun.
    private var works: [RegisterKey] = []
    private(set) var isWorking = true
    /// How often an operation was tried.
    private(set) var attempts = 0
    private let keys: [(key: RegisterKey, isSet: Bool)]

    init(_ mesh: SimulatedMesh, _ plan: WorkPlan) {
        self.mesh = mesh
        self.plan = plan
        keys = plan.keys
        random = RandomStream(seed: mesh.seed, name: "clients")
        mesh.clientLoss = plan.loss
        mesh.clientHears = { [unowned self] call, result in self.hear(call, result) }
    }

    func begin() {
        for client in 0..<plan.clients { rest(client) }
    }

    /// No client begins anything new.
    func stop() { isWorking = false }

    var isIdle: Bool { errands.isEmpty }

    private func rest(_ client: Int) {
        mesh.after(random.exponential(plan.pause)) { [unowned self] _ in
            guard isWorking else { return }
            choose(client)
        }
    }

    private func choose(_ client: Int) {
        if plan.works > 0, random.chance(plan.works) { return chooseWork(client) }
        // The square makes low numbers hot.
        let draw = random.unit()
        guard !keys.isEmpty else { return }
        let (key, isSet) = keys[min(keys.count - 1, Int(Double(keys.count) * draw * draw))]
        if random.chance(plan.bursts), isSet {
            for i in 0..<plan.burst { begin(i == 0 ? client : -1, key, .add(nextID(), bytes: 8)) }
            return
        }
        begin(client, key, deed(key, isSet))
    }

    private func deed(_ key: RegisterKey, _ isSet: Bool) -> Deed {
        if random.chance(plan.reads) { return isSet ? .readSet : .readValue }
        guard isSet else { return .put(nextID()) }
        if random.chance(plan.removals), var ids = present[key], !ids.isEmpty {
            let id = ids.remove(at: random.below(ids.count))
            present[key] = ids
            return .remove(id)
        }
        return .add(nextID(), bytes: plan.largeRows > 0 && random.chance(plan.largeRows) ? 1 + random.below(plan.largest) : 8)
    }

    // MARK: Work that ends

    /// Begins a piece of work, or goes on with one, or asks about one that has ended.
    private func chooseWork(_ client: Int) {
        if works.isEmpty || random.chance(0.2) {
            let id = WorkID(milliseconds: UInt64(clamping: mesh.wall(0).millisecondsSince1970), randomA: 1, randomB: nextID())
            works.append(RegisterKey(kind: "work", of: id))
        }
        guard let key = random.pick(Array(works.suffix(12))) else { return }
        let draw = random.unit()
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
        let attempts = isFinal ? 40 : 1 + random.below(plan.attempts)
        errands[number] = Errand(number: number, client: client, key: key, action: action, attempts: attempts)
        attempt(number)
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

    // MARK: Attempts

    private func attempt(_ number: Int) {
        guard var errand = errands[number] else { return }
        guard errand.attempts > 0 else { return end(errand, errand.isOpen ? .unknown : .failed(.noMajority)) }
        errand.attempts -= 1
        errand.call = mesh.nextNumber()
        errands[number] = errand
        calls[errand.call] = number
        attempts += 1
        mesh.call(
            random.below(mesh.machines.count),
            ClientCall(number: errand.call, key: errand.key, action: errand.action, patience: plan.patience * 0.9))
        mesh.after(plan.patience) { [unowned self, call = errand.call] _ in isDue(call) }
    }

    private func isDue(_ call: UInt64) {
        guard let number = calls[call], errands[number]?.call == call else { return }
        errands[number]?.isOpen = true
        attempt(number)
    }

    private func hear(_ call: UInt64, _ result: Result<[UInt8], RegisterError>) {
        guard let number = calls[call] else { return }
        guard let errand = errands[number] else {
            if case .success(let bytes) = result, !ledger.operations[number].deed.isRead { ledger.echo(number, bytes) }
            return
        }
        switch result {
        case .success(let bytes): end(errand, .ok(bytes))
        case .failure(let error):
            if error.outcome == .unknown { errands[number]?.isOpen = true }
            // Only the newest attempt's failure leads to the next one.
            guard errand.call == call else { return }
            switch error.code {
            case .noMajority, .overloaded, .notReady, .notHere, .notNow:
                let pause = random.exponential(.milliseconds(60))
                errands[number]?.call = 0
                mesh.after(pause) { [unowned self] _ in attempt(number) }
            case .refused, .tooLarge, .expired:
                let isOpen = errand.isOpen || error.outcome == .unknown
                end(errand, isOpen ? .unknown : .failed(error.code))
            }
        }
    }

    private func end(_ errand: Errand, _ outcome: Ledger.Outcome) {
        errands[errand.number] = nil
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
        guard case .change = errand.action, plan.repeats > 0, random.chance(plan.repeats) else { return }
        mesh.after(random.exponential(.seconds(4))) { [unowned self] mesh in
            guard isWorking else { return }
            let call = ClientCall(number: mesh.nextNumber(), key: errand.key, action: errand.action, patience: plan.patience)
            calls[call.number] = errand.number
            mesh.trace.note(mesh.now, nil, .invoke, call.number, "operation \(errand.number) once more, as #\(call.number)")
            mesh.call(random.below(mesh.machines.count), call)
        }
    }
}

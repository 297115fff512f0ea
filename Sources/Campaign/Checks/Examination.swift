import Registers
import World

/// What is asked of a mesh when all trouble is over: every register must be readable and writable, through any node and at every
/// replica, within a stated time.
final class Examination {
    /// Virtual time after everything was made well, within which all must work again. A partition heals within a few seconds of
    /// probing.
    static let patience: Duration = .seconds(30)

    private unowned let mesh: SimulatedMesh
    private let clients: Clients
    private(set) var violations: [Violation] = []
    private var end = Instant.zero
    /// Reads at single replicas that have not been answered, by the number of the operation: of what, and where.
    private var asked: [Int: String] = [:]

    init(_ mesh: SimulatedMesh, _ clients: Clients) {
        self.mesh = mesh
        self.clients = clients
    }

    func run() {
        end = mesh.now + Self.patience
        guard waitForClients() else { return }
        guard mesh.run(until: end, or: isSettled) else { return stuck(whoIsUnsettled) }
        guard read() else { return }
        for (key, isSet) in clients.plan.keys { clients.beginFinalChange(key, isSet: isSet) }
        guard waitForClients() else { return }
        _ = read()
    }

    /// Every register, by way of any node and at each of its replicas. False when something was not answered.
    private func read() -> Bool {
        for (key, isSet) in clients.plan.keys {
            clients.begin(-1, key, isSet ? .readSet : .readValue, isFinal: true)
            for replica in mesh.map.electorate(of: key.shard).members { ask(replica, key, isSet ? .readSet : .readValue) }
        }
        guard waitForClients() else { return false }
        if !mesh.run(until: end, or: { self.asked.isEmpty }) {
            stuck("no answer to reads of " + asked.values.sorted().joined(separator: ", "))
        }
        return violations.isEmpty
    }

    private func waitForClients() -> Bool {
        let isDone = mesh.run(until: end, or: { self.clients.isIdle })
        for operation in clients.ledger.operations {
            guard asked[operation.number] == nil else { continue }
            if isDone ? operation.isFinal && !operation.isAcknowledged : operation.outcome == .open {
                stuck("no answer to: \(operation.text)")
            }
        }
        return violations.isEmpty
    }

    // MARK: Every replica

    private func ask(_ store: StoreID, _ key: RegisterKey, _ deed: Deed) {
        guard let process = mesh.running.first(where: { $0.store?.id == store }), mayBeAsked(process) else { return }
        let number = clients.ledger.invoke(key, deed, at: mesh.now, isFinal: true)
        asked[number] = "\(key) at n\(process.machine + 1)"
        attempt(process.machine, key, deed, number)
    }

    private func attempt(_ machine: Int, _ key: RegisterKey, _ deed: Deed, _ number: Int) {
        let isAsked = mesh.ask(machine, key, .read(deed.bytes), patience: .seconds(3)) { [unowned self] result in
            switch result {
            case .success(let bytes):
                clients.ledger.end(number, .ok(bytes), at: mesh.now, clock: mesh.slowestClock(of: key))
                asked[number] = nil
            case .failure:
                mesh.after(.milliseconds(100)) { [unowned self] _ in attempt(machine, key, deed, number) }
            }
        }
        precondition(isAsked, "nothing dies during the examination")
    }

    private func mayBeAsked(_ process: NodeProcess) -> Bool {
        if case .rolledBack = process.standing { false } else { true }
    }

    // MARK: Calm

    /// Everybody runs, sees every store that runs, and takes part.
    private func isSettled() -> Bool { unsettled == nil }

    private var unsettled: Int? {
        let stores = mesh.running.compactMap { $0.store?.id }.sorted(), epoch = mesh.map.epoch
        return mesh.machines.indices.first { i in
            guard let process = mesh.machines[i].process, process.live == stores else { return true }
            let map = mesh.machines[i].map
            if map.epoch != epoch || map.isJoint { return true }
            return process.standing == .asking || process.standing == .full
        }
    }

    private var whoIsUnsettled: String {
        guard let i = unsettled else { return "nobody" }
        guard let process = mesh.machines[i].process else { return "n\(i + 1) does not run" }
        let map = mesh.machines[i].map
        let epoch = "goes by epoch \(map.epoch)" + (map.isJoint ? ", which is joint," : "") + " of \(mesh.map.epoch)"
        let stores = process.live.map(\.short).joined(separator: " "), standing = process.standing.map { "\($0)" } ?? "without a store"
        return "n\(i + 1) \(epoch), sees the stores \(stores), and is \(standing)"
    }

    private func stuck(_ what: String) {
        violations.append(Violation(.stuck, "\(Self.patience.milliseconds) ms after everything was made well: \(what)"))
    }
}

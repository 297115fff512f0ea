import Choreography
import Items
import Registers
import World

/// What is asked of the durable actors when all trouble is over: all work ends within a stated time, and then its books are looked at.
final class ActorExamination {
    /// Virtual time after everything was made well, within which all work must have ended. A register that nobody looks after in the first
    /// place is found again after half a minute.
    static let patience: Duration = .seconds(60)

    unowned let mesh: SimulatedMesh
    let customers: Customers
    let users: Users
    /// Whether all wall clocks have been right all the time.
    private let showsTime: Bool
    var books = Books()
    /// Questions that were not answered yet.
    var open = 0
    var violations: [Violation] = []

    init(_ mesh: SimulatedMesh, _ customers: Customers, _ users: Users, showsTime: Bool) {
        self.mesh = mesh
        self.customers = customers
        self.users = users
        self.showsTime = showsTime
    }

    func run() {
        let end = mesh.now + Self.patience
        // A timer waits for its hour, and a clock that is wrong for the same.
        setClocks(ahead: .zero)
        guard mesh.run(until: end, or: { self.customers.isIdle && self.users.isIdle }) else { return stuck("customers have no answer") }
        users.askAtTheEnd()
        guard mesh.run(until: end, or: { self.users.isIdle }) else { return stuck("users have no answer") }
        _ = mesh.run(until: end, or: { self.isQuiet })
        passLoading()
        read()
        guard mesh.run(until: mesh.now + Examination.patience, or: { self.open == 0 }) else {
            return stuck("no answer to \(open) questions about durable actors")
        }
        violations += users.unanswered.map { Violation(.stuck, "all is well, and no edge has an answer to: \($0)") }
        violations += customers.unset.sorted().map { Violation(.stuck, "\($0) was not given what it begins with") }
        violations += WorkCheck.judge(customers.pieces, books) + GraphCheck.judge(customers.pieces, books)
        violations += ItemCheck.judge(users.log, books) + KeyCheck.judge(users.log, books)
        violations += JobCheck(users.log, books, users.limits, showsTime: showsTime).judge()
    }

    private func stuck(_ what: String) {
        violations.append(Violation(.stuck, "\(Self.patience.milliseconds) ms after everything was made well: \(what)"))
    }

    private func setClocks(ahead: Duration) {
        // They all change at once, and what each node has heard of the others is wrong for a moment.
        mesh.watchesClocks = false
        for i in mesh.machines.indices { mesh.machines[i].clockAhead = ahead }
    }

    // MARK: Calm

    /// No register is due any more, by what a majority has accepted last, but for deliveries that wait for more. A replica that has missed
    /// the last change of one may go on believing so.
    private var isQuiet: Bool {
        let stores = mesh.running.compactMap(\.store)
        return Set(stores.flatMap { $0.due(by: .max, limit: .max) }).allSatisfy { isQuiet($0, stores) }
    }

    private func isQuiet(_ key: RegisterKey, _ stores: [MemoryStore]) -> Bool {
        let records = stores.compactMap { $0.record(of: key) }
        if records.allSatisfy({ isLoading(key, $0) }) { return true }
        guard let newest = records.max(by: { $0.accepted < $1.accepted }) else { return true }
        let holders = records.count { $0.accepted == newest.accepted }, members = mesh.map.electorate(of: key.shard).members
        return 2 * holders > members.count && (newest.pending?.state ?? newest.state).due == nil
    }

    /// A delivery that waits to be completed, and whose time is not over.
    private func isLoading(_ key: RegisterKey, _ record: RegisterRecord) -> Bool {
        guard let due = record.due, ActorName(key: key)?.kind == Delivery.kind else { return false }
        return WallTime(millisecondsSince1970: Int64(clamping: due)) > mesh.wall(0)
    }

    /// A delivery that nobody has completed waits for a minute by the clock of its home, which may have been wrong, and ends: that time
    /// passes at once.
    private func passLoading() {
        guard !mesh.registers(ofKind: Delivery.kind).isEmpty else { return }
        setClocks(ahead: Nemesis.mostAhead + ItemLimits.loading + .seconds(1))
        _ = mesh.run(until: mesh.now + Self.patience, or: { self.isQuiet })
    }
}

extension SimulatedMesh {
    /// Registers of a kind that any store holds, whether they were chosen or not.
    func registers(ofKind kind: String) -> [RegisterKey] {
        // A slash ends the kind, and a zero comes next.
        let stores = running.compactMap(\.store), first = Array("\(kind)/".utf8), end = Array("\(kind)0".utf8)
        return Set(stores.flatMap { $0.keys(at: RegisterStage.allCases, from: first, before: end, limit: .max) }).sorted()
    }
}

import Items
import Jobs
import Primes
import Registers
import World

/// Those who have items counted and jobs done, through whichever edge. Who hears nothing, or that nothing has happened, asks another
/// edge; some send what they want several times at once, under one key, and some send something else under that.
final class Users {
    static let tenants = ["a", "b", "c"]
    /// How long an edge may take, and how long a user waits before it asks another.
    private static let patience: Duration = .seconds(4), wait: Duration = .milliseconds(4_500)
    /// Attempts when all is well, which must not all fail.
    private static let finalAttempts = 40

    /// Somebody who wants an answer and sends until there is one.
    private struct Asker {
        let wish: Int
        var attempts: Int
        /// The sending that it waits for; nil while it rests between two.
        var sending: Int?
        /// Asks when all is well.
        let isFinal: Bool
    }

    let limits: JobLimits
    private unowned let mesh: SimulatedMesh
    private let plan: WorkPlan
    private var random: RandomStream
    private(set) var log = EdgeLog()
    private var askers: [Int: Asker] = [:]
    private var lastAsker = 0
    private var calls: [UInt64: (asker: Int, sending: Int)] = [:]
    private var lastID: UInt64 = 0
    /// Items of which somebody was told that they count.
    private var counted: [Item] = []
    /// Jobs that were accepted.
    private var accepted: [WorkID] = []
    /// What was asked for when all was well, in vain.
    private(set) var unanswered: [String] = []

    init(_ mesh: SimulatedMesh, _ plan: WorkPlan) {
        self.mesh = mesh
        self.plan = plan
        limits = JobLimits(deadline: plan.jobDeadline, runningJobs: 64)
        random = RandomStream(seed: mesh.seed, name: "users")
        guard plan.asksEdges else { return }
        mesh.tasks = Tasks(seed: mesh.seed)
        mesh.jobLimits = limits
        mesh.userHears = { [unowned self] call, answer in hear(call, answer) }
    }

    var isNeeded: Bool { plan.asksEdges }
    var isIdle: Bool { askers.isEmpty }

    /// Registers that many of them ask.
    var keys: [RegisterKey] { isNeeded ? Self.tenants.compactMap { RegisterKey("\(Tenant.kind)/\($0)") } : [] }

    /// Has everything asked for within this time, bit by bit.
    func begin(within length: Duration) {
        func several(_ count: Int, _ deed: @escaping (Users) -> Void) {
            for _ in 0..<count { mesh.after(length * random.unit()) { [unowned self] _ in deed(self) } }
        }
        several(plan.items) { $0.add() }
        several(2 * plan.items) { $0.count() }
        several(plan.jobs) { $0.submit() }
        several(plan.keysOfRequests) { $0.sendUnderOneKey() }
    }

    /// When all is well: whatever was sent under a key is sent once more, each tenant is counted, and each job is asked about.
    func askAtTheEnd() {
        for index in log.wishes.indices where log.wishes[index].key != nil { ask(index, attempts: Self.finalAttempts, isFinal: true) }
        if plan.items > 0 {
            for tenant in Self.tenants { ask(log.wish(.count(tenant: tenant)), attempts: Self.finalAttempts, isFinal: true) }
        }
        for id in accepted { ask(log.wish(.status(id)), attempts: Self.finalAttempts, isFinal: true) }
    }

    // MARK: Wishes

    private func add() {
        let key = random.chance(0.3) ? "add \(nextID())" : nil
        ask(log.wish(.add(items()), key: key), attempts: 1 + random.below(4))
    }

    /// A few items that nobody has named before, of one tenant or several; sometimes so large that a delivery has to come in parts, and
    /// sometimes with one that counts already.
    private func items() -> [Item] {
        let isLarge = random.chance(0.12)
        var items: [Item] = []
        for tenant in random.shuffled(Self.tenants).prefix(1 + random.below(Self.tenants.count)) {
            for _ in 0..<(isLarge ? 6 : 1 + random.below(4)) {
                let id = "\(nextID())"
                items.append(Item(id: isLarge ? id + String(repeating: "x", count: 3_000) : id, tenant: tenant))
            }
        }
        if random.chance(0.15), let again = random.pick(counted) { items.append(again) }
        return items
    }

    private func count() {
        let tenant = Self.tenants[random.below(Self.tenants.count)]
        ask(log.wish(random.chance(0.7) ? .count(tenant: tenant) : .glance(tenant: tenant)), attempts: 1)
    }

    private func submit() {
        // Without a key another sending would be another job.
        let key = random.chance(0.5) ? "submit \(nextID())" : nil
        ask(log.wish(.submit(range()), key: key), attempts: key == nil ? 1 : 1 + random.below(4))
    }

    /// A range of which nobody has asked before.
    private func range() -> PrimesRequest {
        let from = 1_000 * nextID(), parts = random.chance(0.1) ? 70 + random.below(20) : 1 + random.below(20)
        let algorithm: PrimesAlgorithm = random.chance(0.7) ? .sieve : .trial
        return PrimesRequest(from: from, to: from + 100 + UInt64(random.below(600)), algorithm: algorithm, chunks: parts)
    }

    /// The same several times, to several edges, and now and then something else of the same sort.
    private func sendUnderOneKey() {
        let key = "key \(nextID())", isOfItems = random.chance(0.4)
        let own = log.wish(isOfItems ? .add(items()) : .submit(range()), key: key)
        let other = random.chance(0.5) ? log.wish(isOfItems ? .add(items()) : .submit(range()), key: key) : own
        let pause: Duration = .milliseconds([1, 100, 2_000][random.below(3)])
        for _ in 0..<(2 + random.below(4)) {
            let wish = random.chance(0.3) ? other : own, attempts = 1 + random.below(2)
            mesh.after(random.exponential(pause)) { [unowned self] _ in ask(wish, attempts: attempts) }
        }
    }

    private func nextID() -> UInt64 {
        lastID += 1
        return lastID
    }

    // MARK: Asking

    private func ask(_ wish: Int, attempts: Int, isFinal: Bool = false) {
        lastAsker += 1
        askers[lastAsker] = Asker(wish: wish, attempts: attempts, isFinal: isFinal)
        attempt(lastAsker)
    }

    private func attempt(_ number: Int) {
        guard var asker = askers[number] else { return }
        let wish = log.wishes[asker.wish]
        guard asker.attempts > 0 else {
            if asker.isFinal { unanswered.append(wish.request.text) }
            askers[number] = nil
            return
        }
        asker.attempts -= 1
        let sending = log.send(asker.wish, at: mesh.now, wallMs: mesh.truth.millisecondsSince1970)
        asker.sending = sending
        askers[number] = asker
        let call = EdgeCall(number: mesh.nextNumber(), request: wish.request, key: wish.key, patience: Self.patience)
        calls[call.number] = (number, sending)
        let key = wish.key.map { ", under \"\($0)\"" } ?? ""
        mesh.trace.note(mesh.now, nil, .invoke, call.number, "sending \(sending): \(wish.request.text)\(key), as #\(call.number)")
        mesh.send(call, to: random.below(mesh.machines.count))
        mesh.after(Self.wait) { [unowned self] _ in if askers[number]?.sending == sending { attempt(number) } }
    }

    private func hear(_ call: UInt64, _ answer: EdgeAnswer) {
        guard let (number, sending) = calls.removeValue(forKey: call) else { return }
        log.answer(sending, answer, at: mesh.now)
        mesh.trace.note(mesh.now, nil, .end, call, "sending \(sending): \(answer.text)")
        guard let asker = askers[number] else { return }
        if !answer.isOpen {
            askers[number] = nil
            follow(log.wishes[asker.wish].request, answer)
        } else if asker.sending == sending {
            askers[number]?.sending = nil
            mesh.after(random.exponential(.milliseconds(100))) { [unowned self] _ in attempt(number) }
        }
    }

    private func follow(_ request: EdgeRequest, _ answer: EdgeAnswer) {
        switch (request, answer) {
        case (.add(let items), .added): counted += items
        case (_, .accepted(let id)): if !accepted.contains(id) { watch(id) }
        default: break
        }
    }

    /// Asks about a job now and then, and cancels some.
    private func watch(_ id: WorkID) {
        accepted.append(id)
        for _ in 0..<random.below(4) {
            mesh.after(random.exponential(.seconds(1))) { [unowned self] _ in ask(log.wish(.status(id)), attempts: 1) }
        }
        guard random.chance(0.25) else { return }
        mesh.after(random.exponential(.milliseconds(300))) { [unowned self] _ in
            ask(log.wish(.cancel(id)), attempts: 1 + random.below(3))
        }
    }
}

extension EdgeAnswer {
    /// For people.
    var text: String {
        switch self {
        case .added: "added"
        case .count(let count): "count \(count)"
        case .glance(let glance): "count \(glance.count) at version \(glance.version)"
        case .accepted(let id): "accepted as \(id)"
        case .status(let status): "\(status.status.rawValue), \(status.chunks.done) of \(status.chunks.total), version \(status.version)"
        case .cancelled: "cancelled"
        case .ended: "it has ended"
        case .notFound: "there is no such job"
        case .otherRequest: "another request has this key"
        case .unavailable: "nothing has happened"
        case .unknown: "unknown"
        case .refused(let sentence): "refused: \(sentence)"
        }
    }
}

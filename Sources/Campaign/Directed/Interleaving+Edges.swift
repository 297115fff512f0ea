import Choreography
import Items
import Primes
import Truth
import World

/// Two items, of two tenants, which take a delivery.
private struct Parcels {
    static let near = ActorName(Tenant.kind, named: "near")!, far = ActorName(Tenant.kind, named: "far")!

    let stage: ActorStage
    private let call: UInt64

    /// The far tenant is out of reach, and what becomes of the near one's thanks the script says.
    init(_ mutations: Set<Mutation>, thanks: ActorStage.Fate) {
        stage = ActorStage(mutations: mutations)
        Self.set(thanks, on: stage)
        call = stage.ask(.add([Item(id: "1", tenant: Self.near.name), Item(id: "2", tenant: Self.far.name)]))
    }

    func set(thanks: ActorStage.Fate) { Self.set(thanks, on: stage) }

    private static func set(_ thanks: ActorStage.Fate, on stage: ActorStage) {
        stage.fate = { $0.brings("added") ? thanks : $0.brings("add", to: far) ? .lost : .answered }
    }

    /// What is wrong with what the user has been told so far; and, when the far tenant is back, with what counts in the end.
    func complaint() -> String? {
        if stage.told[call] == .added, counts != [1, 1] { return "both items were said to count, and the tenants count \(counts)" }
        stage.fate = { _ in .answered }
        stage.wait(.seconds(30))
        let told = stage.told[call].map { $0.text } ?? "nothing"
        return stage.told[call] == .added && counts == [1, 1] ? nil : "the user was told \(told), and the tenants count \(counts)"
    }

    private var counts: [UInt64] { [Self.near, Self.far].map { stage.state(of: $0, Tenant.self).count } }
}

/// A job of two parts, with 15 primes and 11.
private struct Job {
    static let request = PrimesRequest(from: 2, to: 101, chunks: 2)
    static let primes: UInt64 = 26

    let stage: ActorStage

    init(_ mutations: Set<Mutation>) { stage = ActorStage(mutations: mutations) }

    func submit() -> WorkID {
        let call = stage.ask(.submit(Self.request))
        guard case .accepted(let id) = stage.told[call] else { preconditionFailure("no job was accepted") }
        return id
    }

    func status(_ id: WorkID, clockAhead: Duration = .zero) -> PrimesStatus {
        let call = stage.ask(.status(id), clockAhead: clockAhead)
        guard case .status(let status) = stage.told[call] else { preconditionFailure("job \(id) is not there") }
        return status
    }

    /// What is wrong with the job, after more time than it needs.
    func complaint(_ id: WorkID) -> String? {
        let status = status(id)
        guard status.status == .completed else { return "the job is \(status.status.rawValue), with \(status.chunks.done) of 2 parts" }
        return status.count == Self.primes ? nil : "the job has counted \(status.count ?? 0) primes, and not \(Self.primes)"
    }
}

extension CourierEffect {
    fileprivate func brings(_ event: String, to receiver: ActorName) -> Bool {
        if case .deliver(_, receiver, let letter, _, _) = self { letter.event == event } else { false }
    }
}

extension Interleaving {
    static let items = [
        Interleaving(
            .noInbox, of: "a delivery", "one tenant has its items, its thanks come twice, and the other's items are still under way"
        ) { mutations in
            let parcels = Parcels(mutations, thanks: .answerLost)
            parcels.stage.wait(.seconds(20))
            return parcels.complaint()
        },
        Interleaving(
            .dedupeByTime, of: "a delivery",
            "one tenant has its items, its thanks come again after a minute, and the other's items are still under way"
        ) { mutations in
            let parcels = Parcels(mutations, thanks: .answerLost)
            parcels.set(thanks: .lost)
            parcels.stage.wait(.seconds(60))
            parcels.set(thanks: .answered)
            parcels.stage.wait(.seconds(20))
            return parcels.complaint()
        },
        Interleaving(
            .acknowledgedBeforeCommit, of: "a tenant", "1 says that an item counts, of which nobody else has heard, and dies"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations, machine: ActorKinds.machines(mutations))
            func add(_ id: String) -> UInt64 { stage.ask(.add([Item(id: id, tenant: "t")])) }
            let first = add("a")
            stage.passes = { from, to in from == to }
            let second = add("b")
            stage.kill(1)
            stage.passes = { _, _ in true }
            stage.see(2, [2, 3])
            stage.see(3, [2, 3])
            stage.home = { _ in 2 }
            let counted = [first, second].count { stage.told[$0] == .added }, count = stage.ask(.count(tenant: "t"))
            stage.wait(.seconds(5))
            guard case .count(let shown) = stage.told[count] else {
                return mutations.isEmpty ? "nobody counts, though a majority lives" : nil
            }
            if counted == 0 { return "nothing was added while all was well" }
            return shown < UInt64(counted) ? "\(counted) items were said to count, and there are \(shown)" : nil
        },
    ]

    static let jobs = [
        Interleaving(.noResend, of: "a job", "the worker of a part dies, and nobody else looks after the job") { mutations in
            let job = Job(mutations)
            job.stage.loss = { $0.part == "0" ? .died : nil }
            let id = job.submit()
            job.stage.loss = { _ in nil }
            job.stage.wait(.seconds(60))
            return job.complaint(id)
        },
        Interleaving(
            .gatherByCounting, of: "a job",
            "the first count is written down, the courier does not hear so and writes it again; then the second comes"
        ) { mutations in
            let job = Job(mutations)
            job.stage.loss = { $0.part == "1" ? .silent : nil }
            job.stage.fate = { $0.answers("0") ? .answerLost : .answered }
            let id = job.submit()
            job.stage.fate = { _ in .answered }
            job.stage.wait(.seconds(10))
            job.stage.loss = { _ in nil }
            job.stage.wait(.seconds(60))
            return job.complaint(id)
        },
        Interleaving(
            .twoDeciders, of: "a job",
            "workers are silent; an edge whose clock is far ahead is asked about the job; then the workers answer"
        ) { mutations in
            let job = Job(mutations)
            job.stage.loss = { _ in .silent }
            let id = job.submit(), early = job.status(id, clockAhead: .seconds(3_600))
            job.stage.loss = { _ in nil }
            job.stage.wait(.seconds(60))
            let late = job.status(id)
            if early.status.isTerminal, early.status != late.status {
                return "the job was said to be \(early.status.rawValue), and is \(late.status.rawValue)"
            }
            return job.complaint(id)
        },
    ]

    static let keys = [
        Interleaving(
            .freshSeeds, "a job is submitted under a key, the answer gets lost, and it is submitted again at another edge; then another is"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations, machine: ActorKinds.machines(mutations))
            let calls = [stage.ask(.submit(Job.request), key: "k"), stage.ask(.submit(Job.request), key: "k")]
            let last = stage.ask(.submit(PrimesRequest(from: 2, to: 1_000, chunks: 2)), key: "k"), other = stage.told[last]
            let complaint = complaint(of: calls.map { stage.told[$0] })
            return complaint ?? (other == .otherRequest ? nil : "another request was answered with \(other?.text ?? "nothing")")
        },
        Interleaving(
            .acknowledgedBeforeCommit, of: "a key",
            "1 takes the claim of a key, of which nobody else has heard, and dies; the job is begun at 2"
        ) { mutations in
            let stage = Stage(stores: 3, mutations: mutations, machine: ActorKinds.machines(mutations))
            // Another key of the same register, so that 1 need not ask for it first.
            let bucket = IdempotencyName(key: "k").register
            let sibling = (0..<100_000).lazy.map { "\($0)" }.first { IdempotencyName(key: $0).register == bucket }
            guard let sibling else { return "no key lies beside \"k\"" }
            stage.ask(.add([]), key: sibling)
            stage.passes = { from, to in from == to || (from != 1 && to != 1) }
            stage.see(2, [2, 3])
            stage.home = { $0 == bucket ? 1 : 2 }
            let first = stage.ask(.submit(Job.request), key: "k")
            stage.wait(.seconds(5))
            stage.kill(1)
            stage.see(3, [2, 3])
            stage.home = { _ in 2 }
            let second = stage.ask(.submit(Job.request), key: "k")
            stage.wait(.seconds(5))
            // That the first was not done is what has to be said of it.
            let answers = stage.told[first] == .unavailable ? [stage.told[second]] : [stage.told[first], stage.told[second]]
            return complaint(of: answers)
        },
    ]

    /// What is wrong with the answers to one submission under one key.
    private static func complaint(of answers: [EdgeAnswer?]) -> String? {
        let jobs = answers.compactMap { answer -> WorkID? in if case .accepted(let id) = answer { id } else { nil } }
        guard jobs.count == answers.count else { return "answered: " + answers.map { $0?.text ?? "nothing" }.joined(separator: "; ") }
        let names = Set(jobs).sorted().map { "\($0)" }
        return names.count == 1 ? nil : "one submission has led to the jobs \(names.joined(separator: " and "))"
    }
}

import Membership
import Registers
import World

/// What came of one run.
public struct CampaignResult: Hashable, Sendable {
    public let seed: UInt64
    public let scenario: String
    /// The same for the same seed, scenario and mutations, in every process and on every machine.
    public let traceHash: UInt64
    /// What happened inside, counted.
    public let events: Int
    /// What clients asked for, and of that what was acknowledged, what surely failed, and of what nobody knows.
    public let operations: Int
    public let acknowledged: Int
    public let failed: Int
    public let unknown: Int
    /// What users asked of edges.
    public let wishes: WishFigures
    /// Registers for whose operations an order was looked for, and those of them for which that was too hard.
    public let ordered: Int
    public let undecided: Int
    /// How often something bad was done.
    public let strikes: Int
    public let virtualTime: Duration
    public let violations: [Violation]

    public var isClean: Bool { violations.isEmpty }
}

/// One mesh under one seed: it works, is troubled, is made well, and is judged.
public struct CampaignRun: Sendable {
    public let seed: UInt64
    public let scenario: Scenario
    public let mutations: Set<Mutation>

    public init(seed: UInt64, scenario: Scenario = .all, mutations: Set<Mutation> = []) {
        self.seed = seed
        self.scenario = scenario
        self.mutations = mutations
    }

    /// - Parameter show: takes a line for each event, if somebody wants to look.
    public func run(show: ((String) -> Void)? = nil) -> CampaignResult {
        var random = RandomStream(seed: seed, name: "campaign \(scenario.name)")
        let shape = shape(&random)
        var weather = scenario.isCalm || scenario.watchesClocks ? .calm : Weather(&random)
        if scenario.isHectic { weather.loss = max(weather.loss, 0.05 + 0.1 * random.unit()) }
        let mesh = SimulatedMesh(
            seed: random.next(), shape: shape, weather: weather, machine: ActorKinds.machines(mutations), mutations: mutations, show: show)
        let length = random.between(.seconds(5), .seconds(20))
        var plan = scenario.plan(&random)
        plan.spread(over: length, most: 450)
        if scenario == .all {
            var random = RandomStream(seed: seed, name: "campaign actors")
            if random.chance(0.25) { plan.addActors(&random) }
            var edges = RandomStream(seed: seed, name: "campaign edges")
            plan.addEdges(&edges)
        }
        mesh.watchesClocks = scenario.watchesClocks
        let clients = Clients(mesh, plan), customers = Customers(mesh, plan), users = Users(mesh, plan)
        let nemesis = Nemesis(
            mesh, scenario.troubles(&random), keys: plan.keys.map(\.key) + users.keys, isHectic: scenario.isHectic)
        for i in mesh.machines.indices { mesh.push(.start(i), after: random.between(.zero, .milliseconds(500))) }
        mesh.run(until: .zero + .seconds(2))
        if customers.isNeeded {
            customers.furnish()
            _ = mesh.run(until: mesh.now + .seconds(10), or: { customers.isIdle })
            customers.begin(within: length)
        }
        users.begin(within: length)
        clients.begin()
        nemesis.begin(until: mesh.now + length)
        mesh.run(until: mesh.now + length)
        nemesis.makeWell()
        // Those who asked during the trouble go on for a while, or a mesh that only works while nobody asks would pass.
        mesh.run(until: mesh.now + .seconds(1))
        clients.stop()
        let examination = Examination(mesh, clients)
        examination.run()
        let agreement = AgreementCheck.judge(clients.ledger.byKey.map(\.key) + users.keys, mesh)
        let freeing = FreeingExamination(mesh, clients)
        let actors = ActorExamination(mesh, customers, users, showsTime: !scenario.setsClocks)
        if scenario.frees && examination.violations.isEmpty { freeing.run() }
        if customers.isNeeded || users.isNeeded, examination.violations.isEmpty { actors.run() }
        let seen = mesh.seen + agreement + examination.violations + freeing.violations + actors.violations
        mesh.endTasks()
        return judge(mesh, clients, WishFigures(users.log), nemesis, seen)
    }

    private func shape(_ random: inout RandomStream) -> MeshShape {
        var shape = MeshShape()
        shape.stores = [5, 5, 5, 5, 5, 3, 7][random.below(7)]
        shape.others = [0, 0, 1, 2][random.below(4)]
        shape.membership = random.chance(0.7) ? .local : .lan
        shape.commitTime = .microseconds([150, 600, 3_000][random.below(3)])
        shape.turnTime = [.zero, .zero, .microseconds(50), .microseconds(500)][random.below(4)]
        // Rounds that give up before their answers come take the rarer ways.
        if random.chance(0.2) { shape.replica.roundTimeout = .milliseconds(10) }
        if random.chance(0.2) { shape.replica.fetchTimeout = .milliseconds(20) }
        if scenario.isHectic { shape.replica.witnessInterval = .milliseconds(8) }
        // Who hears all clocks soon can be judged soon.
        if scenario.watchesClocks { shape.membership = .local }
        if scenario.reconfigures {
            shape.spares = 1 + random.below(2)
            // Nodes that hear late go by an older epoch while others have gone on.
            shape.lookInterval = [.milliseconds(250), .seconds(1), .seconds(4)][random.below(3)]
        }
        if scenario.frees {
            shape.replica.retention = .seconds(600)
            shape.replica.horizonInterval = .milliseconds(150)
        }
        return shape
    }

    private func judge(
        _ mesh: SimulatedMesh, _ clients: Clients, _ wishes: WishFigures, _ nemesis: Nemesis, _ seen: [Violation]
    ) -> CampaignResult {
        var violations = mesh.faults.map { Violation(.unreadable, $0) } + seen, ordered = 0, undecided = 0
        for (key, operations) in clients.ledger.byKey {
            if operations.contains(where: \.deed.isOfValue) {
                let finding = ValueCheck.judge(key, operations)
                violations += finding.violations
                ordered += 1
                if finding.isUndecided { undecided += 1 }
            } else {
                violations += SetCheck.judge(key, operations, retention: mesh.shape.replica.retention)
            }
        }
        let operations = clients.ledger.operations
        return CampaignResult(
            seed: seed, scenario: scenario.name, traceHash: mesh.trace.hash, events: mesh.trace.events, operations: operations.count,
            acknowledged: operations.count(where: \.isAcknowledged), failed: operations.count(where: \.isFailed),
            unknown: operations.count { $0.outcome == .unknown || $0.outcome == .open }, wishes: wishes, ordered: ordered,
            undecided: undecided, strikes: nemesis.strikes, virtualTime: mesh.now - .zero, violations: violations)
    }
}

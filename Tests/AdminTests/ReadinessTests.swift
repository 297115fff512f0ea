import Admin
import Logging
import Membership
import Mesh
import Placement
import Registers
import TestSupport
import Testing
import Transport
import Truth
import Web
import WebTestSupport
import WorkTestSupport
import World

/// Registers of which nothing is there but what a test says.
private struct FakeTruth: TruthInspection {
    var decidableShards: Int?
    var standing: Standing? = .voting
    var trouble: String?
    var obstacle: String?
    let configuration: MeshConfiguration? = nil
    let store: StoreID? = nil
    let values = KeyValue(engine: MemoryRegisters(KeyValueMachine(), now: WallTime(millisecondsSince1970: 1_800_000_000_000)))

    func node(of store: StoreID) -> NodeIdentity? { nil }
    func newestSchema(of store: StoreID) -> UInt32? { nil }
    func explain(_ key: RegisterKey) -> KeyExplanation? { nil }
    func change(_ wish: StoreChange, patience: Duration) async throws -> StoreChangeOutcome { .nothing("there are no stores") }
    func progress() async -> ReconfigurationProgress? { nil }
}

/// How much of the work can be done, as a node says it.
@Suite struct ReadinessTests {
    @Test(arguments: [
        (1_024, Readiness.healthy, Readiness.healthy), (1_024, .degraded, .degraded), (1_024, .unhealthy, .unhealthy),
        (1_023, .healthy, .degraded), (1, .healthy, .degraded), (1, .degraded, .degraded), (1, .unhealthy, .unhealthy),
        (0, .healthy, .unhealthy), (0, .degraded, .unhealthy), (nil, .healthy, .unhealthy),
    ] as [(Int?, Readiness, Readiness)])
    func itFollowsTheShardsThatCanBeDecided(_ decidable: Int?, _ node: Readiness, _ expected: Readiness) {
        #expect(FakeTruth(decidableShards: decidable).readiness(of: node) == expected)
    }

    @Test(arguments: [Standing.asking, .full, .rolledBack(heard: 3, holds: 2, by: StoreID(high: 1, low: 1))])
    func aNodeWhoseOwnStoreDoesNotVoteIsNotReady(_ standing: Standing) {
        let truth = FakeTruth(decidableShards: Shard.count, standing: standing)
        #expect(truth.readiness(of: .healthy) == .unhealthy && truth.reason == truth.complaint && truth.reason != nil)
        let troubled = FakeTruth(decidableShards: Shard.count, trouble: "it is too new")
        #expect(troubled.readiness(of: .healthy) == .unhealthy && troubled.reason == "it is too new")
    }

    @Test(arguments: [
        (1_024, "Healthy", 200, nil), (1_000, "Degraded", 200, "24 of 1024 shards do not have a majority of live stores"),
        (0, "Unhealthy", 503, "none of the 1024 shards has a majority of live stores"), (nil, "Unhealthy", 503, "the mesh has not begun"),
    ] as [(Int?, String, Int, String?)])
    func theAdminPortSaysItInOneWordAndWhy(_ decidable: Int?, _ word: String, _ status: Int, _ reason: String?) async throws {
        try await withAdmin(truth: FakeTruth(decidableShards: decidable)) { bench in
            for base in [bench.network, bench.socket] {
                let answer = try await ask("GET", "\(base)/health/ready")
                #expect(answer.text == word && answer.status == status)
                #expect(answer.headers["content-type"]?.hasPrefix("text/plain") == true)
                let given = answer.headers["gossamer-reason"]
                let isAsExpected = reason.map { given?.hasPrefix($0) == true } ?? (given == nil)
                #expect(isAsExpected, "\(given ?? "no reason")")
            }
        }
    }

    @Test func aMeshThatHasNotBegunSaysWhatItWaitsForWhereThatIsKnown() {
        let truth = FakeTruth(decidableShards: nil, obstacle: "no node of the topology has the role \"store\"; give it to at least one")
        #expect(truth.reason == "the mesh has not begun: no node of the topology has the role \"store\"; give it to at least one")
        #expect(FakeTruth(decidableShards: nil).reason == "the mesh has not begun: gossamer store list says what it waits for")
    }

    @Test func whatAilsTheNodeItselfIsSaidAfterWhatAilsTheShards() async throws {
        try await withAdmin(truth: FakeTruth(decidableShards: 1_000)) { bench in
            bench.node.state.withLock { ($0.readiness, $0.reason) = (.degraded, "the wall clock is 3 s ahead of the others'") }
            let answer = try await ask("GET", "\(bench.network)/health/ready")
            #expect(answer.text == "Degraded" && answer.status == 200)
            let reason = try #require(answer.headers["gossamer-reason"])
            #expect(reason.hasPrefix("24 of 1024 shards") && reason.hasSuffix("; the wall clock is 3 s ahead of the others'"))
        }
        try await withAdmin { bench in
            bench.node.state.withLock { ($0.readiness, $0.reason) = (.degraded, "the wall clock is off") }
            let answer = try await ask("GET", "\(bench.network)/health/ready")
            #expect(answer.headers["gossamer-reason"] == "the wall clock is off")
        }
    }

    /// In virtual time: the middle one of three nodes has a wrong wall clock, and later hears nobody.
    @Test func aNodeIsAtBestDegradedWhileItsWallClockIsOff() throws {
        let simulation = Simulation(seed: 1), network = SimulatedNetwork(simulation), names = ["n1", "n2", "n3"]
        var nodes: [Node] = [], worlds: [SimulatedWorld] = []
        for name in names {
            let world = SimulatedWorld(simulation, name: name), loop = world.makeEventLoop(), lines = LogLines()
            let configuration = NodeConfiguration(
                mesh: "simulated", name: name, bindHost: name, address: MemberAddress(host: name, port: 1000),
                seeds: names.map { MemberAddress(host: $0, port: 1000) }, metadata: MemberMetadata(), dataDirectory: "/data")
            let node = try Node(configuration, world: world, loop: loop, log: Logger(label: name) { _ in lines }) {
                network.sockets(for: name, loop: loop)
            }
            try simulation.run(in: world) { try await node.start() }
            nodes.append(node)
            worlds.append(world)
        }
        simulation.run(for: .seconds(10))
        #expect(nodes.map { $0.readiness() } == [.healthy, .healthy, .healthy] && nodes.allSatisfy { $0.reason == nil })
        worlds[1].wallClockOffset = .seconds(3)
        #expect(nodes.map { $0.readiness() } == [.healthy, .degraded, .healthy])
        #expect(nodes[1].reason?.hasPrefix("the wall clock is ") == true && nodes[1].reason?.contains("ahead of the others'") == true)
        #expect(nodes[1].reason?.utf8.allSatisfy { $0 < 128 } == true && nodes[0].reason == nil)
        worlds[1].wallClockOffset = .zero
        #expect(nodes[1].readiness() == .healthy && nodes[1].reason == nil)
        network.partition(["n2"], ["n1", "n3"])
        // Long enough to hear nobody, and not so long that the others count for gone.
        simulation.run(for: .seconds(15))
        #expect(nodes[1].readiness() == .degraded && nodes[1].reason == "the node hears nobody, and may be cut off")
    }
}

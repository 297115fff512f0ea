import Choreography
import Logging
import Membership
import Mesh
import MessagePack
import Registers
import TestSupport
import Testing
import Transport
import Truth
import World

/// What nodes know of the others' stores that live and do not vote, in whole nodes and virtual time.
@Suite struct StandingMeshTests {
    @Test(arguments: UInt64(1)...3) func aStoreThatLivesAndDoesNotVoteCountsForNothing(seed: UInt64) throws {
        let mesh = try SimulatedTruth(seed: seed, stores: 3, actors: []), older = mesh["n1"].store.disk
        for number in 0..<3 {
            _ = try mesh.ask(at: "n2") { truth in
                try await truth.values.put("k\(number)", [1], operation: WorkID(milliseconds: 1, randomA: 0, randomB: UInt64(number)), patience: .seconds(5))
            }
        }
        try mesh.wait("n1 has what was written") { mesh["n1"].store.commitNumber > older.commitNumber }
        mesh.simulation.run(for: .seconds(5))
        let newest = mesh["n1"].store.disk
        try mesh.restart("n1", on: older)
        try mesh.wait("n1 is found to be an older copy") { mesh["n1"].truth.standing?.word == "rolled-back" }
        mesh.simulation.run(for: .seconds(5))
        #expect(mesh["n2"].truth.decidableShards == Shard.count, "two of three vote")
        mesh.kill("n3")
        try mesh.wait("n3 is missed") { mesh["n2"].truth.node(of: mesh["n2"].store.id) != nil && mesh["n2"].truth.node(of: storeID(3)) == nil }
        #expect(mesh["n2"].truth.node(of: newest.id) != nil, "n1 lives")
        #expect(mesh["n2"].truth.decidableShards == 0, "of two that live one votes")
        #expect(mesh["n1"].truth.decidableShards == 0, "it knows of itself")
        try mesh.restart("n1", on: newest)
        try mesh.wait("n1 votes") { mesh["n1"].truth.standing == .voting }
        try mesh.wait("n2 hears of it") { mesh["n2"].truth.decidableShards == Shard.count }
        #expect(mesh["n2"].node.members.member(named: "n1")?.metadata.labels[ConfigurationKeeper.standingLabel] == nil)
    }

    /// Some store of a later release has written it.
    @Test func aNodeThatCannotReadTheNewestConfigurationSaysSo() throws {
        let mesh = try SimulatedTruth(seed: 1, stores: 3, actors: [])
        let command = ConfigurationMachine.command(after: 1, try MessagePackEncoder().encode(["version": 99]))
        _ = try mesh.ask(at: "n1") { truth in
            let operation = WorkID(milliseconds: 1, randomA: 0, randomB: 1)
            return try await truth.engine.change(.configuration, operation: operation, command: command, patience: .seconds(5))
        }
        try mesh.wait("all have looked") { mesh.seats.values.allSatisfy { $0.truth.trouble != nil } }
        for seat in mesh.seats.values {
            let trouble = try #require(seat.truth.trouble)
            #expect(trouble.contains("epoch 2 of the mesh cannot be gone by") && trouble.contains("layout 99"), "\(trouble)")
            #expect(seat.truth.configuration?.epoch == 1)
        }
        try mesh.wait("the others hear of it") { mesh.seats.values.allSatisfy { $0.truth.decidableShards == 0 } }
    }

    @Test func aMeshWithoutStoresSaysWhyItNeverBegins() throws {
        let simulation = Simulation(seed: 1), network = SimulatedNetwork(simulation), world = SimulatedWorld(simulation, name: "n1")
        let address = MemberAddress(host: "n1", port: 1000), loop = world.makeEventLoop(), lines = LogLines()
        let configuration = NodeConfiguration(
            mesh: "simulated", name: "n1", bindHost: "n1", address: address, seeds: [address], metadata: MemberMetadata(), dataDirectory: "/data")
        let log = Logger(label: "n1") { _ in lines }
        let node = try Node(configuration, world: world, loop: loop, log: log) { network.sockets(for: "n1", loop: loop) }
        let truth = try TruthService(node: node, store: nil, listed: [], log: log)
        try simulation.run(in: world) {
            try await node.start()
            truth.start()
        }
        simulation.run(for: .seconds(5))
        #expect(truth.obstacle == "no node of the topology has the role \"store\"; give it to at least one")
    }

    /// Of three replicas on five stores all are gone now and then.
    @Test func listsSayOfHowManyShardsNobodyCanTellWhatLiesThere() throws {
        let mesh = try SimulatedTruth(seed: 1, stores: 5, actors: []), dead = ["n3", "n4", "n5"]
        func lists() throws -> [Int] {
            try mesh.ask(at: "n1") { truth in
                let work = truth.work(begunBy: ["order"])
                let registers = await truth.engine.list(RegisterListing(kind: "order"), patience: .seconds(1))
                let open = await work.open(OpenWorkListing()), dead = await work.dead(before: nil, limit: 9)
                return [registers.shardsWithoutStore, open.shardsWithoutStore, dead.shardsWithoutStore]
            }
        }
        #expect(try lists() == [0, 0, 0])
        let gone = Set(dead.map { mesh[$0].store.id })
        for name in dead { mesh.kill(name) }
        try mesh.wait("they are missed") { gone.allSatisfy { mesh["n1"].truth.node(of: $0) == nil } }
        let lost = try #require(mesh["n1"].truth.configuration).shards.replicaIDs.count { gone.isSuperset(of: $0) }
        #expect(lost > 0)
        #expect(try lists() == [lost, lost, lost])
    }
}

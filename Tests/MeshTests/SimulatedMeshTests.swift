import Distributed
import Mesh
import Synchronization
import Testing
import Transport
import World

/// The goals of a LAN, in virtual time, over many seeds.
@Suite struct SimulatedMeshTests {
    private func fiveNodes(seed: UInt64, conditions: SimulatedNetwork.Conditions = .init()) throws -> SimulatedMesh {
        let mesh = SimulatedMesh(seed: seed, conditions: conditions)
        for name in SimulatedMesh.names(5) { try mesh.start(name) }
        return mesh
    }

    @Test(arguments: UInt64(0)..<10) func fiveNodesSeeEachOtherWithinASecond(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed)
        let time = try #require(mesh.timeToAgree(limit: .seconds(10)))
        #expect(time <= .seconds(1), "seed \(seed): \(time)")
    }

    @Test(arguments: UInt64(0)..<10) func aKilledNodeIsDeadToAllWithinASecond(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed)
        _ = mesh.timeToAgree(limit: .seconds(10))
        mesh.simulation.run(for: .milliseconds(Int64(seed) * 137))
        mesh.kill("n3")
        let time = try #require(mesh.timeToAgree(limit: .seconds(20)))
        #expect(time <= .seconds(1), "seed \(seed): \(time)")
    }

    @Test(arguments: UInt64(0)..<6) func aNodeThatVanishesSilentlyIsKnownDeadWithinFiveSeconds(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed)
        _ = mesh.timeToAgree(limit: .seconds(10))
        mesh.simulation.run(for: .seconds(3))
        mesh.network.partition(["n4"], ["n1", "n2", "n3", "n5"], .hold)
        let start = mesh.simulation.now
        while mesh.simulation.now - start < .seconds(20), mesh.alive(at: "n1").count == 5 || mesh.alive(at: "n5").count == 5 {
            mesh.simulation.run(for: .milliseconds(10))
        }
        var dead = 0
        while mesh.simulation.now - start < .seconds(20) {
            dead = ["n1", "n2", "n3", "n5"].filter { name in
                mesh.nodes[name]?.members.member(named: "n4")?.status == .dead
            }.count
            if dead == 4 { break }
            mesh.simulation.run(for: .milliseconds(10))
        }
        #expect(dead == 4)
        #expect(mesh.simulation.now - start <= .seconds(5), "seed \(seed): \(mesh.simulation.now - start)")
    }

    @Test(arguments: UInt64(0)..<6) func aHealedPartitionHealsByItself(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed)
        _ = mesh.timeToAgree(limit: .seconds(10))
        mesh.network.partition(["n1", "n2"], ["n3", "n4", "n5"], .drop)
        mesh.simulation.run(for: .seconds(20))
        #expect(mesh.alive(at: "n1") == ["n1", "n2"])
        #expect(mesh.alive(at: "n5") == ["n3", "n4", "n5"])
        mesh.network.heal()
        let time = try #require(mesh.timeToAgree(limit: .seconds(60)))
        #expect(time <= .seconds(5), "seed \(seed): \(time)")
    }

    @Test(arguments: UInt64(0)..<6) func aRestartedNodeIsBackWithAHigherLife(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed)
        _ = mesh.timeToAgree(limit: .seconds(10))
        let first = try #require(mesh.nodes["n3"]?.identity.life)
        mesh.kill("n3")
        mesh.simulation.run(for: .milliseconds(Int64(seed) * 400))
        try mesh.start("n3")
        let time = try #require(mesh.timeToAgree(limit: .seconds(20)))
        #expect(time <= .seconds(2), "seed \(seed): \(time)")
        for name in SimulatedMesh.names(5) {
            #expect(mesh.nodes[name]?.members.member(named: "n3")?.identity.life == first + 1)
        }
    }

    /// Loss, duplication and reordering of packets: the links make of them calls that run once, in order.
    @Test(arguments: UInt64(0)..<6) func callsSurviveABadNetworkOnceAndInOrder(seed: UInt64) throws {
        var conditions = SimulatedNetwork.Conditions()
        conditions.loss = 0.1
        conditions.duplication = 0.1
        conditions.reordering = 0.2
        let mesh = try fiveNodes(seed: seed)
        _ = mesh.timeToAgree(limit: .seconds(10))
        mesh.network.setConditions(conditions)
        let callee = try #require(mesh.nodes["n4"]?.identity)
        let noted = try mesh.run(at: "n1") { system in
            let probe = try system.singleton(Probe.self, on: callee)
            for number in 0..<200 { try await system.oneWay { try await probe.note(number) } }
            while try await probe.noted().count < 200 { try await system.world.sleep(for: .milliseconds(100)) }
            return try await probe.noted()
        }
        #expect(noted == Array(0..<200))
    }

    /// The network holds a call back for longer than its caller waits: it must not run when it arrives.
    @Test func aCallThatComesTooLateIsNotStarted() throws {
        let mesh = try fiveNodes(seed: 3)
        _ = mesh.timeToAgree(limit: .seconds(10))
        let callee = try #require(mesh.nodes["n4"]?.identity)
        let noted = try mesh.run(at: "n1") { system in
            let probe = try system.singleton(Probe.self, on: callee)
            try await probe.note(1)
            return try await probe.noted()
        }
        #expect(noted == [1])
        mesh.network.cut(from: "n1", to: "n4", .hold)
        let failure = try mesh.run(at: "n1") { system -> MeshError? in
            let probe = try system.singleton(Probe.self, on: callee)
            do {
                try await system.withDeadline(.milliseconds(200)) { try await probe.note(2) }
                return nil
            } catch {
                return error as? MeshError
            }
        }
        #expect(failure?.outcome == .unknown)
        mesh.simulation.run(for: .milliseconds(300))
        mesh.network.heal()
        mesh.simulation.run(for: .milliseconds(300))
        #expect(try mesh.run(at: "n1") { try await $0.singleton(Probe.self, on: callee).noted() } == [1])
    }

    @Test(arguments: UInt64(0)..<6) func aCallInFlightFailsWhenItsNodeIsDead(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed)
        _ = mesh.timeToAgree(limit: .seconds(10))
        let callee = try #require(mesh.nodes["n4"]?.identity)
        let world = try #require(mesh.worlds["n1"]), system = try #require(mesh.nodes["n1"]?.system)
        let failure = Mutex<(error: MeshError, at: Instant)?>(nil)
        world.spawn("caller") {
            do {
                _ = try await system.singleton(Probe.self, on: callee).sleep(600_000)
            } catch {
                let now = world.now
                if let error = error as? MeshError { failure.withLock { $0 = (error, now) } }
            }
        }
        mesh.simulation.run(for: .milliseconds(500))
        let killed = mesh.simulation.now
        mesh.kill("n4")
        mesh.simulation.run(for: .seconds(5))
        let (error, at) = try #require(failure.withLock { $0 })
        #expect(error.code == .nodeDown)
        #expect(error.outcome == .unknown)
        #expect(at - killed <= .seconds(2))
    }

    @Test func theSameSeedGivesTheSameMesh() throws {
        func run(_ seed: UInt64) throws -> UInt64 {
            let mesh = try fiveNodes(seed: seed)
            _ = mesh.timeToAgree(limit: .seconds(10))
            let callee = try #require(mesh.nodes["n4"]?.identity)
            try mesh.run(at: "n1") { system in
                for _ in 0..<20 { _ = try await system.singleton(Probe.self, on: callee).echo([1, 2, 3]) }
            }
            mesh.kill("n2")
            mesh.simulation.run(for: .seconds(3))
            return mesh.simulation.traceHash
        }
        for seed in UInt64(0)..<3 { #expect(try run(seed) == run(seed)) }
        #expect(try run(1) != run(2))
    }
}

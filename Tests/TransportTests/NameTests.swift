import Testing
import Transport
import Wire
import World

/// Two processes under one name. The rival of `n3` runs on the host `rival`.
@Suite struct NameTests {
    /// `seed`, which has sessions with the first life of `n3`.
    private func mesh() throws -> SimulatedMesh {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("seed")
        try mesh.start("n3")
        try mesh.dial("n3", "seed")
        mesh.simulation.run(for: .seconds(1))
        return mesh
    }

    private func startRival(in mesh: SimulatedMesh, life: UInt64) throws -> TestNode {
        try mesh.start("rival") { $0.identity = NodeIdentity(name: "n3", life: life) }
    }

    private func refusedHandshakes(_ name: String, in mesh: SimulatedMesh) throws -> UInt64 {
        try mesh.on(name) { links, _ in links.metrics.handshakesRefused }
    }

    @Test func theSameLifeAtAnotherAddressIsRefusedAloud() throws {
        let mesh = try mesh()
        let rival = try startRival(in: mesh, life: 1)
        try mesh.dial("rival", "seed")
        mesh.simulation.run(for: .seconds(20))
        #expect(try mesh.heard("rival").established.isEmpty)
        #expect(try mesh.heard("rival").refusals.first?.code == .nameTaken)
        #expect(try mesh.heard("seed").established.map(\.address) == [SimulatedMesh.address("n3")])
        #expect(try mesh.heard("seed").lost.isEmpty && mesh.heard("n3").lost.isEmpty)
        for name in ["seed", "rival"] { #expect(try refusedHandshakes(name, in: mesh) > 1) }
        // Once a minute, though it is tried every two seconds, and with both addresses and the remedy.
        for logs in [try #require(mesh.nodes["seed"]).node.logs.all, rival.logs.all] {
            try #require(logs.count == 1)
            #expect(logs[0].contains("n3#1 is the process at n3:1000") && logs[0].contains("rival:1000") && logs[0].contains("another name"))
        }
    }

    @Test func theDiallingSideRefusesATakenNameToo() throws {
        let mesh = try mesh()
        let rival = try startRival(in: mesh, life: 1)
        try mesh.on("seed") { links, _ in links.dial(SimulatedMesh.address("rival")) }
        mesh.simulation.run(for: .seconds(20))
        #expect(try mesh.heard("seed").established.map(\.address) == [SimulatedMesh.address("n3")])
        #expect(try mesh.heard("seed").refusals.first?.code == .nameTaken)
        #expect(try mesh.heard("rival").refusals.first?.code == .nameTaken)
        #expect(try mesh.on("rival") { links, _ in links.snapshot().isEmpty })
        for name in ["seed", "rival"] { #expect(try refusedHandshakes(name, in: mesh) > 1) }
        for logs in [try #require(mesh.nodes["seed"]).node.logs.all, rival.logs.all] {
            try #require(logs.count == 1)
            #expect(logs[0].contains("n3:1000") && logs[0].contains("rival:1000") && logs[0].contains("another name"))
        }
    }

    @Test func theHolderItselfRefusesItsRival() throws {
        let mesh = try mesh()
        _ = try startRival(in: mesh, life: 1)
        try mesh.dial("rival", "n3")
        mesh.simulation.run(for: .seconds(5))
        #expect(try mesh.heard("rival").refusals.first?.code == .nameTaken)
        #expect(try mesh.heard("rival").established.isEmpty)
    }

    @Test func theNameIsFreeWhenTheSessionOfItsHolderIsOver() throws {
        let mesh = try mesh()
        _ = try startRival(in: mesh, life: 1)
        try mesh.dial("rival", "seed")
        mesh.simulation.run(for: .seconds(5))
        mesh.kill("n3")
        try mesh.on("seed") { links, _ in links.hangUp(NodeIdentity(name: "n3", life: 1)) }
        mesh.simulation.run(for: .seconds(5))
        #expect(try mesh.heard("rival").established.map(\.peer.name) == ["seed"])
    }

    @Test func aProcessThatDialsAgainReplacesItsOwnSession() throws {
        let mesh = try mesh()
        try mesh.on("n3") { links, _ in
            links.hangUp(SimulatedMesh.address("seed"))
            links.dial(SimulatedMesh.address("seed"))
        }
        mesh.simulation.run(for: .seconds(5))
        #expect(try mesh.heard("n3").established.count == 2)
        for name in ["seed", "n3"] { #expect(try refusedHandshakes(name, in: mesh) == 0) }
    }

    @Test func aLaterLifeElsewhereIsAcceptedWithAWarningWhileTheEarlierOneIsHeard() throws {
        let mesh = try mesh()
        _ = try mesh.sendNumbers(0..<1, from: "n3", to: "seed")
        _ = try startRival(in: mesh, life: 2)
        try mesh.dial("rival", "seed")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("seed").established.map(\.peer.life) == [1, 2])
        #expect(try mesh.heard("seed").lost.map(\.info.peer.life) == [1])
        let warnings = try #require(mesh.nodes["seed"]).node.logs.all.filter { $0.contains("takes the name") }
        #expect(warnings.count == 1)
        #expect(warnings.first?.contains("n3#2 at rival:1000 takes the name of n3#1 at n3:1000") == true)
    }

    @Test func aNodeThatMovedAfterItsEndCausesNoWarning() throws {
        let mesh = try mesh()
        mesh.kill("n3")
        mesh.simulation.run(for: .seconds(3))
        _ = try startRival(in: mesh, life: 2)
        try mesh.dial("rival", "seed")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("seed").established.map(\.peer.life) == [1, 2])
        #expect(try #require(mesh.nodes["seed"]).node.logs.all.isEmpty)
    }

    @Test func clientsOfOneNameAreNotHeldForOneProcess() throws {
        let mesh = SimulatedMesh(seed: 2)
        try mesh.start("seed")
        for host in ["a", "b"] {
            try mesh.start(host) {
                $0.identity = NodeIdentity(name: "client", life: 1)
                $0.advertised = PeerAddress(host: host, port: 0)
            }
            try mesh.dial(host, "seed")
            // The second process has begun more sessions than the first: its Hello is no late one of the first.
            if host == "b" {
                try mesh.on(host) { links, _ in
                    links.hangUp(SimulatedMesh.address("seed"))
                    links.dial(SimulatedMesh.address("seed"))
                }
            }
            mesh.simulation.run(for: .seconds(1))
        }
        #expect(try mesh.heard("b").established.count == 1)
        #expect(try refusedHandshakes("seed", in: mesh) == 0)
    }
}

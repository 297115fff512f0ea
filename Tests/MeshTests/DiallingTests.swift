import Membership
import Mesh
import Testing
import Transport
import World

/// Whom a node dials: seeds by other names than their members have, and the dead, but not for ever.
@Suite struct DiallingTests {
    private static let names = SimulatedMesh.names(5)
    private static let otherNames = names.map { "dns-" + $0 }

    private func fiveNodes(seed: UInt64, seeds: [String], figures: MembershipConfiguration = .lan) throws -> SimulatedMesh {
        let mesh = SimulatedMesh(seed: seed, seeds: seeds, figures: figures)
        for name in Self.names { try mesh.start(name) }
        #expect(mesh.timeToAgree(limit: .seconds(10)) != nil)
        return mesh
    }

    /// A link that was dialled by a seed's name is as good a witness as any.
    @Test(arguments: UInt64(0)..<10) func aKilledNodeWithASeedsNameIsDeadToAllWithinASecond(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed, seeds: Self.otherNames)
        mesh.simulation.run(for: .milliseconds(1000 + Int64(seed) * 137))
        // The first to start: all others have found it by the seed's name.
        mesh.kill("n1")
        let time = try #require(mesh.timeToAgree(limit: .seconds(20)))
        #expect(time <= .seconds(1), "seed \(seed): \(time)")
    }

    /// That a session stands is no sign of life, so asking after a seed again and again must not hide its death.
    @Test(arguments: UInt64(0)..<4) func aVanishedNodeWithASeedsNameIsKnownDeadWithinFiveSeconds(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed, seeds: Self.otherNames)
        mesh.simulation.run(for: .milliseconds(3000 + Int64(seed) * 137))
        let others = Self.names.filter { $0 != "n4" }
        mesh.network.partition(["n4"], others, .hold)
        let start = mesh.simulation.now
        while mesh.simulation.now - start < .seconds(20), others.contains(where: { mesh.alive(at: $0) != others }) {
            mesh.simulation.run(for: .milliseconds(10))
        }
        #expect(mesh.simulation.now - start <= .seconds(5), "seed \(seed): \(mesh.simulation.now - start)")
    }

    @Test(arguments: UInt64(0)..<4) func idleNodesWhoseSeedsHaveOtherNamesKeepTheirSessions(seed: UInt64) throws {
        let mesh = try fiveNodes(seed: seed, seeds: Self.otherNames)
        mesh.simulation.run(for: .seconds(5))
        let before = try Self.names.map { try handshakes(mesh, $0) }
        mesh.simulation.run(for: .seconds(20))
        #expect(try Self.names.map { try handshakes(mesh, $0) } == before)
    }

    private func handshakes(_ mesh: SimulatedMesh, _ name: String) throws -> [Double] {
        let node = try #require(mesh.nodes[name])
        let samples = try mesh.run(at: name) { _ in await node.metrics() }
        return [try #require(samples.first { $0.name == "gossamer_link_sessions_lost_total" }).value]
            + [Double(mesh.network.connects(to: name))]
    }

    @Test(arguments: [false, true]) func theForgottenAreDialledNoMore(checksIn: Bool) throws {
        var figures = MembershipConfiguration.lan
        figures.reapDeadAfter = .seconds(8)
        let mesh = try fiveNodes(seed: 3, seeds: ["n1", "n2"], figures: figures)
        // With check-ins to tell, a node wants a link to everybody.
        if checksIn {
            for name in Self.names {
                let identity = try #require(mesh.nodes[name]).identity
                try mesh.run(at: name) { system in
                    let probe = try system.singleton(Probe.self, on: identity)
                    try await system.receptionist.checkIn(probe, as: ReceptionKey<Probe>("probes"))
                }
            }
        }
        mesh.simulation.run(for: .seconds(5))
        mesh.kill("n5")
        let killed = mesh.network.connects(to: "n5")
        mesh.simulation.run(for: .seconds(6))
        #expect(mesh.network.connects(to: "n5") > killed, "the dead are sought")
        mesh.simulation.run(for: .seconds(10))
        #expect(mesh.nodes["n1"]?.members.member(named: "n5") == nil)
        let forgotten = mesh.network.connects(to: "n5")
        mesh.simulation.run(for: .seconds(20))
        #expect(mesh.network.connects(to: "n5") == forgotten)
    }
}

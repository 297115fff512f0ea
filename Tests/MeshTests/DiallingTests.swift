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
}

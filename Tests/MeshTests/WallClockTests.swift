import Membership
import Mesh
import Testing
import Transport
import World

/// Nodes whose wall clocks are wrong, in virtual time: what they know, say and show.
@Suite struct WallClockTests {
    private func mesh(seed: UInt64, _ count: Int, wrong: Duration = .zero, conditions: SimulatedNetwork.Conditions = .init()) throws -> SimulatedMesh {
        let mesh = SimulatedMesh(seed: seed, conditions: conditions)
        for name in SimulatedMesh.names(count) { try mesh.start(name, wallAhead: name == "n2" ? wrong : .zero) }
        return mesh
    }

    private func gauge(_ name: String, of node: String, in mesh: SimulatedMesh) throws -> Double? {
        guard let node = mesh.nodes[node], let world = mesh.worlds[node.identity.name] else { return nil }
        return try mesh.simulation.run(in: world) { await node.metrics() }.first { $0.name == name }?.value
    }

    private func verdicts(_ mesh: SimulatedMesh) -> [String: String] { mesh.nodes.mapValues { $0.clockVerdict.rawValue }.filter { $0.value != "right" } }

    @Test(arguments: [(3, 5), (3, -5), (5, 5), (5, -90_000)], UInt64(0)..<3)
    func aNodeWithAWrongClockKnowsItAndSaysSo(_ scene: (count: Int, seconds: Int), seed: UInt64) throws {
        let mesh = try mesh(seed: seed, scene.count, wrong: .seconds(scene.seconds)), word = scene.seconds > 0 ? "ahead" : "behind"
        let node = try #require(mesh.nodes["n2"])
        while mesh.simulation.now < Instant(nanoseconds: 11_000_000_000) {
            mesh.simulation.run(for: .milliseconds(10))
            #expect(mesh.alive(at: "n2").count < 3 || !node.mayFireTimers, "not before its clock was compared either")
        }
        #expect(verdicts(mesh) == ["n2": word] && !node.mayFireTimers)
        #expect(node.clockFault?.hasSuffix(" " + node.clockVerdict.words) == true, "\(node.clockFault ?? "right")")
        #expect(mesh.nodes["n1"]?.mayFireTimers == true && mesh.nodes["n1"]?.clockFault == nil)
        for name in SimulatedMesh.names(scene.count) {
            let members = mesh.nodes[name]?.members.members ?? []
            #expect(members.filter { ClockWatch.verdict(of: $0.metadata).isOff }.map(\.name) == ["n2"], "\(name) is told")
        }
        let said = mesh.logs["n2"]?.all.filter { $0.contains("wall clock") } ?? []
        #expect(said.count == 1 && said.first?.contains(scene.seconds > 0 ? "ahead of the others'" : "behind the others'") == true, "\(said)")
        #expect(try gauge("gossamer_clock_off", of: "n2", in: mesh) == 1)
        #expect(try gauge("gossamer_clock_off", of: "n1", in: mesh) == 0)
        let offset = try #require(try gauge("gossamer_clock_offset_seconds", of: "n2", in: mesh))
        #expect(abs(offset - Double(scene.seconds)) < 0.1, "\(offset)")
        #expect(mesh.logs.filter { $0.key != "n2" }.allSatisfy { !$0.value.all.contains { $0.contains("wall clock") } })
        // It is put right.
        mesh.worlds["n2"]?.wallClockOffset = .zero
        #expect(node.mayFireTimers, "by the samples that are there")
        mesh.simulation.run(for: .seconds(10))
        #expect(verdicts(mesh).isEmpty && node.mayFireTimers && node.clockFault == nil)
        #expect(mesh.logs["n2"]?.all.last { $0.contains("wall clock") }?.contains("near those of the others again") == true)
        #expect(mesh.nodes["n1"]?.members.member(named: "n2")?.metadata.labels[ClockWatch.label] == nil)
        #expect(try gauge("gossamer_clock_off", of: "n2", in: mesh) == 0)
    }

    /// Nothing is sent between the clock being set and this.
    @Test func aClockThatIsSetCountsForNothingFromThatMomentOn() throws {
        let mesh = try mesh(seed: 1, 3)
        mesh.simulation.run(for: .seconds(10))
        let node = try #require(mesh.nodes["n2"])
        #expect(node.mayFireTimers && node.clockOffset == .zero)
        mesh.worlds["n2"]?.wallClockOffset = .seconds(3)
        #expect(!node.mayFireTimers && node.clockVerdict == .ahead)
        #expect(node.clockOffset > .milliseconds(2_900) && node.clockOffset < .milliseconds(3_100))
    }

    @Test func aLoneNodeGoesByItsOwnClock() throws {
        let mesh = try mesh(seed: 1, 1)
        let node = try #require(mesh.nodes["n1"])
        #expect(node.mayFireTimers)
        mesh.worlds["n1"]?.wallClockOffset = .seconds(3_600)
        mesh.simulation.run(for: .seconds(10))
        #expect(node.mayFireTimers && verdicts(mesh).isEmpty)
    }
}

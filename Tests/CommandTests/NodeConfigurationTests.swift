import Command
import Membership
import Mesh
import Testing
import Topology
import World

@Suite struct NodeConfigurationTests {
    private func topology(_ text: String, file: String = "mesh.yaml") throws -> Topology {
        try Topology.parse(text, file: file)
    }

    @Test func whatTheFileSaysReachesTheNode() throws {
        let topology = try topology("""
            mesh: shop
            defaults: {bind: 0.0.0.0}
            nodes:
              - {name: a, port: 7100, advertise: a.example.org, admin: {port: 9100}, edge: {host: 10.0.0.1, port: 80}, zone: z1, capacity: 1.5}
              - {name: b, port: 7100, advertise: b.example.org}
            membership: {preset: wan, probeInterval: 7s}
            transport: {window: 99}
            """)
        let node = try NodeConfiguration(topology.nodes[0], of: topology, files: SystemFileSystem())
        #expect(node.mesh == "shop" && node.name == "a" && node.bindHost == "*")
        #expect(node.address == MemberAddress(host: "a.example.org", port: 7_100))
        #expect(node.metadata.adminURL == "http://a.example.org:9100" || node.metadata.adminURL == "http://127.0.0.1:9100")
        #expect(node.metadata.edgeURL == "http://10.0.0.1:80")
        #expect(node.metadata.zone == "z1" && node.metadata.capacity == 150)
        #expect(node.membership.probeInterval == .seconds(7))
        #expect(node.membership.gossipInterval == MembershipConfiguration.wan.gossipInterval)
        #expect(node.links.window == 99)
        #expect(node.curve == nil)
    }

    @Test func theDefaultsAreTheRooms() throws {
        let topology = try topology("mesh: m\nnodes:\n  - {name: a, port: 7100}\n")
        let node = try NodeConfiguration(topology.nodes[0], of: topology, files: SystemFileSystem())
        #expect(node.membership.probeInterval == MembershipConfiguration.lan.probeInterval)
        #expect(node.bindHost == "127.0.0.1" && node.metadata.adminURL == nil && node.metadata.edgeURL == nil)
        #expect(node.metadata.roles == ["lookup", "primes", "store"] && node.metadata.capacity == 100)
        #expect(node.dataDirectory.hasSuffix(".gossamer/m/a"))
    }

    @Test func aFigureThatCannotWorkIsNamedWithItsLine() throws {
        let topology = try topology(
            "mesh: m\nnodes:\n  - {name: a, port: 7100}\nmembership:\n  probeInterval: 1s\n  probeTimeout: 2s\n")
        #expect { try topology.checkedMembership() } throws: { error in
            let text = "\(error)"
            return (error as? CommandFailure)?.status == .usage && text.hasPrefix("mesh.yaml:6:") && text.contains("probeTimeout")
        }
    }

    @Test func aMissingSecretKeyIsNamedWithTheRemedy() throws {
        let key = String(repeating: "0", count: 40)
        let topology = try topology("""
            mesh: m
            nodes:
              - {name: a, port: 7100}
            security:
              curve:
                nodes:
                  a: {publicKey: "\(key)", secretKeyFile: nowhere.key}
            """)
        #expect { try NodeConfiguration(topology.nodes[0], of: topology, files: SystemFileSystem()) } throws: { error in
            (error as? CommandFailure)?.status == .ioError && "\(error)".contains("gossamer keys new --out")
        }
    }
}

@Suite struct SamplesTests {
    @Test func percentilesAreOfTheNearestRank() {
        let samples = Samples((1...100).map(Double.init).reversed())
        #expect(samples.percentile(0.5) == 50 && samples.percentile(0.99) == 99 && samples.percentile(1) == 100)
        #expect(samples.median == 50.5)
        #expect(Samples([]).percentile(0.5) == 0 && Samples([7]).percentile(0.99) == 7)
    }

    @Test func spreadIsTheWholeWidthInMedians() {
        #expect(Samples([90, 100, 110]).spread == 0.2)
        #expect(Samples([5, 5, 5]).spread == 0 && Samples([]).spread == 0)
    }

    @Test func aGoalIsMetByRatioOrByFigure() {
        func row(_ ours: Double, _ yardstick: Double?, _ goal: BenchRow.Goal?) -> BenchRow {
            BenchRow("x", "us", ours: Samples([ours]), yardstick: yardstick.map { Samples([$0]) }, goal: goal)
        }
        #expect(row(60, 40, .ratioAtMost(1.5)).met == true)
        #expect(row(61, 40, .ratioAtMost(1.5)).met == false)
        #expect(row(61, nil, .ratioAtMost(1.5)).met == nil)
        #expect(row(150_000, nil, .oursAtLeast(150_000)).met == true)
        #expect(row(61, nil, .oursAtMost(60)).met == false)
        #expect(row(61, 1, nil).met == nil)
        #expect(
            row(60, 40, .ratioAtMost(1.5)).json.text()
                == #"{"name":"x","unit":"us","ours":60.000,"yardstick":40.000,"ratio":1.500,"goal":"ratio <= 1.50","met":true,"yardstickSpread":0.000}"#)
    }
}

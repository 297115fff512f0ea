import Admin
import Foundation
import Logging
import Membership
import Mesh
import Testing
import TestSupport
import WebTestSupport
import World

@Suite struct RealNodeTests {
    @Test func aRunningNodeTellsOfItself() async throws {
        let world = SystemWorld()
        var random = world.random("real-node")
        let name = "admin-\(random.next() % 1_000_000_000)"
        let address = MemberAddress(host: "127.0.0.1", port: TestPorts.block())
        let configuration = NodeConfiguration(
            mesh: name, name: "n1", bindHost: "127.0.0.1", address: address, seeds: [address],
            metadata: MemberMetadata(roles: ["primes"], edgeURL: "http://127.0.0.1:8080"), dataDirectory: "/tmp/gossamer-\(name)")
        var log = Logger(label: name)
        log.logLevel = .error
        let node = try Node(configuration, world: world, log: log)
        try await node.start()
        let nobody = FakeNode()
        let admin = AdminServer(
            address: .tcp(host: "127.0.0.1", port: 0), socketPath: "/tmp/gossamer-\(name)/admin.sock", node: node,
            control: nobody, metrics: { [MetricSample("gossamer_work_total", .counter, 3, help: "Work.")] }, world: SystemWorld(),
            logger: log)
        let base = "http://127.0.0.1:\(try await admin.start())"

        let members = try await ask("GET", "\(base)/members").json
        #expect(members?[0]?["name"] == "n1")
        #expect(members?[0]?["status"] == "alive")
        #expect(members?[0]?["life"] == 1)
        #expect(members?[0]?["edge"] == "http://127.0.0.1:8080")
        #expect(try await ask("GET", "\(base)/ring/where/key?role=primes").json?["owner"] == "n1")
        #expect(try await ask("GET", "\(base)/health/ready").status == 200)
        let metrics = try await ask("GET", "\(base)/metrics").text
        #expect(metrics.contains("\ngossamer_work_total 3\n"))
        #expect(metrics.contains("# TYPE gossamer_calls_"))
        #expect(metrics.contains("# TYPE gossamer_loop_long_turns_total counter"))
        for line in metrics.split(separator: "\n") where !line.hasPrefix("#") {
            #expect(line.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (NaN|[+-]Inf|[-0-9.e+]+)/) != nil, "\(line)")
        }
        await admin.stop()
        await node.stop()
        try? FileManager.default.removeItem(atPath: configuration.dataDirectory)
    }
}

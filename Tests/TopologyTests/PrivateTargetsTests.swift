import Testing
import Topology

/// Whether lookups may look about in the network of the nodes.
@Suite struct PrivateTargetsTests {
    /// Two nodes, of which the second is an edge at this host, if at any.
    private static func refuses(edge host: String?, _ lookup: String = "") throws -> Bool {
        let edge = host.map { ", edge: {host: \"\($0)\", port: 8080}" } ?? ""
        let nodes = "nodes:\n  - {name: n1, port: 7100}\n  - {name: n2, port: 7110\(edge)}\n"
        return try Topology.parse("mesh: test\n\(nodes)\(lookup)\n", file: "t.yaml").refusesPrivateTargets
    }

    @Test(arguments: [nil, "127.0.0.1", "127.8.9.10", "::1", "localhost"])
    func whereOnlyThisMachineIsServedTheyAreLookedUp(_ host: String?) throws {
        #expect(try !Self.refuses(edge: host))
        #expect(try Self.refuses(edge: host, "lookup: {privateTargets: refuse}"))
    }

    @Test(arguments: ["0.0.0.0", "::", "10.0.0.1", "2001:db8::1", "edge.example.org"])
    func whereOthersAreServedTheyAreRefused(_ host: String) throws {
        #expect(try Self.refuses(edge: host))
        #expect(try !Self.refuses(edge: host, "lookup: {privateTargets: allow}"))
    }

    @Test func anyOtherWordIsRefused() {
        #expect(
            Files.problems(Files.good + "\nlookup: {privateTargets: refused}") == [
                "t.yaml:7:26: \"lookup.privateTargets\" is \"refused\"; it must be one of allow, refuse; did you mean \"refuse\"?"
            ])
    }
}

import Testing
import Topology

@Suite struct NodeTests {
    @Test func aNodeIsCompletedByTheDefaultsAndTheDefaultsByOurs() throws {
        let topology = try Topology.parse(
            """
            mesh: test
            defaults:
              bind: 10.0.0.1
              port: 7000
              admin: {host: 10.0.0.9, port: 9100}
              edge: {host: 10.0.0.8}
              roles: [store]
              zone: z
              capacity: 1.5
              labels: {a: "1", b: "2"}
            nodes:
              - name: n1
                advertise: a.example.org
              - name: n2
                advertise: b.example.org
                bind: 0.0.0.0
                port: 7100
                admin: {port: 9200}
                edge: {port: 8080}
                roles: [primes, gpu, primes]
                zone: y
                capacity: 0.25
                labels: {b: "3"}
                dataDir: data/n2
            """, file: "conf/t.yaml")
        let first = try #require(topology.node(named: "n1"))
        #expect(first.bind == "10.0.0.1" && first.address == Endpoint(host: "a.example.org", port: 7000))
        #expect(first.truthPort == 7001 && first.workPort == 7002)
        #expect(first.admin == Endpoint(host: "10.0.0.9", port: 9100))
        #expect(first.edge == nil && !first.isEdge, "a default host makes nobody an edge")
        #expect(first.roles == ["store"] && first.zone == "z" && first.capacity == 150)
        #expect(first.labels == ["a": "1", "b": "2"])
        #expect(first.dataDir == "conf/.gossamer/test/n1")
        let second = try #require(topology.node(named: "n2"))
        #expect(second.bind == "0.0.0.0" && second.port == 7100)
        #expect(second.admin == Endpoint(host: "10.0.0.9", port: 9200))
        #expect(second.edge == Endpoint(host: "10.0.0.8", port: 8080))
        #expect(second.roles == ["gpu", "primes"] && second.zone == "y" && second.capacity == 25)
        #expect(second.labels == ["a": "1", "b": "3"])
        #expect(second.dataDir == "conf/data/n2")
    }

    @Test func aNodeThatSaysLittleListensOnTheLoopbackAndDoesEverything() throws {
        let node = try Topology.parse("mesh: m\nnodes: [{name: a, port: 7100}]", file: "t.yaml").nodes[0]
        #expect(node.bind == "127.0.0.1" && node.advertise == "127.0.0.1")
        #expect(node.roles == ["lookup", "primes", "store"] && node.capacity == 100 && node.zone == "")
        #expect(node.admin == nil && node.edge == nil && node.labels.isEmpty)
        #expect(node.dataDir == ".gossamer/m/a")
    }

    @Test func anEdgeIsServedWhereItsNodeIsAndTheAdminPortOnTheLoopback() throws {
        let node = try Topology.parse(
            "mesh: m\nnodes: [{name: a, bind: 10.0.0.1, port: 7100, admin: {port: 9100}, edge: {port: 80}}]", file: "t.yaml"
        ).nodes[0]
        #expect(node.admin?.host == "127.0.0.1" && node.edge?.host == "10.0.0.1")
    }

    @Test func nodesMayBeWrittenAsAMappingByName() throws {
        let topology = try Topology.parse(
            "mesh: m\nnodes:\n  b: {port: 7100}\n  a: {port: 7110, name: a}\n", file: "t.yaml")
        #expect(topology.nodes.map(\.name) == ["b", "a"], "in the order of the file")
        #expect(
            Files.problems("mesh: m\nnodes:\n  b: {port: 7100, name: c}\n") == [
                "t.yaml:3:25: \"nodes.b.name\" is \"c\"; it contradicts its key \"b\"; remove it"
            ])
    }

    @Test func theDataDirectoryOfTheMeshHoldsThoseOfItsNodes() throws {
        let text = Files.good + "\ndataDir: /var/lib/gossamer"
        #expect(try Topology.parse(text, file: "conf/t.yaml").nodes[1].dataDir == "/var/lib/gossamer/n2")
        #expect(try Topology.parse(Files.good, file: "/t.yaml").nodes[1].dataDir == "/.gossamer/test/n2")
    }

    @Test func anchorsOfYAMLMayBeUsed() throws {
        let topology = try Topology.parse(
            "mesh: m\nnodes:\n  - {name: a, port: 7100, roles: &r [store]}\n  - {name: b, port: 7110, roles: *r}", file: "t")
        #expect(topology.nodes[1].roles == ["store"])
    }

    @Test func aRoleThatIsNearlyOneOfOursIsAllowedWithAWarning() throws {
        let topology = try Topology.parse(
            "mesh: m\nnodes:\n  - {name: a, port: 7100, roles: [prime, gpu, store]}", file: "t.yaml")
        #expect(topology.nodes[0].roles == ["gpu", "prime", "store"])
        #expect(
            topology.warnings.map(\.description) == [
                "t.yaml:3:35: \"prime\" is a role of your own, and much like one that Gossamer knows; did you mean \"primes\"?"
            ])
    }

    @Test func aMeshWithoutStoresIsAllowedWithAWarning() throws {
        func warnings(_ roles: String) throws -> [TopologyProblem] {
            try Topology.parse("mesh: m\nnodes:\n  - {name: a, port: 7100, roles: [primes]}\n  - {name: b, port: 7110\(roles)}", file: "t").warnings
        }
        #expect(try warnings(", roles: [lookup]").map(\.code) == [.noStores])
        #expect(try warnings(", roles: [lookup]").first?.sentence.contains("no node has the role \"store\"") == true)
        for roles in ["", ", roles: [store]"] { #expect(try warnings(roles).isEmpty) }
    }
}

@Suite struct SeedTests {
    func seeds(_ line: String) throws -> [Seed] {
        try Topology.parse(Files.good + "\n" + line, file: "t.yaml").seeds
    }

    @Test func seedsAreNodesOrAddresses() throws {
        let found = try seeds("seeds: [n2, \"127.0.0.1:7100\", mesh.example.org:7000, \"[fe80::1]:7100\"]")
        #expect(found.map(\.node) == ["n2", "n1", nil, nil])
        #expect(
            found.map(\.endpoint.description) == [
                "127.0.0.1:7110", "127.0.0.1:7100", "mesh.example.org:7000", "[fe80::1]:7100",
            ])
    }

    @Test func withoutSeedsTheFirstNodesAreSeeds() throws {
        #expect(try seeds("").map(\.node) == ["n1", "n2"])
        let five = try Topology.parse(Files.shipped("local.yaml").replacing("seeds: [n1, n2]", with: ""), file: "t.yaml")
        #expect(five.seeds.map(\.node) == ["n1", "n2", "n3"])
    }

    @Test func aSeedThatNamesNobodyIsRefused() {
        #expect(
            Files.problems(Files.good + "\nseeds: [n1, n3x]") == [
                "t.yaml:7:13: seed \"n3x\" names no node of this file, and is no host:port"
            ])
        #expect(
            Files.problems(Files.good.replacing("n2", with: "node2") + "\nseeds: [nod2]") == [
                "t.yaml:7:9: seed \"nod2\" names no node of this file, and is no host:port; did you mean \"node2\"?"
            ])
        #expect(Files.errors(Files.good + "\nseeds: [\"host:0\"]").map(\.code) == [.unknownNode])
        #expect(Files.errors(Files.good + "\nseeds: [\"0.0.0.0:7100\", \"host:65534\"]").map(\.code) == [.badValue, .badValue])
    }

    @Test func severalNodesWithoutAnySeedAreRefused() {
        let problems = Files.errors(Files.good + "\nseeds: []")
        #expect(problems.map(\.code) == [.noSeeds])
        #expect(problems.first?.line == 7)
        #expect(Files.problems("mesh: m\nnodes: [{name: a, port: 7100}]\nseeds: []") == [])
    }
}

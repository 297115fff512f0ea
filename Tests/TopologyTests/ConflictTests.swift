import Testing
import Topology

@Suite struct ConflictTests {
    func file(_ nodes: String) -> String { "mesh: m\nnodes:\n" + nodes }

    @Test func lanesThatOverlapAreRefused() {
        #expect(
            Files.problems(file("  - {name: a, port: 7100}\n  - {name: b, port: 7102}")) == [
                "t.yaml:4:21: the lanes of node \"b\" need ports 7102 to 7104, but 7102 belongs to the lanes of node \"a\" "
                    + "(line 3); a node takes three ports in a row for its lanes, and others "
                    + "for its admin port and edge"
            ])
        #expect(Files.problems(file("  - {name: a, port: 7100}\n  - {name: b, port: 7103}")) == [])
    }

    @Test func adminPortsAndEdgesCountToo() {
        for other in ["admin: {port: 7101}", "edge: {port: 7102}"] {
            #expect(Files.errors(file("  - {name: a, port: 7100, \(other)}")).map(\.code) == [.portConflict])
            let apart = file("  - {name: a, port: 7100}\n  - {name: b, port: 7110, \(other)}")
            #expect(Files.errors(apart).map(\.code) == [.portConflict])
            #expect(Files.errors(apart).first?.line == 4)
        }
        let same = file("  - {name: a, port: 7100, admin: {port: 9100}}\n  - {name: b, port: 7110, admin: {port: 9100}}")
        #expect(Files.errors(same).map(\.value) == ["9100"])
    }

    @Test func onePortAtTwoAddressesIsNoConflict() {
        #expect(
            Files.problems(file("  - {name: a, bind: 127.0.0.1, port: 7100}\n  - {name: b, bind: 127.0.0.2, port: 7100}")) == [])
    }

    @Test func oneNumberOnTwoMachinesIsNoConflict() {
        let text = """
            mesh: m
            defaults: {bind: 0.0.0.0, port: 7100, admin: {port: 9100}, dataDir: /var/lib/gossamer}
            nodes:
              - {name: a, advertise: 10.0.0.1}
              - {name: b, advertise: 10.0.0.2}
            """
        #expect(Files.problems(text) == [])
        let onOne = text.replacing("10.0.0.2", with: "10.0.0.1")
        #expect(Set(Files.errors(onOne).map(\.code)) == [.portConflict, .sharedDirectory])
    }

    @Test func localhostIsTheLoopback() {
        let text = file(
            "  - {name: a, port: 7100, admin: {host: localhost, port: 9100}}\n  - {name: b, port: 7110, admin: {port: 9100}}")
        #expect(Files.errors(text).map(\.code) == [.portConflict])
    }

    @Test(arguments: ["d/", "./d", "x/../d"]) func oneDirectoryHasManyNames(other: String) {
        let text = file("  - {name: a, port: 7100, dataDir: d}\n  - {name: b, port: 7110, dataDir: \(other)}")
        #expect(Files.errors(text).map(\.code) == [.sharedDirectory])
    }

    @Test func theDirectoryAboveIsAnother() {
        let text = file("  - {name: a, port: 7100, dataDir: ../d}\n  - {name: b, port: 7110, dataDir: d}")
        #expect(Files.problems(text) == [])
    }

    @Test func aWildcardMeetsEveryAddressOfItsMachine() {
        let text = file(
            "  - {name: a, bind: 0.0.0.0, advertise: 127.0.0.1, port: 7100}\n  - {name: b, bind: 127.0.0.2, port: 7100}")
        #expect(Files.errors(text).map(\.code) == [.portConflict])
    }

    @Test func twoNodesInOneDirectoryAreRefused() {
        let problems = Files.problems(
            file("  - {name: a, port: 7100, dataDir: /d}\n  - {name: b, port: 7110, dataDir: /d}"))
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("t.yaml:4:36: node \"b\" keeps its state in /d, as node \"a\" does") == true)
    }
}

@Suite struct SecurityTests {
    static let key = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"

    func file(_ lines: String...) -> String {
        Files.good + "\nsecurity:\n  curve:\n    nodes:\n" + lines.map { "      \($0)" }.joined(separator: "\n")
    }

    @Test func keysAreReadWithPathsBesideTheFile() throws {
        let text = file(
            "n1: {publicKey: \"\(Self.key)\", secretKeyFile: k/n1}",
            "n2: {publicKey: \"\(Self.key)\", secretKeyFile: /k/n2}") + "\n    allow: {guest: \"\(Self.key)\"}"
        let curve = try #require(try Topology.parse(text, file: "conf/t.yaml").curve)
        #expect(curve.nodes["n1"]?.secretKeyFile == "conf/k/n1" && curve.nodes["n2"]?.secretKeyFile == "/k/n2")
        #expect(curve.nodes["n1"]?.publicKey == Self.key && curve.allow == ["guest": Self.key])
        #expect(try Topology.parse(Files.good, file: "t").curve == nil)
    }

    @Test func aNodeWithoutKeysIsRefused() {
        let problems = Files.errors(file("n1: {publicKey: \"\(Self.key)\", secretKeyFile: k}"))
        #expect(problems.map(\.code) == [.missingKey])
        #expect(problems.first?.sentence.contains("node \"n2\" has no keys") == true)
    }

    @Test func keysOfNobodyAreRefused() {
        let problems = Files.errors(
            file(
                "n1: {publicKey: \"\(Self.key)\", secretKeyFile: k}", "n2: {publicKey: \"\(Self.key)\", secretKeyFile: k}",
                "n3: {publicKey: \"\(Self.key)\", secretKeyFile: k}"))
        #expect(problems.map(\.code) == [.unknownNode])
        #expect(problems.first?.line == 12)
    }

    @Test func aKeyThatIsNoneIsRefused() {
        let problems = Files.errors(file("n1: {publicKey: short, secretKeyFile: k}", "n2: {secretKeyFile: k}"))
        #expect(problems.map(\.code) == [.badValue, .missingKey])
        for bad in ["#", "~"] {
            let key = bad + Self.key.dropFirst()
            let wrong = Files.errors(
                file(
                    "n1: {publicKey: \"\(key)\", secretKeyFile: k}", "n2: {publicKey: \"\(Self.key)\", secretKeyFile: k}"))
            #expect(wrong.map(\.value) == [key], "five characters beyond four bytes, and a letter that is none")
        }
    }
}

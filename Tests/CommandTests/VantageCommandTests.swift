import Command
import JSONDocument
import TestSupport
import Testing
import WebTestSupport
import World

/// `gossamer lookup --vantage`: what a person writes, and what is told.
@Suite struct VantageCommandTests {
    private static let forms: [(String, JSON)] = [
        ("all", "all"), ("ALL", "all"), ("3", 3), ("zone=eu", ["zone": "eu"]), ("Node=n3", ["node": "n3"]), ("zone=a=b", ["zone": "a=b"]),
        ("same-as=017f22e2-79b0-7cc3-98c4-dc0c0c07398f", ["sameAs": "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"]),
    ]

    @Test(arguments: forms)
    func whatMayBeWritten(_ text: String, _ json: JSON) throws { #expect(try VantageOption(text).json == json) }

    @Test(arguments: ["", "some", "zone", "zone=", "=eu", "rack=r1", "1.5"])
    func whatMayNot(_ text: String) { #expect(throws: (any Error).self) { try VantageOption(text) } }

    private static func document(_ results: String, _ comparison: String) throws -> LookupDocument {
        let text = """
            {"target":"example.com","targetType":"Domain","status":"Completed","requestedServices":[0,1],"results":[\(results)],"warnings":null,\
            "vantage":{"asked":"all","nodes":["n1","n2"]},"comparison":[\(comparison)]}
            """
        let json = try JSON(parsing: text.utf8)
        return try LookupDocument(json)
    }

    @Test func theTableHasALineForEachNode() throws {
        let document = try Self.document(
            """
            {"serviceName":"Ping","success":true,"durationMs":1510,"result":{"packetsSent":4,"packetsReceived":0},"node":"n1",\
            "resolvedAddress":"192.0.2.1","failureSource":null},\
            {"serviceName":"Ping","success":false,"errorMessage":"node n2 has died","durationMs":5100,"result":null,"node":"n2",\
            "resolvedAddress":null,"failureSource":"mesh"}
            """, "")
        #expect(document.total == 4 && document.done == 2 && document.unit == "lookups")
        let lines = document.table.lines()
        #expect(lines.first?.split(separator: " ").map(String.init) == ["SERVICE", "NODE", "ADDRESS", "TOOK", "RESULT"])
        #expect(lines[1].contains("n1") && lines[1].contains("192.0.2.1") && lines[1].hasSuffix("0 of 4 echoes answered"))
        #expect(lines[2].hasSuffix("failed (mesh): node n2 has died"))
    }

    @Test(arguments: [
        (
            #"""
            "serviceName":"GeoIP","agreement":true,"groups":[{"answer":{"city":"Paris","country":"France"},"nodes":["n1","n2"],\#
            "resolvedAddresses":["192.0.2.1"]}],"failures":{},"pending":[],"fastest":null,"slowest":null
            """#, "GeoIP: the nodes agree: n1, n2 say Paris, France (192.0.2.1)"
        ),
        (
            #"""
            "serviceName":"Ping","agreement":false,"groups":[{"answer":{"reachable":true},"nodes":["n1","n2"],"resolvedAddresses":[]},\#
            {"answer":{"reachable":false},"nodes":["n3"],"resolvedAddresses":[]}],"failures":{"mesh":["n4"],"node":["n5","n6"]},"pending":["n7"],\#
            "fastest":{"node":"n2","averageRoundtripMs":0.5},"slowest":{"node":"n1","averageRoundtripMs":12}
            """#,
            "Ping: the nodes differ: n1, n2 say it answers; n3 says it does not answer; n4 has failed (mesh); n5, n6 have failed (node); "
                + "n7 has not ended; fastest n2 with 0.5 ms, slowest n1 with 12 ms"
        ),
        (
            #"""
            "serviceName":"RDAP","agreement":false,"groups":[{"answer":{"handle":"H","ldhName":null,"digest":"0a"},"nodes":["n1"],\#
            "resolvedAddresses":[]},{"answer":{"handle":"H","ldhName":null,"digest":"0b"},"nodes":["n2"],"resolvedAddresses":[]}]
            """#, "RDAP: the nodes differ: n1 says H, document 0a; n2 says H, document 0b"
        ),
        (
            #"""
            "serviceName":"ReverseDNS","agreement":null,"groups":[{"answer":{"names":[]},"nodes":["n1"],"resolvedAddresses":[]}],"pending":["n2"]
            """#, "ReverseDNS: n1 says no name; n2 has not ended"
        ),
    ])
    func theComparisonIsToldInWords(_ members: String, _ words: String) throws {
        let document = try Self.document("", "{\(members)}")
        #expect(document.comparison == [words])
    }

    @Test func aLookupWithoutAWishIsToldAsBefore() throws {
        let json = try JSON(parsing: #"{"target":"a.test","status":"Pending","requestedServices":[0,1],"results":[]}"#.utf8)
        let document = try LookupDocument(json)
        #expect(document.total == 2 && document.unit == "services" && document.comparison.isEmpty && document.vantage == nil)
    }

    // MARK: On a mesh of processes

    /// A node that is killed on the way has a result by its name, and the others have theirs.
    @Test func severalNodesAreAskedAndTheirResultsCompared() async throws {
        let nobody = TestPorts.block(of: 1)
        let urls = "rdap: \"http://127.0.0.1:\(nobody)\", geoip: {url: \"http://127.0.0.1:\(nobody)\"}"
        let zones = ["n1": ", zone: eu", "n2": ", zone: eu", "n3": ", zone: us"]
        try await TestMesh.with(3, port: 22_870, extra: "lookup: {deadline: 50s, \(urls)}\n", more: zones) { mesh in
            try await mesh.up()
            let shown = try await mesh.run("lookup", "127.0.0.1", "--service", "ping", "--vantage", "all", "--topology", mesh.file)
            #expect(shown.status == 0, "\(shown)")
            let lines = shown.output.split(separator: "\n").map(String.init)
            #expect(lines.count == 6 && lines[1].hasPrefix("SERVICE"), "\(shown)")
            #expect(lines.dropFirst(2).prefix(3).map { $0.split(separator: " ").dropFirst().first } == ["n1", "n2", "n3"], "\(shown)")
            #expect(lines.last?.hasPrefix("Ping: the nodes agree: n1, n2, n3 say it answers (127.0.0.1)") == true, "\(shown)")

            let zone = try await mesh.run("lookup", "127.0.0.1", "-s", "rdap", "-s", "ping", "--vantage", "zone=eu", "--json", "--topology", mesh.file)
            let document = try JSON(parsing: zone.output.utf8)
            #expect(zone.status == 0 && document["vantage"]?["nodes"] == ["n1", "n2"], "\(zone)")
            #expect(document["results"]?.elements?.map { $0["node"] } == ["n1", "n2", "n1", "n2"], "\(zone)")
            #expect(document["comparison"]?.elements?.map { $0["agreement"] } == [true, true], "\(zone)")

            let id = document["jobId"]?.string ?? ""
            let again = try await mesh.run("lookup", "127.0.0.1", "-s", "ping", "--vantage", "same-as=\(id)", "--json", "--topology", mesh.file)
            #expect(try JSON(parsing: again.output.utf8)["vantage"]?["nodes"] == ["n1", "n2"], "\(again)")
            let strange = try await mesh.run("lookup", "127.0.0.1", "--vantage", "zone=mars", "--topology", mesh.file)
            #expect(strange.status == 64 && strange.error.contains("known are eu, us"), "\(strange)")

            try await killOnTheWay(mesh)
        }
    }

    /// Pings take 1.5 s, in which the node is killed. Whoever watches over it may start it again soon enough for it to look anew.
    private func killOnTheWay(_ mesh: TestMesh) async throws {
        let edge = "http://127.0.0.1:22874", body = #"{"target":"127.0.0.1","services":[1],"vantage":"all"}"#
        let accepted = try await ask("POST", edge + "/api/lookup", body: body)
        let url = try #require(accepted.json?["statusUrl"]?.string, "\(accepted.text)")
        try #require(mesh.process("n3")).signal(9)
        var json = JSON.null
        for _ in 0..<600 where json["status"] != "Completed" {
            try await SystemWorld().sleep(for: .milliseconds(50))
            json = try await ask("GET", edge + url).json ?? .null
        }
        let results = json["results"]?.elements ?? []
        #expect(json["status"] == "Completed" && results.map { $0["node"] } == ["n1", "n2", "n3"], "\(json.text())")
        #expect(results.prefix(2).allSatisfy { $0["success"] == true }, "\(json.text())")
        let last = results.last ?? .null
        #expect(last["success"] == true || last["errorMessage"]?.string?.hasPrefix("node n3 ") == true, "\(json.text())")
    }
}

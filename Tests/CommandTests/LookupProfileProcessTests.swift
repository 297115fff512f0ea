import JSONDocument
import Testing
import WebTestSupport
import World

/// The form in which a mesh tells of lookups, as its topology file says.
@Suite struct LookupProfileProcessTests {
    @Test func theTopologyFileSaysHowLookupsAreTold() async throws {
        let port = 22_800, edge = "http://127.0.0.1:\(port + 4)"
        try await TestMesh.with(1, port: port, extra: "lookup: {profile: code}\n") { mesh in
            try await mesh.up()
            // Of a domain there is no reverse lookup, so nobody outside is asked.
            let submitted = try await ask("POST", edge + "/API/Lookup/", body: #"{"Target":" A.Test. ","SERVICES":["reversedns"]}"#)
            try #require(submitted.status == 202, "\(submitted.text)")
            let url = try #require(submitted.headers["location"])
            #expect(url == edge + (submitted.json?["statusUrl"]?.string ?? ""))
            let document = try await ended(url)
            #expect(document["target"] == "a.test" && document["requestedServices"] == ["ReverseDNS"], "\(document.text())")
            let result = try #require(document["results"]?[0])
            #expect(result["serviceType"] == "ReverseDNS" && result["success"] == false && result["data"] == .null)
            #expect(result["errorMessage"] == "Reverse DNS lookup requires an IP address target.")
            let numbered = try await ask("GET", url, headers: [("Accept", "application/json;profile=readme")])
            #expect(numbered.json?["requestedServices"] == [3] && numbered.json?["results"]?[0]?["serviceType"] == "3", "\(numbered.text)")
            let shown = try await mesh.run("lookup", "a.test", "--service", "3", "--topology", mesh.file)
            #expect(shown.status == 1 && shown.output.contains("ReverseDNS"), "\(shown)")
        }
    }

    private func ended(_ url: String) async throws -> JSON {
        for _ in 0..<600 {
            let answer = try await ask("GET", url)
            if answer.json?["status"] == "Completed" { return try #require(answer.json) }
            try await SystemWorld().sleep(for: .milliseconds(50))
        }
        return try #require(nil as JSON?, "the job at \(url) does not end")
    }
}

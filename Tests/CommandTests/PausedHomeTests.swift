import Command
import Glibc
import JSONDocument
import Testing
import WebTestSupport
import World

/// A job whose home stands still for so long that the others take it for dead, on processes.
@Suite struct PausedHomeTests {
    private static let body = #"{"from":0,"to":10000000,"algorithm":"trial","chunks":200}"#

    /// Submits until `home` looks after a job.
    private func submit(to edge: String, home: String, _ mesh: TestMesh) async throws -> String {
        for _ in 0..<50 {
            let answer = try await ask("POST", edge + "/api/primes", body: Self.body)
            try #require(answer.status == 202, "\(answer.text)")
            let path = try #require(answer.json?["statusUrl"]?.string), id = try #require(answer.json?["jobId"]?.string)
            if try await mesh.home(ofJob: id) == home { return path }
            _ = try await ask("DELETE", edge + path)
        }
        return try #require(nil as String?, "\(home) is the home of no job")
    }

    /// The job's document at this edge as soon as it has ended there in this way.
    private func document(_ url: String, _ mesh: TestMesh, when isEnough: (JSON) -> Bool) async throws -> JSON {
        let deadline = mesh.world.now + .seconds(120)
        var last = ""
        while mesh.world.now < deadline {
            let answer = try await ask("GET", url)
            last = answer.text
            if answer.status == 200, let json = answer.json, isEnough(json) { return json }
            try await mesh.world.sleep(for: .milliseconds(50))
        }
        return try #require(nil as JSON?, "\(url) says at last: \(last)")
    }

    @Test func whileAHomeStandsStillOthersFinishItsJobAndItAgrees() async throws {
        try await TestMesh.with(3, port: 26_200, edges: 2) { mesh in
            try await mesh.up()
            let edges = ["http://127.0.0.1:26204", "http://127.0.0.1:26214"]
            let path = try await submit(to: edges[0], home: "n3", mesh)
            let home = try #require(mesh.process("n3"))
            #expect(home.signal(SIGSTOP))
            var ends: [JSON] = []
            for edge in edges { ends.append(try await document(edge + path, mesh) { $0["status"] == "Completed" }) }
            #expect(home.signal(SIGCONT))
            for edge in edges { ends.append(try await document(edge + path, mesh) { $0["status"] == "Completed" }) }
            #expect(ends.allSatisfy { $0 == ends[0] }, "\(ends.map { $0.text() })")
            #expect(ends[0]["count"] == 664_579)
        }
    }
}

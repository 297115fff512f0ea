import Command
import Glibc
import JSONDocument
import Testing
import WebTestSupport
import World

/// A job whose home stands still for so long that the others take it for dead, on processes.
@Suite struct PausedHomeTests {
    private static let body = #"{"from":0,"to":20000000,"algorithm":"trial","chunks":200}"#

    /// Submits until the ring gives a job to `home`.
    private func submit(to edge: String, home: String, _ mesh: TestMesh) async throws -> String {
        for _ in 0..<50 {
            let answer = try await ask("POST", edge + "/api/primes", body: Self.body)
            try #require(answer.status == 202, "\(answer.text)")
            let path = try #require(answer.json?["statusUrl"]?.string), id = try #require(answer.json?["jobId"]?.string)
            let place = try await mesh.run("ring", "where", id, "--topology", mesh.file, "--json")
            if try JSON(parsing: place.output.utf8)["byRole"]?["primes"]?[0]?.string == home { return path }
            _ = try await ask("DELETE", edge + path)
        }
        return try #require(nil as String?, "\(home) is the home of no job")
    }

    /// The job's document at this edge as soon as it has ended there in this way.
    private func document(_ url: String, _ mesh: TestMesh, when isEnough: (JSON) -> Bool) async throws -> JSON {
        let deadline = mesh.world.now + .seconds(60)
        var last = ""
        while mesh.world.now < deadline {
            let answer = try await ask("GET", url)
            last = answer.text
            if answer.status == 200, let json = answer.json, isEnough(json) { return json }
            try await mesh.world.sleep(for: .milliseconds(50))
        }
        return try #require(nil as JSON?, "\(url) says at last: \(last)")
    }

    @Test func allEdgesAgreeOnceAHomeThatStoodStillGoesOn() async throws {
        try await TestMesh.with(3, port: 26_200, edges: 2) { mesh in
            try await mesh.up()
            let edges = ["http://127.0.0.1:26204", "http://127.0.0.1:26214"]
            let path = try await submit(to: edges[0], home: "n3", mesh)
            let home = try #require(mesh.process("n3"))
            #expect(home.signal(SIGSTOP))
            var verdicts: [JSON] = []
            for edge in edges { verdicts.append(try await document(edge + path, mesh) { $0["status"] == "Failed" }) }
            #expect(home.signal(SIGCONT))
            #expect(verdicts[0] == verdicts[1], "\(verdicts.map { $0.text() })")
            #expect(verdicts[0]["warnings"]?[0]?.string?.hasPrefix("home lost: n3 (life 1)") == true && verdicts[0]["completedAt"] == .null)
            var ends: [JSON] = []
            for edge in edges { ends.append(try await document(edge + path, mesh) { $0["status"] == "Completed" }) }
            #expect(ends[0] == ends[1], "\(ends.map { $0.text() })")
            #expect(ends[0]["count"] == 1_270_607)
        }
    }
}

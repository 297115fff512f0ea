import JSONDocument
import TestSupport
import Testing
import Web
import WebTestSupport
import World

/// The jobs of a mesh of processes in pages, by HTTP and by command.
@Suite(.serialized, .bounded) struct JobListProcessTests {
    private static let port = 22_300
    private static let base = "http://127.0.0.1:\(port + 4)"

    private static func submit(_ path: String, _ body: String) async throws -> String {
        let answer = try await ask("POST", base + path, body: body)
        return try #require(answer.status == 202 ? answer.json?["jobId"]?.string : nil, "\(answer.text)")
    }

    private static func ids(_ document: JSON?) -> [String] { (document?["jobs"]?.elements ?? []).compactMap { $0["jobId"]?.string } }

    @Test func realJobsAreListedInPages() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            try await mesh.begin()
            var ids: [String] = []
            for to in [1_000, 2_000, 3_000, 4_000] { ids.append(try await Self.submit("/api/primes", #"{"from":0,"to":\#(to)}"#)) }
            ids.append(try await Self.submit("/api/lookup", #"{"target":"127.0.0.1","services":[1]}"#))
            ids.reverse()
            // Until all have ended, and every store has been heard.
            let deadline = mesh.world.now + .seconds(60)
            var done: JSON?
            repeat {
                try await mesh.world.sleep(for: .milliseconds(50))
                done = try await ask("GET", Self.base + "/api/jobs?status=completed").json
            } while Self.ids(done) != ids && mesh.world.now < deadline
            #expect(Self.ids(done) == ids && done?["unheard"] == [], "\(done?.text() ?? "nothing")")
            let first = try await ask("GET", Self.base + "/api/jobs?limit=3")
            #expect(Self.ids(first.json) == Array(ids.prefix(3)), "\(first.text)")
            let next = try #require(first.json?["next"]?.string)
            let second = try await ask("GET", Self.base + "/api/jobs?limit=3&after=\(next)")
            #expect(Self.ids(second.json) == Array(ids.suffix(2)) && second.json?["next"] == .null, "\(second.text)")
            let newest = first.json?["jobs"]?[0]
            #expect(newest?["kind"] == "lookup" && newest?["completionPercentage"] == 100)
            #expect(mesh.names.contains(newest?["home"]?.string ?? ""))
            for job in (first.json?["jobs"]?.elements ?? []) + (second.json?["jobs"]?.elements ?? []) {
                let path = try #require(job["statusUrl"]?.string), own = try await ask("GET", Self.base + path)
                #expect(own.status == 200 && own.json?["status"] == job["status"] && own.json?["createdAt"] == job["createdAt"])
            }
            try await expectCommand(ids, mesh)
        }
    }

    private func expectCommand(_ ids: [String], _ mesh: TestMesh) async throws {
        let list = try await mesh.run("job", "list", "--limit", "3", "--topology", mesh.file)
        #expect(list.status == 0 && list.error.contains("there may be more: --after "), "\(list)")
        let lines = list.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("ID") == true && lines.dropFirst().map { String($0.prefix(36)) } == Array(ids.prefix(3)), "\(list)")
        let rest = try await mesh.run(
            "job", "list", "--kind", "primes", "--status", "completed", "--after", ids[2], "--json", "--topology", mesh.file)
        let listed = Self.ids(try JSON(parsing: rest.output.utf8))
        #expect(rest.status == 0 && listed == Array(ids.suffix(2)), "\(rest)")
        let one = try await mesh.run("job", ids[4], "--topology", mesh.file)
        #expect(one.status == 0 && one.output.hasPrefix("primes \(ids[4]): Completed: 168 primes"), "\(one)")
        for (words, status, said) in [
            (["--status", "done"], 64, "expected Pending"), (["--kind", "x"], 64, "lookup or primes"), (["--limit", "0"], 64, "1 to 200"),
            (["--after", "7"], 64, "no id of a piece of work"),
        ] as [([String], Int32, String)] {
            let wrong = try await mesh.run(["job", "list", "--topology", mesh.file] + words)
            #expect(wrong.status == status && wrong.error.contains(said), "\(wrong)")
        }
    }
}

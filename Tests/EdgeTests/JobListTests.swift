import Choreography
import Edge
import JSONDocument
import Jobs
import Logging
import Lookup
import Primes
import Testing
import Web
import WebTestSupport
import WorkTestSupport
import World

/// `GET /api/jobs` over registers in memory.
@Suite struct JobListTests {
    private static let start: Int64 = 1_800_000_000_123

    /// An edge, and what its catalogue reads.
    private func withJobs(_ body: (String, MemoryEngine) async throws -> Void) async throws {
        let world = SystemWorld()
        let engine = MemoryEngine([PrimesJob.self, LookupJob.self], now: WallTime(millisecondsSince1970: Self.start))
        let catalogue = JobCatalogue(world: world, registers: engine, kinds: [JobKind(LookupJob.self), JobKind(PrimesJob.self)])
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0), groups: [JobListRoutes(catalogue: catalogue)], readiness: { .healthy },
            version: "0.1.0", world: world, logger: Logger(label: "test"))
        let base = "http://127.0.0.1:\(try await edge.start())"
        do { try await body(base, engine) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static func id(_ number: UInt64) -> WorkID { WorkID(milliseconds: UInt64(start) + number, randomA: 0, randomB: 0) }

    private static func count(_ number: UInt64, _ engine: MemoryEngine, isCancelled: Bool = false) throws {
        let actor = ActorName(PrimesJob.kind, of: id(number))
        try engine.tell(Submit(PrimesRequest(from: 0, to: 1_000), deadlineMs: .max, breadth: 1), to: actor, as: id(number))
        if isCancelled { try engine.tell(CancelJob(), to: actor, as: id(number)) }
    }

    private static func lookup(_ number: UInt64, _ engine: MemoryEngine) throws {
        let request = LookupRequest(target: try LookupTarget("192.0.2.7"), services: [1])
        try engine.tell(Submit(request, deadlineMs: .max, breadth: 1), to: ActorName(LookupJob.kind, of: id(number)), as: id(number))
    }

    private func ids(_ document: JSON?) -> [String] { (document?["jobs"]?.elements ?? []).compactMap { $0["jobId"]?.string } }

    @Test func jobsOfAllKindsAreListedTheNewestFirst() async throws {
        try await withJobs { base, engine in
            try Self.count(1, engine)
            try Self.lookup(2, engine)
            try Self.count(3, engine, isCancelled: true)
            let answer = try await ask("GET", base + "/api/jobs")
            #expect(answer.status == 200 && answer.json?.members?.map(\.key) == ["jobs", "next", "unheard", "shardsWithoutStore"])
            #expect(ids(answer.json) == ([3, 2, 1] as [UInt64]).map { "\(Self.id($0))" })
            #expect(answer.json?["next"] == .null && answer.json?["unheard"] == ["n5"], "a store that was not heard is told")
            #expect(answer.json?["shardsWithoutStore"] == 3)
            let job = try #require(answer.json?["jobs"]?[1])
            #expect(job.members?.map(\.key) == [
                "jobId", "kind", "status", "subject", "createdAt", "completionPercentage", "elapsedMs", "statusUrl", "home", "warnings",
            ])
            #expect(job["kind"] == "lookup" && job["status"] == "Pending" && job["home"] == "n1" && job["warnings"] == [])
            #expect(job["createdAt"] == .string(WallTime(millisecondsSince1970: Self.start).iso8601) && job["completionPercentage"] == 0)
            #expect(job["statusUrl"] == .string("/api/lookup/\(Self.id(2))") && job["subject"]?.string?.contains("192.0.2.7") == true)
            let cancelled = answer.json?["jobs"]?[0]
            #expect(cancelled?["status"] == "Failed" && cancelled?["warnings"] == ["cancelled"] && cancelled?["elapsedMs"] == 0)
        }
    }

    @Test func pagesFollowOneAnother() async throws {
        try await withJobs { base, engine in
            for number in 1...7 as ClosedRange<UInt64> { try number % 2 == 0 ? Self.lookup(number, engine) : Self.count(number, engine) }
            var pages: [[String]] = [], next = ""
            repeat {
                let page = try await ask("GET", "\(base)/api/jobs?limit=3&after=\(next)")
                #expect(page.status == 200)
                pages.append(ids(page.json))
                next = page.json?["next"]?.string ?? ""
            } while !next.isEmpty && pages.count < 9
            #expect(pages.allSatisfy { $0.count <= 3 } && pages.count >= 3)
            #expect(pages.joined().elementsEqual((1...7 as ClosedRange<UInt64>).reversed().map { "\(Self.id($0))" }))
        }
    }

    @Test func whatIsAskedForIsShown() async throws {
        try await withJobs { base, engine in
            try Self.count(1, engine)
            try Self.count(2, engine, isCancelled: true)
            try Self.lookup(3, engine)
            for (query, numbers) in [
                ("kind=primes", [2, 1]), ("kind=LOOKUP", [3]), ("status=failed", [2]), ("status=PENDING", [3, 1]),
                ("Status=Pending&KIND=primes", [1]), ("status=Completed", []), ("status=&kind=&limit=&after=", [3, 2, 1]),
                ("after=\(Self.id(2))", [1]), ("x=1&limit=200", [3, 2, 1]),
            ] as [(String, [UInt64])] {
                let answer = try await ask("GET", "\(base)/api/jobs?\(query)")
                #expect(answer.status == 200 && ids(answer.json) == numbers.map { "\(Self.id($0))" }, "\(query): \(answer.text)")
            }
        }
    }

    @Test(arguments: [
        ("status=done", "status", "expected Pending, Processing, Completed, Failed"), ("kind=order", "kind", "expected lookup or primes"),
        ("limit=0", "limit", "1 to 200"), ("limit=201", "limit", "1 to 200"), ("limit=-1", "limit", "1 to 200"),
        ("limit=+5", "limit", "whole"), ("limit=1e2", "limit", "whole"), ("limit=99999999999999999999", "limit", "1 to 200"),
        ("after=7", "after", "a job's id"),
        ("after=017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "after", "a job's id"),
    ])
    func whatIsNoneIsRefusedByName(_ query: String, _ field: String, _ words: String) async throws {
        try await withJobs { base, _ in
            let answer = try await ask("GET", "\(base)/api/jobs?\(query)")
            #expect(answer.status == 400 && answer.headers["content-type"] == "application/problem+json")
            #expect(answer.json?["errors"]?.members?.map(\.key) == [field])
            #expect(answer.json?["errors"]?[field]?[0]?.string?.contains(words) == true, "\(answer.text)")
        }
    }

    @Test func everythingThatIsWrongIsToldAtOnce() async throws {
        try await withJobs { base, _ in
            let answer = try await ask("GET", "\(base)/api/jobs?status=x&kind=x&limit=x&after=x")
            #expect(answer.json?["errors"]?.members?.map(\.key) == ["status", "kind", "limit", "after"])
        }
    }

    @Test func theDocumentTellsOfTheList() async throws {
        try await withJobs { base, _ in
            let document = try #require(try await ask("GET", base + "/openapi.json").json)
            let operation = document["paths"]?["/api/jobs"]?["get"]
            #expect(operation?["parameters"]?.elements?.map { $0["name"] } == ["status", "kind", "limit", "after"])
            #expect(operation?["parameters"]?[1]?["schema"]?["enum"] == ["lookup", "primes", ""], "what is empty is left out")
            #expect(document["components"]?["schemas"]?["JobSummary"]?["properties"]?.members?.count == 10)
        }
    }
}

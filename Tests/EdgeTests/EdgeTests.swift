import Edge
import Jobs
import Logging
import Primes
import Synchronization
import Testing
import Web
import WebTestSupport
import World

/// Jobs in memory that do what the test says.
final class FakeGateway: JobGateway {
    struct State: Sendable {
        var jobs: [WorkID: PrimesStatus] = [:]
        var failure: JobGatewayError?
        var workers = 5
    }

    let world = SystemWorld()
    let limits = PrimesRequest.defaultLimits
    let state = Mutex(State())

    init() {}

    func workers() -> Int { state.withLock { $0.workers } }

    private func check() throws(JobGatewayError) {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    func submit(_ request: PrimesRequest, id: WorkID) async throws(JobGatewayError) {
        try check()
        let status = PrimesStatus(
            jobId: id, request: request, status: .pending, createdAtMs: 1_764_000_000_123,
            chunks: .init(total: 100, done: 0, inFlight: 0, resent: 0))
        state.withLock { $0.jobs[id] = status }
    }

    func change(_ id: WorkID, _ body: (inout PrimesStatus) -> Void) {
        state.withLock { state in
            guard var status = state.jobs[id] else { return }
            body(&status)
            status.version += 1
            state.jobs[id] = status
        }
    }

    func status(_ id: WorkID, seen: UInt64?, patience: Duration) async throws(JobGatewayError) -> PrimesStatus {
        let until = world.now + patience
        while true {
            try check()
            guard let status = state.withLock({ $0.jobs[id] }) else { throw JobGatewayError(.notFound, "no job \(id)") }
            if status.version != seen || world.now >= until { return status }
            try? await world.sleep(for: .milliseconds(2))
        }
    }

    func cancel(_ id: WorkID) async throws(JobGatewayError) {
        let status = try await status(id, seen: nil, patience: .zero)
        if status.status.isTerminal { throw JobGatewayError(.alreadyEnded, "job \(id) has ended") }
        change(id) { $0.status = .failed; $0.warnings = [JobWarning.cancelled] }
    }
}

func withEdge<T>(
    readiness: Readiness = .healthy, _ body: (String, FakeGateway) async throws -> T
) async throws -> T {
    let gateway = FakeGateway()
    let edge = EdgeServer(
        address: .tcp(host: "127.0.0.1", port: 0),
        groups: [
            PrimesRoutes(gateway: gateway, limits: gateway.limits, workers: { gateway.workers() }, world: gateway.world),
            JobEventsRoutes(sources: [JobEvents(gateway: gateway)], world: gateway.world),
        ], readiness: { readiness }, version: "0.1.0", world: gateway.world, logger: Logger(label: "test"))
    let port = try await edge.start()
    do {
        let result = try await body("http://127.0.0.1:\(port)", gateway)
        await edge.stop()
        return result
    } catch {
        await edge.stop()
        throw error
    }
}

@Suite struct PrimesRoutesTests {
    @Test func aJobIsAcceptedWithItsURL() async throws {
        try await withEdge { base, gateway in
            let answer = try await ask("POST", "\(base)/api/primes", body: #"{"FROM":0,"To":"1000000","algorithm":"Trial","chunks":7}"#)
            #expect(answer.status == 202)
            let id = try #require(answer.json?["jobId"]?.string)
            #expect(WorkID(id)?.description == id)
            #expect(answer.json?["statusUrl"]?.string == "/api/primes/\(id)")
            #expect(answer.headers["location"] == "/api/primes/\(id)")
            #expect(answer.json?["message"]?.string?.isEmpty == false)
            let request = gateway.state.withLock { $0.jobs.values.first?.request }
            #expect(request?.to == 1_000_000)
            #expect(request?.algorithm == .trial)
            #expect(request?.chunks == 7)
        }
    }

    @Test func theDocumentIsThatOfTheContract() async throws {
        try await withEdge { base, gateway in
            let url = try #require(try await ask("POST", "\(base)/api/primes", body: #"{"from":0,"to":18446744073709551615,"x":1}"#)
                .json?["errors"]?["to"]?[0]?.string)
            #expect(url.contains("years"))
            let accepted = try await ask("POST", "\(base)/api/primes", body: #"{"from":18446744073709551600,"to":18446744073709551615}"#)
            let path = try #require(accepted.json?["statusUrl"]?.string)
            let fresh = try await ask("GET", base + path)
            #expect(fresh.status == 200)
            let keys = fresh.json?.members?.map(\.key)
            #expect(keys == [
                "jobId", "from", "to", "algorithm", "status", "createdAt", "completedAt", "completionPercentage", "count", "chunks",
                "nodes", "elapsedMs", "warnings",
            ])
            #expect(fresh.json?["to"] == .number("18446744073709551615"))
            #expect(fresh.json?["status"] == "Pending")
            #expect(fresh.json?["createdAt"] == "2025-11-24T16:00:00.123Z")
            #expect(fresh.json?["completedAt"] == .null)
            #expect(fresh.json?["count"] == .null)
            #expect(fresh.json?["warnings"] == [])

            let id = try #require(accepted.json?["jobId"]?.string.flatMap { WorkID($0) })
            gateway.change(id) {
                $0.status = .completed
                $0.count = 1
                $0.completedAtMs = $0.createdAtMs + 5
                $0.elapsedMs = 5
                $0.chunks = .init(total: 100, done: 100, inFlight: 0, resent: 2)
                $0.nodes = [.init(node: "n1", parts: 60), .init(node: "n2", parts: 40)]
            }
            let done = try await ask("GET", "\(base)/API/Primes/\(id.description.uppercased())/")
            #expect(done.json?["count"] == 1)
            #expect(done.json?["completionPercentage"] == 100)
            #expect(done.json?["nodes"] == ["n1": 60, "n2": 40])
            #expect(done.json?["chunks"] == ["total": 100, "done": 100, "inFlight": 0, "resent": 2])
            #expect(done.json?["completedAt"] == "2025-11-24T16:00:00.128Z")
        }
    }

    @Test(arguments: [
        (#"{"from":10,"to":9}"#, "from", "greater"), (#"{"from":-1,"to":9}"#, "from", "negative"),
        (#"{"from":0,"to":-9}"#, "to", "negative"), (#"{"from":0,"to":18446744073709551616}"#, "to", "2^64-1"),
        (#"{"from":0,"to":"18446744073709551616"}"#, "to", "2^64-1"), (#"{"from":"abc","to":9}"#, "from", "not a number"),
        (#"{"from":0,"to":true}"#, "to", "not a number"), (#"{"from":0,"to":[1]}"#, "to", "not a number"),
        (#"{"from":0,"to":null}"#, "to", "missing"), (#"{"to":5}"#, "from", "missing"), (#"{"from":0,"to":1.5}"#, "to", "whole"),
        (#"{"from":0,"to":9,"algorithm":"magic"}"#, "algorithm", "sieve"), (#"{"from":0,"to":9,"chunks":0}"#, "chunks", "1 to 100000"),
        (#"{"from":0,"to":9,"chunks":100001}"#, "chunks", "1 to 100000"),
        (#"{"from":0,"to":1e18}"#, "to", "deadline"), (#"{"from":0,"to":1000000000000,"algorithm":"trial"}"#, "to", "deadline"),
    ])
    func badInputIsRefusedByField(_ body: String, _ field: String, _ reason: String) async throws {
        try await withEdge { base, gateway in
            let answer = try await ask("POST", "\(base)/api/primes", body: body)
            #expect(answer.status == 400)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.json?["title"] == "One or more validation errors occurred.")
            #expect(answer.json?["status"] == 400)
            #expect(answer.json?["errors"]?.members?.map(\.key) == [field])
            #expect(answer.json?["errors"]?[field]?[0]?.string?.contains(reason) == true, "\(answer.text)")
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    @Test func whatIsNoJobIsNotFound() async throws {
        try await withEdge { base, _ in
            for id in ["x", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-4cc3-98c4-dc0c0c07398f"] {
                for method in ["GET", "DELETE"] {
                    let answer = try await ask(method, "\(base)/api/primes/\(id)")
                    #expect(answer.status == 404)
                    #expect(answer.json?["detail"]?.string?.contains(id) == true)
                }
            }
        }
    }

    @Test func aSilentHomeIsAReasonToComeAgain() async throws {
        try await withEdge { base, gateway in
            gateway.state.withLock { $0.failure = JobGatewayError(.unavailable, "n3 does not answer", retryAfterSeconds: 3) }
            let post = try await ask("POST", "\(base)/api/primes", body: #"{"from":0,"to":9}"#)
            let get = try await ask("GET", "\(base)/api/primes/017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
            for answer in [post, get] {
                #expect(answer.status == 503)
                #expect(answer.headers["retry-after"] == "3")
                #expect(answer.json?["detail"] == "n3 does not answer" && answer.json?["outcome"] == "failed")
                #expect(answer.json?["jobId"] == nil)
            }
        }
    }

    @Test func aJobThatMayHaveBeenTakenIsToldByItsID() async throws {
        try await withEdge { base, gateway in
            gateway.state.withLock { $0.failure = JobGatewayError(.unknown, "n3 has not said", retryAfterSeconds: 4) }
            let answer = try await ask("POST", "\(base)/api/primes", body: #"{"from":0,"to":9}"#)
            #expect(answer.status == 503 && answer.headers["retry-after"] == "4" && answer.json?["outcome"] == "unknown")
            let id = try #require(answer.json?["jobId"]?.string)
            #expect(WorkID(id) != nil && answer.json?["statusUrl"]?.string == "/api/primes/\(id)")
        }
    }

    @Test func aJobIsCancelledOnce() async throws {
        try await withEdge { base, _ in
            let accepted = try await ask("POST", "\(base)/api/primes", body: #"{"from":0,"to":9}"#)
            let path = try #require(accepted.json?["statusUrl"]?.string)
            #expect(try await ask("DELETE", base + path).status == 202)
            let document = try await ask("GET", base + path).json
            #expect(document?["status"] == "Failed")
            #expect(document?["warnings"] == ["cancelled"])
            #expect(try await ask("DELETE", base + path).status == 409)
        }
    }
}

@Suite struct EdgeServerTests {
    @Test(arguments: [(Readiness.healthy, 200), (.degraded, 200), (.unhealthy, 503)])
    func healthIsOneWord(_ readiness: Readiness, _ status: Int) async throws {
        try await withEdge(readiness: readiness) { base, _ in
            let ready = try await ask("GET", "\(base)/health/ready")
            #expect(ready.status == status)
            #expect(ready.text == readiness.rawValue)
            #expect(ready.headers["content-type"]?.hasPrefix("text/plain") == true)
            #expect(try await ask("GET", "\(base)/health/live").text == "Healthy")
        }
    }

    @Test func theOpenAPIDocumentDescribesWhatIsServed() async throws {
        try await withEdge { base, _ in
            let document = try #require(try await ask("GET", "\(base)/openapi.json").json)
            #expect(document["openapi"] == "3.1.0")
            #expect(document["info"]?["version"] == "0.1.0")
            let paths = try #require(document["paths"]?.members?.map(\.key))
            #expect(paths == [
                "/api/primes", "/api/primes/{id}", "/api/jobs/{id}/events", "/health/live", "/health/ready", "/openapi.json", "/swagger",
                "/swagger/{file}",
            ])
            #expect(document["paths"]?["/api/primes/{id}"]?.members?.map(\.key) == ["get", "delete"])
            let parameters = document["paths"]?["/api/jobs/{id}/events"]?["get"]?["parameters"]?.elements
            #expect(parameters?.map { $0["name"] } == ["id", "Last-Event-ID"])
        }
    }
}

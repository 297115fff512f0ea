import Edge
import JSONDocument
import Jobs
import Logging
import Lookup
import Testing
import Web
import WebTestSupport
import World

@Suite struct LookupBatchRoutesTests {
    private static func submit(
        _ body: String, _ gateway: FakeLookups = FakeLookups(),
        _ check: (Answer, FakeLookups) async throws -> Void
    ) async throws {
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0),
            groups: [LookupBatchRoutes(gateway: gateway, services: LookupService.all, world: gateway.world)],
            readiness: { .healthy }, version: "0.1.0", world: gateway.world,
            // Beside tests that compute, an answer may be late by more than the second that it has.
            limits: WebLimits(requestDeadline: .seconds(60)), logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await check(try await ask("POST", "http://127.0.0.1:\(port)/api/lookup/batch", body: body), gateway) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static func body(_ targets: [String]) -> String { JSON.object([.init("targets", .array(targets.map { .string($0) }))]).text() }

    @Test func eachTargetHasAJobOfItsOwnInTheOrderOfTheRequest() async throws {
        let targets = (0..<100).map { "10.0.0.\($0)" }
        try await Self.submit(Self.body(targets)) { answer, gateway in
            #expect(answer.status == 202)
            let jobs = try #require(answer.json?["jobs"]?.elements)
            #expect(jobs.map { $0["target"]?.string } == targets)
            let submitted = gateway.state.withLock { $0.jobs }
            #expect(submitted.count == 100)
            for job in jobs {
                let id = try #require(job["jobId"]?.string.flatMap { WorkID($0) })
                #expect(submitted[id]?.request.target.text == job["target"]?.string)
                #expect(submitted[id]?.request.services == [0, 1, 2, 3])
                #expect(job["error"] == nil)
            }
        }
    }

    @Test func whatIsWrongWithOneTargetIsToldBesideItAndTheOthersAreLookedUp() async throws {
        try await Self.submit(#"{"targets":["8.8.8.8","localhost",17,"8.8.8.8%eth0"," example.com "],"services":["ping"]}"#) { answer, gateway in
            #expect(answer.status == 202)
            let jobs = try #require(answer.json?["jobs"]?.elements)
            #expect(jobs.map { $0["jobId"] != nil } == [true, false, false, false, true])
            #expect(jobs.map { $0["error"] != nil } == [false, true, true, true, false])
            #expect(jobs[2]["target"] == 17 && jobs[2]["error"] == "a target is a string, not a number")
            #expect(jobs[3]["error"] == "Target must be a valid IP address or domain name")
            #expect(jobs[4]["target"] == " example.com ")
            let requests = gateway.state.withLock { $0.jobs.values.map(\.request) }
            #expect(Set(requests.map(\.target.text)) == ["8.8.8.8", "example.com"])
            #expect(requests.allSatisfy { $0.services == [1] })
        }
    }

    @Test(arguments: [
        ("{}", "Targets"), (#"{"targets":null}"#, "Targets"), (#"{"targets":[]}"#, "Targets"), (#"{"targets":"8.8.8.8"}"#, "$.targets"),
        (#"{"targets":["8.8.8.8"],"services":[]}"#, "Services"), (#"{"targets":["8.8.8.8"],"services":[9]}"#, "Services"),
        (Self.body(Array(repeating: "8.8.8.8", count: 101)), "Targets"), ("[]", "$"),
    ])
    func aRequestThatIsWrongAsAWholeSubmitsNothing(_ body: String, _ field: String) async throws {
        try await Self.submit(body) { answer, gateway in
            #expect(answer.status == 400)
            #expect(answer.json?["errors"]?.members?.contains { $0.key == field } == true, "\(answer.text)")
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    @Test func aHomeThatIsSilentCostsOnlyTheTargetOfItsJob() async throws {
        let gateway = FakeLookups()
        gateway.state.withLock { $0.failures["8.8.4.4"] = JobGatewayError(.unavailable, "no majority", retryAfterSeconds: 3) }
        try await Self.submit(Self.body(["8.8.8.8", "8.8.4.4"]), gateway) { answer, _ in
            #expect(answer.status == 202)
            #expect(answer.json?["jobs"]?.elements?[1] == ["target": "8.8.4.4", "error": "no majority", "outcome": "failed"])
        }
    }

    /// The jobs of the others were begun, and their ids are all that tells of them.
    @Test func homesThatNeverAnswerKeepNobodyFromTheIDsOfTheOthers() async throws {
        let gateway = FakeLookups()
        gateway.state.withLock { $0.silent = ["8.8.4.4"] }
        try await Self.submit(Self.body(["8.8.8.8", "8.8.4.4", "9.9.9.9"]), gateway) { answer, gateway in
            #expect(answer.status == 202)
            let jobs = try #require(answer.json?["jobs"]?.elements)
            #expect(jobs.map { $0["outcome"] } == [nil, "unknown", nil])
            #expect(jobs.allSatisfy { $0["jobId"] != nil } && jobs[1]["error"] != nil)
            #expect(gateway.state.withLock { $0.jobs.count } == 2)
        }
    }

    /// Whoever was told that nothing has happened asks for all of it again.
    @Test func whatMayHaveBegunIsNotCalledFailed() async throws {
        let gateway = FakeLookups()
        gateway.state.withLock { state in
            state.failures["8.8.8.8"] = JobGatewayError(.unavailable, "no majority")
            state.failures["8.8.4.4"] = JobGatewayError(.unknown, "nobody has answered")
        }
        try await Self.submit(Self.body(["8.8.8.8", "8.8.4.4"]), gateway) { answer, _ in
            #expect(answer.status == 202)
            let jobs = try #require(answer.json?["jobs"]?.elements)
            #expect(jobs.map { $0["outcome"] } == ["failed", "unknown"] && jobs.map { $0["jobId"] != nil } == [false, true])
        }
    }

    @Test func whenNoJobCouldBeSubmittedItIsTheMeshThatIsNotReady() async throws {
        let gateway = FakeLookups()
        gateway.state.withLock { $0.failure = JobGatewayError(.unavailable, "no majority", retryAfterSeconds: 3) }
        try await Self.submit(Self.body(["8.8.8.8", "localhost"]), gateway) { answer, _ in
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "3")
        }
    }
}

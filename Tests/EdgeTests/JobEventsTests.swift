import Edge
import JSONDocument
import Jobs
import Logging
import Primes
import Testing
import Web
import WebTestSupport
import World

@Suite struct JobEventsTests {
    /// Reads a stream to its end; `react` is called with every event.
    private func read(
        _ url: String, lastEventID: String? = nil, react: (EventReader.Event) async throws -> Void = { _ in }
    ) async throws -> [EventReader.Event] {
        try await EventReader.read(url, lastEventID: lastEventID) { event in
            try await react(event)
            return true
        }
    }

    private func submit(_ base: String) async throws -> WorkID {
        let answer = try await ask("POST", "\(base)/api/primes", body: #"{"from":0,"to":1000}"#)
        return try #require(answer.json?["jobId"]?.string.flatMap { WorkID($0) })
    }

    @Test func aStreamTellsAJobFromItsAcceptanceToItsEnd() async throws {
        try await withEdge { base, gateway in
            let id = try await submit(base)
            let events = try await read("\(base)/api/jobs/\(id)/events") { event in
                gateway.change(id) {
                    switch event.kind {
                    case "accepted":
                        $0.status = .processing
                        $0.chunks.done = 50
                    default:
                        $0.status = .completed
                        $0.count = 168
                        $0.chunks.done = 100
                    }
                }
            }
            #expect(events.map(\.kind) == ["accepted", "progress", "completed"])
            #expect(events.map(\.id) == ["1", "2", "3"])
            #expect(events[0].data.members?.count == 13)
            #expect(events[1].data.members?.map(\.key) == ["jobId", "status", "completionPercentage", "chunks"])
            #expect(events[1].data["completionPercentage"] == 50)
            #expect(events[2].data["count"] == 168)
        }
    }

    @Test func aClientThatComesAgainGetsWhatItHasMissed() async throws {
        try await withEdge { base, gateway in
            let id = try await submit(base)
            gateway.change(id) { $0.status = .processing }
            let events = try await read("\(base)/api/jobs/\(id)/events", lastEventID: "1") { event in
                if event.kind == "progress" { gateway.change(id) { $0.status = .failed; $0.warnings = ["deadline"] } }
            }
            #expect(events.map(\.kind) == ["progress", "failed"])
            #expect(events.map(\.id) == ["2", "3"])
            let again = try await ask("GET", "\(base)/api/jobs/\(id)/events", headers: [("Last-Event-ID", "3")])
            #expect(again.status == 204)
            // An id that is none counts as none.
            let fresh = try await read("\(base)/api/jobs/\(id)/events", lastEventID: "nonsense")
            #expect(fresh.map(\.kind) == ["accepted", "failed"])
        }
    }

    @Test func whoClaimsToHaveSeenMoreThanThereIsBeginsAnewAndIsToldOfTheEnd() async throws {
        try await withEdge { base, gateway in
            let id = try await submit(base)
            let events = try await read("\(base)/api/jobs/\(id)/events", lastEventID: "99999999") { event in
                if event.kind == "accepted" { gateway.change(id) { $0.status = .failed; $0.warnings = ["slow", "cancelled"] } }
            }
            #expect(events.map(\.kind) == ["accepted", "cancelled"])
        }
    }

    @Test func aCancelledJobEndsAsCancelled() async throws {
        try await withEdge { base, gateway in
            let id = try await submit(base)
            let events = try await read("\(base)/api/jobs/\(id)/events") { event in
                guard event.kind == "accepted" else { return }
                let answer = try await ask("DELETE", "\(base)/api/primes/\(id)")
                #expect(answer.status == 202)
            }
            #expect(events.map(\.kind) == ["accepted", "cancelled"])
        }
    }

    @Test func aHomeThatIsSilentForAMomentDoesNotEndTheStream() async throws {
        try await withEdge { base, gateway in
            let id = try await submit(base)
            let events = try await read("\(base)/api/jobs/\(id)/events") { event in
                guard event.kind == "accepted" else { return }
                gateway.state.withLock { $0.failure = JobGatewayError(.unavailable, "silent") }
                gateway.change(id) { $0.status = .completed }
                gateway.world.spawn("recovery") {
                    try? await gateway.world.sleep(for: .milliseconds(400))
                    gateway.state.withLock { $0.failure = nil }
                }
            }
            #expect(events.map(\.kind) == ["accepted", "completed"])
        }
    }

    @Test func theEventsOfNoJobAreNotFound() async throws {
        try await withEdge { base, _ in
            #expect(try await ask("GET", "\(base)/api/jobs/x/events").status == 404)
            let answer = try await ask("GET", "\(base)/api/jobs/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/events")
            #expect(answer.status == 404)
            #expect(answer.headers["content-type"] == "application/problem+json")
        }
    }

    // MARK: Several kinds of work

    private struct Kind: JobEventSource {
        let answer: JobSighting
        var delay = Duration.zero

        func sighting(of id: WorkID, seen: UInt64?) async -> JobSighting {
            do { try await SystemWorld().sleep(for: delay) } catch { return .unknown }
            return answer
        }
    }

    private static let hit = JobSighting.change(JobChange(version: 3, document: ["jobId": "x"], ending: .completed))
    private static let silent = JobSighting.silent(.unavailable("n3 does not answer", retryAfter: 1))

    private func follow(_ kinds: [Kind]) async throws -> Answer {
        let world = SystemWorld()
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0), groups: [JobEventsRoutes(sources: kinds, world: world)],
            readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
        let port = try await edge.start()
        let answer: Answer
        do {
            answer = try await ask("GET", "http://127.0.0.1:\(port)/api/jobs/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/events")
        } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
        return answer
    }

    @Test(arguments: [silent, .unknown])
    func oneKindThatHasTheJobIsEnough(_ other: JobSighting) async throws {
        for kinds in [[Kind(answer: other), Kind(answer: Self.hit)], [Kind(answer: Self.hit), Kind(answer: other)]] {
            let answer = try await follow(kinds)
            #expect(answer.status == 200 && answer.text.contains("event: completed"), "\(answer.text)")
        }
    }

    @Test func aSlowKindDelaysNoOther() async throws {
        let answer = try await follow([Kind(answer: Self.silent, delay: .seconds(3_600)), Kind(answer: Self.hit)])
        #expect(answer.status == 200)
    }

    @Test(arguments: [
        ([JobSighting.unknown, silent], 503), ([silent, .unknown], 503), ([silent, silent], 503), ([.unknown, .unknown], 404), ([], 404),
    ])
    func onlyWhoMayKnowTheJobIsAReasonToComeAgain(_ sightings: [JobSighting], _ status: Int) async throws {
        #expect(try await follow(sightings.map { Kind(answer: $0) }).status == status)
    }
}

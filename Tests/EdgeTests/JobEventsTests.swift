import AsyncHTTPClient
import Edge
import JSONDocument
import Jobs
import NIOCore
import Primes
import Testing
import Web
import WebTestSupport
import World

@Suite struct JobEventsTests {
    struct Event: Equatable {
        var id = ""
        var event = ""
        var data = JSON.null
    }

    /// Reads a stream to its end; `react` is called with every event.
    private func read(
        _ url: String, lastEventID: String? = nil, react: (Event) async throws -> Void = { _ in }
    ) async throws -> [Event] {
        var request = HTTPClientRequest(url: url)
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        #expect(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "text/event-stream")
        var events: [Event] = []
        var pending = ""
        for try await chunk in response.body {
            pending += String(buffer: chunk)
            while let end = pending.firstRange(of: "\n\n") {
                let block = pending[..<end.lowerBound]
                pending = String(pending[end.upperBound...])
                var event = Event()
                for line in block.split(separator: "\n") {
                    if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                    if line.hasPrefix("event: ") { event.event = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { event.data = try JSON(parsing: line.dropFirst(6).utf8) }
                }
                guard !event.event.isEmpty else { continue }
                events.append(event)
                try await react(event)
            }
        }
        return events
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
                    switch event.event {
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
            #expect(events.map(\.event) == ["accepted", "progress", "completed"])
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
                if event.event == "progress" { gateway.change(id) { $0.status = .failed; $0.warnings = ["deadline"] } }
            }
            #expect(events.map(\.event) == ["progress", "failed"])
            #expect(events.map(\.id) == ["2", "3"])
            let again = try await ask("GET", "\(base)/api/jobs/\(id)/events", headers: [("Last-Event-ID", "3")])
            #expect(again.status == 204)
            // An id that is none counts as none.
            let fresh = try await read("\(base)/api/jobs/\(id)/events", lastEventID: "nonsense")
            #expect(fresh.map(\.event) == ["accepted", "failed"])
        }
    }

    @Test func aCancelledJobEndsAsCancelled() async throws {
        try await withEdge { base, gateway in
            let id = try await submit(base)
            let events = try await read("\(base)/api/jobs/\(id)/events") { event in
                guard event.event == "accepted" else { return }
                let answer = try await ask("DELETE", "\(base)/api/primes/\(id)")
                #expect(answer.status == 202)
            }
            #expect(events.map(\.event) == ["accepted", "cancelled"])
        }
    }

    @Test func aHomeThatIsSilentForAMomentDoesNotEndTheStream() async throws {
        try await withEdge { base, gateway in
            let id = try await submit(base)
            let events = try await read("\(base)/api/jobs/\(id)/events") { event in
                guard event.event == "accepted" else { return }
                gateway.state.withLock { $0.failure = JobGatewayError(.unavailable, "silent") }
                gateway.change(id) { $0.status = .completed }
                gateway.world.spawn("recovery") {
                    try? await gateway.world.sleep(for: .milliseconds(400))
                    gateway.state.withLock { $0.failure = nil }
                }
            }
            #expect(events.map(\.event) == ["accepted", "completed"])
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
}

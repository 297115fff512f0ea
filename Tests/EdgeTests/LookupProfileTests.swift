import Edge
import Hummingbird
import JSONDocument
import Logging
import Lookup
import Testing
import Web
import WebTestSupport
import World

@Suite struct LookupProfileTests {
    /// Hands out the address of a job with one result, at an edge of the profile.
    private static func withJob(of profile: LookupProfile, _ body: (String) async throws -> Void) async throws {
        let gateway = FakeLookups(), world = gateway.world
        let events = JobEvents(gateway: gateway, services: LookupService.all, profile: profile)
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0),
            groups: [
                LookupRoutes(gateway: gateway, services: LookupService.all, profile: profile, world: world),
                JobEventsRoutes(sources: [events], world: world),
            ],
            readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
        let base = "http://127.0.0.1:\(try await edge.start())"
        do {
            let id = WorkIDGenerator(world).next()
            try await gateway.submit(LookupRequest(target: try LookupTarget("192.0.2.7"), services: [3]), id: id)
            gateway.change(id) {
                $0.status = .completed
                $0.results = [
                    LookupOutcome(
                        service: 3, result: .success(#"{"found":true,"hostName":"a.test"}"#), completedAtMs: 0, durationMs: 1, node: "n1"),
                ]
            }
            try await body("\(base)/api/lookup/\(id)")
        } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static func isRead(_ document: JSON?, as profile: LookupProfile) -> Bool {
        let result = document?["results"]?[0], decoded = result?["result"]?.members?.map(\.key)
        return switch profile {
        case .readme:
            document?["requestedServices"] == [3] && result?["serviceType"] == "3" && decoded == ["found", "hostName"]
                && result?["data"] == #"{"found":true,"hostName":"a.test"}"#
        case .code:
            document?["requestedServices"] == ["ReverseDNS"] && result?["serviceType"] == "ReverseDNS" && decoded == ["Found", "HostName"]
                && result?["data"] == #"{"Found":true,"HostName":"a.test"}"#
        }
    }

    @Test(arguments: [
        (nil, nil), ("*/*", nil), ("application/json", nil), ("text/html;profile=code", nil), ("application/json;profile=other", nil),
        ("application/json;profile=code", .code), ("Application/JSON; Profile=\"Code\"", .code),
        ("text/html, application/*;profile=code", .code),
        ("application/json;profile=readme", .readme), ("*/*, application/json;profile=readme;q=1.0", .readme),
        ("application/json;profile=code;q=0", nil), ("application/json;profile=code;q=0.2, */*", nil),
        ("application/json;profile=readme;q=0.2, application/json;q=0.5;profile=code", .code), (",;,=", nil), ("application/json;q=x", nil),
    ] as [(String?, LookupProfile?)])
    func aClientReadsWhatItAsksForAndElseWhatTheEdgeIsSetTo(_ accept: String?, _ asked: LookupProfile?) async throws {
        for standard in LookupProfile.allCases {
            try await Self.withJob(of: standard) { url in
                let answer = try await ask("GET", url, headers: accept.map { [("Accept", $0)] } ?? [])
                #expect(answer.status == 200 && answer.headers["vary"] == "Accept")
                #expect(Self.isRead(answer.json, as: asked ?? standard), "\(accept ?? "nothing") of \(standard): \(answer.text)")
                #expect(answer.json?["results"]?[0]?["serviceName"] == "ReverseDNS")
            }
        }
    }

    @Test(arguments: LookupProfile.allCases) func eventsAreToldAsTheEdgeIsSetTo(_ profile: LookupProfile) async throws {
        try await Self.withJob(of: profile) { url in
            let events = try await EventReader.read(url.replacing("/lookup/", with: "/jobs/") + "/events") { _ in true }
            #expect(events.map(\.kind) == ["accepted", "completed"])
            #expect(events.allSatisfy { Self.isRead($0.data, as: profile) }, "\(events)")
        }
    }
}

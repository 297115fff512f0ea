import Edge
import Hummingbird
import JSONDocument
import Limits
import Logging
import Lookup
import TestSupport
import Testing
import Web
import WebTestSupport
import World

/// What an edge does with more requests than a client may make.
@Suite struct LimitedRoutesTests {
    private static let many = LimitPolicy(limit: 1_000_000)
    private static let body = #"{"target":"8.8.8.8"}"#

    private struct Edge: Sendable {
        let base: String
        let limiter: EdgeLimiter

        func post(
            _ path: String = "/api/lookup", _ body: String = LimitedRoutesTests.body, headers: [(String, String)] = []
        ) async throws -> Answer {
            try await ask("POST", base + path, body: body, headers: headers)
        }

        func count(_ outcome: String, _ rate: String = "post") -> Double? {
            limiter.metrics.first { $0.labels == [.init("outcome", outcome), .init("rate", rate)] }?.value
        }
    }

    private static func with(
        post: LimitPolicy = many, get: LimitPolicy = many, all: LimitPolicy = many, keys: [String: LimitSettings.Key] = [:],
        _ body: (Edge) async throws -> Void
    ) async throws {
        let gateway = FakeLookups(), world = gateway.world
        // Requests of many clients come through this machine.
        let proxies = ["127.0.0.0/8"].compactMap { AddressPrefix($0) }
        let limiter = EdgeLimiter(
            LimitSettings(post: post, get: get, all: all, keys: keys, proxies: proxies), keeper: LimitBuckets(world: world), world: world)
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0),
            groups: [
                LookupRoutes(gateway: gateway, services: LookupService.all, world: world),
                LookupBatchRoutes(gateway: gateway, services: LookupService.all, world: world),
            ], limiter: limiter, readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await body(Edge(base: "http://127.0.0.1:\(port)", limiter: limiter)) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    @Test func theTwentyFirstSubmissionIsRefusedInTheWordsOfTheContract() async throws {
        var contract = LimitSettings.contract.post
        #expect(contract.limit == 20 && contract.segments == 6 && contract.queue == 5 && contract.window == .seconds(60))
        contract.queue = 0
        try await Self.with(post: contract) { edge in
            for left in (0..<20).reversed() {
                let answer = try await edge.post()
                #expect(answer.status == 202 && answer.headers["ratelimit-remaining"] == "\(left)", "\(answer)")
                #expect(answer.headers["ratelimit-limit"] == "20" && answer.headers["ratelimit-policy"] == "20;w=60")
                #expect(answer.headers["ratelimit-reset"].flatMap { Int($0) }.map { 1...60 ~= $0 } == true)
                #expect(answer.headers["retry-after"] == nil)
            }
            let refused = try await edge.post()
            #expect(refused.status == 429 && refused.headers["retry-after"] == "60")
            #expect(refused.headers["content-type"]?.hasPrefix("application/json") == true)
            #expect(refused.headers["ratelimit-remaining"] == "0" && refused.headers["ratelimit-limit"] == "20")
            let document = try #require(refused.json)
            #expect(document.members?.map(\.key) == ["error", "message", "retryAfter"])
            #expect(document["error"] == "Rate limit exceeded" && document["message"] == "Too many requests. Please try again later.")
            #expect(document["retryAfter"]?.integer(Int.self).map { 1...60 ~= $0 } == true, "\(refused.text)")
            #expect(edge.count("allowed") == 20 && edge.count("refused") == 1 && edge.count("queued") == 0)
        }
    }

    @Test func whatIsRefusedHasNotBeenRead() async throws {
        try await Self.with(post: LimitPolicy(limit: 1)) { edge in
            let wrong = try await edge.post("/api/lookup", "{")
            #expect(wrong.status == 400 && wrong.headers["ratelimit-remaining"] == "0", "what is wrong counts too")
            let refused = try await edge.post("/api/lookup", "{")
            #expect(refused.status == 429)
        }
    }

    @Test func whatFindsAPlaceInTheQueueIsAnsweredLater() async throws {
        try await Self.with(post: LimitPolicy(limit: 1, window: .seconds(3), segments: 3, queue: 1)) { edge in
            let first = try await edge.post()
            #expect(first.status == 202)
            let later = try await edge.post()
            #expect(later.status == 202 && later.headers["ratelimit-remaining"] == "0", "\(later)")
            #expect(edge.count("queued") == 1 && edge.count("allowed") == 2 && edge.count("refused") == 0)
        }
    }

    @Test func whoWouldHaveToWaitTooLongIsRefusedAtOnce() async throws {
        try await Self.with(post: LimitPolicy(limit: 1, window: .seconds(3_600), queue: 1)) { edge in
            let first = try await edge.post(headers: [("Prefer", "wait=0")])
            #expect(first.status == 202)
            for preference in ["wait=10", "respond-async, Wait=\"10\"; x=1"] {
                let refused = try await edge.post(headers: [("Prefer", preference)])
                #expect(refused.status == 429 && refused.headers["retry-after"] == "3600")
                #expect(refused.json?["retryAfter"]?.integer(Int.self).map { 3_000...3_600 ~= $0 } == true, "\(refused.text)")
            }
            #expect(edge.count("queued") == 0 && edge.count("refused") == 2)
        }
    }

    @Test func whoGoesAwayLeavesTheQueueToTheNext() async throws {
        try await Self.with(post: LimitPolicy(limit: 1, window: .seconds(3_600), queue: 1)) { edge in
            let first = try await edge.post()
            #expect(first.status == 202)
            let fields = "Host: h\r\nContent-Type: application/json\r\nContent-Length: \(Self.body.utf8.count)"
            let head = "POST /api/lookup HTTP/1.1\r\n\(fields)\r\n\r\n"
            func wait(for number: Double) async throws -> RawConnection {
                let connection = try await onOwnThread {
                    let connection = try RawConnection(edge.base)
                    connection.send(head + Self.body)
                    return connection
                }
                try await until { edge.count("queued") == number }
                return connection
            }
            do {
                let waits = try await wait(for: 1)
                let refused = try await edge.post()
                #expect(refused.status == 429 && waits.isOpen)
            }
            try await until { edge.count("abandoned") == 1 }
            let next = try await wait(for: 2)
            #expect(next.isOpen)
        }
    }

    private func until(_ isSo: () -> Bool) async throws {
        for _ in 0..<3_000 where !isSo() { try await SystemWorld().sleep(for: .milliseconds(10)) }
        #expect(isSo())
    }

    @Test func askingAndCancellingShareTheOtherLimit() async throws {
        try await Self.with(post: LimitPolicy(limit: 2), get: LimitPolicy(limit: 3)) { edge in
            let path = try #require(try await edge.post().json?["statusUrl"]?.string)
            for (method, url, status) in [
                ("GET", path, 200), ("GET", "/api/lookup/nobody", 404), ("DELETE", path, 202), ("GET", path, 429), ("DELETE", path, 429),
            ] {
                let answer = try await ask(method, edge.base + url)
                #expect(answer.status == status, "\(method) \(url): \(answer)")
                #expect(answer.headers["ratelimit-limit"] == "3")
            }
            // Many targets of one request are one request.
            let batch = try await edge.post("/api/lookup/batch", #"{"targets":["8.8.8.8","1.1.1.1"]}"#)
            #expect(batch.status == 202 && batch.headers["ratelimit-remaining"] == "0")
            let refused = try await edge.post("/API/Lookup/Batch/", #"{"targets":["8.8.8.8"]}"#)
            #expect(refused.status == 429)
        }
    }

    @Test func servicesAndHealthAreNeverLimited() async throws {
        let one = LimitPolicy(limit: 1)
        try await Self.with(post: one, get: one, all: one) { edge in
            for _ in 0..<5 {
                for path in ["/api/lookup/services", "/health/live", "/health/ready", "/openapi.json"] {
                    let answer = try await ask("GET", edge.base + path)
                    #expect(answer.status == 200 && answer.headers["ratelimit-limit"] == nil, "\(path)")
                }
            }
        }
    }

    @Test func eachClientHasItsOwnAndAllTogetherHaveOne() async throws {
        try await Self.with(post: LimitPolicy(limit: 2), all: LimitPolicy(limit: 3)) { edge in
            var answers: [Answer] = []
            for client in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.2"] {
                answers.append(try await edge.post(headers: [("X-Forwarded-For", client)]))
            }
            // Who is refused for itself takes nothing from the others.
            #expect(answers.map(\.status) == [202, 202, 429, 429, 202, 429])
            #expect(answers.map { $0.headers["ratelimit-limit"] } == ["2", "2", "2", "2", "2", "3"], "the limit that refuses is told")
        }
    }

    @Test func aKeyHasLimitsOfItsOwn() async throws {
        let key = LimitSettings.Key(name: "ali", post: LimitPolicy(limit: 3), get: Self.many)
        try await Self.with(post: LimitPolicy(limit: 1), keys: [LimitedClientTests.digest: key]) { edge in
            var statuses: [Int] = []
            for client in 1...4 {
                let headers = [("X-API-Key", "open sesame"), ("X-Forwarded-For", "192.0.2.\(client)")]
                statuses.append(try await edge.post(headers: headers).status)
            }
            #expect(statuses == [202, 202, 202, 429], "one client, wherever it comes from")
            let other = try await edge.post(headers: [("X-API-Key", "made up")])
            #expect(other.status == 202 && other.headers["ratelimit-limit"] == "1")
        }
    }

    @Test func theDocumentTellsOfTheRefusal() async throws {
        try await Self.with { edge in
            let document = try #require(try await ask("GET", edge.base + "/openapi.json").json)
            let paths = try #require(document["paths"])
            for (path, method) in [
                ("/api/lookup", "post"), ("/api/lookup/batch", "post"), ("/api/lookup/{id}", "get"), ("/api/lookup/{id}", "delete"),
            ] {
                let refused = paths[path]?[method]?["responses"]?["429"]
                #expect(refused?["headers"]?["Retry-After"] != nil && refused?["headers"]?["RateLimit-Limit"] != nil, "\(path)")
                #expect(refused?["content"]?["application/json"]?["schema"]?["required"] == ["error", "message", "retryAfter"])
            }
            #expect(paths["/api/lookup/services"]?["get"]?["responses"]?["429"] == nil)
        }
    }
}

import Glibc
import Hummingbird
import TestSupport
import Testing
import Web
import WebTestSupport
import World

/// Clients that send without end, or come in thousands. No time is over in any of these tests: only what they send, or how many they are, can
/// have ended a connection.
@Suite struct FloodTests {
    private static let long: Duration = .seconds(3_600)

    private static func limits(connections: Int = 1_000) -> WebLimits {
        WebLimits(
            headDeadline: long, requestDeadline: long, keepAlive: long, linger: .seconds(1), stall: long, stopGrace: .milliseconds(100),
            connections: connections)
    }

    private let world = SystemWorld()

    private var routes: [WebRoute] {
        plainRoutes(world)
    }

    private static func get(_ path: String = "/fast", fields: Int = 0) -> String {
        "GET \(path) HTTP/1.1\r\nHost: h\r\n" + (0..<fields).map { "X-\($0): y\r\n" }.joined()
    }

    private func outcome(_ first: String, drip: String = "") async throws -> RawConnection.Outcome {
        try await withServer(routes, limits: Self.limits()) { base in
            try await onOwnThread {
                let connection = try RawConnection(base)
                connection.send(first)
                return connection.readToEnd(sending: drip)
            }
        }
    }

    @Test(arguments: [
        Self.get(fields: WebLimits().headFields), Self.get() + "X: \(String(repeating: "y", count: WebLimits().headBytes))\r\n",
        Self.get() + String(repeating: "X: \(String(repeating: "y", count: 1_000))\r\n", count: 33),
        Self.get("/\(String(repeating: "y", count: WebLimits().headBytes))"),
    ])
    func aHeadThatIsTooLargeIsRefused(head: String) async throws {
        let outcome = try await outcome(head + "\r\n")
        #expect(outcome.received.hasPrefix("HTTP/1.1 431 Request Header Fields Too Large"), "\(outcome)")
        #expect(outcome.received.contains("application/problem+json") && outcome.received.contains("at most 128 fields and 32768 bytes"))
        #expect(outcome.received.lowercased().contains("connection: close") && outcome.isClosed, "\(outcome)")
    }

    @Test func aHeadThatIsAsLargeAsItMayBeIsRead() async throws {
        for head in [Self.get(fields: WebLimits().headFields - 2), Self.get() + "X: \(String(repeating: "y", count: 32_000))\r\n"] {
            let outcome = try await outcome(head + "Connection: close\r\n\r\n")
            #expect(outcome.received.hasPrefix("HTTP/1.1 200 OK") && outcome.isClosed, "\(outcome)")
        }
    }

    @Test(arguments: ["X: y\r\n", "yyyyyyyyyyyyyyyy"]) func aHeadWithoutEndIsEnded(drip: String) async throws {
        let outcome = try await outcome(Self.get() + "X: ", drip: String(repeating: drip, count: 1_000))
        // Whoever is still sending may lose the answer when the connection is closed.
        #expect(outcome.isClosed && (outcome.received.isEmpty || outcome.received.hasPrefix("HTTP/1.1 431 ")), "\(outcome)")
        #expect(outcome.sent < 64 << 20, "\(outcome.sent) bytes were taken")
    }

    @Test func aFloodAfterARequestLeavesItsAnswer() async throws {
        try await withServer(routes, limits: Self.limits()) { base in
            let connection = try RawConnection(base)
            let first = try await onOwnThread {
                connection.send(Self.get() + "\r\n")
                return connection.readAnswer()
            }
            #expect(first.hasSuffix("fast"), "\(first)")
            let rest = try await onOwnThread {
                connection.send(Self.get(fields: 2_000))
                return connection.readToEnd()
            }
            #expect(rest.isClosed && rest.received.hasPrefix("HTTP/1.1 431 "), "\(rest)")
        }
    }

    @Test func whatIsNoHTTPIsToldSo() async throws {
        let outcome = try await outcome("\u{16}\u{3}\u{1} hello\r\n\r\n")
        #expect(outcome.received.hasPrefix("HTTP/1.1 400 ") && outcome.received.contains("that is no HTTP"), "\(outcome)")
        #expect(outcome.isClosed)
    }

    @Test func aBodyOfUnknownLengthIsNotSwallowedEither() async throws {
        let head = "POST /things HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        let outcome = try await outcome(head + "40000000\r\n", drip: String(repeating: " ", count: 65_536))
        #expect(outcome.received.hasPrefix("HTTP/1.1 413 ") && outcome.isClosed, "\(outcome.received)")
        #expect(outcome.sent < 64 << 20, "\(outcome.sent) bytes were taken")
    }

    @Test func aBodyThatIsNoHTTPIsNoFaultOfTheServer() async throws {
        let head = "POST /things HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        let outcome = try await outcome(head + "2\r\n{}\r\nno size\r\n")
        #expect(outcome.received.hasPrefix("HTTP/1.1 400 ") && outcome.isClosed, "\(outcome)")
    }

    @Test func othersAreServedWhileManyFlood() async throws {
        try await withServer(routes, limits: Self.limits()) { base in
            let floods = try await onOwnThread {
                try (0..<200).map { _ in
                    let connection = try RawConnection(base)
                    connection.send(Self.get() + String(repeating: "X: \(String(repeating: "y", count: 100))\r\n", count: 100))
                    return connection
                }
            }
            #expect(try await ask("GET", base + "/fast", headers: [("connection", "close")]).text == "fast")
            let ended = try await onOwnThread {
                for flood in floods { flood.send(String(repeating: "X: y\r\n", count: 100)) }
                return floods.count { $0.readToEnd().isClosed }
            }
            #expect(ended == floods.count)
            #expect(try await ask("GET", base + "/fast", headers: [("connection", "close")]).text == "fast")
        }
    }

    // MARK: Ten thousand

    private static let crowd = 10_000
    /// What a node affords at most, whatever its descriptors.
    private static let places = WebLimits.affordedConnections(descriptors: .max)

    /// Why this process cannot hold both ends; nil when it can.
    static let obstacle: String? = {
        let needed = crowd + places + 1_000
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        if limit.rlim_cur < needed, limit.rlim_max >= needed {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
        return limit.rlim_cur >= needed ? nil : "this process may have \(limit.rlim_cur) descriptors and needs \(needed); raise ulimit -n"
    }()

    @Test(.enabled(if: FloodTests.obstacle == nil, Comment(rawValue: FloodTests.obstacle ?? "")))
    func tenThousandIdleConnectionsLeaveOthersUnharmed() async throws {
        try await withServer(routes, limits: Self.limits(connections: Self.places)) { base in
            var crowd: [RawConnection] = []
            for _ in 0..<5 {
                let working = try RawConnection(base)
                working.send(Self.get("/late") + "\r\n")
                crowd += try await onOwnThread { try (0..<Self.crowd / 5).map { _ in try RawConnection(base) } }
                // A newcomer is served, and so is who has asked before the others came.
                #expect(try await ask("GET", base + "/fast", headers: [("connection", "close")]).text == "fast")
                #expect(try await onOwnThread { working.readAnswer() }.hasSuffix("late"))
            }
            let here = crowd
            let open = try await onOwnThread {
                for _ in 0..<3_000 where here.count(where: \.isOpen) > Self.places { usleep(10_000) }
                return here.count(where: \.isOpen)
            }
            #expect((1...Self.places).contains(open), "\(open)")
        }
    }
}

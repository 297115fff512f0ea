import Glibc
import Hummingbird
import JSONDocument
import NIOCore
import TestSupport
import Testing
import Web
import WebTestSupport
import World

/// Clients that are slow, silent, or send what nobody wants. Where a test sets a short limit, the others are so long that only
/// the one in question can have ended the connection.
@Suite struct ConnectionTests {
    private static let long: Duration = .seconds(3_600)

    private func limits(
        body: Int = 1_000, head: Duration = long, request: Duration = long, keepAlive: Duration = long,
        linger: Duration = long, lingerBytes: Int = 64 << 10, stall: Duration = long, connections: Int = 1_000
    ) -> WebLimits {
        WebLimits(
            body: body, headDeadline: head, requestDeadline: request, keepAlive: keepAlive, linger: linger,
            lingerBytes: lingerBytes, stall: stall, stopGrace: .milliseconds(100), connections: connections)
    }

    private let world = SystemWorld()

    private var routes: [WebRoute] {
        plainRoutes(world) + [
            WebRoute(.get, "/flood") { _ in
                Response(status: .ok, body: ResponseBody { writer in
                    let chunk = ByteBuffer(repeating: 120, count: 1 << 16)
                    for _ in 0..<10_000 { try await writer.write(chunk) }
                    try await writer.finish(nil)
                })
            },
        ]
    }

    private func outcome(
        _ limits: WebLimits, first: String, drip: String = "", pause: Int32 = 0
    ) async throws -> RawConnection.Outcome {
        try await withServer(routes, limits: limits) { base in
            try await onOwnThread {
                let connection = try RawConnection(base)
                connection.send(first)
                return connection.readToEnd(sending: drip, pause: pause)
            }
        }
    }

    private static let post = "POST /things HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"

    @Test(arguments: ["", "G", "GET /fast HTTP/1.1\r\nHost: h\r\n"]) func whoSendsNoHeadIsToldSo(beginning: String) async throws {
        let outcome = try await outcome(limits(head: .milliseconds(100)), first: beginning)
        #expect(outcome.received.hasPrefix("HTTP/1.1 408 "), "\(outcome)")
        #expect(outcome.received.lowercased().contains("connection: close") && outcome.isClosed, "\(outcome)")
    }

    @Test func aHeadThatDripsIsNotAwaitedForEver() async throws {
        let outcome = try await outcome(
            limits(head: .milliseconds(200)), first: "GET /fast HTTP/1.1\r\nX: ", drip: "x", pause: 20)
        #expect(outcome.received.hasPrefix("HTTP/1.1 408 ") && outcome.isClosed, "\(outcome)")
    }

    @Test func aConnectionThatIsKeptForNothingEnds() async throws {
        let outcome = try await outcome(limits(keepAlive: .milliseconds(100)), first: "GET /fast HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(outcome.received.hasSuffix("fast") && outcome.isClosed, "\(outcome)")
    }

    @Test func theHeadOfAFurtherRequestHasItsTimeToo() async throws {
        let outcome = try await outcome(
            limits(head: .milliseconds(200)), first: "GET /fast HTTP/1.1\r\nHost: h\r\n\r\nGET /fa", drip: "x", pause: 20)
        #expect(outcome.received.hasPrefix("HTTP/1.1 200 OK") && outcome.isClosed, "\(outcome)")
        #expect(outcome.received.contains("HTTP/1.1 408 "), "\(outcome)")
    }

    @Test func aConnectionServesOneRequestAfterTheOther() async throws {
        try await withServer(routes, limits: limits()) { base in
            let connection = try RawConnection(base)
            for text in ["GET /fast HTTP/1.1\r\nHost: h\r\n\r\n", Self.post + "Content-Length: 2\r\n\r\n{}"] {
                for _ in 0..<3 {
                    let answer = try await onOwnThread {
                        connection.send(text)
                        return connection.readAnswer()
                    }
                    #expect(answer.hasPrefix("HTTP/1.1 20") && !answer.lowercased().contains("connection: close"), "\(answer)")
                }
            }
        }
    }

    @Test func requestsThatComeAtOnceAreAnsweredInOrder() async throws {
        let get = "GET /fast HTTP/1.1\r\nHost: h\r\n"
        let outcome = try await outcome(limits(), first: "\(get)\r\n\(get)\r\n\(get)Connection: close\r\n\r\n")
        #expect(outcome.received.ranges(of: "HTTP/1.1 200 OK").count == 3 && outcome.isClosed, "\(outcome)")
    }

    @Test func aBodyThatDoesNotComeWholeIsToldSo() async throws {
        let outcome = try await outcome(
            limits(request: .milliseconds(200), linger: .milliseconds(100)), first: Self.post + "Content-Length: 100\r\n\r\n{\"a\":")
        #expect(outcome.received.hasPrefix("HTTP/1.1 408 ") && outcome.received.contains("the body has not come whole"), "\(outcome)")
        #expect(outcome.received.lowercased().contains("connection: close") && outcome.isClosed, "\(outcome)")
    }

    @Test func aBodyThatNobodyWantsIsNotAwaitedForEver() async throws {
        let outcome = try await outcome(
            limits(linger: .milliseconds(300)), first: "GET /fast HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000000\r\n\r\n",
            drip: "x", pause: 20)
        #expect(outcome.received.hasPrefix("HTTP/1.1 200 OK") && outcome.received.contains("fast"), "\(outcome)")
        #expect(outcome.received.lowercased().contains("connection: close") && outcome.isClosed, "\(outcome)")
    }

    @Test func aBodyThatIsTooLargeIsNotSwallowed() async throws {
        let outcome = try await outcome(
            limits(linger: .seconds(1)), first: Self.post + "Content-Length: 1000000000\r\n\r\n",
            drip: String(repeating: "x", count: 65_536))
        #expect(outcome.received.hasPrefix("HTTP/1.1 413 ") && outcome.isClosed, "\(outcome.received)")
        // What the kernel's buffers hold on both sides, and not the 1,000 MB announced.
        #expect(outcome.sent < 64 << 20, "\(outcome.sent) bytes were taken")
    }

    @Test func theRestOfASmallBodyIsReadAndTheAnswerArrives() async throws {
        let text = "POST /things HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\n12345"
        try await withServer(routes, limits: limits()) { base in
            let answers = try await onOwnThread {
                let connection = try RawConnection(base)
                connection.send(text)
                let answer = connection.readAnswer()
                connection.send("67890")
                return (answer, connection.readToEnd())
            }
            #expect(answers.0.hasPrefix("HTTP/1.1 415 "), "\(answers)")
            #expect(answers.1.isClosed && answers.1.received.isEmpty, "\(answers)")
        }
    }

    @Test func whoTakesNothingOfAnAnswerLosesIt() async throws {
        try await withServer(routes, limits: limits(stall: .milliseconds(200))) { base in
            let connection = try RawConnection(base)
            connection.send("GET /flood HTTP/1.1\r\nHost: h\r\n\r\n")
            try await world.sleep(for: .seconds(3))
            let outcome = try await onOwnThread { connection.readToEnd() }
            #expect(outcome.isClosed && outcome.received.utf8.count < 64 << 20, "\(outcome.received.utf8.count) bytes")
        }
    }

    @Test func aThousandSilentClientsKeepNobodyAway() async throws {
        try await withServer(routes, limits: limits(connections: 20)) { base in
            let working = try RawConnection(base)
            working.send("GET /late HTTP/1.1\r\nHost: h\r\n\r\n")
            // Whoever is at work when the crowd comes stays.
            try await world.sleep(for: .milliseconds(200))
            let crowd = try await onOwnThread { try (0..<200).map { _ in try RawConnection(base) } }
            #expect(try await ask("GET", base + "/fast", headers: [("connection", "close")]).text == "fast")
            #expect(try await onOwnThread { working.readAnswer() }.hasSuffix("late"))
            // Nobody's time was up: the first of the crowd went for those who came later, as many as there is room for, and these are served.
            // On two loops it need not be exactly the last ones.
            #expect(try await onOwnThread { crowd[0].readToEnd().isClosed })
            let survivors = try await onOwnThread {
                for _ in 0..<3_000 where crowd.count(where: \.isOpen) > 19 { usleep(10_000) }
                return crowd.filter(\.isOpen)
            }
            #expect((1...19).contains(survivors.count), "\(survivors.count)")
            let last = try #require(survivors.last)
            let answer = try await onOwnThread {
                last.send("GET /fast HTTP/1.1\r\nHost: h\r\n\r\n")
                return last.readAnswer()
            }
            #expect(answer.hasSuffix("fast"), "\(answer)")
        }
    }

    @Test func theLimitOfConnectionsFollowsThatOfDescriptors() {
        #expect(WebLimits.affordedConnections(descriptors: 256) == 16)
        #expect(WebLimits.affordedConnections(descriptors: 1_024) == 256)
        #expect(WebLimits.affordedConnections(descriptors: 1_048_576) == 4_096)
        #expect((16...4_096).contains(WebLimits().connections))
    }
}

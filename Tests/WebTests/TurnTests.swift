import Hummingbird
import Logging
import Synchronization
import TestSupport
import Testing
import Web
import WebTestSupport
import World

/// Requests that wait for their turn before they are carried out.
@Suite struct TurnTests {
    /// What became of those that waited.
    private final class Outcomes: Sendable {
        let all = Mutex<[Bool]>([])
        let arrived = Mutex(0)
    }

    private static func route(_ pause: Duration, _ outcomes: Outcomes) -> WebRoute {
        WebRoute(.get, "/turn") { request in
            let begun = request.begun
            outcomes.arrived.withLock { $0 += 1 }
            let later = await request.waiting(pause, SystemWorld())
            outcomes.all.withLock { $0.append(later != nil) }
            guard let later else { return .text("nobody waits", status: .serviceUnavailable) }
            return .text(later.begun - begun >= pause ? "later" : "not later")
        }
    }

    private func until(_ isSo: () -> Bool) async throws {
        for _ in 0..<3_000 where !isSo() { try await SystemWorld().sleep(for: .milliseconds(10)) }
        #expect(isSo())
    }

    @Test func theTimeOfWaitingIsNoneOfTheDeadline() async throws {
        let outcomes = Outcomes()
        try await withServer([Self.route(.seconds(3), outcomes)], limits: WebLimits(requestDeadline: .seconds(1))) { base in
            let answer = try await ask("GET", base + "/turn")
            #expect(answer.status == 200 && answer.text == "later", "\(answer)")
            #expect(outcomes.all.withLock { $0 } == [true])
        }
    }

    @Test func afterwardsTheDeadlineGoesOn() async throws {
        let slow = WebRoute(.get, "/turn") { request in
            _ = await request.waiting(.milliseconds(300), SystemWorld())
            try await SystemWorld().sleep(for: .seconds(3_600))
            return .text("never")
        }
        try await withServer([slow], limits: WebLimits(requestDeadline: .milliseconds(400))) { base in
            let answer = try await ask("GET", base + "/turn")
            #expect(answer.status == 503)
        }
    }

    @Test func whoseClientGoesAwayWaitsNoLonger() async throws {
        let outcomes = Outcomes()
        try await withServer([Self.route(.seconds(3_600), outcomes)]) { base in
            let request = "GET /turn HTTP/1.1\r\nHost: h\r\n\r\n"
            // The connection is closed when the closure lets it go.
            try await onOwnThread {
                let waits = try RawConnection(base)
                #expect(waits.send(request))
                #expect(waits.isOpen)
            }
            try await until { outcomes.all.withLock { $0 } == [false] }
        }
    }

    @Test func onAConnectionThatIsUsedAgainEachRequestHasItsTurn() async throws {
        let outcomes = Outcomes()
        try await withServer([Self.route(.milliseconds(50), outcomes)]) { base in
            let answers = try await onOwnThread {
                let connection = try RawConnection(base)
                return (0..<3).map { _ in
                    connection.send("GET /turn HTTP/1.1\r\nHost: h\r\n\r\n")
                    return connection.readAnswer()
                }
            }
            #expect(answers.allSatisfy { $0.hasPrefix("HTTP/1.1 200") && $0.hasSuffix("later") }, "\(answers)")
            #expect(outcomes.all.withLock { $0 } == [true, true, true])
        }
    }

    @Test func aServerThatIsStoppedLetsNobodyWait() async throws {
        let outcomes = Outcomes()
        let server = WebServer(
            name: "test", address: .tcp(host: "127.0.0.1", port: 0), routes: [Self.route(.seconds(3_600), outcomes)], world: SystemWorld(),
            limits: WebLimits(stopGrace: .seconds(3_600)), logger: Logger(label: "test"))
        let port = try await server.start()
        async let answer = ask("GET", "http://127.0.0.1:\(port)/turn")
        try await until { outcomes.arrived.withLock { $0 } == 1 }
        await server.stop()
        #expect(outcomes.all.withLock { $0 } == [false])
        #expect(try await answer.status == 503)
    }

    @Test func theAddressOfTheClientIsKnown() async throws {
        let peer = WebRoute(.get, "/peer") { .text($0.peer ?? "nobody") }
        try await withServer([peer]) { base in
            let answer = try await ask("GET", base + "/peer")
            #expect(answer.text == "127.0.0.1")
        }
    }
}

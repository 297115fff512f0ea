import Command
import HTTPTypes
import Hummingbird
import JSONDocument
import Logging
import Synchronization
import TestSupport
import Testing
import Web
import World

/// What commands make of edges that bound how much may be asked of them.
@Suite struct LimitedEdgeTests {
    /// What the questions have said of how long they wait.
    private final class Questions: Sendable {
        let all = Mutex<[String]>([])
    }

    /// Refuses the first two questions.
    private static func status(_ questions: Questions) -> WebRoute {
        WebRoute(.get, PrimesOrder.path + "/" + ScriptedEdge.job) { request in
            let number = questions.all.withLock { all in
                all.append(HTTPField.Name("Prefer").flatMap { request.headers[$0] } ?? "")
                return all.count
            }
            guard number > 2 else { return .json(["error": "Rate limit exceeded", "retryAfter": 1], status: .tooManyRequests) }
            return .json([
                "jobId": .string(ScriptedEdge.job), "status": "Completed", "count": 4, "elapsedMs": 1, "nodes": ["n1": 1],
                "chunks": ["total": 1, "done": 1, "resent": 0], "warnings": [],
            ])
        }
    }

    private static func with(_ routes: [WebRoute], _ body: (EdgeClient) async throws -> Void) async throws {
        let world = SystemWorld()
        let server = WebServer(
            name: "edge", address: .tcp(host: "127.0.0.1", port: 0), routes: routes, world: world, logger: Logger(label: "test"))
        let port = try await server.start()
        do { try await body(EdgeClient(edges: ["http://127.0.0.1:\(port)"], world: world)) } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    @Test func whoAsksForAJobTooOftenAsksAgainLater() async throws {
        let questions = Questions()
        let submit = WebRoute(.post, PrimesOrder.path) { _ in
            .json(["jobId": .string(ScriptedEdge.job), "statusUrl": .string(PrimesOrder.path + "/" + ScriptedEdge.job)], status: .accepted)
        }
        try await Self.with([submit, Self.status(questions)]) { client in
            let ticket = try await client.submit(PrimesOrder(from: "0", to: "9").body, to: PrimesOrder.path)
            let document = try await client.follow(ticket, as: PrimesDocument.self) { _ in }
            #expect(document.isOver)
            #expect(questions.all.withLock { $0 } == ["wait=9", "wait=9", "wait=9"], "and it says for how long it waits")
        }
    }

    @Test func anOrderThatIsOneTooManySaysWhenToComeAgain() async throws {
        let refused = WebRoute(.post, PrimesOrder.path) { _ in
            .json(["error": "Rate limit exceeded", "retryAfter": 37], status: .tooManyRequests)
        }
        try await Self.with([refused]) { client in
            do throws(CommandFailure) {
                _ = try await client.submit(PrimesOrder(from: "0", to: "9").body, to: PrimesOrder.path)
                Issue.record("it was taken")
            } catch {
                #expect(error.status == .unavailable && error.message.hasSuffix("Rate limit exceeded; try again in 37 s"), "\(error)")
            }
        }
    }

    @Test func theSecondHalfOfAnAllowanceIsMadeToLast() {
        func pace(_ remaining: Int, _ reset: Int) -> Duration {
            RateAllowance(limit: 100, remaining: remaining, reset: .seconds(reset)).pace
        }
        #expect(pace(99, 60) == .zero && pace(51, 50) == .zero)
        #expect(pace(50, 50) == .seconds(1) && pace(10, 5) == .milliseconds(500))
        #expect(pace(0, 12) == .seconds(12), "nothing is left until then")
    }
}

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

/// An edge that answers every order in one way, and remembers under which keys it was asked.
final class ScriptedEdge: Sendable {
    enum Word: Sendable, CaseIterable {
        case taken
        /// 503, and there is surely no job.
        case failed
        /// 503, and there may be one.
        case unknown
        /// The request is wrong, whoever is asked.
        case wrong
        /// The connection breaks before the answer is whole.
        case lost
    }

    private struct Lost: Error {}

    static let job = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    private static let path = PrimesOrder.path + "/" + job

    private let word: Word
    private let heard = Mutex<[String]>([])

    init(_ word: Word) { self.word = word }

    /// Of the orders that came, in turn; empty for one without.
    var keys: [String] { heard.withLock { $0 } }

    var routes: [WebRoute] {
        [
            WebRoute(.post, PrimesOrder.path) { [self] request in
                let key = HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] }
                heard.withLock { $0.append(key ?? "") }
                return try answer()
            },
            WebRoute(.get, Self.path) { _ in
                .json([
                    "jobId": .string(Self.job), "status": "Completed", "count": 4, "elapsedMs": 1, "nodes": ["n1": 1],
                    "chunks": ["total": 1, "done": 1, "resent": 0], "warnings": [],
                ])
            },
        ]
    }

    private func answer() throws -> Response {
        let job: [JSON.Member] = [.init("jobId", .string(Self.job)), .init("statusUrl", .string(Self.path))]
        switch word {
        case .taken: return .json(.object(job), status: .accepted)
        case .failed: throw Problem(status: 503, detail: "not now", extensions: [.init("outcome", "failed")])
        case .unknown: throw Problem(status: 503, detail: "nobody knows", extensions: [.init("outcome", "unknown")] + job)
        case .wrong: throw Problem.invalid([.init("to", ["too large"])])
        case .lost: return Response(status: .accepted, body: .init(contentLength: 100) { _ in throw Lost() })
        }
    }
}

/// To which edges a command goes with an order, and what it makes of their answers.
@Suite(.serialized, .bounded) struct EdgeClientTests {
    private static let order = PrimesOrder(from: "0", to: "9").body

    private static func withEdges(
        _ words: [ScriptedEdge.Word], _ body: (_ bases: [String], _ edges: [ScriptedEdge]) async throws -> Void
    ) async throws {
        let world = SystemWorld(), edges = words.map { ScriptedEdge($0) }, bases = Mutex<[String]>([])
        let members = WebRoute(.get, "/members") { _ in
            .json(.array(bases.withLock { $0 }.enumerated().map { index, base in
                [
                    "name": .string("n\(index + 1)"), "address": "127.0.0.1:1", "status": "alive", "life": 1, "incarnation": 0, "roles": [],
                    "edge": .string(base),
                ]
            }))
        }
        let servers = edges.map { edge in
            WebServer(
                name: "edge", address: .tcp(host: "127.0.0.1", port: 0), routes: edge.routes + [members], world: world,
                logger: Logger(label: "test"))
        }
        var failure: (any Error)?
        do {
            for server in servers {
                let base = "http://127.0.0.1:\(try await server.start())"
                bases.withLock { $0.append(base) }
            }
            try await body(bases.withLock { $0 }, edges)
        } catch {
            failure = error
        }
        for server in servers { await server.stop() }
        if let failure { throw failure }
    }

    private static func submit(_ bases: [String]) async -> (ticket: EdgeClient.Ticket?, failure: CommandFailure?) {
        do throws(CommandFailure) {
            return (try await EdgeClient(edges: bases, world: SystemWorld()).submit(order, to: PrimesOrder.path), nil)
        } catch {
            return (nil, error)
        }
    }

    @Test(arguments: [ScriptedEdge.Word.unknown, .lost])
    func whatMayHaveBeenTakenIsGivenToTheNextUnderTheSameKey(_ word: ScriptedEdge.Word) async throws {
        try await Self.withEdges([word, .taken, .taken]) { bases, edges in
            let ticket = await Self.submit(bases).ticket
            #expect(ticket?.edge == bases[1] && ticket?.path.hasSuffix(ScriptedEdge.job) == true)
            let key = try #require(edges[0].keys.first)
            #expect(!key.isEmpty && edges.map(\.keys) == [[key], [key], []])
            let other = await Self.submit(bases).ticket
            #expect(other != nil && edges[0].keys.count == 2 && edges[0].keys[1] != key, "another order is another one")
        }
    }

    /// Under another key it is another job, whose registers may have a majority.
    @Test func whatWasSurelyNotTakenIsAskedOfTheNextUnderAnotherKey() async throws {
        try await Self.withEdges([.failed, .taken]) { bases, edges in
            let ticket = await Self.submit(bases).ticket
            #expect(ticket?.edge == bases[1])
            let keys = edges.flatMap(\.keys)
            #expect(keys.count == 2 && Set(keys).count == 2 && !keys.contains(""))
        }
    }

    private struct Case: Sendable {
        let words: [ScriptedEdge.Word]
        let status: Command.ExitStatus
        let reason: String

        init(_ words: [ScriptedEdge.Word], _ status: Command.ExitStatus, _ reason: String) {
            (self.words, self.status, self.reason) = (words, status, reason)
        }
    }

    @Test func whereNobodyTakesItThatIsToldWhichIsKnown() async throws {
        let unknown = "whether it was done is unknown", job = "this tells: gossamer job \(ScriptedEdge.job)"
        let cases = [
            Case([.failed, .failed], .unavailable, "nothing was changed"), Case([.unknown, .failed], .unknown, job),
            Case([.lost, .failed], .unknown, unknown), Case([.failed, .lost], .unknown, unknown),
            Case([.lost, .unknown, .failed], .unknown, job), Case([.lost, .lost], .unknown, unknown),
            Case([.wrong, .taken], .usage, "to: too large"), Case([.unknown, .wrong], .usage, "to: too large"),
        ]
        for one in cases {
            try await Self.withEdges(one.words) { bases, edges in
                let failure = await Self.submit(bases).failure
                let said = failure?.message ?? "taken"
                #expect(failure?.status == one.status && said.contains(one.reason), "\(one.words): \(said)")
                if one.words.first == .wrong { #expect(edges[1].keys.isEmpty) }
            }
        }
    }

    @Test func anEdgeThatIsNotThereTakesNothing() async throws {
        try await Self.withEdges([.taken]) { bases, edges in
            // Nobody listens on this port.
            let ticket = await Self.submit(["http://127.0.0.1:1"] + bases).ticket
            #expect(ticket?.edge == bases[0] && edges[0].keys.count == 1)
            let failure = await Self.submit(["http://127.0.0.1:1"]).failure
            #expect(failure?.status == .unavailable && failure?.message.contains("connection refused") == true, "\(failure?.message ?? "")")
        }
    }

    /// They take no new work.
    @Test func edgesWhoseClocksAreOffAreAskedLast() async throws {
        try await Self.withEdges([.taken, .taken]) { bases, edges in
            let members = try bases.enumerated().map { index, base in
                try MemberRow([
                    "name": .string("n\(index + 1)"), "address": "127.0.0.1:1", "status": "alive", "edge": .string(base),
                    "clock": index == 0 ? "ahead" : .null,
                ])
            }
            let ticket = try await EdgeClient(members, world: SystemWorld()).submit(Self.order, to: PrimesOrder.path)
            #expect(ticket.edge == bases[1] && edges[0].keys.isEmpty)
        }
    }

    /// Nobody would know it again.
    @Test func withoutAKeyOnlyWhatWasSurelyNotDoneGoesToTheNext() async throws {
        for (word, other) in [(ScriptedEdge.Word.unknown, 0), (.failed, 1)] {
            try await Self.withEdges([word, .taken]) { bases, edges in
                let client = EdgeClient(edges: bases, world: SystemWorld())
                let reply = try await client.ask(PrimesOrder.path, method: .POST, body: Self.order)
                #expect(reply.edge == bases[other] && edges[0].keys == [""] && edges[1].keys.count == other)
            }
        }
        try await Self.withEdges([.lost, .taken]) { bases, edges in
            let client = EdgeClient(edges: bases, world: SystemWorld())
            let failure = await #expect(throws: CommandFailure.self) {
                try await client.ask(PrimesOrder.path, method: .POST, body: Self.order)
            }
            #expect(failure?.status == .unknown && edges[1].keys.isEmpty)
        }
    }

    @Test func theCommandCountsThoughTheFirstEdgeSaysNothing() async throws {
        try await TestMesh.with(1, port: 22_720) { mesh in
            try await Self.withEdges([.lost, .unknown, .taken]) { bases, edges in
                let counted = try await mesh.run("primes", "0", "9", "--admin", bases[0])
                #expect(counted.status == 0 && counted.output == "4\n", "\(counted)")
                let keys = edges.flatMap(\.keys)
                #expect(keys.count == 3 && Set(keys).count == 1)
            }
        }
    }
}

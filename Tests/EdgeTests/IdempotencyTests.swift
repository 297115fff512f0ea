import AsyncHTTPClient
import Edge
import Hummingbird
import ItemTestSupport
import Items
import JSONDocument
import Jobs
import Logging
import OrderTestSupport
import Orders
import Registers
import Synchronization
import Testing
import Truth
import Web
import WebTestSupport
import WorkTestSupport
import World

/// Two edges of one mesh whose registers are in memory.
private struct TwoEdges {
    let world = SystemWorld()
    let registers: MemoryRegisters
    let orders: OrderBook
    let items = ItemBook()
    let jobs = FakeGateway()
    let probe = ProbeRoutes()

    init() {
        registers = MemoryRegisters(IdempotencyMachine(), now: world.wallTime)
        orders = OrderBook(world)
    }

    static func with(reachesRegisters: Bool = true, _ body: (TwoEdges, [String]) async throws -> Void) async throws {
        let edges = TwoEdges()
        let servers = (0..<2).map { _ in
            EdgeServer(
                address: .tcp(host: "127.0.0.1", port: 0),
                groups: [
                    PrimesRoutes(gateway: edges.jobs, limits: edges.jobs.limits, workers: { 5 }, world: edges.world),
                    OrderRoutes(gateway: edges.orders, world: edges.world), ItemRoutes(gateway: edges.items, world: edges.world),
                    edges.probe,
                ],
                idempotency: reachesRegisters ? IdempotencyKeys(engine: edges.registers) : nil, readiness: { .healthy }, version: "0.1.0",
                world: edges.world, logger: Logger(label: "test"))
        }
        var bases: [String] = [], failure: (any Error)?
        do {
            for server in servers { bases.append("http://127.0.0.1:\(try await server.start())") }
            try await body(edges, bases)
        } catch {
            failure = error
        }
        for server in servers { await server.stop() }
        if let failure { throw failure }
    }
}

/// A route that does what the test says, and tells under which ids.
private final class ProbeRoutes: RouteGroup {
    private struct State {
        var runs: [WorkID?] = []
        var answer: @Sendable (_ run: Int) async throws -> Response = { .text("run \($0)") }
    }

    private let state = Mutex(State())

    /// What the ids of each run began with; nil where there were none.
    var runs: [WorkID?] { state.withLock { $0.runs } }

    func answer(_ body: @escaping @Sendable (_ run: Int) async throws -> Response) { state.withLock { $0.answer = body } }

    var routes: [WebRoute] {
        [HTTPRequest.Method.post, .put].map { method in
            WebRoute(method, "/probe") { [self] request in
                _ = try await request.bytes()
                let (answer, run) = state.withLock { state in
                    state.runs.append(request.ids?.next())
                    return (state.answer, state.runs.count)
                }
                return try await answer(run)
            }
        }
    }
}

@Suite struct IdempotencyTests {
    private static let lamp = #"{"customer":"alice","item":"lamp","quantity":1,"amount":20}"#

    private func post(_ url: String, _ body: String = lamp, key: String..., method: String = "POST") async throws -> Answer {
        try await ask(method, url, body: body, headers: key.map { ("Idempotency-Key", $0) })
    }

    @Test func theSameAtAnotherEdgeIsTheSameOrderAndAnswer() async throws {
        try await TwoEdges.with { edges, bases in
            let first = try await post(bases[0] + "/api/orders", key: "k1")
            #expect(first.status == 202 && first.headers["idempotency-replayed"] == nil)
            let expires = WallTime(millisecondsSince1970: edges.registers.now.millisecondsSince1970 + 24 * 3_600_000).httpDate
            #expect(first.headers["idempotency-expires"] == expires)
            for base in bases {
                let again = try await post(base + "/api/orders", key: "k1")
                #expect(again.status == 202 && again.text == first.text && again.headers["idempotency-replayed"] == "true")
                for name in ["location", "content-type", "content-length", "idempotency-expires"] {
                    #expect(again.headers[name] == first.headers[name], "\(name)")
                }
            }
            #expect(edges.orders.orders.count == 1)
            let other = try await post(bases[1] + "/api/orders", key: "k2")
            #expect(other.status == 202 && other.text != first.text && edges.orders.orders.count == 2)
            let plain = try await post(bases[1] + "/api/orders")
            #expect(plain.status == 202 && plain.headers["idempotency-expires"] == nil && edges.orders.orders.count == 3)
        }
    }

    @Test func anotherRequestUnderTheKeyIsAConflict() async throws {
        try await TwoEdges.with { edges, bases in
            let primes = #"{"from":0,"to":1000}"#
            let first = try await post(bases[0] + "/api/primes", primes, key: "k")
            #expect(first.status == 202)
            for (path, body) in [
                ("/api/primes", #"{"from":0,"to":1001}"#), ("/api/primes", primes + " "), ("/api/orders", primes),
                ("/api/orders", Self.lamp), ("/items", "[]"), ("/api/primes?x=1", primes),
            ] {
                let answer = try await post(bases[1] + path, body, key: "k")
                #expect(answer.status == 409 && answer.headers["content-type"] == "application/problem+json", "\(path) \(answer.text)")
                #expect(answer.json?["detail"]?.string?.contains("another request") == true)
                #expect(answer.headers["idempotency-expires"] == first.headers["idempotency-expires"])
            }
            #expect(edges.orders.orders.isEmpty && edges.items.adds.isEmpty)
            #expect(try await post(bases[1] + "/api/primes", primes, key: "k").text == first.text)
            #expect(edges.jobs.state.withLock { $0.jobs.count } == 1)
        }
    }

    @Test func aKeyMayBeQuotedOrBare() async throws {
        try await TwoEdges.with { edges, bases in
            let first = try await post(bases[0] + "/api/orders", key: "a\\\"b")
            #expect(try await post(bases[1] + "/api/orders", key: #""a\\\"b""#).text == first.text)
            #expect(edges.orders.orders.count == 1)
            let longest = String(repeating: "x", count: 255)
            let bare = try await post(bases[0] + "/api/orders", key: longest)
            #expect(try await post(bases[1] + "/api/orders", key: "\"\(longest)\"").text == bare.text)
            #expect(edges.orders.orders.count == 2)
        }
    }

    @Test(arguments: [
        "", "\"\"", "\"", "\"a", "\"a\"b\"", "\"a\\b\"", "\"a\", \"b\"", "a b", "\"a b\"", "\"a\";p=1", "\u{e9}",
        String(repeating: "x", count: 256), "\"\(String(repeating: "x", count: 256))\"",
    ])
    func whatIsNoKeyIsRefusedByName(_ key: String) async throws {
        try await TwoEdges.with { edges, bases in
            let answer = try await post(bases[0] + "/api/orders", key: key)
            #expect(answer.status == 400, "\(answer.text)")
            #expect(answer.json?["errors"]?["Idempotency-Key"]?[0]?.string?.contains("1 to 255 visible ASCII") == true)
            #expect(edges.orders.orders.isEmpty && edges.registers.keys.isEmpty)
        }
    }

    @Test func twoKeysAreNone() async throws {
        try await TwoEdges.with { edges, bases in
            for other in ["a", "b"] {
                let answer = try await post(bases[0] + "/api/orders", key: "a", other)
                #expect(answer.status == 400 && answer.json?["errors"]?["Idempotency-Key"]?[0]?.string?.contains("2 times") == true)
            }
            #expect(edges.orders.orders.isEmpty)
        }
    }

    @Test func otherMethodsTakeNoKey() async throws {
        try await TwoEdges.with { edges, bases in
            for run in 1...2 {
                let answer = try await post(bases[0] + "/probe", "\(run)", key: "k", method: "PUT")
                #expect(answer.text == "run \(run)" && answer.headers["idempotency-expires"] == nil)
            }
            #expect(edges.registers.keys.isEmpty && edges.probe.runs == [nil, nil])
        }
    }

    /// Who is refused is told the same again; what lies with the mesh or the moment is tried again, as the same work.
    @Test(arguments: [200, 201, 204, 400, 404, 409, 413, 422])
    func anAnswerIsKept(_ status: Int) async throws {
        try await TwoEdges.with { edges, bases in
            edges.probe.answer { run in
                Response(
                    status: .init(code: status), headers: [.location: "/x/\(run)", .eTag: "\"\(run)\""],
                    body: status == 204 ? .init() : .init(byteBuffer: ByteBuffer(string: "run \(run)")))
            }
            for base in bases {
                let answer = try await post(base + "/probe", "", key: "k")
                #expect(answer.status == status && answer.text == (status == 204 ? "" : "run 1"))
                #expect(answer.headers["location"] == "/x/1" && answer.headers["etag"] == "\"1\"")
            }
            #expect(edges.probe.runs.count == 1)
        }
    }

    @Test(arguments: [408, 415, 425, 429, 500, 502, 503, 504])
    func whatMayBeAnotherNextTimeIsRunAgainUnderTheSameIDs(_ status: Int) async throws {
        try await TwoEdges.with { edges, bases in
            edges.probe.answer { run in
                guard run < 3 else { return .text("run \(run)") }
                if run == 2 { throw Problem(status: status, detail: "not now") }
                return .text("no", status: .init(code: status))
            }
            for run in 1...2 {
                let answer = try await post(bases[run - 1] + "/probe", "", key: "k")
                #expect(answer.status == status && answer.headers["idempotency-expires"] != nil)
                #expect(answer.headers["idempotency-replayed"] == nil)
            }
            for base in bases { #expect(try await post(base + "/probe", "", key: "k").text == "run 3") }
            #expect(edges.probe.runs.count == 3 && Set(edges.probe.runs).count == 1 && edges.probe.runs[0] != nil)
        }
    }

    @Test func aFaultOfTheProgramIsNotKept() async throws {
        struct Fault: Error {}
        try await TwoEdges.with { edges, bases in
            edges.probe.answer { run in
                if run == 1 { throw Fault() }
                return .text("run \(run)")
            }
            let answer = try await post(bases[0] + "/probe", "", key: "k")
            #expect(answer.status == 500 && answer.headers["idempotency-expires"] != nil)
            #expect(try await post(bases[1] + "/probe", "", key: "k").text == "run 2")
        }
    }

    @Test func anOrderOfWhichNobodyKnowsIsTheSameOrderNextTime() async throws {
        try await TwoEdges.with { edges, bases in
            edges.orders.fail(OrderGatewayError(.unknown, "nobody knows"))
            let unknown = try await post(bases[0] + "/api/orders", key: "k")
            #expect(unknown.status == 503 && unknown.json?["outcome"] == "unknown")
            edges.orders.fail(nil)
            let answer = try await post(bases[1] + "/api/orders", key: "k")
            #expect(answer.status == 202 && answer.json?["orderId"] == unknown.json?["orderId"])
            #expect(Set(edges.orders.orders).count == 1)
        }
    }

    @Test func aJobOfWhichNobodyKnowsIsTheSameJobNextTime() async throws {
        try await TwoEdges.with { edges, bases in
            let body = #"{"from":0,"to":1000}"#
            edges.jobs.state.withLock { $0.failure = JobGatewayError(.unknown, "nobody knows") }
            let unknown = try await post(bases[0] + "/api/primes", body, key: "k")
            #expect(unknown.status == 503 && unknown.json?["jobId"]?.string != nil)
            edges.jobs.state.withLock { $0.failure = nil }
            let answer = try await post(bases[1] + "/api/primes", body, key: "k")
            #expect(answer.status == 202 && answer.json?["jobId"] == unknown.json?["jobId"])
        }
    }

    @Test func ofManyAtOnceAllHaveOneAnswer() async throws {
        try await TwoEdges.with { edges, bases in
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for number in 0..<24 { group.addTask { try await post(bases[number % 2] + "/probe", "x", key: "k") } }
                return try await group.reduce(into: [Answer]()) { $0.append($1) }
            }
            #expect(answers.count == 24 && Set(answers.map(\.text)).count == 1 && answers.allSatisfy { $0.status == 200 })
            #expect(Set(edges.probe.runs).count == 1, "however many have run, they were the same work")
        }
    }

    @Test func itemsAreAddedUnderTheIDsOfTheKey() async throws {
        try await TwoEdges.with { edges, bases in
            let body = #"[{"id":"1","tenant":"t"},{"id":"2","tenant":"u"}]"#
            edges.items.fail(ItemGatewayError(.unknown, "nobody knows"))
            #expect(try await post(bases[0] + "/items", body, key: "k").status == 503)
            edges.items.fail(nil)
            for base in bases {
                let answer = try await post(base + "/items", body, key: "k")
                #expect(answer.status == 200 && answer.text == #"{"message":"Success"}"#)
            }
            #expect(edges.items.works.count == 2 && Set(edges.items.works).count == 1)
            _ = try await post(bases[0] + "/items", body)
            #expect(Set(edges.items.works).count == 2)
        }
    }

    // MARK: Registers out of reach

    @Test(arguments: [RegisterError.Outcome.failed, .unknown])
    func withoutTheRegistersNothingIsDone(_ outcome: RegisterError.Outcome) async throws {
        try await TwoEdges.with { edges, bases in
            edges.registers.silence(outcome)
            let answer = try await post(bases[0] + "/api/orders", key: "k")
            #expect(answer.status == 503 && answer.headers["retry-after"] == "3" && answer.json?["outcome"] == "failed")
            #expect(answer.headers["content-type"] == "application/problem+json" && answer.headers["idempotency-expires"] == nil)
            let items = try await post(bases[0] + "/items", "[]", key: "k")
            #expect(items.status == 503 && items.headers["retry-after"] == "3")
            #expect(items.json?["message"] == "Unable to add items" && items.json?["outcome"] == "not counted")
            #expect(edges.orders.orders.isEmpty && edges.items.adds.isEmpty)
            #expect(try await post(bases[0] + "/api/orders").status == 202, "without a key it goes on")
            edges.registers.silence(nil)
            #expect(try await post(bases[0] + "/api/orders", key: "k").status == 202)
        }
    }

    @Test func anEdgeWithoutRegistersSaysSoRatherThanLetTheKeyBe() async throws {
        try await TwoEdges.with(reachesRegisters: false) { edges, bases in
            let answer = try await post(bases[0] + "/api/orders", key: "k")
            #expect(answer.status == 503 && answer.headers["retry-after"] == "10" && edges.orders.orders.isEmpty)
            #expect(try await post(bases[0] + "/api/orders").status == 202)
        }
    }

    /// The work is done, so its answer is true; and who asks again has the same work.
    @Test func anAnswerThatCannotBeKeptIsGivenAllTheSame() async throws {
        try await TwoEdges.with { edges, bases in
            let registers = edges.registers
            edges.probe.answer { run in
                registers.silence(run == 1 ? .unknown : nil)
                return .text("run \(run)")
            }
            let answer = try await post(bases[0] + "/probe", "", key: "k")
            #expect(answer.status == 200 && answer.text == "run 1" && answer.headers["idempotency-expires"] != nil)
            registers.silence(nil)
            for base in bases { #expect(try await post(base + "/probe", "", key: "k").text == "run 2") }
            #expect(edges.probe.runs.count == 2 && Set(edges.probe.runs).count == 1)
        }
    }

    @Test func anAnswerThatIsTooLargeIsMadeAgain() async throws {
        try await TwoEdges.with { edges, bases in
            for (size, runs) in [(IdempotencyKeys.answerBytes - 512, 1), (IdempotencyKeys.answerBytes, 3)] {
                edges.probe.answer { _ in .text(String(repeating: "x", count: size)) }
                for base in bases {
                    let answer = try await post(base + "/probe", "", key: "k\(size)")
                    #expect(answer.status == 200 && answer.text.utf8.count == size && answer.headers["idempotency-expires"] != nil)
                }
                #expect(edges.probe.runs.count == runs)
            }
        }
    }

    /// What it would begin could not be begun, or not be told from what was begun long ago.
    @Test func anEdgeWhoseClockIsFarOffBeginsNothing() async throws {
        try await TwoEdges.with { edges, bases in
            edges.registers.now.nanosecondsSince1970 += Duration.seconds(2 * 3_600).nanoseconds
            let answer = try await post(bases[0] + "/api/orders", key: "k")
            #expect(answer.status == 503 && answer.headers["retry-after"] == "1")
            #expect(answer.json?["detail"]?.string?.contains("the clock of the edge is -7") == true && edges.orders.orders.isEmpty)
        }
    }

    @Test func aBodyBeyondTheLimitClaimsNothing() async throws {
        try await TwoEdges.with { edges, bases in
            let answer = try await post(bases[0] + "/probe", String(repeating: "x", count: 1 << 20 + 1), key: "k")
            #expect(answer.status == 413 && edges.registers.keys.isEmpty && edges.probe.runs.isEmpty)
        }
    }

    @Test func theDocumentTellsOfKeysAtEveryPostAndNowhereElse() async throws {
        try await TwoEdges.with { _, bases in
            let document = try #require(try await ask("GET", bases[0] + "/openapi.json").json)
            var posts = 0
            for path in document["paths"]?.members ?? [] {
                for operation in path.value.members ?? [] {
                    let parameters = operation.value["parameters"]?.elements ?? [], responses = operation.value["responses"]?.members ?? []
                    let isPost = operation.key == "post"
                    #expect(parameters.contains { $0["name"] == "Idempotency-Key" && $0["in"] == "header" } == isPost, "\(path.key)")
                    guard isPost else { continue }
                    posts += 1
                    #expect(responses.contains { $0.key == "409" })
                    // What every server answers, whatever the route is, stands elsewhere.
                    for response in responses where response.value["$ref"] == nil {
                        let headers = response.value["headers"]
                        #expect(headers?["Idempotency-Expires"] != nil && headers?["Idempotency-Replayed"] != nil)
                    }
                }
            }
            #expect(posts == 5, "primes, orders, items, health of the items' contract, and the probe")
        }
    }
}

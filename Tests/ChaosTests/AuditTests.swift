import Chaos
import JSONDocument
import Synchronization
import Testing
import World

/// What edges are asked when all work is over.
@Suite struct AuditTests {
    /// Two edges: n1 takes an addition that is sent for the third time, n2 knows no tenant.
    private final class Edges: ChaosStage {
        private let sent = Mutex<[JSON?]>([])
        private let takes: Bool

        init(takes: Bool) { self.takes = takes }

        var bodies: [JSON?] { sent.withLock { $0 } }

        func start(
            mutations: Set<Mutation>, timeout: Duration, isInterrupted: @Sendable () -> Bool, starter: @Sendable (ProcessIdentity) -> Void
        ) async throws(StageFailure) {}

        func start(node: String, mutations: Set<Mutation>) throws(StageFailure) {}
        func process(of node: String) -> ProcessIdentity? { nil }

        func ask(_ question: StageQuestion) async -> StageAnswer {
            if question.method == .post {
                let times = sent.withLock { sent in
                    sent.append(question.body)
                    return sent.count
                }
                return takes && times == 3 ? .answered(status: 200, [:], complaint: "") : .answered(status: 503, nil, complaint: "not yet")
            }
            return question.node == "n1"
                ? .answered(status: 200, ["count": 2], complaint: "") : .answered(status: 404, nil, complaint: "no such tenant")
        }
    }

    private func run(_ edges: Edges, patience: Duration = .seconds(30), _ begin: (Audit) -> Void) async throws -> [HistoryRecord] {
        let world = SystemWorld(), recorder = Recorder(world: world, path: nil)
        defer { world.shutDown() }
        let audit = Audit(stage: edges, recorder: recorder, world: world, patience: patience)
        begin(audit)
        let limit = world.now + .seconds(30)
        while !audit.isOver {
            try #require(world.now < limit, "the edges are asked for ever")
            try await world.sleep(for: .milliseconds(5))
        }
        return recorder.records
    }

    @Test func whatIsDoubtfulIsSentAgainUntilItIsAcknowledged() async throws {
        let edges = Edges(takes: true)
        let records = try await run(edges) { $0.settle([.addition("t", ["a", "b"])], edges: ["n1", "n2"]) }
        let body: JSON = [["id": "a", "tenant": "t"], ["id": "b", "tenant": "t"]]
        #expect(edges.bodies == [body, body, body])
        #expect(records.map(\.event) == [.settle(tenant: "t", ids: ["a", "b"])])
        #expect(records.first?.outcome == .ok && records.first?.via == "n1", "the edges are asked in turn")
    }

    @Test func whatNobodyAcknowledgesStaysUnknown() async throws {
        let records = try await run(Edges(takes: false), patience: .milliseconds(100)) {
            $0.settle([.addition("t", ["a"])], edges: ["n1", "n2"])
        }
        #expect(records.map(\.outcome) == [.unknown] && records.first?.detail == "503: not yet")
    }

    @Test func everyEdgeIsAskedForEachCount() async throws {
        let records = try await run(Edges(takes: true)) { $0.begin([.tenant("t")], edges: ["n1", "n2"]) }
        let told = Dictionary(uniqueKeysWithValues: records.map { ($0.via ?? "", $0) })
        #expect(told.count == 2 && told["n1"]?.event == .total(tenant: "t", 2) && told["n1"]?.outcome == .ok)
        #expect(told["n2"]?.event == .total(tenant: "t", nil) && told["n2"]?.outcome == .failed)
    }
}

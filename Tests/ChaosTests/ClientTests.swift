import Chaos
import JSONDocument
import Synchronization
import Testing
import World

/// What a client writes down of an order that stands still.
@Suite struct ClientTests {
    /// An edge that takes an order and has never anything new to say of it.
    private final class StandingEdge: ChaosStage {
        private let asked = Mutex(0)

        /// How often it was asked for the order.
        var questions: Int { asked.withLock { $0 } }

        func start(
            mutations: Set<Mutation>, timeout: Duration, isInterrupted: @Sendable () -> Bool, starter: @Sendable (ProcessIdentity) -> Void
        ) async throws(StageFailure) {}

        func start(node: String, mutations: Set<Mutation>) throws(StageFailure) {}
        func process(of node: String) -> ProcessIdentity? { nil }

        func ask(_ question: StageQuestion) async -> StageAnswer {
            if question.method == .post { return .answered(status: 202, ["orderId": "id"], complaint: "") }
            asked.withLock { $0 += 1 }
            let steps: JSON = [["step": "order", "state": "done"], ["step": "payment", "state": "asked"]]
            return .answered(status: 200, ["orderId": "id", "status": "Placed", "steps": steps], complaint: "")
        }
    }

    private func wait(_ world: SystemWorld, until isSo: () -> Bool) async throws {
        let limit = world.now + .seconds(30)
        while !isSo() {
            try #require(world.now < limit, "nobody asks the edge")
            try await world.sleep(for: .milliseconds(5))
        }
    }

    @Test func whatStandsStillIsWrittenDownOnceAfterEachHarm() async throws {
        let world = SystemWorld(), edge = StandingEdge(), board = JobBoard(), recorder = Recorder(world: world, path: nil)
        defer { world.shutDown() }
        let client = Client(stage: edge, recorder: recorder, board: board, world: world, edges: ["n1"])
        client.begin(Client.Order(kind: Submission.orders, body: [:]), first: 0)
        func readings() -> Int { recorder.records.count { if case .read = $0.event { true } else { false } } }
        /// What came of a question is written down before the next.
        func letAsk() async throws {
            let questions = edge.questions
            try await wait(world) { edge.questions > questions + 2 }
        }
        try await letAsk()
        #expect(readings() == 1)
        for harm in 1...2 {
            let ns = recorder.now
            board.noteHarm()
            try await letAsk()
            let last = recorder.records.last { if case .read = $0.event { true } else { false } }
            #expect(readings() == 1 + harm && last.map { $0.callNs >= ns } == true)
        }
    }
}

import JSONDocument
import World

/// One client of the mesh: hands in one job at any edge that answers, and follows it to its end.
package struct Client: Sendable {
    let stage: any ChaosStage
    let recorder: Recorder
    let board: JobBoard
    let world: any World
    /// The nodes that are edges.
    let edges: [String]

    package init(stage: any ChaosStage, recorder: Recorder, board: JobBoard, world: any World, edges: [String]) {
        (self.stage, self.recorder, self.board, self.world, self.edges) = (stage, recorder, board, world, edges)
    }

    /// What to hand in, and where.
    package struct Order: Sendable {
        /// `primes`, `lookup` or `orders`: the kind's path on the edge.
        let kind: String
        let body: JSON
        var expected: UInt64?
        /// The same under the same key is one order, however often it is handed in; nil for none.
        var key: String?
        var sequel: Sequel?

        package init(kind: String, body: JSON, expected: UInt64? = nil) {
            (self.kind, self.body, self.expected) = (kind, body, expected)
        }

        /// What a client does beside following, once its order is accepted. It asks the next edge.
        enum Sequel: Hashable, Sendable {
            /// It does not want it any more, so long after it was accepted.
            case cancel(after: Duration)
            /// It hands in the same once more under the same key.
            case again
        }
    }

    /// What came of one attempt at something.
    enum Attempt<Value: Sendable>: Sendable {
        case done(Value)
        /// It will never be otherwise.
        case refused
        /// It may be tried again.
        case open(HistoryRecord.Outcome)
    }

    /// How long edges may refuse before something is given up.
    static let patience = Duration.seconds(20)
    static let firstPause = Duration.milliseconds(50)
    static let longestPause = Duration.seconds(1)
    /// Between two questions about a job; about an order that does not move it grows, for many may wait for one account.
    static let beat = Duration.milliseconds(50), longestOrderBeat = Duration.milliseconds(400)
    /// For one answer to something that is to be done.
    static let answerLimit = Duration.seconds(5)

    /// Begins to hand in a job; returns at once.
    /// - Parameter first: which edge is asked first, modulo their number.
    package func begin(_ order: Order, first: Int) {
        board.submitterBegins()
        world.spawn("chaos.client") {
            let number = board.nextOrder()
            let accepted = await insist(first: first) { await handIn(order, number, $0, $1) }
            if let accepted {
                board.accept(.init(process: accepted.process, kind: order.kind, jobId: accepted.value, reading: nil), at: world.now)
                begin(order.sequel, of: order, number, accepted.value, first: first + accepted.attempts)
            }
            board.submitterEnds(at: world.now)
            if let accepted { await follow(accepted.value, of: order.kind, process: accepted.process, from: accepted.edge) }
        }
    }

    private func begin(_ sequel: Order.Sequel?, of order: Order, _ number: Int, _ id: String, first: Int) {
        guard let sequel else { return }
        board.submitterBegins()
        world.spawn("chaos.sequel") {
            switch sequel {
            case .again: _ = await insist(first: first) { await handIn(order, number, $0, $1) }
            case .cancel(let pause):
                if (try? await world.sleep(for: pause)) != nil { _ = await insist(first: first) { await cancel(id, $0, $1) } }
            }
            board.submitterEnds(at: world.now)
        }
    }

    /// Asks one edge after the other until one has a final answer, or patience is over. A refusal is another attempt of the same process;
    /// after an outcome that is unknown the process does nothing more and a new one begins.
    /// - Returns: nil when it was not done, as far as is known.
    func insist<Value: Sendable>(
        first: Int, _ attempt: (_ edge: String, _ process: Int) async -> Attempt<Value>
    ) async -> (value: Value, process: Int, edge: String, attempts: Int)? {
        var process = recorder.nextProcess(), pause = Self.firstPause, attempts = 0
        let deadline = world.now + Self.patience
        while !Task.isCancelled {
            let edge = edges[(first + attempts) % edges.count]
            attempts += 1
            switch await attempt(edge, process) {
            case .done(let value): return (value, process, edge, attempts)
            case .refused: return nil
            case .open(let outcome): if outcome == .unknown { process = recorder.nextProcess() }
            }
            guard world.now < deadline, (try? await world.sleep(for: pause)) != nil else { return nil }
            pause = min(pause * 2, Self.longestPause)
        }
        return nil
    }

    /// - Returns: the id that the edge has given it.
    private func handIn(_ order: Order, _ number: Int, _ edge: String, _ process: Int) async -> Attempt<String> {
        var submission = Submission(kind: order.kind, request: order.body, order: number, expected: order.expected)
        let pending = recorder.begin(.submit(submission), process: process, via: edge)
        let answer = await stage.ask(
            StageQuestion(edge, .edge, .post, "/api/\(order.kind)", body: order.body, key: order.key, timeout: Self.answerLimit))
        let returned = recorder.now
        if let id = (answer.document?["jobId"] ?? answer.document?["orderId"])?.string {
            submission.jobId = id
            recorder.finish(pending, .submit(submission), process: process, returned: returned, via: edge)
            return .done(id)
        }
        let outcome = Self.outcome(answer)
        submission.refusal = Self.refusal(answer)
        recorder.finish(
            pending, .submit(submission), process: process, returned: returned, outcome: outcome, via: edge, detail: answer.complaint)
        return submission.refusal == nil ? .open(outcome) : .refused
    }

    private func cancel(_ id: String, _ edge: String, _ process: Int) async -> Attempt<Cancellation> {
        let pending = recorder.begin(.cancel(jobId: id, nil), process: process, via: edge)
        let answer = await stage.ask(StageQuestion(edge, .edge, .delete, "/api/orders/\(id)", timeout: Self.answerLimit))
        let returned = recorder.now, word = Cancellation(answer)
        let outcome = word == .accepted ? .ok : Self.outcome(answer)
        recorder.finish(
            pending, .cancel(jobId: id, word), process: process, returned: returned, outcome: outcome, via: edge,
            detail: word == .accepted ? "" : answer.complaint)
        return if let word { .done(word) } else { .open(outcome) }
    }

    /// A 4xx and a refused connection are certain. A 5xx is not: the job may stand in its register, or yet come to stand there.
    static func outcome(_ answer: StageAnswer) -> HistoryRecord.Outcome {
        switch answer {
        case .answered(400..<500, _, _), .refused: .failed
        case .answered, .silent: .unknown
        }
    }

    /// The status of an answer that will not be another one later. What the edge cannot take now it may take then (429), and what did not
    /// come in time (408) or too early (425); what is wrong with what was asked for stays wrong.
    package static func refusal(_ answer: StageAnswer) -> Int? {
        guard case .answered(let status, _, _) = answer, 400..<500 ~= status, ![408, 425, 429].contains(status) else { return nil }
        return status
    }

    /// Asks the edge that has accepted the job, and when it has no document the others, until one says how the job has ended.
    private func follow(_ id: String, of kind: String, process: Int, from edge: String) async {
        let order = [edge] + edges.filter { $0 != edge }
        let longest = kind == Submission.orders ? Self.longestOrderBeat : Self.beat
        var last: JobReading?, complaints: [String: String] = [:], pause = Self.beat
        var harms = board.harms
        while !Task.isCancelled {
            pause = min(pause * 2, longest)
            for edge in order {
                // Before the time of the call: what is read for the first time after a harm was asked for after it.
                let known = board.harms, call = recorder.now
                let answer = await stage.ask(StageQuestion(edge, .edge, .get, "/api/\(kind)/\(id)"))
                guard let reading = answer.document.flatMap({ JobReading(document: $0) }) else {
                    if complaints.updateValue(answer.complaint, forKey: edge) != answer.complaint {
                        let empty = last ?? JobReading(jobId: id, status: "", done: 0, total: 0)
                        recorder.record(
                            .client, .read(empty), process: process, call: call, outcome: .failed, via: edge, detail: answer.complaint)
                    }
                    continue
                }
                complaints[edge] = nil
                // That it stands still after a harm is news, too.
                if reading != last || known != harms {
                    recorder.record(.client, .read(reading), process: process, call: call, via: edge)
                    harms = known
                }
                if reading != last {
                    board.read(process, reading, at: world.now)
                    (last, pause) = (reading, Self.beat)
                }
                break
            }
            if last?.isOver == true { return }
            guard (try? await world.sleep(for: pause)) != nil else { return }
        }
    }
}

extension Cancellation {
    /// Nil for an answer that decides nothing.
    init?(_ answer: StageAnswer) {
        guard case .answered(let status, _, _) = answer else { return nil }
        switch status {
        case 200..<300: self = .accepted
        case 404: self = .missing
        case 409: self = .ended
        default: return nil
        }
    }
}

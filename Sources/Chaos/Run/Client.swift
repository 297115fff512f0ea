import JSONDocument
import World

/// One client of the mesh: hands in one job at any edge that answers, and follows it to its end.
struct Client: Sendable {
    let stage: any ChaosStage
    let recorder: Recorder
    let board: JobBoard
    let world: any World
    /// The nodes that are edges.
    let edges: [String]

    /// What to hand in, and where.
    struct Order: Sendable {
        /// `primes` or `lookup`: the kind's path on the edge.
        let kind: String
        let body: JSON
        let expected: UInt64?
    }

    /// How long edges may refuse before the job is given up.
    static let patience = Duration.seconds(20)
    static let firstPause = Duration.milliseconds(50)
    static let longestPause = Duration.seconds(1)
    /// Between two questions about a job.
    static let beat = Duration.milliseconds(50)

    /// Begins to hand in a job; returns at once.
    /// - Parameter first: which edge is asked first, modulo their number.
    func begin(_ order: Order, first: Int) {
        board.submitterBegins()
        world.spawn("chaos.client") {
            let accepted = await submit(order, first: first)
            board.submitterEnds(at: world.now)
            guard let (process, jobId, edge) = accepted else { return }
            await follow(jobId, of: order.kind, process: process, from: edge)
        }
    }

    /// Asks one edge after the other until one accepts. A refusal is another attempt of the same client; after an outcome that is
    /// unknown the client does nothing more and a new one begins.
    private func submit(_ order: Order, first: Int) async -> (process: Int, jobId: String, edge: String)? {
        var process = recorder.nextProcess(), pause = Self.firstPause, attempt = first
        let number = board.nextOrder(), deadline = world.now + Self.patience
        while !Task.isCancelled {
            let edge = edges[attempt % edges.count]
            attempt += 1
            var submission = Submission(kind: order.kind, request: order.body, order: number, expected: order.expected)
            let pending = recorder.begin(.submit(submission), process: process, via: edge)
            let answer = await stage.ask(StageQuestion(edge, .edge, .post, "/api/\(order.kind)", body: order.body, timeout: .seconds(5)))
            let returned = recorder.now
            if let id = answer.document?["jobId"]?.string {
                submission.jobId = id
                board.accept(.init(process: process, kind: order.kind, jobId: id, reading: nil), at: world.now)
                recorder.finish(pending, .submit(submission), process: process, returned: returned, via: edge)
                return (process, id, edge)
            }
            let outcome = Self.outcome(answer)
            recorder.finish(
                pending, .submit(submission), process: process, returned: returned, outcome: outcome, via: edge, detail: answer.complaint)
            // What the edge cannot take now it may take later (429); what is wrong with the order stays wrong.
            if case .answered(let status, _, _) = answer, 400..<500 ~= status, status != 429 { return nil }
            if outcome == .unknown { process = recorder.nextProcess() }
            guard world.now < deadline, (try? await world.sleep(for: pause)) != nil else { return nil }
            pause = min(pause * 2, Self.longestPause)
        }
        return nil
    }

    /// A 4xx and a refused connection are certain. A 5xx is not: the job may stand in its register, or yet come to stand there.
    private static func outcome(_ answer: StageAnswer) -> HistoryRecord.Outcome {
        switch answer {
        case .answered(400..<500, _, _), .refused: .failed
        case .answered, .silent: .unknown
        }
    }

    /// Asks the edge that has accepted the job, and when it has no document the others, until one says how the job has ended.
    private func follow(_ id: String, of kind: String, process: Int, from edge: String) async {
        let order = [edge] + edges.filter { $0 != edge }
        var last: JobReading?, complaints: [String: String] = [:]
        while !Task.isCancelled {
            for edge in order {
                let call = recorder.now
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
                if reading != last {
                    recorder.record(.client, .read(reading), process: process, call: call, via: edge)
                    board.read(process, reading, at: world.now)
                    last = reading
                }
                break
            }
            if last?.isOver == true { return }
            guard (try? await world.sleep(for: Self.beat)) != nil else { return }
        }
    }
}

extension Workload {
    /// Begins to hand in the jobs. Returns at once.
    /// - Parameter expected: of a primes load.
    func begin(_ client: Client, expected: UInt64?) {
        switch self {
        case .primes(let load):
            var members: [JSON.Member] = [
                .init("from", .number(load.from)), .init("to", .number(load.to)), .init("algorithm", .string(load.algorithm)),
            ]
            if let chunks = load.chunks { members.append(.init("chunks", .number(chunks))) }
            let order = Client.Order(kind: "primes", body: .object(members), expected: expected)
            for index in 0..<load.jobs { client.begin(order, first: index) }
        case .lookups(let load):
            client.board.submitterBegins()
            client.world.spawn("chaos.pacer") {
                await load.pace(client)
                client.board.submitterEnds(at: client.world.now)
            }
        }
    }
}

extension LookupLoad {
    /// One lookup after the other, each at its time whether or not those before it have been answered.
    func pace(_ client: Client) async {
        let begun = client.world.now
        let count = max(1, Int(duration.milliseconds) * rate / 1_000)
        for index in 0..<count {
            var members = [JSON.Member("target", .string(targets[index % targets.count]))]
            if !services.isEmpty { members.append(.init("services", .array(services.map { .string($0) }))) }
            let order = Client.Order(kind: "lookup", body: .object(members), expected: nil)
            client.begin(order, first: index)
            let next = begun + .milliseconds(1_000 * (index + 1) / rate)
            guard (try? await client.world.sleep(until: next)) != nil else { return }
        }
    }
}

import Choreography
import JSONDocument
import Jobs
import Lookup
import MessagePack
import Truth
import World

/// Answers at once, with a small document, and asks nobody.
struct IdleWorker: Worker {
    var kind: WorkKind { LookupJob.work }
    var inHand: Int { 0 }

    func perform(_ task: WorkTask) async throws -> [UInt8] { try LookupOutcome.ofNothing(task) }
}

/// The clients of `bench jobs`: each submits a lookup of four services, waits until the job has ended, and submits the next.
struct JobsDriver {
    /// How long a job may take. One that takes longer fails the run.
    static let patience = Duration.seconds(20)

    private let jobs: JobDesk<LookupJob>
    /// Orders about the same go to the same node: as many targets spread them as clients' would.
    private let targets: [LookupTarget]
    private let truth: TruthService
    private let span: Duration
    private let world: any World
    private let ids: WorkIDGenerator

    init(truth: TruthService, span: Duration, world: any World) throws {
        self.truth = truth
        self.span = span
        self.world = world
        ids = WorkIDGenerator(world)
        targets = try (0..<256).map { try LookupTarget("192.0.2.\($0)") }
        let truth = truth
        jobs = JobDesk(
            world: world, actors: truth.actors, limits: LookupRequest.defaultLimits,
            surroundings: .init(results: truth.results, breadth: { truth.breadth(of: LookupJob.work) }))
    }

    func run(_ counts: [Int]) async throws -> [JobsFigures] {
        try await truth.waitUntilItVotes(world)
        _ = try await run(64, for: .milliseconds(500))
        var figures: [JobsFigures] = []
        for count in counts {
            let start = world.now
            let latencies = Samples(try await run(count, for: span))
            let took = (world.now - start).seconds
            figures.append(
                JobsFigures(
                    inFlight: count, rate: Double(latencies.count) / took, p50: latencies.percentile(0.5), p99: latencies.percentile(0.99)))
        }
        return figures
    }

    /// The milliseconds from submitting to the end of each job.
    private func run(_ inFlight: Int, for span: Duration) async throws -> [Double] {
        let end = world.now + span
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            for _ in 0..<inFlight {
                group.addTask {
                    var latencies: [Double] = []
                    while world.now < end {
                        let start = world.now
                        try await runOne()
                        latencies.append(Double((world.now - start).nanoseconds) / 1e6)
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func runOne() async throws {
        let id = ids.next(), target = targets[Int(id.bytes.last ?? 0)]
        let request = LookupRequest(target: target, services: LookupService.all.map(\.value))
        try await jobs.submit(request, id: id)
        let document = try await jobs.status(id, seen: .max, patience: Self.patience)
        guard document.status.isTerminal else { throw CommandFailure(.timedOut, "job \(id) has not ended within \(Self.patience.seconds) s") }
        guard document.status == .completed, document.results.count == request.services.count else {
            throw CommandFailure(.software, "job \(id) has ended as \(document.status.rawValue) with \(document.results.count) results")
        }
    }
}

extension LookupOutcome {
    /// What a worker answers that looks nothing up.
    fileprivate static func ofNothing(_ task: WorkTask) throws -> [UInt8] {
        let outcome = LookupOutcome(
            service: Int(task.part) ?? -1, result: .success(#"{"found":false}"#), completedAtMs: 0, durationMs: 0, node: "bench")
        return try MessagePackEncoder().encode(outcome)
    }
}

/// What one run of the clients finds, at one number of jobs in flight.
package struct JobsFigures: Hashable, Sendable {
    package let inFlight: Int
    /// Jobs in a second, from submitting to the end.
    package let rate: Double
    /// Milliseconds of one.
    package let p50: Double
    package let p99: Double

    package init(inFlight: Int, rate: Double, p50: Double, p99: Double) {
        (self.inFlight, self.rate, self.p50, self.p99) = (inFlight, rate, p50, p99)
    }

    package init?(_ json: JSON) {
        guard let inFlight: Int = json["inFlight"]?.integer(), let rate = json["rate"]?.double, let p50 = json["p50"]?.double,
            let p99 = json["p99"]?.double
        else { return nil }
        self.init(inFlight: inFlight, rate: rate, p50: p50, p99: p99)
    }

    package var json: JSON { ["inFlight": .number(inFlight), "rate": .number(rate), "p50": .number(p50), "p99": .number(p99)] }
}

extension JobsFigures {
    /// What a broker with a store beside it does for the same work on a machine of this kind (RabbitMQ with confirms and Redis, clients in Go),
    /// jobs in a second, by jobs in flight.
    package static let brokerRates = [1: 413.0, 16: 1_171, 64: 1_426]

    /// The lines of the report: three for each number in flight.
    package static func rows(_ rounds: [[JobsFigures]]) -> [BenchRow] {
        (rounds.first ?? []).indices.flatMap { index -> [BenchRow] in
            let figures = rounds.compactMap { $0.indices.contains(index) ? $0[index] : nil }
            guard let inFlight = figures.first?.inFlight else { return [] }
            let name = "jobs, \(inFlight) in flight"
            let rate = brokerRates[inFlight]
            return [
                BenchRow(
                    name, "1/s", ours: Samples(figures.map(\.rate)), yardstick: rate.map { Samples([$0]) },
                    goal: rate.map { _ in .ratioAtLeast(1) }),
                BenchRow("\(name), p50", "ms", ours: Samples(figures.map(\.p50))),
                BenchRow("\(name), p99", "ms", ours: Samples(figures.map(\.p99))),
            ]
        }
    }
}

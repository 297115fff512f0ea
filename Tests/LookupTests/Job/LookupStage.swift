import Choreography
import Jobs
import Lookup
import MessagePack
import World

/// A job that looks a target up, in memory, and workers that do what the test says.
final class LookupStage {
    static let startMs: Int64 = 1_800_000_000_000
    static let id = WorkID(milliseconds: UInt64(startMs), randomA: 0, randomB: 1)
    private static let actor = ActorName(LookupJob.kind, of: id)

    let rehearsal: Rehearsal
    private let bench: Bench
    /// What lies in a result store.
    var results: [ResultLocation: [UInt8]] = [:]

    private final class Bench {
        var asked: [LookupOrder] = []
        var odd: (LookupOrder, _ place: String?) throws -> WorkResult? = { _, _ in nil }
    }

    init(seed: UInt64 = 1) {
        let bench = Bench()
        self.bench = bench
        rehearsal = Rehearsal([LookupJob.self], seed: seed, now: WallTime(millisecondsSince1970: Self.startMs)) { work, part, payload in
            precondition(work == "lookup", "nobody does \(work)")
            do {
                let order = try MessagePackDecoder().decode(LookupOrder.self, from: payload)
                bench.asked.append(order)
                let place = part.split(separator: "@").dropFirst().first.map(String.init)
                return try bench.odd(order, place) ?? Self.done(Self.outcome(order.service, by: place))
            } catch { return .failed("\(error)") }
        }
    }

    /// What workers were asked for, in order; some more than once.
    var asked: [LookupOrder] { bench.asked }

    /// Has workers answer otherwise than they should, where this gives something.
    func answer(_ odd: @escaping (LookupOrder) throws -> WorkResult?) { bench.odd = { order, _ in try odd(order) } }

    /// The same, where it matters which node is to look.
    func answer(at odd: @escaping (LookupOrder, _ place: String?) throws -> WorkResult?) { bench.odd = odd }

    func submit(_ services: [Int], vantage: LookupVantage? = nil, deadline: Duration = .seconds(60)) throws {
        let request = LookupRequest(target: try LookupTarget("192.0.2.1"), services: services, vantage: vantage)
        let end = rehearsal.now.millisecondsSince1970 + deadline.milliseconds
        try rehearsal.tell(Submit(request, deadlineMs: end, breadth: 1), to: Self.actor, as: Self.id)
    }

    func cancel() throws { try rehearsal.tell(CancelJob(), to: Self.actor, as: Self.id) }

    private var sighting: ActorSighting<LookupJob>? { get throws { try rehearsal.sighting(of: Self.actor) } }

    var status: LookupStatus? {
        get throws { try sighting.flatMap { LookupJob.document(Self.id, $0, results: results, now: rehearsal.now) } }
    }

    var summary: JobSummary? { get throws { try sighting.flatMap { LookupJob.summary(Self.id, $0, home: "n1", now: rehearsal.now) } } }
    /// Where those results lie that are too large for the register.
    var stored: [ResultLocation] { get throws { try sighting.map { LookupJob.stored($0) } ?? [] } }
    var openOrders: Int { get throws { try sighting?.openOrders ?? 0 } }
    var isOver: Bool { rehearsal.isFinished(Self.actor) }

    static func outcome(_ service: Int, _ text: String = "{}", error: String? = nil, by node: String? = nil) -> LookupOutcome {
        LookupOutcome(
            service: service, result: error.map { .failure(LookupFailure($0)) } ?? .success(text), completedAtMs: 2_000, durationMs: 5,
            node: node ?? "n\(service)")
    }

    static func done(_ outcome: LookupOutcome) throws -> WorkResult { .done(try MessagePackEncoder().encode(outcome)) }
}

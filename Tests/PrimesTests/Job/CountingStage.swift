import Choreography
import Jobs
import MessagePack
import Primes
import World

/// A job that counts primes, in memory, and workers that do what the test says.
final class CountingStage {
    static let startMs: Int64 = 1_800_000_000_000
    static let id = WorkID(milliseconds: UInt64(startMs), randomA: 0, randomB: 1)
    private static let actor = ActorName(PrimesJob.kind, of: id)

    let rehearsal: Rehearsal
    private let bench: Bench

    private final class Bench {
        var asked: [PrimesPart] = []
        var odd: (PrimesPart) throws -> WorkResult? = { _ in nil }
    }

    init(seed: UInt64 = 1) {
        let bench = Bench()
        self.bench = bench
        rehearsal = Rehearsal([PrimesJob.self], seed: seed, now: WallTime(millisecondsSince1970: Self.startMs)) { work, part, payload in
            precondition(work == "primes", "nobody does \(work)")
            do {
                let order = try MessagePackDecoder().decode(PrimesPart.self, from: payload)
                bench.asked.append(order)
                return try bench.odd(order) ?? Self.result(order.number, Self.count(order))
            } catch { return .failed("\(error)") }
        }
    }

    /// What workers were asked for, in order; some more than once.
    var asked: [PrimesPart] { bench.asked }

    /// Has workers answer otherwise than they should, where this gives something.
    func answer(_ odd: @escaping (PrimesPart) throws -> WorkResult?) { bench.odd = odd }

    @discardableResult
    func submit(_ request: PrimesRequest, deadline: Duration = .seconds(3_600), breadth: Int = 8) throws -> [UInt8] {
        let end = rehearsal.now.millisecondsSince1970 + deadline.milliseconds
        return try rehearsal.tell(Submit(request, deadlineMs: end, breadth: breadth), to: Self.actor, as: Self.id)
    }

    func cancel() throws { try rehearsal.tell(CancelJob(), to: Self.actor, as: Self.id) }

    var status: PrimesStatus? {
        get throws {
            try rehearsal.sighting(of: Self.actor, PrimesJob.self).flatMap {
                PrimesJob.document(Self.id, $0, results: [:], now: rehearsal.now)
            }
        }
    }

    var summary: JobSummary? {
        get throws {
            try rehearsal.sighting(of: Self.actor, PrimesJob.self).flatMap { PrimesJob.summary(Self.id, $0, home: "n1", now: rehearsal.now) }
        }
    }

    /// Parts that are ordered and not answered.
    var openOrders: Int { get throws { try rehearsal.sighting(of: Self.actor, PrimesJob.self)?.openOrders ?? 0 } }
    var isOver: Bool { rehearsal.isFinished(Self.actor) }

    static func result(_ part: Int, _ count: UInt64) throws -> WorkResult {
        .done(try MessagePackEncoder().encode(PrimesPartResult(part: part, count: count)))
    }

    /// Primes of a range, by testing every number.
    static func count(_ part: PrimesPart) -> UInt64 {
        (part.from...part.to).reduce(0) { $0 + (PrimeCounter.isPrime($1) ? 1 : 0) }
    }
}

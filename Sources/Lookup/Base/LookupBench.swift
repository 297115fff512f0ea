import Choreography
import JSONDocument
import Logging
import World

/// Looks up on this node what jobs order, with places for each service of its own, so that one that is slow holds up no other.
///
/// What was found out is kept for as long as it holds, and orders about the same target share one lookup, however many there are at a time
/// and of whichever jobs. What nobody waits for any longer is ended. See LookupBench+Flights.swift.
public actor LookupBench {
    /// Bytes of the JSON text of a document. Longer ones are failures: an outcome must fit into a frame with room to spare.
    public static let documentLimit = 256 << 10
    /// Orders of one service that are in hand, for each lookup that may run or wait. Most of a crowd about one target share a lookup or need
    /// none; this bounds them all the same.
    package static let ordersPerLookup = 8

    private struct Key: Hashable, Sendable {
        let job: WorkID
        let service: Int
    }

    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<LookupOutcome, any Error>
    }

    /// One service of one job, and all who wait for its outcome: an order may come more than once.
    private struct Errand {
        let number: UInt64
        let task: SpawnedTask
        var waiters: [Waiter]
    }

    /// One service: its worker, its places, and what it has done.
    struct Lane {
        let worker: any LookupWorker
        var counts = LookupCounts()
        /// Errands that are not over.
        var errands = 0
        /// Flights that are not over, whether they have a place or not.
        var flights = 0
        var queue: [(number: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    let world: any World
    let executor: any ActorExecutor
    let node: String
    private let store: any LookupResultStore
    private let log: Logger
    /// Whether the last outcome could be saved: the first that cannot is told to the log, not each.
    private var canSave = true
    let places: Int
    let queueLimit: Int
    private let services: [LookupService]
    var lanes: [Int: Lane] = [:]
    private var errands: [Key: Errand] = [:]
    var cache: LookupCache
    var flights = Flights()
    private var numbers: UInt64 = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - node: the name of this node, for the outcomes.
    ///   - workers: one for each service; of two for the same the first counts.
    ///   - running: lookups of one service at a time; at least 1.
    ///   - waiting: those of one service that wait for a place; the next is refused.
    ///   - cache: what is kept, and how long.
    public init(
        world: any World, node: String, workers: [any LookupWorker], store: any LookupResultStore, running: Int = 32,
        waiting: Int = 256, cache: LookupCacheSettings = LookupCacheSettings(), log: Logger = Logger(label: "lookup")
    ) {
        self.world = world
        self.node = node
        self.store = store
        self.log = log
        self.cache = LookupCache(cache)
        executor = world.makeExecutor("lookup.bench")
        places = max(1, running)
        queueLimit = max(0, waiting)
        lanes = Dictionary(workers.map { ($0.service.value, Lane(worker: $0)) }, uniquingKeysWith: { first, _ in first })
        services = lanes.values.map(\.worker.service).sorted { $0.value < $1.value }
    }

    /// Finds out what is ordered and saves the outcome before it returns it; what was saved for the same service of the same job is
    /// returned as it is.
    /// - Throws: ``WorkRefusal``: `invalid` for a service that this node does not have, `overloaded`, `cannotWork` when the outcome could
    ///   not be saved; `CancellationError`.
    public func perform(order: LookupOrder, job: WorkID) async throws -> LookupOutcome {
        let number = nextNumber(), key = Key(job: job, service: order.service)
        return try await withTaskCancellationHandler {
            // Only the body of the continuation is sure to run in one go: even entering a closure may be a hop.
            try await withCheckedThrowingContinuation { continuation in
                guard !Task.isCancelled else { return continuation.resume(throwing: CancellationError()) }
                do throws(WorkRefusal) {
                    try join(Waiter(number: number, continuation: continuation), key, order)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        } onCancel: {
            world.spawn("lookup.leave", on: executor) { await self.leave(number, key) }
        }
    }

    /// What this bench has done for each of its services and is doing, by the service's value.
    public var counts: [(service: LookupService, counts: LookupCounts)] {
        services.map { service in (service, lanes[service.value]?.counts ?? LookupCounts()) }
    }

    /// What the workers themselves have to tell, by the service's value.
    public var workerMetrics: [MetricSample] { services.flatMap { lanes[$0.value]?.worker.metrics ?? [] } }

    /// Orders that are not answered yet.
    public var inHand: Int { lanes.values.reduce(0) { $0 + $1.errands } }

    /// Later than all that were given before.
    func nextNumber() -> UInt64 {
        numbers += 1
        return numbers
    }

    func count(_ path: WritableKeyPath<LookupCounts, Int>, _ service: Int) { lanes[service]?.counts[keyPath: path] += 1 }

    // MARK: Errands

    private func join(_ waiter: Waiter, _ key: Key, _ order: LookupOrder) throws(WorkRefusal) {
        if errands[key] != nil {
            errands[key]?.waiters.append(waiter)
            return
        }
        guard let lane = lanes[key.service] else {
            throw WorkRefusal(.invalid, "node \(node) has no lookup with the number \(key.service)")
        }
        let limit = (places + queueLimit) * Self.ordersPerLookup
        guard lane.errands < limit else {
            throw WorkRefusal(.overloaded, "\(limit) orders for \(lane.worker.service.title) are in hand on node \(node); ask another node")
        }
        lanes[key.service]?.errands += 1
        let number = waiter.number
        let task = world.spawn("lookup.errand", on: executor) { await self.run(number, key, order) }
        errands[key] = Errand(number: number, task: task, waiters: [waiter])
    }

    private func leave(_ number: UInt64, _ key: Key) {
        guard let index = errands[key]?.waiters.firstIndex(where: { $0.number == number }),
            let waiter = errands[key]?.waiters.remove(at: index)
        else { return }
        waiter.continuation.resume(throwing: CancellationError())
        guard errands[key]?.waiters.isEmpty == true else { return }
        // Whoever asks again begins anew, though the end of this one is still to come.
        errands.removeValue(forKey: key)?.task.cancel()
    }

    private func run(_ number: UInt64, _ key: Key, _ order: LookupOrder) async {
        let result: Result<LookupOutcome, any Error>
        do {
            result = .success(try await outcome(key, order, since: number))
        } catch {
            result = .failure(error)
        }
        lanes[key.service]?.errands -= 1
        // An errand that was called off is not in the table; another of the same key may be.
        guard errands[key]?.number == number, let errand = errands.removeValue(forKey: key) else { return }
        for waiter in errand.waiters { waiter.continuation.resume(with: result) }
    }

    private func outcome(_ key: Key, _ order: LookupOrder, since arrival: UInt64) async throws -> LookupOutcome {
        if let saved = await store.outcome(of: key.job, service: key.service) {
            count(\.repeated, key.service)
            return saved
        }
        let answer = try await answer(order, since: arrival)
        let address = answer.finding.address ?? order.target.address
        let outcome = LookupOutcome(
            service: key.service, result: answer.finding.result, completedAtMs: world.wallTime.millisecondsSince1970,
            durationMs: answer.duration.milliseconds, node: node, resolvedAddress: address?.description, cache: answer.use)
        do {
            try await store.save(outcome, of: key.job)
        } catch {
            let name = lanes[key.service]?.worker.service.title ?? "\(key.service)"
            let reason = "the outcome of the \(name) lookup of \(order.target) could not be saved on node \(node): \(error)"
            if canSave { log.error("\(reason)") }
            canSave = false
            throw WorkRefusal(.cannotWork, reason)
        }
        canSave = true
        return outcome
    }

    // MARK: Places

    func takePlace(_ service: Int) async throws {
        let number = nextNumber()
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else if lanes[service]?.counts.running ?? 0 < places {
                    lanes[service]?.counts.running += 1
                    continuation.resume()
                } else {
                    lanes[service]?.queue.append((number, continuation))
                    lanes[service]?.counts.waiting += 1
                }
            }
        } onCancel: {
            world.spawn("lookup.leave-queue", on: executor) { await self.leaveQueue(number, service) }
        }
    }

    func leavePlace(_ service: Int) {
        guard let next = lanes[service]?.queue.first else {
            lanes[service]?.counts.running -= 1
            return
        }
        lanes[service]?.queue.removeFirst()
        lanes[service]?.counts.waiting -= 1
        next.continuation.resume()
    }

    private func leaveQueue(_ number: UInt64, _ service: Int) {
        guard let index = lanes[service]?.queue.firstIndex(where: { $0.number == number }),
            let waiting = lanes[service]?.queue.remove(at: index)
        else { return }
        lanes[service]?.counts.waiting -= 1
        waiting.continuation.resume(throwing: CancellationError())
    }
}

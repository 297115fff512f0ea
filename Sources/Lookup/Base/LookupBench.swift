import Choreography
import JSONDocument
import Logging
import World

/// Looks up on this node what jobs order, with places for each service of its own, so that one that is slow holds up no other.
///
/// Orders for the same service of the same job share one lookup, however many there are at a time. What nobody waits for any
/// longer is ended.
public actor LookupBench {
    /// Bytes of the JSON text of a document. Longer ones are failures: an outcome must fit into a frame with room to spare.
    public static let documentLimit = 256 << 10

    private struct Key: Hashable, Sendable {
        let job: WorkID
        let service: Int
    }

    private struct Waiter {
        let number: UInt64
        let continuation: CheckedContinuation<LookupOutcome, any Error>
    }

    /// One lookup and all who wait for it.
    private struct Flight {
        let number: UInt64
        let task: SpawnedTask
        var waiters: [Waiter]
    }

    /// One service: its worker, its places, and what it has done.
    private struct Lane {
        let worker: any LookupWorker
        var counts = LookupCounts()
        /// Flights that are not over, whether they have a place or not.
        var flights = 0
        var queue: [(number: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    }

    private let world: any World
    private let executor: any ActorExecutor
    private let node: String
    private let store: any LookupResultStore
    private let log: Logger
    /// Whether the last outcome could be saved: the first that cannot is told to the log, not each.
    private var canSave = true
    private let places: Int
    private let queueLimit: Int
    private let services: [LookupService]
    private var lanes: [Int: Lane] = [:]
    private var flights: [Key: Flight] = [:]
    private var numbers: UInt64 = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - node: the name of this node, for the outcomes.
    ///   - workers: one for each service; of two for the same the first counts.
    ///   - running: lookups of one service at a time; at least 1.
    ///   - waiting: those of one service that wait for a place; the next is refused.
    public init(
        world: any World, node: String, workers: [any LookupWorker], store: any LookupResultStore, running: Int = 32,
        waiting: Int = 256, log: Logger = Logger(label: "lookup")
    ) {
        self.world = world
        self.node = node
        self.store = store
        self.log = log
        executor = world.makeExecutor("lookup.bench")
        places = max(1, running)
        queueLimit = max(0, waiting)
        lanes = Dictionary(workers.map { ($0.service.value, Lane(worker: $0)) }, uniquingKeysWith: { first, _ in first })
        services = lanes.values.map(\.worker.service).sorted { $0.value < $1.value }
    }

    /// Looks up what is ordered and saves the outcome before it returns it; what was saved for the same service of the same job is
    /// returned as it is.
    /// - Throws: ``WorkRefusal``: `invalid` for a service that this node does not have, `overloaded`, `cannotWork` when the outcome could
    ///   not be saved; `CancellationError`.
    public func perform(order: LookupOrder, job: WorkID) async throws -> LookupOutcome {
        numbers += 1
        let number = numbers, key = Key(job: job, service: order.service)
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
    public var inHand: Int { lanes.values.reduce(0) { $0 + $1.flights } }

    // MARK: Flights

    private func join(_ waiter: Waiter, _ key: Key, _ order: LookupOrder) throws(WorkRefusal) {
        if flights[key] != nil {
            flights[key]?.waiters.append(waiter)
            return
        }
        guard let lane = lanes[key.service] else {
            throw WorkRefusal(.invalid, "node \(node) has no lookup with the number \(key.service)")
        }
        guard lane.flights < places + queueLimit else {
            let name = lane.worker.service.title
            throw WorkRefusal(.overloaded, "\(places) \(name) lookups run on node \(node) and \(queueLimit) wait; ask another node")
        }
        lanes[key.service]?.flights += 1
        let number = waiter.number
        let task = world.spawn("lookup.flight", on: executor) { await self.fly(number, key, order.target, lane.worker) }
        flights[key] = Flight(number: number, task: task, waiters: [waiter])
    }

    private func leave(_ number: UInt64, _ key: Key) {
        guard let index = flights[key]?.waiters.firstIndex(where: { $0.number == number }),
            let waiter = flights[key]?.waiters.remove(at: index)
        else { return }
        waiter.continuation.resume(throwing: CancellationError())
        guard flights[key]?.waiters.isEmpty == true else { return }
        // Whoever asks again begins anew, though the end of this one is still to come.
        flights.removeValue(forKey: key)?.task.cancel()
    }

    private func fly(_ number: UInt64, _ key: Key, _ target: LookupTarget, _ worker: any LookupWorker) async {
        let result: Result<LookupOutcome, any Error>
        do {
            result = .success(try await outcome(key, target, worker))
        } catch {
            result = .failure(error)
        }
        lanes[key.service]?.flights -= 1
        // A flight that was called off is not in the table; another of the same key may be.
        guard flights[key]?.number == number, let flight = flights.removeValue(forKey: key) else { return }
        for waiter in flight.waiters { waiter.continuation.resume(with: result) }
    }

    private func outcome(_ key: Key, _ target: LookupTarget, _ worker: any LookupWorker) async throws -> LookupOutcome {
        if let saved = await store.outcome(of: key.job, service: key.service) {
            lanes[key.service]?.counts.repeated += 1
            return saved
        }
        try await takePlace(key.service)
        let begun = world.now
        let result = try await LookupRace.run(worker, target, world) { await self.leavePlace(key.service) }
        let address = (try? result.get().address) ?? target.address
        let outcome = LookupOutcome(
            service: key.service, result: result.map(\.text), completedAtMs: world.wallTime.millisecondsSince1970,
            durationMs: (world.now - begun).milliseconds, node: node, resolvedAddress: address?.description)
        do {
            try await store.save(outcome, of: key.job)
        } catch {
            let reason = "the outcome of the \(worker.service.title) lookup of \(target) could not be saved on node \(node): \(error)"
            if canSave { log.error("\(reason)") }
            canSave = false
            throw WorkRefusal(.cannotWork, reason)
        }
        canSave = true
        if outcome.isSuccess { lanes[key.service]?.counts.performed += 1 } else { lanes[key.service]?.counts.failed += 1 }
        return outcome
    }

    // MARK: Places

    private func takePlace(_ service: Int) async throws {
        numbers += 1
        let number = numbers
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

    private func leavePlace(_ service: Int) {
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

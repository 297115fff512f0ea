import Choreography
import JSONDocument
import Lookup
import Synchronization
import Testing
import World

/// What a bench does with what it has found out, in virtual time.
@Suite struct CachedBenchTests {
    /// A worker that takes a second, tells how often it was asked, and does what a test says.
    private final class Counting: LookupWorker {
        typealias Body = @Sendable (_ number: Int, LookupTarget) throws -> LookupAnswer

        let service: LookupService
        let timeout = Duration.seconds(30)
        private let duration: Duration
        private let state = Mutex((asked: 0, cancelled: 0))
        private let body: Body

        init(_ service: LookupService = .rdap, duration: Duration = .seconds(1), _ body: @escaping Body) {
            self.service = service
            self.duration = duration
            self.body = body
        }

        /// Answers with the number of the lookup.
        convenience init(keep: Duration?) { self.init { number, _ in LookupAnswer(["number": .number(number)], keep: keep) } }

        var asked: Int { state.withLock { $0.asked } }
        var cancelled: Int { state.withLock { $0.cancelled } }

        func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
            let number = state.withLock { state in
                state.asked += 1
                return state.asked
            }
            do { try await world.sleep(for: duration) } catch {
                state.withLock { $0.cancelled += 1 }
                throw error
            }
            return try body(number, target)
        }
    }

    /// A bench whose orders are of jobs that follow each other.
    private final class Scene: Sendable {
        let world: SimulatedWorld
        let bench: LookupBench
        let store = MemoryLookupResultStore()
        private let jobs = Atomic<UInt64>(0)

        init(
            _ world: SimulatedWorld, _ worker: Counting, running: Int = 4, waiting: Int = 4,
            cache: LookupCacheSettings = LookupCacheSettings()
        ) {
            self.world = world
            bench = LookupBench(
                world: world, node: "n1", workers: [worker], store: store, running: running, waiting: waiting, cache: cache)
        }

        /// Of a job of its own, unless one is named.
        func ask(_ target: String = "example.com", fresh: Bool = false, job: UInt64? = nil) async throws -> LookupOutcome {
            let number = job ?? jobs.add(1, ordering: .relaxed).newValue
            let order = LookupOrder(service: 2, target: try LookupTarget(target), isFresh: fresh)
            return try await bench.perform(order: order, job: WorkID(milliseconds: number, randomA: 0, randomB: 0))
        }

        /// As many at the same time.
        func crowd(_ count: Int, fresh: Bool = false) async throws -> [LookupOutcome] {
            try await withThrowingTaskGroup(of: LookupOutcome.self) { group in
                for _ in 0..<count { group.addTask { try await self.ask(fresh: fresh) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }

        var counts: LookupCounts { get async { await bench.counts[0].counts } }
    }

    private static func run<Value: Sendable>(
        seed: UInt64 = 1, _ worker: Counting, running: Int = 4, waiting: Int = 4, cache: LookupCacheSettings = LookupCacheSettings(),
        _ body: @escaping @Sendable (Scene) async throws -> Value
    ) throws -> Value {
        let world = SimulatedWorld(Simulation(seed: seed), name: "bench")
        return try world.simulation.run(in: world) {
            try await body(Scene(world, worker, running: running, waiting: waiting, cache: cache))
        }
    }

    // MARK: Kept

    @Test func whatWasFoundOutIsToldAgainForAsLongAsItHolds() throws {
        let worker = Counting(keep: .seconds(60))
        try Self.run(worker) { scene in
            let first = try await scene.ask()
            #expect(first.cache == .lookedUp(.miss, kept: .seconds(60)) && first.durationMs >= 1_000)
            try await scene.world.sleep(for: .seconds(20))
            let again = try await scene.ask("EXAMPLE.com.")
            #expect(again.data == first.data && again.isSuccess && again.node == "n1")
            #expect(again.completedAtMs >= first.completedAtMs + 20_000 && again.durationMs == 0, "it was answered now, and at once")
            let use = try #require(again.cache)
            #expect(use.way == .hit && use.ageSeconds == 20 && (39...40).contains(use.ttlSeconds ?? 0))
            #expect(worker.asked == 1)
            try await scene.world.sleep(for: .seconds(40))
            #expect(try await scene.ask().data == #"{"number":2}"#)
            let counts = await scene.counts
            #expect(counts.hits == 1 && counts.misses == 2 && counts.performed == 2 && counts.joined == 0)
        }
    }

    @Test func aFailureIsToldAgainToo() throws {
        let worker = Counting { number, _ in throw LookupFailure("nobody has it (\(number))", source: .target, keep: .seconds(60)) }
        try Self.run(worker) { scene in
            let first = try await scene.ask(), again = try await scene.ask()
            #expect(first.errorMessage == "nobody has it (1)" && again.errorMessage == first.errorMessage && again.cache?.way == .hit)
            #expect(worker.asked == 1)
            #expect(await scene.counts.failed == 1)
        }
    }

    @Test func whatDoesNotSayHowLongItHoldsIsLookedUpEachTime() throws {
        let worker = Counting(keep: nil)
        try Self.run(worker) { scene in
            for _ in 0..<3 {
                let outcome = try await scene.ask()
                #expect(outcome.cache == .lookedUp(.miss, kept: nil))
            }
            #expect(worker.asked == 3)
        }
    }

    @Test func everyJobHasAnOutcomeOfItsOwnThatStays() throws {
        let worker = Counting(keep: .seconds(60))
        try Self.run(worker) { scene in
            _ = try await scene.ask(job: 1)
            let hit = try await scene.ask(job: 2)
            #expect(scene.store.outcome(of: WorkID(milliseconds: 2, randomA: 0, randomB: 0), service: 2) == hit)
            try await scene.world.sleep(for: .seconds(100))
            #expect(try await scene.ask(job: 2) == hit, "answered with what was saved, though it is kept no longer")
            #expect(worker.asked == 1)
            #expect(await scene.counts.repeated == 1)
        }
    }

    @Test func withoutACacheNothingIsKept() throws {
        let worker = Counting(keep: .seconds(60))
        try Self.run(worker, cache: LookupCacheSettings(entries: 0)) { scene in
            for _ in 0..<2 {
                let outcome = try await scene.ask()
                #expect(outcome.cache == .lookedUp(.bypass, kept: nil))
            }
            #expect(worker.asked == 2)
        }
    }

    @Test func whatIsKeptCostsNoPlace() throws {
        let worker = Counting(keep: .seconds(600))
        try Self.run(worker, running: 1, waiting: 0) { scene in
            let first = try await scene.ask()
            let slow = scene.world.spawn("slow") { _ = try? await scene.ask("slow.example") }
            while worker.asked < 2 { try await scene.world.sleep(for: .milliseconds(10)) }
            await #expect(throws: WorkRefusal.self) { try await scene.ask("other.example") }
            #expect(try await scene.ask().data == first.data, "the only place is taken")
            await slow.finished()
        }
    }

    @Test func theMetricsTellOfIt() throws {
        let worker = Counting(keep: .seconds(600))
        try Self.run(worker, cache: LookupCacheSettings(entries: 1)) { scene in
            for target in ["a.example", "a.example", "b.example"] { _ = try await scene.ask(target) }
            let samples = await scene.bench.metrics
            func value(_ name: String, _ labels: [MetricSample.Label] = []) -> Double? {
                samples.first { $0.name == "gossamer_lookup_cache_" + name && $0.labels == labels }?.value
            }
            let service = [MetricSample.Label("service", "RDAP")]
            #expect(value("hits_total", service) == 1 && value("misses_total", service) == 2 && value("joined_total", service) == 0)
            #expect(value("entries") == 1 && value("evicted_total") == 1 && value("bytes") ?? 0 > 0)
        }
    }

    // MARK: Shared

    @Test(arguments: 0..<20 as Range<UInt64>)
    func ordersOfManyJobsAtATimeShareOneLookup(_ seed: UInt64) throws {
        let worker = Counting(keep: nil)
        try Self.run(seed: seed, worker, running: 1, waiting: 0) { scene in
            let outcomes = try await scene.crowd(8)
            #expect(worker.asked == 1 && Set(outcomes.map(\.data)) == [#"{"number":1}"#])
            #expect(outcomes.count { $0.cache?.isJoined == true } == 7 && outcomes.allSatisfy { $0.cache?.way == .miss })
            let counts = await scene.counts
            #expect(counts.joined == 7 && counts.misses == 1 && counts.performed == 1 && counts.running == 0)
        }
    }

    @Test func whoJoinsIsToldOnlyOfTheTimeThatItWasThere() throws {
        let worker = Counting(.rdap, duration: .seconds(10)) { _, _ in LookupAnswer([:]) }
        try Self.run(worker) { scene in
            let first = scene.world.spawn("first") { _ = try? await scene.ask() }
            try await scene.world.sleep(for: .seconds(7))
            let joined = try await scene.ask()
            #expect(joined.cache?.isJoined == true && (2_000...4_000).contains(joined.durationMs))
            await first.finished()
        }
    }

    @Test func otherTargetsHaveLookupsOfTheirOwn() throws {
        let worker = Counting(keep: .seconds(60))
        try Self.run(worker) { scene in
            async let one = scene.ask("a.example")
            async let other = scene.ask("b.example")
            let data = try await [one.data, other.data]
            #expect(Set(data).count == 2 && worker.asked == 2)
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func whoLeavesLeavesTheLookupToTheOthersAndTheLastEndsIt(_ seed: UInt64) throws {
        let worker = Counting(keep: nil)
        try Self.run(seed: seed, worker) { scene in
            let left = Mutex(0)
            let tasks = (0..<2).map { index in
                scene.world.spawn("waits \(index)") {
                    do { _ = try await scene.ask() } catch is CancellationError { left.withLock { $0 += 1 } } catch { Issue.record(error) }
                }
            }
            while await scene.counts.joined == 0 { try await scene.world.sleep(for: .milliseconds(10)) }
            tasks[0].cancel()
            await tasks[0].finished()
            #expect(worker.cancelled == 0 && left.withLock { $0 } == 1)
            if seed % 2 == 0 {
                await tasks[1].finished()
                #expect(left.withLock { $0 } == 1 && worker.cancelled == 0 && worker.asked == 1)
                #expect(await scene.counts.performed == 1)
            } else {
                tasks[1].cancel()
                await tasks[1].finished()
                while await scene.counts.running > 0 { try await scene.world.sleep(for: .milliseconds(10)) }
                #expect(left.withLock { $0 } == 2 && worker.cancelled == 1)
                #expect(try await scene.ask().data == #"{"number":2}"#, "whoever comes then begins anew")
            }
        }
    }

    @Test func aCrowdAboutOneTargetIsBoundedAllTheSame() throws {
        let worker = Counting(keep: nil)
        try Self.run(worker, running: 1, waiting: 0) { scene in
            let refused = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<(LookupBench.ordersPerLookup + 3) {
                    group.addTask {
                        do {
                            _ = try await scene.ask()
                            return false
                        } catch let error as WorkRefusal where error.code == .overloaded {
                            return true
                        }
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(refused == 3 && worker.asked == 1)
            #expect(await scene.bench.inHand == 0)
        }
    }

    // MARK: Fresh

    @Test func aFreshOrderIsLookedUpAndWhatItBringsIsKept() throws {
        let worker = Counting(keep: .seconds(600))
        try Self.run(worker) { scene in
            _ = try await scene.ask()
            let fresh = try await scene.ask(fresh: true)
            #expect(fresh.data == #"{"number":2}"# && fresh.cache == .lookedUp(.request, kept: .seconds(600)))
            #expect(try await scene.ask().data == fresh.data, "the later answer took the place of the earlier")
            #expect(worker.asked == 2)
            #expect(await scene.counts.fresh == 1)
        }
    }

    /// What was under way may have had its answer before the fresh order came.
    @Test func aFreshOrderJoinsOnlyWhatBeganAfterItCame() throws {
        let worker = Counting(.rdap, duration: .seconds(10)) { number, _ in LookupAnswer(["number": .number(number)], keep: .seconds(600)) }
        try Self.run(worker) { scene in
            async let old = scene.ask()
            try await scene.world.sleep(for: .seconds(2))
            async let fresh = scene.ask(fresh: true)
            try await scene.world.sleep(for: .seconds(2))
            async let joins = scene.ask()
            async let fresher = scene.ask(fresh: true)
            let numbers = try await [old.data, fresh.data, joins.data, fresher.data]
            #expect(numbers[0] == #"{"number":1}"# && numbers[1] == #"{"number":2}"#)
            #expect(numbers[2] != numbers[0], "who comes joins the latest")
            #expect(numbers[3] == #"{"number":3}"#)
            #expect(worker.asked == 3)
            #expect(try await scene.ask().data == numbers[3], "and the latest is kept")
        }
    }

    /// A lookup that waits for its place has asked nobody yet.
    @Test func freshOrdersShareALookupThatHasNotBegun() throws {
        let worker = Counting(.rdap, duration: .seconds(10)) { number, _ in LookupAnswer(["number": .number(number)]) }
        try Self.run(worker, running: 1) { scene in
            async let other = scene.ask("other.example")
            try await scene.world.sleep(for: .seconds(1))
            let outcomes = try await scene.crowd(6, fresh: true)
            #expect(Set(outcomes.map(\.data)) == [#"{"number":2}"#] && outcomes.count { $0.cache?.isJoined == true } == 5)
            #expect(outcomes.allSatisfy { $0.cache?.way == .request })
            _ = try await other
            #expect(worker.asked == 2)
        }
    }
}

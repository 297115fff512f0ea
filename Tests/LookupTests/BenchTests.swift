import Choreography
import JSONDocument
import Lookup
import Synchronization
import Testing
import World

@Suite struct BenchTests {
    /// A worker that does what a test says and counts.
    private final class Scripted: LookupWorker {
        let service: LookupService
        let timeout: Duration
        private let calls = Atomic(0)
        private let body: @Sendable (LookupTarget, any World) async throws -> JSON

        init(
            _ service: LookupService = .ping, timeout: Duration = .seconds(5),
            _ body: @escaping @Sendable (LookupTarget, any World) async throws -> JSON
        ) {
            self.service = service
            self.timeout = timeout
            self.body = body
        }

        var count: Int { calls.load(ordering: .relaxed) }

        func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
            calls.add(1, ordering: .relaxed)
            return LookupAnswer(try await body(target, world))
        }
    }

    private static let target = LookupTarget(IPAddress("127.0.0.1")!)
    private static func order(_ service: LookupService = .ping) -> LookupOrder { LookupOrder(service: service.value, target: target) }
    /// About a target of its own, so that it shares no lookup.
    private static func order(_ number: Int) throws -> LookupOrder {
        LookupOrder(service: LookupService.ping.value, target: try LookupTarget("127.0.0.\(number)"))
    }
    private static func job(_ number: UInt64) -> WorkID { WorkID(milliseconds: number, randomA: 0, randomB: 0) }

    @Test func anOutcomeSaysWhatCameWhenAndWhere() async throws {
        let world = SystemWorld()
        let good = Scripted { target, _ in ["target": .string(target.text)] }
        let bad = Scripted(.rdap) { _, _ in throw LookupFailure("no") }
        let odd = Scripted(.geoIP) { _, _ in throw WorkRefusal(.cannotWork, "odd") }
        let bench = LookupBench(world: world, node: "n1", workers: [good, bad, odd], store: MemoryLookupResultStore())
        let before = world.wallTime.millisecondsSince1970
        let outcome = try await bench.perform(order: Self.order(), job: Self.job(1))
        #expect(outcome.isSuccess && outcome.data == #"{"target":"127.0.0.1"}"# && outcome.errorMessage == nil)
        #expect(outcome.node == "n1" && outcome.service == 1 && outcome.completedAtMs >= before && outcome.durationMs >= 0)
        let failure = try await bench.perform(order: Self.order(.rdap), job: Self.job(1))
        #expect(!failure.isSuccess && failure.data == nil && failure.errorMessage == "no")
        #expect(try await bench.perform(order: Self.order(.geoIP), job: Self.job(1)).errorMessage == "GeoIP lookup failed: odd")
    }

    @Test func anOrderThatComesAgainIsAnsweredWithWhatWasSaved() async throws {
        let worker = Scripted { _, world in ["at": .number(world.now.nanoseconds)] }
        let store = MemoryLookupResultStore()
        let bench = LookupBench(world: SystemWorld(), node: "n1", workers: [worker], store: store)
        let first = try await bench.perform(order: Self.order(), job: Self.job(1))
        #expect(store.outcome(of: Self.job(1), service: 1) == first, "saved before it was returned")
        #expect(try await bench.perform(order: Self.order(), job: Self.job(1)) == first)
        #expect(worker.count == 1)
        #expect(try await bench.perform(order: Self.order(), job: Self.job(2)) != first)
        let another = LookupBench(world: SystemWorld(), node: "n1", workers: [worker], store: store)
        #expect(try await another.perform(order: Self.order(), job: Self.job(1)) == first)
        #expect(worker.count == 2)
        let counts = await bench.counts
        #expect(counts.map(\.service) == [.ping] && counts[0].counts.performed == 2 && counts[0].counts.repeated == 1)
    }

    @Test(arguments: 0..<10)
    func ordersAtTheSameTimeShareOneLookup(_ seed: UInt64) throws {
        let world = SimulatedWorld(Simulation(seed: seed), name: "bench")
        let worker = Scripted { _, world in
            try await world.sleep(for: .seconds(1))
            return ["at": .number(world.now.nanoseconds)]
        }
        let outcomes = try world.simulation.run(in: world) {
            let bench = LookupBench(world: world, node: "n1", workers: [worker], store: MemoryLookupResultStore())
            return try await withThrowingTaskGroup(of: LookupOutcome.self) { group in
                for _ in 0..<10 { group.addTask { try await bench.perform(order: Self.order(), job: Self.job(1)) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(worker.count == 1 && outcomes.count == 10 && Set(outcomes).count == 1)
        #expect(outcomes[0].durationMs >= 1_000)
    }

    @Test(arguments: [(LookupService.reverseDNS, "Reverse DNS"), (.ping, "Ping"), (.rdap, "RDAP"), (.geoIP, "GeoIP")])
    func whatTakesTooLongFailsByNameAndTime(_ service: LookupService, _ title: String) throws {
        let world = SimulatedWorld(Simulation(seed: 1), name: "bench")
        let worker = Scripted(service) { _, world in
            try await world.sleep(for: .seconds(3_600))
            return [:]
        }
        let outcome = try world.simulation.run(in: world) {
            let bench = LookupBench(world: world, node: "n1", workers: [worker], store: MemoryLookupResultStore())
            return try await bench.perform(order: Self.order(service), job: Self.job(1))
        }
        #expect(outcome.errorMessage == "\(title) lookup timed out after 5s." && outcome.durationMs >= 5_000)
    }

    @Test func aServiceHasItsPlacesAndItsQueueAndThenRefuses() async throws {
        let world = SystemWorld()
        let gate = Mutex(false)
        let worker = Scripted(timeout: .seconds(600)) { _, world in
            while !gate.withLock({ $0 }) { try await world.sleep(for: .milliseconds(5)) }
            return [:]
        }
        let other = Scripted(.rdap) { _, _ in [:] }
        let bench = LookupBench(
            world: world, node: "n1", workers: [worker, other], store: MemoryLookupResultStore(), running: 2, waiting: 3)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<8 {
                group.addTask {
                    do {
                        return try await bench.perform(order: Self.order(number), job: Self.job(UInt64(number))).isSuccess
                    } catch let error as WorkRefusal where error.code == .overloaded {
                        return false
                    }
                }
            }
            for _ in 0..<3 { #expect(try await group.next() == false, "three of eight are refused at once") }
            // Those that have been let in look into the store before they take their places.
            while await bench.counts[0].counts.waiting < 3 { try await world.sleep(for: .milliseconds(5)) }
            #expect(await bench.counts[0].counts.running == 2)
            #expect(try await bench.perform(order: Self.order(.rdap), job: Self.job(9)).isSuccess, "another service has places of its own")
            gate.withLock { $0 = true }
            for _ in 0..<5 { #expect(try await group.next() == true) }
        }
        #expect(worker.count == 5)
        let metrics = await bench.metrics
        #expect(metrics.first { $0.name == "gossamer_lookup_performed_total" && $0.labels == [.init("service", "Ping")] }?.value == 5)
    }

    /// A worker that does not let itself be cancelled keeps its place until it ends, though its order has been answered.
    @Test func aLookupThatGoesOnAfterItsTimeKeepsItsPlace() async throws {
        let world = SystemWorld()
        let gate = Mutex(false)
        let worker = Scripted(timeout: .milliseconds(50)) { _, world in
            while !gate.withLock({ $0 }) { await Task.yield() }
            return [:]
        }
        let bench = LookupBench(world: world, node: "n1", workers: [worker], store: MemoryLookupResultStore(), running: 1, waiting: 1)
        let outcome = try await bench.perform(order: Self.order(), job: Self.job(1))
        #expect(outcome.errorMessage == "Ping lookup timed out after 50ms.")
        #expect(await bench.counts[0].counts.running == 1)
        gate.withLock { $0 = true }
        while await bench.counts[0].counts.running > 0 { try await world.sleep(for: .milliseconds(5)) }
        #expect(try await bench.perform(order: Self.order(), job: Self.job(2)).isSuccess)
    }

    @Test func whatNobodyWaitsForIsEndedAndNothingIsSaved() async throws {
        let world = SystemWorld(), store = MemoryLookupResultStore()
        let isCancelled = Mutex(false)
        let worker = Scripted(timeout: .seconds(600)) { _, world in
            do { try await world.sleep(for: .seconds(600)) } catch {
                isCancelled.withLock { $0 = true }
                throw error
            }
            return [:]
        }
        let bench = LookupBench(world: world, node: "n1", workers: [worker], store: store, running: 1, waiting: 1)
        let first = world.spawn("first") { _ = try? await bench.perform(order: Self.order(), job: Self.job(1)) }
        while worker.count == 0 { try await world.sleep(for: .milliseconds(5)) }
        let queued = world.spawn("queued") {
            await #expect(throws: CancellationError.self) { try await bench.perform(order: Self.order(2), job: Self.job(2)) }
        }
        while await bench.counts[0].counts.waiting == 0 { try await world.sleep(for: .milliseconds(5)) }
        queued.cancel()
        await queued.finished()
        while await bench.counts[0].counts.waiting > 0 { try await world.sleep(for: .milliseconds(5)) }
        #expect(worker.count == 1)
        first.cancel()
        await first.finished()
        while await bench.counts[0].counts.running > 0 { try await world.sleep(for: .milliseconds(5)) }
        #expect(isCancelled.withLock { $0 } && store.outcome(of: Self.job(1), service: 1) == nil)
    }

    @Test func oneOfTwoWhoWaitMayLeave() async throws {
        let world = SystemWorld(), gate = Mutex(false)
        let worker = Scripted(timeout: .seconds(600)) { _, world in
            while !gate.withLock({ $0 }) { try await world.sleep(for: .milliseconds(5)) }
            return [:]
        }
        let bench = LookupBench(world: world, node: "n1", workers: [worker], store: MemoryLookupResultStore())
        let stays = world.spawn("stays") {
            do { #expect(try await bench.perform(order: Self.order(), job: Self.job(1)).isSuccess) } catch { Issue.record(error) }
        }
        while worker.count == 0 { try await world.sleep(for: .milliseconds(5)) }
        let leaves = world.spawn("leaves") {
            await #expect(throws: CancellationError.self) { try await bench.perform(order: Self.order(), job: Self.job(1)) }
        }
        try await world.sleep(for: .milliseconds(30))
        leaves.cancel()
        await leaves.finished()
        gate.withLock { $0 = true }
        await stays.finished()
        #expect(worker.count == 1)
    }

    @Test func aServiceThatTheNodeLacksIsRefused() async throws {
        let bench = LookupBench(world: SystemWorld(), node: "n1", workers: [], store: MemoryLookupResultStore())
        do {
            _ = try await bench.perform(order: LookupOrder(service: -7, target: Self.target), job: Self.job(1))
            Issue.record("done")
        } catch let error as WorkRefusal {
            #expect(error.code == .invalid && error.message.contains("-7"))
        }
    }

    @Test func aDocumentThatIsTooLongIsAFailureThatSaysSo() async throws {
        let worker = Scripted(.rdap) { _, _ in ["a": .string(String(repeating: "a", count: LookupBench.documentLimit))] }
        let bench = LookupBench(world: SystemWorld(), node: "n1", workers: [worker], store: MemoryLookupResultStore())
        let outcome = try await bench.perform(order: Self.order(.rdap), job: Self.job(1))
        #expect(outcome.errorMessage == "the RDAP result has 262152 bytes; at most 262144 are kept")
    }

    @Test func anOutcomeThatCannotBeSavedIsNotAnnounced() async throws {
        let world = SystemWorld(), folder = try TemporaryFolder()
        let store = try FileLookupResultStore(world: world, directory: folder.path + "/results")
        try world.files.remove(folder.path + "/results")
        // In the directory's place, so that it cannot be made again.
        try world.files.writeDurably([], to: folder.path + "/results")
        let bench = LookupBench(world: world, node: "n1", workers: [Scripted { _, _ in [:] }], store: store)
        do {
            _ = try await bench.perform(order: Self.order(), job: Self.job(1))
            Issue.record("announced")
        } catch let error as WorkRefusal {
            #expect(error.code == .cannotWork && error.message.contains("results"))
            #expect(error.message.hasPrefix("the outcome of the Ping lookup of 127.0.0.1 could not be saved on node n1: "))
        }
    }
}

@Suite struct ResultStoreTests {
    private static func job(_ number: UInt64) -> WorkID { WorkID(milliseconds: number, randomA: 0, randomB: 0) }

    private static func outcome(_ service: Int, _ text: String) -> LookupOutcome {
        LookupOutcome(service: service, result: .success(text), completedAtMs: 7, durationMs: 3, node: "n1")
    }

    @Test func filesOutliveTheirStore() async throws {
        let world = SystemWorld(), folder = try TemporaryFolder()
        let store = try FileLookupResultStore(world: world, directory: folder.path)
        let good = Self.outcome(0, #"{"a":"\u2028 \"quoted\""}"#)
        let bad = LookupOutcome(service: 3, result: .failure(LookupFailure("no")), completedAtMs: 8, durationMs: 4, node: "n2")
        try await store.save(good, of: Self.job(1))
        try await store.save(bad, of: Self.job(1))
        let kept = LookupOutcome(
            service: 2, result: .success("{}"), completedAtMs: 9, durationMs: 0, node: "n1",
            cache: .hit(age: .seconds(3), left: .seconds(4)))
        let joined = LookupOutcome(
            service: 1, result: .success("{}"), completedAtMs: 9, durationMs: 0, node: "n1",
            cache: .lookedUp(.miss, isJoined: true, kept: nil))
        try await store.save(kept, of: Self.job(2))
        try await store.save(joined, of: Self.job(2))
        let next = try FileLookupResultStore(world: world, directory: folder.path)
        for store in [store, next] {
            #expect(await store.outcome(of: Self.job(1), service: 0) == good)
            #expect(await store.outcome(of: Self.job(1), service: 3) == bad)
            #expect(await store.outcome(of: Self.job(1), service: 1) == nil)
            #expect(await store.outcome(of: Self.job(2), service: 0) == nil)
            #expect(await store.outcome(of: Self.job(2), service: 2) == kept)
            #expect(await store.outcome(of: Self.job(2), service: 1) == joined)
        }
        let names = ["\(Self.job(1))-0.json", "\(Self.job(1))-3.json", "\(Self.job(2))-1.json", "\(Self.job(2))-2.json"]
        #expect(try world.files.list(folder.path) == names)
    }

    /// What an earlier release has written.
    @Test func aFileWithoutAWordOfTheCacheIsRead() async throws {
        let world = SystemWorld(), folder = try TemporaryFolder()
        let text = #"{"service":1,"success":true,"data":"{}","errorMessage":null,"completedAtMs":7,"durationMs":3,"node":"n1"}"#
        try world.files.writeDurably(Array(text.utf8), to: folder.path + "/\(Self.job(1))-1.json")
        let store = try FileLookupResultStore(world: world, directory: folder.path)
        #expect(await store.outcome(of: Self.job(1), service: 1) == Self.outcome(1, "{}"))
    }

    @Test func aDirectoryThatHasVanishedIsMadeAgain() async throws {
        let world = SystemWorld(), folder = try TemporaryFolder()
        let directory = folder.path + "/deep/results"
        let store = try FileLookupResultStore(world: world, directory: directory)
        try await store.save(Self.outcome(1, "{}"), of: Self.job(1))
        for path in [directory + "/\(Self.job(1))-1.json", directory, folder.path + "/deep"] { try world.files.remove(path) }
        #expect(await store.outcome(of: Self.job(1), service: 1) == nil)
        try await store.save(Self.outcome(2, "{}"), of: Self.job(2))
        #expect(await store.outcome(of: Self.job(2), service: 2) == Self.outcome(2, "{}"))
        #expect(try world.files.list(directory) == ["\(Self.job(2))-2.json"])
    }

    @Test func theOldestGoesWhenThereAreTooMany() async throws {
        let world = SystemWorld(), folder = try TemporaryFolder()
        try world.files.writeDurably([], to: folder.path + "/not-mine")
        let store = try FileLookupResultStore(world: world, directory: folder.path, files: 3)
        for number in [5, 2, 9, 7] as [UInt64] { try await store.save(Self.outcome(1, "{}"), of: Self.job(number)) }
        try await store.save(Self.outcome(1, "[]"), of: Self.job(9))
        #expect(try world.files.list(folder.path) == ([5, 7, 9] as [UInt64]).map { "\(Self.job($0))-1.json" } + ["not-mine"])
        #expect(await store.outcome(of: Self.job(9), service: 1)?.data == "[]")
        let smaller = try FileLookupResultStore(world: world, directory: folder.path, files: 1)
        try await smaller.save(Self.outcome(1, "{}"), of: Self.job(10))
        #expect(try world.files.list(folder.path) == ["\(Self.job(10))-1.json", "not-mine"])
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"service":1,"success":true,"data":null,"errorMessage":null,"completedAtMs":1,"durationMs":1,"node":"a"}"#,
        #"{"service":1,"success":true,"data":"{\"cut","errorMessage":null,"completedAtMs":1,"durationMs":1,"node":"a"}"#,
    ])
    func aDamagedFileCountsAsNone(_ text: String) async throws {
        let world = SystemWorld(), folder = try TemporaryFolder()
        let store = try FileLookupResultStore(world: world, directory: folder.path)
        try await store.save(Self.outcome(1, "{}"), of: Self.job(1))
        try world.files.writeDurably(Array(text.utf8), to: folder.path + "/\(Self.job(1))-1.json")
        #expect(await store.outcome(of: Self.job(1), service: 1) == nil)
    }

    @Test func memoryForgetsTheOldestJob() {
        let store = MemoryLookupResultStore(jobs: 2)
        for number in 1...3 { store.save(Self.outcome(1, "{}"), of: Self.job(UInt64(number))) }
        store.save(Self.outcome(0, "{}"), of: Self.job(3))
        #expect(store.outcome(of: Self.job(1), service: 1) == nil && store.outcome(of: Self.job(2), service: 1) != nil)
        #expect(store.outcome(of: Self.job(3), service: 0) != nil && store.outcome(of: Self.job(3), service: 1) != nil)
    }
}

import Glibc
import Synchronization
import Testing
import World

@Suite struct SystemWorldTests {
    actor Counter {
        private nonisolated let executor: any ActorExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private(set) var values: [Int] = []
        init(_ world: any World) { executor = world.makeExecutor("counter") }
        func add(_ value: Int) { values.append(value) }
    }

    @Test func anActorOnThePoolLosesNothing() async {
        let world = SystemWorld()
        let counter = Counter(world)
        await withTaskGroup(of: Void.self) { group in
            for i in 0..<1000 { group.addTask { await counter.add(i) } }
        }
        #expect(await counter.values.sorted() == Array(0..<1000))
    }

    @Test func aBusyActorTakesTurnsWithTheOthers() async {
        let pool = ThreadPool(name: "single", limit: 1)
        let busy = PooledExecutor(pool: pool), patient = PooledExecutor(pool: pool)
        let isOpen = Atomic<Bool>(false), done = Atomic<Int>(0)
        pool.submit(.body { while !isOpen.load(ordering: .acquiring) { sched_yield() } })
        for _ in 0..<1000 { Task(executorPreference: busy.tasks) { @Sendable in _ = done.add(1, ordering: .relaxed) } }
        let before = Task(executorPreference: patient.tasks) { @Sendable in done.load(ordering: .relaxed) }
        isOpen.store(true, ordering: .releasing)
        #expect(await before.value == PooledExecutor.turnLimit)
        while done.load(ordering: .relaxed) < 1000 { await Task.yield() }
    }

    @Test func shuttingDownCancelsWhatWasSpawned() async {
        let world = SystemWorld()
        let task = world.spawn("sleeper") { try? await world.sleep(for: .seconds(3600)) }
        world.shutDown()
        await task.finished()
        await world.spawn("late") { #expect(Task.isCancelled) }.finished()
    }

    @Test func computingReturnsValuesAndErrors() async throws {
        struct Boom: Error {}
        let world = SystemWorld()
        #expect(try await world.compute { 6 * 7 } == 42)
        await #expect(throws: Boom.self) { try await world.compute { throw Boom() } as Int }
    }

    @Test func namedStreamsAreIndependentAndRepeatable() {
        let world = SystemWorld(seed: 7), again = SystemWorld(seed: 7)
        var a = world.random("a"), b = world.random("b"), a2 = again.random("a")
        let first = (0..<8).map { _ in a.next() }
        #expect(first == (0..<8).map { _ in a2.next() })
        #expect(first != (0..<8).map { _ in b.next() })
        var second = world.random("a"), second2 = again.random("a")
        let numbers = (0..<8).map { _ in second.next() }
        #expect(numbers != first, "every call with the same name gives a fresh stream")
        #expect(numbers == (0..<8).map { _ in second2.next() })
    }

    @Test func aDurableWriteReplacesTheWholeFile() throws {
        let files = SystemFileSystem()
        var name = SystemWorld().random("test-directory")
        let directory = "/tmp/gossamer-files-\(name.next())"
        try files.createDirectory(directory + "/a/b")
        let path = directory + "/a/b/life"
        try files.writeDurably(Array("a longer content".utf8), to: path)
        try files.writeDurably(Array("7".utf8), to: path)
        #expect(try files.read(path) == Array("7".utf8))
        #expect(try files.list(directory + "/a/b") == ["life"])
        for path in [path, directory + "/a/b", directory + "/a", directory] { try files.remove(path) }
        #expect(!files.exists(directory))
        #expect(throws: FileError.self) { try files.read(path) }
    }
}

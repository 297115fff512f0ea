import Synchronization
import Testing
import World

@Suite struct SimulationTests {
    /// An actor whose invariant does not survive its own await: two tasks may both see room for one.
    actor Seats {
        private nonisolated let executor: any ActorExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        private var free = 1
        private(set) var taken = 0

        init(_ world: SimulatedWorld) { executor = world.makeExecutor("seats") }

        func take(after other: Other) async {
            guard free > 0 else { return }
            await other.ask()
            free -= 1
            taken += 1
        }
    }

    actor Other {
        private nonisolated let executor: any ActorExecutor
        nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
        init(_ world: SimulatedWorld) { executor = world.makeExecutor("other") }
        func ask() {}
    }

    private func overbooked(seed: UInt64) throws -> (taken: Int, hash: UInt64) {
        let simulation = Simulation(seed: seed)
        let world = SimulatedWorld(simulation, name: "n1")
        let taken = try simulation.run(in: world) {
            let seats = Seats(world), other = Other(world)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { await seats.take(after: other) } }
            }
            return await seats.taken
        }
        return (taken, simulation.traceHash)
    }

    @Test func aPlantedRaceIsFound() throws {
        let outcomes = try (0..<50).map { try overbooked(seed: $0).taken }
        #expect(outcomes.contains(2), "no seed of 50 interleaved the two tasks")
    }

    @Test func theSameSeedGivesTheSameTrace() throws {
        for seed in UInt64(0)..<20 {
            let first = try overbooked(seed: seed), second = try overbooked(seed: seed)
            #expect(first == second)
        }
    }

    @Test func virtualTimeJumpsToTheNextTimer() throws {
        let simulation = Simulation(seed: 1)
        let world = SimulatedWorld(simulation, name: "n1")
        let start = simulation.now
        try simulation.run(in: world) { try await world.sleep(for: .seconds(600)) }
        #expect(simulation.now - start == .seconds(600))
    }

    @Test func whoWaitsBesideASimulationKnowsItsNextTimer() {
        let simulation = Simulation(seed: 1)
        #expect(simulation.nextTimer == .distantFuture)
        let early = simulation.now + .seconds(1), late = simulation.now + .seconds(2)
        let timer = simulation.schedule(at: early) {}
        simulation.schedule(at: late) {}
        #expect(simulation.nextTimer == early)
        simulation.cancel(timer)
        #expect(simulation.nextTimer == late)
        simulation.run(until: late)
        #expect(simulation.nextTimer == .distantFuture)
    }

    @Test func aCancelledSleepEndsAtOnce() throws {
        let simulation = Simulation(seed: 1)
        let world = SimulatedWorld(simulation, name: "n1")
        let start = simulation.now
        let wasCancelled = Mutex(false)
        try simulation.run(in: world) {
            let sleeper = world.spawn("sleeper") {
                do { try await world.sleep(for: .seconds(600)) } catch { wasCancelled.withLock { $0 = true } }
            }
            try await world.sleep(for: .seconds(1))
            sleeper.cancel()
            await sleeper.finished()
        }
        #expect(wasCancelled.withLock { $0 })
        #expect(simulation.now - start < .seconds(2))
    }

    @Test func aKilledNodeDoesNothingMore() throws {
        let simulation = Simulation(seed: 3)
        let victim = SimulatedWorld(simulation, name: "n1"), other = SimulatedWorld(simulation, name: "n2")
        let beats = Mutex(0)
        victim.spawn("beat") {
            while !Task.isCancelled {
                beats.withLock { $0 += 1 }
                try? await victim.sleep(for: .milliseconds(100))
            }
        }
        simulation.run(for: .seconds(1))
        victim.kill()
        let atDeath = beats.withLock { $0 }
        try simulation.run(in: other) { try await other.sleep(for: .seconds(5)) }
        #expect(atDeath >= 9)
        #expect(beats.withLock { $0 } == atDeath)
    }

    @Test func anActorOfALoopThatHasEndedStillAnswers() throws {
        actor Guest {
            nonisolated let loop: SimulatedEventLoop
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
            init(_ loop: SimulatedEventLoop) { self.loop = loop }
            func answer() -> Int { 42 }
        }
        let simulation = Simulation(seed: 1)
        let world = SimulatedWorld(simulation, name: "n1")
        let loop = world.makeEventLoop()
        loop.stop()
        #expect(try simulation.run(in: world) { await Guest(loop).answer() } == 42)
    }

    @Test func aRunThatCannotEndSaysSo() {
        let simulation = Simulation(seed: 1)
        let world = SimulatedWorld(simulation, name: "n1")
        #expect(throws: SimulationError.deadlock) {
            try simulation.run(in: world) { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
        }
        #expect(throws: SimulationError.outOfTime(.seconds(10))) {
            try simulation.run(in: world, limit: .seconds(10)) { try await world.sleep(for: .seconds(100)) }
        }
    }

    @Test func timersOfOneInstantRunInOrder() {
        let simulation = Simulation(seed: 1)
        let order = Mutex<[Int]>([])
        let at = simulation.now + .seconds(1)
        var timers: [SimulatedTimer] = []
        for i in 0..<10 { timers.append(simulation.schedule(at: at) { order.withLock { $0.append(i) } }) }
        simulation.cancel(timers[4])
        simulation.run(for: .seconds(2))
        #expect(order.withLock { $0 } == [0, 1, 2, 3, 5, 6, 7, 8, 9])
    }
}

import Choreography
import Primes
import Synchronization
import Testing
import World

@Suite struct WorkbenchTests {
    private static func job(_ number: UInt64) -> WorkID { WorkID(milliseconds: number, randomA: 0, randomB: 0) }

    private func part(_ number: Int, from: UInt64 = 0, to: UInt64) -> PrimesPart {
        PrimesPart(number: number, from: from, to: to, algorithm: .sieve)
    }

    @Test func partsAreCountedAndAnsweredByNumber() async throws {
        let bench = PrimesWorkbench(world: SystemWorld(), parallelism: 2)
        let results = try await withThrowingTaskGroup(of: PrimesPartResult.self) { group in
            for number in 0..<50 { group.addTask { try await bench.count(part(number, to: 1_000), of: Self.job(1)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.map(\.part).sorted() == Array(0..<50))
        #expect(results.allSatisfy { $0.count == 168 })
    }

    @Test func aPartThatContradictsItselfIsRefused() async {
        let bench = PrimesWorkbench(world: SystemWorld(), parallelism: 1)
        do {
            _ = try await bench.count(part(3, from: 10, to: 9), of: Self.job(1))
            Issue.record("counted backwards")
        } catch {
            #expect((error as? WorkRefusal)?.code == .invalid)
        }
    }

    @Test func theQueueHasALimit() async throws {
        let bench = PrimesWorkbench(world: SystemWorld(), parallelism: 1)
        let excess = 7
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<1 + PrimesWorkbench.queueLimit + excess {
                group.addTask {
                    do {
                        _ = try await bench.count(part(number, to: 1_000_000_000_000_000), of: Self.job(1))
                        return false
                    } catch {
                        return (error as? WorkRefusal)?.code == .overloaded
                    }
                }
            }
            for _ in 0..<excess { #expect(await group.next() == true) }
            group.cancelAll()
            for await isRefused in group { #expect(!isRefused) }
        }
    }

    @Test func aCancelledPartLeavesTheQueueAndALongOneEnds() async throws {
        let world = SystemWorld()
        let bench = PrimesWorkbench(world: world, parallelism: 1)
        let outcomes = Mutex<[String]>([])
        let long = world.spawn("long") {
            do { _ = try await bench.count(part(1, to: 1_000_000_000_000_000), of: Self.job(1)) } catch {
                outcomes.withLock { $0.append("long \(error is CancellationError)") }
            }
        }
        let waiting = world.spawn("waiting") {
            do { _ = try await bench.count(part(2, to: 1_000_000_000_000_000), of: Self.job(1)) } catch {
                outcomes.withLock { $0.append("waiting \(error is CancellationError)") }
            }
        }
        try await world.sleep(for: .milliseconds(50))
        waiting.cancel()
        await waiting.finished()
        long.cancel()
        await long.finished()
        #expect(outcomes.withLock { $0 } == ["waiting true", "long true"])
        #expect(try await bench.count(part(3, to: 100), of: Self.job(1)).count == 25)
    }

    /// Every part of the long job is of several slices and one processor counts, so that in whatever order they come the short job's
    /// part finds one being counted and the others queued.
    @Test(arguments: 0..<5)
    func aShortJobDoesNotWaitForTheQueuedPartsOfALongOne(_ seed: UInt64) throws {
        let world = SimulatedWorld(Simulation(seed: seed), name: "bench")
        let order = try world.simulation.run(in: world) {
            let bench = PrimesWorkbench(world: world, parallelism: 1)
            let order = Mutex<[String]>([])
            let from: UInt64 = 1_000_000_000_000
            var tasks: [SpawnedTask] = []
            for number in 0..<4 {
                let (name, part) = number < 3
                    ? ("long", PrimesPart(number: number, from: from, to: from + 2_500, algorithm: .trial))
                    : ("short", part(0, to: 100))
                tasks.append(world.spawn("\(name) \(number)") {
                    do { _ = try await bench.count(part, of: Self.job(name == "long" ? 1 : 2)) } catch { Issue.record(error) }
                    order.withLock { $0.append(name) }
                })
            }
            for task in tasks { await task.finished() }
            let load = await bench.load
            #expect(load.counted == 4 && load.running == 0 && load.waiting == 0)
            return order.withLock { $0 }
        }
        #expect(order == ["short", "long", "long", "long"])
    }
}

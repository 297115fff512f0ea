import Primes
import Synchronization
import Testing
import World

@Suite struct WorkbenchTests {
    private func part(_ number: Int, from: UInt64 = 0, to: UInt64) -> PrimesPart {
        PrimesPart(number: number, from: from, to: to, algorithm: .sieve)
    }

    @Test func partsAreCountedAndAnsweredByNumber() async throws {
        let bench = PrimesWorkbench(world: SystemWorld(), parallelism: 2)
        let results = try await withThrowingTaskGroup(of: PrimesPartResult.self) { group in
            for number in 0..<50 { group.addTask { try await bench.count(part(number, to: 1_000)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.map(\.part).sorted() == Array(0..<50))
        #expect(results.allSatisfy { $0.count == 168 })
    }

    @Test func aPartThatContradictsItselfIsRefused() async {
        let bench = PrimesWorkbench(world: SystemWorld(), parallelism: 1)
        do {
            _ = try await bench.count(part(3, from: 10, to: 9))
            Issue.record("counted backwards")
        } catch {
            #expect((error as? PrimesError)?.code == .invalid)
        }
    }

    @Test func theQueueHasALimit() async throws {
        let bench = PrimesWorkbench(world: SystemWorld(), parallelism: 1)
        let excess = 7
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<1 + PrimesWorkbench.queueLimit + excess {
                group.addTask {
                    do {
                        _ = try await bench.count(part(number, to: 1_000_000_000_000_000))
                        return false
                    } catch {
                        return (error as? PrimesError)?.code == .overloaded
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
            do { _ = try await bench.count(part(1, to: 1_000_000_000_000_000)) } catch {
                outcomes.withLock { $0.append("long \(error is CancellationError)") }
            }
        }
        let waiting = world.spawn("waiting") {
            do { _ = try await bench.count(part(2, to: 1_000_000_000_000_000)) } catch {
                outcomes.withLock { $0.append("waiting \(error is CancellationError)") }
            }
        }
        try await world.sleep(for: .milliseconds(50))
        waiting.cancel()
        await waiting.finished()
        long.cancel()
        await long.finished()
        #expect(outcomes.withLock { $0 } == ["waiting true", "long true"])
        #expect(try await bench.count(part(3, to: 100)).count == 25)
    }
}

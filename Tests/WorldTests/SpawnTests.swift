import Testing
import World

@Suite struct SpawnTests {
    @TaskLocal static var deadline = 0

    @Test func aSpawnedTaskKnowsNothingOfItsSpawner() async throws {
        let world = SystemWorld()
        let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
        Self.$deadline.withValue(7) {
            _ = world.spawn("task") { continuation.yield(Self.deadline) }
        }
        for await seen in stream {
            #expect(seen == 0)
            break
        }

        let simulated = SimulatedWorld(Simulation(seed: 1), name: "n")
        let seen = try simulated.simulation.run(in: simulated) {
            let (stream, continuation) = AsyncStream.makeStream(of: Int.self)
            Self.$deadline.withValue(7) {
                _ = simulated.spawn("task") { continuation.yield(Self.deadline) }
            }
            for await seen in stream { return seen }
            return -1
        }
        #expect(seen == 0)
    }
}

import Distributed
import Mesh
import World

/// Counts parts for the jobs of all homes. One on every node with the role primes.
public distributed actor PrimesWorker: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let bench: PrimesWorkbench

    /// - Parameter parallelism: parts counted at the same time.
    public init(actorSystem: MeshActorSystem, parallelism: Int) {
        self.actorSystem = actorSystem
        bench = PrimesWorkbench(world: actorSystem.world, parallelism: parallelism)
    }

    /// The primes of the part. Cancelling the call ends the counting.
    /// - Throws: ``PrimesError``.
    public distributed func count(_ part: PrimesPart) async throws -> PrimesPartResult { try await bench.count(part) }

    func metrics() async -> [MetricSample] {
        let load = await bench.load
        return [
            MetricSample("gossamer_primes_parts_counted_total", .counter, Double(load.counted), help: "Parts counted by this node."),
            MetricSample("gossamer_primes_parts_counting", .gauge, Double(load.running), help: "Parts being counted on this node."),
            MetricSample("gossamer_primes_parts_waiting", .gauge, Double(load.waiting), help: "Parts that wait for a processor here."),
        ]
    }
}

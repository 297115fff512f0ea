import Distributed
import Jobs
import Mesh
import World

/// Counts parts for the jobs of all homes. One on every node with the role primes.
public distributed actor PrimesWorker: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let bench: PrimesWorkbench

    public init(actorSystem: MeshActorSystem, bench: PrimesWorkbench) {
        self.actorSystem = actorSystem
        self.bench = bench
    }

    /// The primes of a part of this job. Cancelling the call ends the counting.
    /// - Throws: ``JobError``.
    public distributed func count(_ part: PrimesPart, of job: WorkID) async throws -> PrimesPartResult {
        try await bench.count(part, of: job)
    }
}

extension PrimesWorkbench {
    var metrics: [MetricSample] {
        return [
            MetricSample("gossamer_primes_parts_counted_total", .counter, Double(load.counted), help: "Parts counted by this node."),
            MetricSample("gossamer_primes_parts_counting", .gauge, Double(load.running), help: "Parts being counted on this node."),
            MetricSample("gossamer_primes_parts_waiting", .gauge, Double(load.waiting), help: "Parts that wait for a processor here."),
        ]
    }
}

import Choreography
import MessagePack
import World

/// The worker of a node that looks targets up.
public struct LookupCrew: Worker {
    private let bench: LookupBench
    private let outside: OutsideHosts?

    /// - Parameter outside: the door of the bench's workers, if they ask anybody, for the metrics.
    public init(bench: LookupBench, outside: OutsideHosts? = nil) {
        self.bench = bench
        self.outside = outside
    }

    public var kind: WorkKind { LookupJob.work }

    /// A lookup that fails is an outcome, not an error.
    public func perform(_ task: WorkTask) async throws -> [UInt8] {
        let (order, job) = try task.order(LookupOrder.self, as: "target to look up")
        return try MessagePackEncoder().encode(try await bench.perform(order: order, job: job))
    }

    public var inHand: Int {
        get async { await bench.inHand }
    }

    /// What this node has looked up, and whom it has asked.
    public var metrics: [MetricSample] {
        get async { await bench.metrics + bench.workerMetrics + (outside.map { $0.metrics + $0.addresses.metrics } ?? []) }
    }
}

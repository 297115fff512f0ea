import Choreography
import MessagePack
import World

/// The worker of a node that counts primes.
public struct PrimesCrew: Worker {
    private let bench: PrimesWorkbench

    public init(bench: PrimesWorkbench) { self.bench = bench }

    public var kind: WorkKind { PrimesJob.work }

    /// The threads that a node gives to counting: one for each hundred of its capacity, the weight that it has on the ring.
    public static func threads(capacity: UInt32) -> Int { max(1, Int(clamping: capacity) / 100) }

    public func perform(_ task: WorkTask) async throws -> [UInt8] {
        let (part, job) = try task.order(PrimesPart.self, as: "range to count")
        return try MessagePackEncoder().encode(try await bench.count(part, of: job))
    }

    public var inHand: Int {
        get async {
            let load = await bench.load
            return load.running + load.waiting
        }
    }

    /// What this node has counted.
    public var metrics: [MetricSample] {
        get async {
            let load = await bench.load
            return [
                MetricSample("gossamer_primes_parts_counted_total", .counter, Double(load.counted), help: "Parts counted by this node."),
                MetricSample("gossamer_primes_parts_counting", .gauge, Double(load.running), help: "Parts being counted on this node."),
                MetricSample("gossamer_primes_parts_waiting", .gauge, Double(load.waiting), help: "Parts that wait for a processor here."),
            ]
        }
    }
}

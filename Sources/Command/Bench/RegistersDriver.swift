import Registers
import Truth
import World

/// The clients of `bench registers`: tasks in the process of one of the three stores.
///
/// A third of the registers have their home in this process; for the others a change is a call to another process and back. Either way it is
/// answered when two of three stores have it on disk. No HTTP is part of it.
struct RegistersDriver {
    /// Registers, spread over the shards by their names. Each client changes its own, in turn.
    static let registers = 1_024
    /// Bytes of a value.
    static let valueBytes = 100
    /// How long a change may take. One that takes longer fails the run.
    static let patience = Duration.seconds(10)

    private let truth: TruthService
    private let values: KeyValue
    private let span: Duration
    private let world: any World
    private let ids: WorkIDGenerator

    init(truth: TruthService, span: Duration, world: any World) {
        self.truth = truth
        self.span = span
        self.world = world
        values = truth.values
        ids = WorkIDGenerator(world)
    }

    /// Each number of clients in turn; at last the greatest number of them on one register.
    func run(_ counts: [Int]) async throws -> [RegistersFigures] {
        try await truth.waitUntilItVotes(world)
        // Every register has a home that sticks, and a record, before anything is measured.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for first in 0..<64 {
                group.addTask {
                    for number in stride(from: first, to: Self.registers, by: 64) { try await change(number) }
                }
            }
            try await group.waitForAll()
        }
        var figures: [RegistersFigures] = []
        for count in counts { figures.append(try await measure(count, isHot: false)) }
        if let most = counts.max() { figures.append(try await measure(most, isHot: true)) }
        return figures
    }

    private func measure(_ clients: Int, isHot: Bool) async throws -> RegistersFigures {
        _ = try await change(by: clients, isHot, for: span / 5)
        let start = world.now
        let latencies = try await change(by: clients, isHot, for: span)
        let took = (world.now - start).seconds
        let samples = Samples(latencies)
        return RegistersFigures(
            clients: clients, isHot: isHot, rate: Double(latencies.count) / took, p50: samples.percentile(0.5), p99: samples.percentile(0.99))
    }

    /// The microseconds that each change took.
    private func change(by clients: Int, _ isHot: Bool, for span: Duration) async throws -> [Double] {
        let end = world.now + span
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            for client in 0..<clients {
                group.addTask {
                    var latencies: [Double] = [], number = client
                    while world.now < end {
                        let start = world.now
                        try await change(isHot ? 0 : number)
                        latencies.append(Double((world.now - start).nanoseconds) / 1e3)
                        number += clients
                        if number >= Self.registers { number = client % Self.registers }
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func change(_ number: Int) async throws {
        try await values.put(
            "bench/\(number)", Array(repeating: UInt8(truncatingIfNeeded: number), count: Self.valueBytes), operation: ids.next(),
            patience: Self.patience)
    }
}

extension TruthService {
    /// Returns when this node's store takes part in a mesh that has begun.
    func waitUntilItVotes(_ world: any World) async throws {
        let deadline = world.now + .seconds(20)
        while world.now < deadline {
            if standing == .voting, configuration != nil { return }
            try await world.sleep(for: .milliseconds(10))
        }
        throw CommandFailure(.timedOut, "the three stores have not begun a mesh within 20 s")
    }
}

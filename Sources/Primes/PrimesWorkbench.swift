import World

/// How many primes there are in what was to be counted.
public struct PrimesPartResult: Codable, Hashable, Sendable {
    /// The number of the first part that was counted.
    public let part: Int
    public let count: UInt64

    package init(part: Int, count: UInt64) {
        self.part = part
        self.count = count
    }
}

/// Counts parts on this node, at most so many at a time, the others in order of arrival.
///
/// The counting runs on the threads that the world keeps for computing, so that a node busy with primes still answers its
/// peers at once.
public actor PrimesWorkbench {
    private struct Turn {
        let number: UInt64
        let continuation: CheckedContinuation<Void, any Error>
    }

    /// Parts that wait for a processor; the next is refused as overloaded.
    public static let queueLimit = 1_024

    private let world: any World
    private let executor: any ActorExecutor
    private let parallelism: Int
    private var running = 0
    private var queue: [Turn] = []
    private var turns: UInt64 = 0
    private var counted: UInt64 = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter parallelism: parts counted at the same time; at least 1.
    public init(world: any World, parallelism: Int) {
        self.world = world
        self.parallelism = max(1, parallelism)
        executor = world.makeExecutor("primes.workbench")
    }

    /// Counts the part. Cancelling the task takes the part out of the queue, or ends the counting after
    /// its slice.
    /// - Throws: ``PrimesError``: `invalid`, `overloaded`, `cannotCount`; `CancellationError`.
    public func count(_ part: PrimesPart) async throws -> PrimesPartResult {
        guard part.from <= part.to else {
            throw PrimesError(.invalid, "part \(part.number) begins at \(part.from), after its end \(part.to)")
        }
        try await takeTurn()
        defer { passTurn() }
        let flag = CancellationFlag()
        do {
            let count = try await withTaskCancellationHandler {
                try await world.compute { try PrimeCounter.count(part) { flag.isSet } }
            } onCancel: {
                flag.set()
            }
            counted += UInt64(clamping: part.parts)
            return PrimesPartResult(part: part.number, count: count)
        } catch PrimeCounter.Failure.cancelled {
            throw CancellationError()
        } catch PrimeCounter.Failure.library {
            throw PrimesError(.cannotCount, "libprimesieve could not count \(part.from) to \(part.to)")
        }
    }

    /// Parts counted to the end so far, being counted, and waiting.
    public var load: (counted: UInt64, running: Int, waiting: Int) { (counted, running, queue.count) }

    private func takeTurn() async throws {
        try Task.checkCancellation()
        if running < parallelism {
            running += 1
            return
        }
        turns += 1
        let number = turns
        try await withTaskCancellationHandler {
            // Others may have been here since `running` was looked at: with an executor of its own even entering a closure is a
            // hop. Only the body of the continuation is sure to run in one go.
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                } else if running < parallelism {
                    running += 1
                    continuation.resume()
                } else if queue.count >= Self.queueLimit {
                    continuation.resume(
                        throwing: PrimesError(.overloaded, "\(queue.count) parts wait already; ask another node"))
                } else {
                    queue.append(Turn(number: number, continuation: continuation))
                }
            }
        } onCancel: {
            world.spawn("primes.leave-queue", on: executor) { await self.leaveQueue(number) }
        }
    }

    /// The turn goes to the next in the queue, `running` staying as it is.
    private func passTurn() {
        if queue.isEmpty {
            running -= 1
        } else {
            queue.removeFirst().continuation.resume()
        }
    }

    private func leaveQueue(_ number: UInt64) {
        guard let index = queue.firstIndex(where: { $0.number == number }) else { return }
        queue.remove(at: index).continuation.resume(throwing: CancellationError())
    }
}

import Choreography
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

/// Counts parts on this node, at most so many at a time.
///
/// A turn is one slice of a part. Whoever has counted a slice gives the turn to the job that has been without one for longest, jobs
/// that have had none yet before all others, so that a short job does not wait for the parts of a long one, only for the slices
/// being counted. Within a job parts are counted in order of arrival. The price is that jobs that come one upon the other without end,
/// each for its first turn, hold up an older one; the limit of running jobs of each home bounds how many those can be at a time.
///
/// The counting runs on the threads that the world keeps for computing, so that a node busy with primes still answers its
/// peers at once.
public actor PrimesWorkbench {
    private struct Waiting {
        let number: UInt64
        let job: WorkID
        let continuation: CheckedContinuation<Void, any Error>
    }

    private struct Share {
        /// Parts of the job that are here, counted or waiting.
        var parts = 0
        /// The number of the last turn that it was given; 0 before the first.
        var lastTurn: UInt64 = 0
    }

    /// Parts that wait for a processor; the next is refused as overloaded.
    public static let queueLimit = 1_024

    private let world: any World
    private let executor: any ActorExecutor
    private let parallelism: Int
    private var running = 0
    private var queue: [Waiting] = []
    private var shares: [WorkID: Share] = [:]
    private var tickets: UInt64 = 0
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
    /// - Parameter job: whose part it is.
    /// - Throws: ``WorkRefusal``: `invalid`, `overloaded`, `cannotWork`; `CancellationError`.
    public func count(_ part: PrimesPart, of job: WorkID) async throws -> PrimesPartResult {
        guard part.from <= part.to else {
            throw WorkRefusal(.invalid, "part \(part.number) begins at \(part.from), after its end \(part.to)")
        }
        shares[job, default: Share()].parts += 1
        defer { leave(job) }
        try await takeTurn(job, isAgain: false)
        var counter = PrimeCounter(part)
        while true {
            do {
                counter = try await world.compute { [counter] in
                    var counter = counter
                    try counter.countSlice()
                    return counter
                }
            } catch is PrimeCounter.LibraryFailure {
                passTurn()
                throw WorkRefusal(.cannotWork, "libprimesieve could not count \(part.from) to \(part.to)")
            } catch {
                passTurn()
                throw error
            }
            if counter.isDone { break }
            try await takeTurn(job, isAgain: true)
        }
        passTurn()
        counted += UInt64(clamping: part.parts)
        return PrimesPartResult(part: part.number, count: counter.count)
    }

    /// Parts counted to the end so far, being counted, and waiting.
    public var load: (counted: UInt64, running: Int, waiting: Int) { (counted, running, queue.count) }

    // MARK: Turns

    /// Waits for a turn. Who has one and wants another gives it back at the same moment and stands before the other parts of its job; it
    /// is never refused. After an error there is no turn to pass on.
    private func takeTurn(_ job: WorkID, isAgain: Bool) async throws {
        tickets += 1
        let number = tickets
        try await withTaskCancellationHandler {
            // Others may have been here since: with an executor of its own even entering a closure is a hop. Only the body of
            // the continuation is sure to run in one go.
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let waiting = Waiting(number: number, job: job, continuation: continuation)
                if Task.isCancelled {
                    if isAgain { passTurn() }
                    continuation.resume(throwing: CancellationError())
                } else if isAgain {
                    queue.insert(waiting, at: 0)
                    passTurn()
                } else if running < parallelism {
                    running += 1
                    give(waiting)
                } else if queue.count >= Self.queueLimit {
                    continuation.resume(
                        throwing: WorkRefusal(.overloaded, "\(queue.count) parts wait already; ask another node"))
                } else {
                    queue.append(waiting)
                }
            }
        } onCancel: {
            world.spawn("primes.leave-queue", on: executor) { await self.leaveQueue(number) }
        }
    }

    /// The turn goes to the first part of the job whose last turn is longest ago, `running` staying as it is.
    private func passTurn() {
        if let next = queue.indices.min(by: { lastTurn(queue[$0].job) < lastTurn(queue[$1].job) }) {
            give(queue.remove(at: next))
        } else {
            running -= 1
        }
    }

    private func lastTurn(_ job: WorkID) -> UInt64 { shares[job]?.lastTurn ?? 0 }

    private func give(_ waiting: Waiting) {
        turns += 1
        shares[waiting.job]?.lastTurn = turns
        waiting.continuation.resume()
    }

    private func leave(_ job: WorkID) {
        shares[job]?.parts -= 1
        if shares[job]?.parts == 0 { shares[job] = nil }
    }

    private func leaveQueue(_ number: UInt64) {
        guard let index = queue.firstIndex(where: { $0.number == number }) else { return }
        queue.remove(at: index).continuation.resume(throwing: CancellationError())
    }
}

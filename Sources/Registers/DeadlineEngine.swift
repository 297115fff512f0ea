import Synchronization
import World

/// A way to registers for one answer that is gathered from many of them: all of it ends by one deadline, and where a shard had no majority, nobody
/// waits for that shard again.
///
/// Else who gathers would wait for each register that has no majority, one after the other, and come too late with what the others have said.
package final class DeadlineEngine: RegisterEngine {
    private let engine: any RegisterEngine
    private let deadline: Instant
    private let world: any World
    /// By shard, what was said where no majority answered.
    private let silent = Mutex<[Int: RegisterError]>([:])

    /// - Parameter deadline: of the whole answer, by the world's monotonic clock.
    package init(_ engine: any RegisterEngine, until deadline: Instant, _ world: any World) {
        (self.engine, self.deadline, self.world) = (engine, deadline, world)
    }

    package func change(
        _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
    ) async throws(RegisterError) -> [UInt8] {
        try await asking(key, patience) { patience async throws(RegisterError) in
            try await engine.change(key, operation: operation, command: command, patience: patience)
        }
    }

    package func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
        try await asking(key, patience) { patience async throws(RegisterError) in
            try await engine.read(key, query: query, patience: patience)
        }
    }

    package func glance(
        _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
    ) async throws(RegisterError) -> RegisterGlance {
        try await asking(key, patience) { patience async throws(RegisterError) in
            try await engine.glance(key, query: query, seen: seen, patience: patience)
        }
    }

    private func asking<Answer: Sendable>(
        _ key: RegisterKey, _ patience: Duration, _ body: (Duration) async throws(RegisterError) -> Answer
    ) async throws(RegisterError) -> Answer {
        if let error = silent.withLock({ $0[key.shard] }) {
            throw RegisterError(
                .noMajority, .failed, "\(key) was not asked, for its shard had no majority a moment ago: \(error.sentence)",
                retryAfter: error.retryAfter)
        }
        let left = deadline - world.now
        guard left > .zero else {
            throw RegisterError(.notReady, .failed, "\(key) was not asked: the time for this answer was over", retryAfter: .seconds(1))
        }
        do throws(RegisterError) { return try await body(min(patience, left)) } catch {
            if error.code == .noMajority { silent.withLock { $0[key.shard] = error } }
            throw error
        }
    }
}

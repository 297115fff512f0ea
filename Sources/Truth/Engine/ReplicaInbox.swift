import Registers
import Synchronization
import World

/// What waits for a replica's next turn: filled from any thread, emptied by the one task that runs the replica.
///
/// Bounded by what may be lost: frames beyond the limit are dropped, as the wire may drop them. Wishes and what the store says always fit,
/// because their senders are bounded elsewhere.
package final class ReplicaInbox: Sendable {
    private struct State {
        var inputs: [ReplicaInput] = []
        var frames = 0
        var dropped: UInt64 = 0
        var waiter: UnsafeContinuation<Void, Never>?
        var isClosed = false
    }

    /// Frames that may wait.
    package static let frameLimit = 4_096

    private let state = Mutex(State())

    package init() {}

    /// Frames that found no room since the start.
    package var dropped: UInt64 { state.withLock { $0.dropped } }

    /// False when the inbox is closed; a frame without room is dropped.
    @discardableResult
    package func put(_ input: ReplicaInput) -> Bool {
        let (waiter, isTaken) = state.withLock { state -> (UnsafeContinuation<Void, Never>?, Bool) in
            if state.isClosed { return (nil, false) }
            if case .frame = input {
                guard state.frames < Self.frameLimit else {
                    state.dropped += 1
                    return (nil, true)
                }
                state.frames += 1
            }
            state.inputs.append(input)
            defer { state.waiter = nil }
            return (state.waiter, true)
        }
        waiter?.resume()
        return isTaken
    }

    /// All that waits, as soon as there is something; nil when the inbox was closed.
    package func take() async -> [ReplicaInput]? {
        await withUnsafeContinuation { continuation in
            let isThere = state.withLock { state in
                if state.isClosed || !state.inputs.isEmpty { return true }
                precondition(state.waiter == nil, "one task empties an inbox")
                state.waiter = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
        return state.withLock { state in
            if state.isClosed { return nil }
            var inputs: [ReplicaInput] = []
            swap(&inputs, &state.inputs)
            state.frames = 0
            return inputs
        }
    }

    package func close() {
        let waiter = state.withLock { state in
            state.isClosed = true
            state.inputs = []
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}

import Synchronization

/// Knows whether anybody is handing something to the node's loop, so that the loop does not end in between.
///
/// A loop that has ended drops what comes; a call that it dropped would leave its caller waiting for ever. So whoever is not on
/// the loop goes through here. The last step of the node's stop closes the gate, and ends the loop when those who
/// were in it are through.
struct LoopGate: ~Copyable, Sendable {
    /// Those inside; with the top bit set once it is closed.
    private let state = Atomic<Int>(0)

    /// Runs `body` unless the gate is closed.
    /// - Returns: whether it has run.
    func pass(_ body: () -> Void) -> Bool {
        defer { state.subtract(1, ordering: .releasing) }
        guard state.add(1, ordering: .acquiring).newValue > 0 else { return false }
        body()
        return true
    }

    func close() { state.bitwiseOr(.min, ordering: .acquiringAndReleasing) }

    /// Whether it is closed and nobody is inside any more.
    var isDeserted: Bool { state.load(ordering: .acquiring) == .min }
}

import World

/// Why a worker does not answer.
package enum WorkLoss: Hashable, Sendable {
    /// It has too much to do; it has not begun.
    case overloaded
    /// Its node has died, by the word of membership: what it was sent may be what killed it. See ``PartDeaths``.
    case died
    /// Its node has left or takes no more work, or the session with it has ended.
    case nodeDown
    /// Nobody knows what became of the call.
    case silent
    /// It tried and could not; the text says why.
    case failed(String)
    /// It could not, and no other can.
    case invalid(String)
}

/// A node that works.
package struct WorkerSeat: Hashable, Sendable {
    package let node: NodeIdentity
    /// Parts of one actor that it may have at a time; at least 1.
    package let credits: Int

    package init(node: NodeIdentity, credits: Int) {
        self.node = node
        self.credits = max(1, credits)
    }
}

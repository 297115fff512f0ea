/// How an event loop fares. A long turn or a late deadline means that this node, not its peers, is slow.
public struct ReactorMetrics: Hashable, Sendable {
    /// Turns run.
    public var turns: UInt64 = 0
    /// Times that the loop found nothing to do and slept.
    public var sleeps: UInt64 = 0
    /// The longest turn: whatever ran in it kept every frame and timer waiting.
    public var longestTurn: Duration = .zero
    /// How late the loop woke for its last deadline. Up to a millisecond is the clock's grain.
    public var latestLateness: Duration = .zero
    /// How late it woke for any.
    public var longestLateness: Duration = .zero

    public init() {}
}

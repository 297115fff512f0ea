/// Pauses before something is tried again, with full jitter (Brooker, "Exponential Backoff And Jitter", 2015): uniform below a bound that
/// begins with `first` and is doubled by every further failure, up to `longest`. So of many who have failed in one moment each comes again
/// in another.
public struct FullJitter: Hashable, Sendable {
    /// The bound of the pause after the first failure.
    public let first: Duration
    /// No bound is longer.
    public let longest: Duration

    public init(first: Duration, longest: Duration) { (self.first, self.longest) = (first, longest) }

    /// - Parameter failures: attempts that have come to nothing so far: 1 after the first.
    public func pause(after failures: Int, _ random: inout RandomStream) -> Duration {
        let bound = min(first * (1 << min(max(0, failures - 1), 16)), longest)
        return .nanoseconds(Int64(random.unit() * Double(bound.nanoseconds)))
    }
}

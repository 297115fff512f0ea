import World

extension RandomStream {
    /// Full jitter (Brooker, "Exponential Backoff And Jitter", 2015): uniform below a bound that begins with `first` and is doubled by
    /// every attempt, up to `longest`.
    /// - Parameter attempts: those that have failed; the bound is `first` for the first.
    package mutating func fullJitter(after attempts: Int, first: Duration, longest: Duration) -> Duration {
        let most = min(first * (1 << min(max(0, attempts - 1), 16)), longest)
        return .nanoseconds(Int64(unit() * Double(most.nanoseconds)))
    }
}

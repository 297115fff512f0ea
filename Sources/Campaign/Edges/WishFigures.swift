/// What became of what users have asked of edges, counted: each wish once, however often it was sent.
public struct WishFigures: Hashable, Sendable {
    /// Its user was told that it has happened.
    public private(set) var done = 0
    /// Nothing of it has happened, by the answers.
    public private(set) var failed = 0
    /// Nobody knows.
    public private(set) var unknown = 0

    public init() {}

    /// Of those that were ever sent.
    package init(_ log: EdgeLog) {
        for wish in log.wishes where !wish.sendings.isEmpty {
            switch log.outcome(of: wish) {
            case .done: done += 1
            case .failed: failed += 1
            case .unknown: unknown += 1
            }
        }
    }

    public var asked: Int { done + failed + unknown }

    mutating func add(_ other: WishFigures) {
        done += other.done
        failed += other.failed
        unknown += other.unknown
    }
}

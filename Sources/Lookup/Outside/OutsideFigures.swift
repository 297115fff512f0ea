import World

/// How an outside host is asked, whatever it is asked for. Each host has them for itself; figures beyond their ranges count as the nearest.
public struct OutsideFigures: Codable, Hashable, Sendable {
    /// Calls of one host at a time. More answer a crowd sooner, and are what hosts take for an attack.
    public var calls: Int
    /// The same for a name server, which is made for many small questions.
    public var questions: Int
    /// Calls of one host that wait for a place; the next is refused.
    public var waiting: Int
    /// Times that one question is put, the first included. Only what may pass by itself is repeated.
    public var attempts: Int
    /// Failures in a row after which a host is left alone.
    public var failures: Int
    /// The first time for which it is left alone; doubled each time that it has not come back, up to ``pauseMax``.
    public var pauseMin: Duration
    public var pauseMax: Duration
    /// Hosts that are remembered. When there are more, the one goes that has not been asked for the longest time.
    public var hosts: Int

    public init(
        calls: Int = 8, questions: Int = 64, waiting: Int = 256, attempts: Int = 3, failures: Int = 5,
        pauseMin: Duration = .seconds(1), pauseMax: Duration = .seconds(60), hosts: Int = 256
    ) {
        self.calls = calls
        self.questions = questions
        self.waiting = waiting
        self.attempts = attempts
        self.failures = failures
        self.pauseMin = pauseMin
        self.pauseMax = pauseMax
        self.hosts = hosts
    }

    /// All within their ranges, and the longest pause no shorter than the first.
    var clamped: OutsideFigures {
        let first = pauseMin.clamped(to: Self.pauseAllowed)
        return OutsideFigures(
            calls: calls.clamped(to: Self.callsAllowed), questions: questions.clamped(to: Self.callsAllowed),
            waiting: waiting.clamped(to: Self.waitingAllowed), attempts: attempts.clamped(to: Self.attemptsAllowed),
            failures: failures.clamped(to: Self.failuresAllowed), pauseMin: first,
            pauseMax: max(first, pauseMax.clamped(to: Self.pauseAllowed)), hosts: hosts.clamped(to: Self.hostsAllowed))
    }

    public static let callsAllowed = 1...1_024
    public static let waitingAllowed = 0...65_536
    public static let attemptsAllowed = 1...10
    public static let failuresAllowed = 1...1_000_000
    public static let pauseAllowed = Duration.milliseconds(1)...Duration.seconds(3_600)
    public static let hostsAllowed = 1...4_096

    /// Before a repetition.
    static let retryPauses = FullJitter(first: .milliseconds(50), longest: .seconds(10))
    /// What a host may ask for with "Retry-After", at most: longer ones count as this.
    static let longestRest = Duration.seconds(3_600)
}

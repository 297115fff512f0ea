import World

/// When a node that has ended is started again: at once the first time, ever later if it does not last.
package struct RestartPolicy: Sendable {
    /// A node that has run this long is in order; its next end is a first one again.
    package static let steadyAfter: Duration = .seconds(30)
    package static let firstDelay: Duration = .milliseconds(100)
    package static let longestDelay: Duration = .seconds(10)

    private var failures = 0

    package init() {}

    /// How long to wait after a node has ended that ran for `lifetime`.
    package mutating func delay(afterLifetime lifetime: Duration) -> Duration {
        if lifetime >= Self.steadyAfter { failures = 0 }
        // 100 ms doubled seven times is past the longest delay, so further failures need not be counted.
        let delay = min(Self.longestDelay, Self.firstDelay * (1 << failures))
        failures = min(failures + 1, 7)
        return delay
    }

    /// A node that ended in order was told to, by `leave`, `drain` or `down`, and stays away.
    package static func mayRestart(_ ending: Supervisor.Ending) -> Bool {
        switch ending {
        case .reported(let ending): ending != .exited(code: 0)
        case .gone(let inOrder): !inOrder
        }
    }
}

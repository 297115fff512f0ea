import World

/// When, where and under which ballot a command is carried out. It is carried out once for each proposal, and what it changes is replicated,
/// so a machine may use them.
public struct Circumstances: Hashable, Sendable {
    /// Wall clock of the register's home.
    public let now: WallTime
    /// The node that is the home, with its life, for people.
    public let host: String
    public let ballot: Ballot

    public init(now: WallTime, host: String, ballot: Ballot) {
        self.now = now
        self.host = host
        self.ballot = ballot
    }

    /// Of a view through which nothing is changed.
    public static let none = Circumstances(now: WallTime(nanosecondsSince1970: 0), host: "", ballot: .zero)
}

import World

/// When, where and under which ballot a command is carried out. It is carried out once for each proposal, and what it changes is replicated,
/// so a machine may use them.
public struct Circumstances: Hashable, Sendable {
    /// Wall clock of the register's home.
    public let now: WallTime
    /// The node that is the home, with its life, for people.
    public let host: String
    public let ballot: Ballot
    /// Of work made in this hour or before nothing is left in any register of its own, and what others remember of it goes. Nil when
    /// nothing is known of any.
    public let passed: CreationHour?
    /// The schema in which states are written; see ``ReplicaMap/schema``.
    public let schema: UInt32

    public init(now: WallTime, host: String, ballot: Ballot, passed: CreationHour? = nil, schema: UInt32 = 1) {
        self.now = now
        self.host = host
        self.ballot = ballot
        self.passed = passed
        self.schema = schema
    }

    /// Of a view through which nothing is changed.
    public static let none = Circumstances(now: WallTime(nanosecondsSince1970: 0), host: "", ballot: .zero)
}

/// Hard limits of registers. What exceeds them is refused by name before it is proposed, and when it comes from a peer.
public enum RegisterLimits {
    /// Bytes of a state.
    public static let stateBytes = 64 << 10
    /// Bytes of a row's key, the kind included.
    public static let rowKeyBytes = 512
    /// Bytes of a row's value.
    public static let rowBytes = 64 << 10
    /// Bytes of a command, and of a query.
    public static let commandBytes = 64 << 10
    /// Bytes of the answer to a change; it is kept until the operation's hour is freed.
    public static let answerBytes = 4 << 10
    /// Bytes of a change, as ``RegisterDelta/size`` counts them: what is folded into one proposal at most.
    public static let deltaBytes = 256 << 10
    /// Rows of a change.
    public static let deltaRows = 4_096
    /// Bytes of rows in one piece when a replica catches up.
    public static let pieceBytes = 256 << 10
    /// Rows of such a piece.
    public static let pieceRows = 4_096
    /// Keys of a shard that are listed in one answer.
    public static let listedKeys = 256
    /// Names that a replica looks at in one turn for a list of registers.
    public static let surveyedNames = 256
    /// Entries of a list of registers.
    public static let surveyedEntries = 200
    /// Bytes of the answers in what one store says of a list; a larger answer of a register alone is left out.
    public static let surveyBytes = 256 << 10
    /// Items of one frame.
    public static let frameItems = 1_024
    /// Bytes of one frame's items, as ``RegisterItem/size`` estimates them; one larger item travels alone.
    public static let frameBytes = 512 << 10
    /// Lives of stores that a frame can name: its sender, and the proposers of at most three ballots of each item.
    public static let frameProposers = 1 + 3 * frameItems
    /// Every counter is below: rounds, epochs, lives, commits, ballots, versions.
    public static let counter: UInt64 = 1 << 63
    /// Changes of one transaction.
    public static let commitChanges = 512
    /// Bytes of one transaction, beyond which the next change waits for the next.
    public static let commitBytes = 1 << 20
    /// Wishes that wait for one register.
    public static let waitingPerKey = 1_024
    /// Wishes that wait at one replica.
    public static let waiting = 16_384
    /// Looks that wait at one replica for a register to change.
    public static let watching = 16_384
    /// Proposers that are kept for their grants though nothing is wished of them; up to twice as many for a while.
    public static let restingProposers = 4_096
    /// Registers whose due times a replica keeps in memory.
    public static let watched = 65_536
    /// Stores of one electorate; two of these during a reconfiguration.
    public static let electorate = 7
}

/// Something bad that happens to a mesh, again and again.
enum Trouble: Int, CaseIterable, Sendable, Comparable {
    /// A process is killed at a moment that means nothing.
    case kill
    /// A process is killed at one of the moments of its next commit.
    case killAtCommit
    /// Several processes are killed at once.
    case killSeveral
    /// All are: a power cut.
    case killAll
    /// A process stands still for a while.
    case freeze
    /// A part of the network is cut.
    case cut
    /// A wall clock is set, forward or back.
    case clock
    /// Commits take ten to four hundred times as long, and sometimes the power fails in the middle of one.
    case slowDisk
    /// A disk has no room.
    case fullDisk
    /// A disk is lost, and replaced by an empty one.
    case wipe
    /// A disk is replaced by an older copy of itself.
    case olderCopy
    /// An hour or two pass, on all wall clocks within half a second: what is old enough may be freed.
    case hours
    /// An operator replaces, adds or removes a store, or takes that back.
    case reconfigure
    /// One wall clock is wrong for a while, and all others are right.
    case wrongClock

    static func < (a: Trouble, b: Trouble) -> Bool { a.rawValue < b.rawValue }
}

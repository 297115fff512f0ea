import MessagePack
import Registers
import World

/// A piece of work that is not over, as a list shows it.
public struct OpenWork: Hashable, Sendable {
    /// The actor that began it.
    public let actor: ActorName
    public let work: WorkID
    /// How it stands, in its kind's word; empty when the kind has none.
    public let word: String
    /// What is to come, the most pressing first; of the beginning actor alone, unless that has told nothing that is overdue.
    public let awaited: [Awaited]
    /// When something happened to the beginning actor last, milliseconds since 1970; nil when that is not known.
    public let lastMs: Int64?
    /// The node that said so: the actor's home.
    public let node: String
    /// Why it is not known whether it is stuck, in a list of what is; nil where that is known, or was not asked.
    public let doubt: String?

    package init(
        actor: ActorName, work: WorkID, word: String, awaited: [Awaited], lastMs: Int64?, node: String, doubt: String? = nil
    ) {
        (self.actor, self.work, self.word, self.awaited) = (actor, work, word, awaited)
        (self.lastMs, self.node, self.doubt) = (lastMs, node, doubt)
    }

    /// Whether something is dead, or overdue for at least that long.
    public func isStuck(for span: Duration, at now: WallTime) -> Bool {
        awaited.contains { $0.hindrance != nil || ($0.overdue(at: now) ?? .zero) >= span && $0.overdue(at: now) != nil }
    }

    /// Whether nothing has happened to it for that long.
    package func isQuiet(for span: Duration, at now: WallTime) -> Bool {
        lastMs.map { now.millisecondsSince1970.subtractingReportingOverflow($0).partialValue >= span.milliseconds } ?? true
    }
}

/// Which open work somebody wants to see.
public struct OpenWorkListing: Hashable, Sendable {
    /// A kind that begins work; nil for all.
    public var kind: String?
    /// Only what is stuck for at least this long; nil for all.
    public var stuckFor: Duration?
    /// Only work before this one; nil to begin with the newest.
    public var before: WorkID?
    /// 1 ... 200.
    public var limit: Int

    public init(kind: String? = nil, stuckFor: Duration? = nil, before: WorkID? = nil, limit: Int = 50) {
        (self.kind, self.stuckFor, self.before, self.limit) = (kind, stuckFor, before, limit)
    }
}

/// One page of open work, the newest first.
public struct OpenWorkList: Hashable, Sendable {
    public let rows: [OpenWork]
    /// Nodes that have not answered: what is theirs may be missing. Sorted.
    public let unheard: [String]
    /// Shards none of whose stores lives: what lies there is missing.
    public let shardsWithoutStore: Int
    /// What comes next in ``OpenWorkListing/before``; nil at the end. A page for which there was no more time has fewer rows than were asked
    /// for, and another behind it.
    public let next: WorkID?

    public init(rows: [OpenWork], unheard: [String], shardsWithoutStore: Int = 0, next: WorkID?) {
        (self.rows, self.unheard, self.shardsWithoutStore, self.next) = (rows, unheard, shardsWithoutStore, next)
    }
}

/// One page of what is dead, the last names of actors first.
public struct DeadList: Hashable, Sendable {
    /// An actor of which more may be dead than the page shows.
    public struct Cut: Hashable, Sendable {
        public let actor: ActorName
        /// Why, and how to see the rest.
        public let reason: String

        public init(actor: ActorName, reason: String) { (self.actor, self.reason) = (actor, reason) }
    }

    public let dead: [Awaited]
    /// Actors of which more may be dead than that.
    public let cut: [Cut]
    /// Nodes that have not answered: what is theirs may be missing. Sorted.
    public let unheard: [String]
    /// Shards none of whose stores lives: what lies there is missing.
    public let shardsWithoutStore: Int
    /// Where to go on; nil at the end. A page may have few rows, or none, and another behind it.
    public let next: String?

    public init(dead: [Awaited], cut: [Cut] = [], unheard: [String], shardsWithoutStore: Int = 0, next: String?) {
        (self.dead, self.cut, self.unheard) = (dead, cut, unheard)
        (self.shardsWithoutStore, self.next) = (shardsWithoutStore, next)
    }
}

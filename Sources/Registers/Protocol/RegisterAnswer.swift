/// What an acceptor answers.
public struct RegisterAnswer: Hashable, Sendable {
    public enum Body: Hashable, Sendable {
        /// Yes to a prepare: the promise is durable. What was accepted last is the pending change, if there is one, else the base.
        /// With the hour up to which the shard is closed there, if any is: whoever proposes may not carry out an operation of such
        /// an hour.
        case promised(base: RegisterVersion, pending: RegisterVersion?, closed: CreationHour?)
        /// Yes to an accept: it is durable.
        case accepted
        /// Yes to a confirm.
        case confirmed
        /// No: a higher ballot was promised.
        case outbid(Ballot)
        /// No answer to an accept yet: the replica holds another base and will fetch what it lacks. Ask again after a while.
        case behind(RegisterVersion)
        /// Rows of one piece, and where to go on. Of `version`, at which the register was when the piece was read.
        case piece(RegisterPiece)
        /// No: the request's epoch is not the replica's.
        case wrongEpoch(UInt64)
        /// No: the register's hour has been closed, so it may not be created.
        case closed(CreationHour)
        /// No: the replica does not vote now, because its store was opened a moment ago, its disk is full, or it has not what was
        /// asked.
        case unable
        /// To a step of the horizon: it has been taken, durably; or, of a register that is in its way, the key.
        case horizon(inTheWay: RegisterKey?)
        /// What the shard holds here.
        case listed(ShardListing)
    }

    /// Of the request.
    public let round: UInt64
    public let body: Body

    public init(round: UInt64, body: Body) {
        self.round = round
        self.body = body
    }

    public var size: Int {
        switch body {
        case .piece(let piece): piece.size
        case .listed(let listing): listing.size
        default: 96
        }
    }
}

/// A part of a register's rows on their way to a replica that is behind, with the state they belong to.
public struct RegisterPiece: Hashable, Sendable {
    public let version: RegisterVersion
    public let state: RegisterState
    public let pending: RegisterDelta?
    /// In the order of their keys, none left out between the start that was asked for and `next`.
    public let rows: [StoredRow]
    /// Where to go on; nil after the last piece.
    public let next: [UInt8]?

    public init(version: RegisterVersion, state: RegisterState, pending: RegisterDelta?, rows: [StoredRow], next: [UInt8]?) {
        self.version = version
        self.state = state
        self.pending = pending
        self.rows = rows
        self.next = next
    }

    public var size: Int {
        rows.reduce(state.bytes.count + (pending?.size ?? 0) + (next?.count ?? 0) + 96) { $0 + $1.size }
    }
}

import World

/// What one replica tells another: everything it has to say at the time, in one frame.
///
/// Frames may be lost, doubled and delayed without limit. Nothing in them is judged by a clock: requests by ballot and epoch,
/// answers by the number of the round that asked.
public struct RegisterFrame: Hashable, Sendable {
    /// The store that speaks, and its life.
    public var sender: StoreID
    public var life: UInt64
    /// The number of the last commit that is durable there. The receiver remembers the highest.
    public var commit: UInt64
    /// At most ``RegisterLimits/frameItems``.
    public var items: [RegisterItem]

    public init(sender: StoreID, life: UInt64, commit: UInt64, items: [RegisterItem]) {
        self.sender = sender
        self.life = life
        self.commit = commit
        self.items = items
    }
}

/// One request or one answer.
public enum RegisterItem: Hashable, Sendable {
    case request(RegisterRequest)
    case answer(RegisterAnswer)
    /// "What is the highest commit number that you have heard of me?": asked by a store that has just been opened.
    case witnessQuestion
    /// The answer: what was heard, durably, of the store that asked; 0 for nothing.
    case witnessAnswer(UInt64)

    /// About how many bytes it takes on the wire.
    public var size: Int {
        switch self {
        case .request(let request): request.size
        case .answer(let answer): answer.size
        case .witnessQuestion, .witnessAnswer: 16
        }
    }
}

/// What a proposer asks an acceptor about one register.
public struct RegisterRequest: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// Promise to accept nothing below `ballot`, and tell what was accepted.
        case prepare
        /// Accept the change under its ballot; and promise `next`, so that the next change needs no prepare.
        case accept(RegisterDelta, next: Ballot)
        /// Is the promise to `ballot` still the highest? With ballot zero: what was accepted last? The answer to that is that of a prepare,
        /// without a promise.
        case confirm
        /// Give the rows from `start` on that changed after version number `after`.
        case fetch(after: UInt64, from: [UInt8])
        /// About the whole shard of the key: take the next step with what was made in `hour` or before.
        case horizon(hour: CreationHour, step: HorizonStep)
    }

    /// Chosen by the asker, who knows by it what an answer is to. Unique within the asker's life.
    public let round: UInt64
    /// Of the map that the asker goes by.
    public let epoch: UInt64
    public let key: RegisterKey
    /// That of the proposal; for a fetch, the ballot of the version that is wanted at least; zero for a horizon.
    public let ballot: Ballot
    public let action: Action

    public init(round: UInt64, epoch: UInt64, key: RegisterKey, ballot: Ballot, action: Action) {
        self.round = round
        self.epoch = epoch
        self.key = key
        self.ballot = ballot
        self.action = action
    }

    public var size: Int {
        let body = switch action {
        case .accept(let delta, _): delta.size
        case .fetch(_, let start): start.count
        case .prepare, .confirm, .horizon: 0
        }
        return key.bytes.count + 96 + body
    }
}

/// The steps by which an hour of a shard passes; each is taken when all replicas have taken the one before.
public enum HorizonStep: UInt8, Hashable, Sendable, CaseIterable {
    /// Refuse, from now on, to create registers and operations of that hour and of earlier ones; and name one that is not finished.
    case close = 0
    /// Take them away: nobody has any that is not finished.
    case free = 1
}

/// What an acceptor answers.
public struct RegisterAnswer: Hashable, Sendable {
    public enum Body: Hashable, Sendable {
        /// Yes to a prepare: the promise is durable. `accepted` is what was accepted last: the pending change, if it has one, else the
        /// base.
        case promised(base: RegisterVersion, pending: RegisterVersion?)
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
        /// No: the replica does not vote now, because its store was opened a moment ago, its disk is full, or it has not what was asked.
        case unable
        /// Horizon: the step has been taken, durably; or, of a register that is in its way, the key.
        case horizon(inTheWay: RegisterKey?)
    }

    /// Of the request.
    public let round: UInt64
    public let body: Body

    public init(round: UInt64, body: Body) {
        self.round = round
        self.body = body
    }

    public var size: Int {
        if case .piece(let piece) = body { return piece.size }
        return 96
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

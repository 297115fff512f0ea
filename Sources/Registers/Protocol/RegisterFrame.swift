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
    /// A request about a whole shard.
    case shardRequest(ShardRequest)
    /// To a request of either kind.
    case answer(RegisterAnswer)
    /// "What is the highest commit number that you have heard of me?": asked by a store that has just been opened.
    case witnessQuestion
    /// The answer: what was heard, durably, of the store that asked; 0 for nothing.
    case witnessAnswer(UInt64)
    /// "Which shards have you carried over to their new stores?": with all that the asker knows of that.
    case carriedQuestion(CarriedShards)
    case carriedAnswer(CarriedShards)

    /// About how many bytes it takes on the wire.
    public var size: Int {
        switch self {
        case .request(let request): request.size
        case .shardRequest(let request): request.size
        case .answer(let answer): answer.size
        case .witnessQuestion, .witnessAnswer: 16
        case .carriedQuestion, .carriedAnswer: 160
        }
    }
}

/// What a proposer asks an acceptor about one register.
public struct RegisterRequest: Hashable, Sendable {
    public enum Action: Hashable, Sendable {
        /// Promise to accept nothing below `ballot`, and tell what was accepted.
        case prepare
        /// Accept the change under its ballot; and promise `next`, so that the next change needs no prepare. `isRepeated` when it
        /// was found at an acceptor, so that it may have been chosen before.
        case accept(RegisterDelta, next: Ballot, isRepeated: Bool)
        /// Is the promise to `ballot` still the highest? With ballot zero: what was accepted last? The answer to that is that of a
        /// prepare, without a promise.
        case confirm
        /// Give the rows from `start` on that changed after version number `after`.
        case fetch(after: UInt64, from: [UInt8])
    }

    /// Chosen by the asker, who knows by it what an answer is to. Unique within the asker's life.
    public let round: UInt64
    /// Of the map that the asker goes by.
    public let epoch: UInt64
    public let key: RegisterKey
    /// That of the proposal; for a fetch, the ballot of the version that is wanted at least.
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
        case .accept(let delta, _, _): delta.size
        case .fetch(_, let start): start.count
        case .prepare, .confirm: 0
        }
        return key.bytes.count + 96 + body
    }
}

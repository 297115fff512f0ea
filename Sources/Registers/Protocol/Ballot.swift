import World

/// Orders the attempts to change a register: (counter, store, life), compared in this order.
///
/// The life makes a ballot of a restarted process another one, even if it has forgotten how far its counter was. Equal ballots
/// therefore name one attempt, and an attempt proposes one value; on this rests that an acceptor may answer an equal ballot
/// with yes a second time. (The original paper leaves a ballot at counter and proposer. With a counter that starts anew, and
/// idempotent answers, that loses an acknowledged write.)
public struct Ballot: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let counter: UInt64
    /// The store of the replica that proposes.
    public let store: StoreID
    /// The life of that store: a durable number that takes one step at every opening.
    public let life: UInt64

    public init(counter: UInt64, store: StoreID, life: UInt64) {
        self.counter = counter
        self.store = store
        self.life = life
    }

    /// Below every ballot that is ever proposed.
    public static let zero = Ballot(counter: 0, store: StoreID(high: 0, low: 0), life: 0)

    public static func < (a: Ballot, b: Ballot) -> Bool {
        if a.counter != b.counter { return a.counter < b.counter }
        return a.store != b.store ? a.store < b.store : a.life < b.life
    }

    /// `12.3f9a.4`: counter, the first four digits of the store, life.
    public var description: String { "\(counter).\(String(store.description.prefix(4))).\(life)" }
}

/// The right to propose once. It is spent by being used: using it twice does not compile.
///
/// The reference implementation of CASPaxos keeps its cached ballot after an accept that failed, proposes another value under
/// it, and loses an acknowledged write.
///
///     let grant = source.next()
///     propose(first, under: grant.spend())
///     propose(second, under: grant.spend())  // error: 'grant' consumed more than once
public struct BallotGrant: ~Copyable, Sendable {
    /// For comparing and for asking whether it still stands. A proposal takes ``spend()``.
    public let ballot: Ballot

    fileprivate init(_ ballot: Ballot) { self.ballot = ballot }

    /// Gives the ballot to the one proposal that is made under it.
    public consuming func spend() -> Ballot { ballot }

    /// The fault that the type exists to prevent, for the mutation that plants it.
    static func repeated(_ ballot: Ballot) -> BallotGrant { BallotGrant(ballot) }
}

/// Makes the ballots of one life of one store, each once.
public struct BallotSource: ~Copyable, Sendable {
    private var counter: UInt64
    private let store: StoreID
    private let life: UInt64

    public init(store: StoreID, life: UInt64) {
        counter = 0
        self.store = store
        self.life = life
    }

    /// A ballot above all that this source has made or heard of.
    public mutating func next() -> BallotGrant {
        precondition(counter < .max, "a ballot's counter is exhausted")
        counter += 1
        return BallotGrant(Ballot(counter: counter, store: store, life: life))
    }

    /// Takes note of another's ballot, so that the next one is above it. A counter beyond 2^63 is no proposer's and is ignored:
    /// nobody gets there by counting, and following it would exhaust the counter.
    public mutating func heard(of ballot: Ballot) {
        if ballot.counter < 1 << 63 { counter = max(counter, ballot.counter) }
    }
}

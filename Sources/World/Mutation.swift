/// A fault that is built into the product on purpose, and asleep.
///
/// A harness that finds nothing proves nothing unless it is known to find what is there. So each promise of the product that a
/// test claims to watch has a mutation that breaks it, and a run with that mutation must fail. They are values of ``World``:
/// code asks `world.isMutated(.noResend)` at the place where the promise is kept. A real node has some only when it
/// was started with `--chaos --mutate NAME`, and then every member list shows it, as the label ``label``.
public enum Mutation: String, Hashable, Sendable, CaseIterable, Comparable {
    // Registers. Each breaks the same promise: nothing acknowledged is lost, counted twice or read stale.

    /// A proposer keeps its ballot after an accept that failed, and proposes something else under it.
    case ballotReused = "ballot-reused"
    /// An acceptor does not write its promises down.
    case promiseInMemory = "promise-in-memory"
    /// A store whose disk was wiped keeps its id, and votes.
    case wipedDiskVotes = "wiped-disk-votes"
    /// A store votes without asking what its peers have heard of it.
    case olderDiskVotes = "older-disk-votes"
    /// Ballots do not tell the lives of a store apart, and begin anew with each.
    case lifeForgotten = "life-forgotten"
    /// The rounds of a replica are numbered anew in each of its lives, so that a late answer to the life before counts for this
    /// one.
    case roundsRepeated = "rounds-repeated"
    /// A repeated operation is carried out again.
    case noOperationIDs = "no-operation-ids"
    /// Whichever replica is asked answers reads from what it has.
    case readFromOneReplica = "read-from-one-replica"
    /// A home answers reads without asking a majority whether it still is.
    case unconfirmedReads = "unconfirmed-reads"
    /// A majority is one of the replicas that live.
    case majorityOfTheLiving = "majority-of-the-living"
    /// The replicas of a shard are whoever lives, by the ring, and not who is written down.
    case replicasFromTheRing = "replicas-from-the-ring"
    /// Wishes are answered with yes when the change is proposed, and not when it is chosen.
    case acknowledgedBeforeCommit = "acknowledged-before-commit"
    /// An acceptor takes a change whatever it builds on.
    case deltaOnAnyBase = "delta-on-any-base"
    /// A replica forgets operations by their age, without the others.
    case rowsFreedWithoutTheHorizon = "rows-freed-without-the-horizon"

    /// The stores of a shard are replaced at once, without a time in which majorities of the old and of the new ones are needed.
    case oneJump = "one-jump"
    /// While stores are replaced, the new ones alone decide.
    case newSetAlone = "new-set-alone"
    /// While stores are replaced, the old ones alone decide.
    case oldSetAlone = "old-set-alone"
    /// What one of the old stores knows is taken for what a majority of them does.
    case listOfOne = "list-of-one"
    /// A store that goes by a newer configuration still serves those who go by an older one.
    case noFence = "no-fence"
    /// New stores take over without what the old ones hold.
    case noRescan = "no-rescan"

    // Durable actors. Work that was acknowledged ends, and what it does counts once.

    /// A letter leaves its sender's outbox when it is sent, and not when its receiver has it. Breaks: what an actor sends arrives,
    /// whoever dies.
    case noOutbox = "no-outbox"
    /// A receiver does not look whether it has had a letter. Breaks: a letter is applied once.
    case noInbox = "no-inbox"
    /// A receiver forgets after some seconds what it has received. Breaks: a letter is applied once, however late it comes again.
    case dedupeByTime = "dedupe-by-time"
    /// A compensation that comes before its step leaves nothing behind. Breaks: a step that was undone has no effect, whichever comes
    /// first.
    case noTombstone = "no-tombstone"
    /// Timers run beside the registers, so that an actor which has cancelled one is woken all the same; and an edge says of a job whose
    /// deadline is over by its own clock that it has failed. Breaks: one of success, deadline and cancellation decides.
    case twoDeciders = "two-deciders"
    /// Timers are known to the courier that has read them, and to nobody else. Breaks: an actor's timers come, whoever dies.
    case timersInMemory = "timers-in-memory"
    /// Answers of workers are counted, and not parts. Breaks: one answer to a part counts.
    case gatherByCounting = "gather-by-counting"
    /// A part is given to one worker, by the home of its actor alone, whatever becomes of it. Breaks: work ends although a worker that had some
    /// of it has died.
    case noResend = "no-resend"
    /// A compensation waits behind a dead step like any letter. Breaks: what cannot go on can go back.
    case compensationHeldBack = "compensation-held-back"

    /// A node fires what is due by its wall clock though that is off. Breaks: a wrong clock fires nothing.
    case wrongClocksFire = "wrong-clocks-fire"

    // Requests that are sent again.

    /// Every claim of a key counts as the first, and its seed as that of new work. Breaks: what is sent again under its key is done
    /// once, and has the answer that was given.
    case freshSeeds = "fresh-seeds"

    /// Whether only a simulation can plant it: of a wiped disk the id is gone, and a real node has no way to keep it.
    public var isOnlySimulated: Bool { self == .wipedDiskVotes }

    /// The key of the label by which a mutated node's members show what it lacks.
    public static let label = "mutation"

    /// The value of ``label``: the names, joined by `+`. Nil for none.
    public static func text(_ mutations: Set<Mutation>) -> String? {
        mutations.isEmpty ? nil : mutations.sorted().map(\.rawValue).joined(separator: "+")
    }

    public static func < (a: Mutation, b: Mutation) -> Bool { a.rawValue < b.rawValue }
}

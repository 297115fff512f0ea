/// A fault that is built into the product on purpose, and asleep.
///
/// A harness that finds nothing proves nothing unless it is known to find what is there. So each promise of the product that a
/// test claims to watch has a mutation that breaks it, and a run with that mutation must fail. They are values of ``World``:
/// code asks `world.isMutated(.noResend)` at the place where the promise is kept. A real node has some only when it
/// was started with `--chaos --mutate NAME`, and then every member list shows it, as the label ``label``.
public enum Mutation: String, Hashable, Sendable, CaseIterable, Comparable {
    /// Homes never send an order a second time, whatever becomes of its worker. Breaks: a job ends although a worker that had
    /// some of it has died.
    case noResend = "no-resend"

    // The registers'. `gossamer simulate --mutate NAME` must find every one of them.

    /// A proposer keeps its ballot after an accept whose fate it does not know, and proposes its next change under the same one. Breaks:
    /// equal ballots name one change, and with it an acknowledged change stays.
    case ballotReused = "ballot-reused"
    /// Promises are kept in memory and not in the store. Breaks: a restarted acceptor remembers what it promised.
    case promiseInMemory = "promise-in-memory"
    /// A machine whose disk was wiped starts with an empty one under its old store id, and votes at once. Breaks: a store that
    /// lost something never votes as if it had not.
    case wipedDiskVotes = "wiped-disk-votes"
    /// A store that was opened votes without asking its witnesses what they heard of it. Breaks: an older copy of a disk never votes.
    case olderDiskVotes = "older-disk-votes"
    /// Ballots do not carry the life of the store, so a restarted proposer makes those of its last life again. Breaks: equal
    /// ballots name one change.
    case lifeForgotten = "life-forgotten"
    /// Operations are not remembered. Breaks: an operation that is tried again is carried out once.
    case noOperationIDs = "no-operation-ids"
    /// The replica that is asked answers reads from its own store. Breaks: a read sees everything acknowledged before it began.
    case readFromOneReplica = "read-from-one-replica"
    /// A home answers reads without asking a majority whether its promise still stands. Breaks: the same, where there are two homes.
    case unconfirmedReads = "unconfirmed-reads"
    /// A majority is one of the replicas that gossip holds live. Breaks: two majorities have a replica in common.
    case majorityOfTheLiving = "majority-of-the-living"
    /// Replicas are the first live stores of a ring, not those written down. Breaks: the same.
    case replicasFromTheRing = "replicas-from-the-ring"
    /// A replica lays a delta over whatever base it has. Breaks: replicas at one version hold the same rows.
    case deltaOnAnyBase = "delta-on-any-base"
    /// The rows of finished work are freed without its hour being closed on every replica. Breaks: what was freed does not come back.
    case rowsFreedWithoutTheHorizon = "rows-freed-without-the-horizon"

    /// Whether only `gossamer simulate` plants it, because only there is something that notices. Real nodes are not offered it.
    public var isOnlySimulated: Bool { self != .noResend }

    /// The key of the label by which a mutated node's members show what it lacks.
    public static let label = "mutation"

    /// The value of ``label``: the names, joined by `+`. Nil for none.
    public static func text(_ mutations: Set<Mutation>) -> String? {
        mutations.isEmpty ? nil : mutations.sorted().map(\.rawValue).joined(separator: "+")
    }

    public static func < (a: Mutation, b: Mutation) -> Bool { a.rawValue < b.rawValue }
}

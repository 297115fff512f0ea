import Placement
import World

// A JOB IN ITS HOME
//
// Every kind of work that is scattered over nodes and gathered again is a value of its own, in which all its rules are: which
// parts there are, who gets which, what is sent again, how results come together and when it has ended. A desk feeds it what
// happens and carries out what it answers. The value never waits, reads no clock and calls nobody, so that tests run it in any
// order of events, and so that a register can hold it one day: every change goes through `handle`.
//
// One decider: a machine reaches a terminal phase exactly once, by an input of its own. What comes later changes nothing.

/// A request to a worker: a part of a job, or several.
public protocol JobOrder: Codable, Hashable, Sendable {
    /// What names the order within its job: its answer is gathered under it.
    associatedtype Key: Hashable, Sendable
    var key: Key { get }
}

/// What happens to a job.
public enum JobInput<Key: Hashable & Sendable, Answer: Sendable>: Sendable {
    /// Who can work now, and the ring of the same view.
    case workers([WorkerSeat], HashRing)
    /// A worker has done what it was sent.
    case answered(Key, by: NodeIdentity, Answer)
    /// What was sent will not be answered by this worker.
    case lost(Key, by: NodeIdentity, JobLoss)
    /// The mesh holds this worker for dead. What it was sent has been or will be reported as lost all the same.
    case died(NodeIdentity)
    /// The user wants no more of it.
    case cancel
    /// Time has passed. Due at least every ``JobMachine/tickInterval`` while the job runs.
    case tick
}

/// Why a worker does not answer.
public enum JobLoss: Hashable, Sendable {
    /// It has too much to do; it has not begun.
    case overloaded
    /// Its node has died, by the word of membership: what it was sent may be what killed it. See ``PartDeaths``.
    case died
    /// Its node has left or takes no more work, or the session with it has ended.
    case nodeDown
    /// Nobody knows what became of the call.
    case silent
    /// It tried and could not; the text says why.
    case failed(String)
}

/// What the desk must do for a job.
public enum JobEffect<Order: JobOrder>: Hashable, Sendable {
    /// Ask the worker on this node, and report the end as `answered` or `lost`.
    case send(Order, to: NodeIdentity)
    /// Call off what was sent under this key; nothing need be reported.
    case callOff(Order.Key, on: NodeIdentity)
    /// The job has reached its single terminal state.
    case ended
}

/// A node that works, as a home sees it.
public struct WorkerSeat: Hashable, Sendable {
    public let node: NodeIdentity
    /// Orders that it may hold at a time; at least 1.
    public let credits: Int

    public init(node: NodeIdentity, credits: Int) {
        self.node = node
        self.credits = max(1, credits)
    }
}

/// One kind of work, as the value that decides everything about one job.
public protocol JobMachine: Sendable {
    associatedtype Document: JobDocument
    associatedtype Order: JobOrder
    associatedtype Answer: Codable & Sendable

    /// The role of nodes that are homes and workers of this kind; it names the kind in logs and metrics too.
    static var role: String { get }
    /// How often a running job wants ``JobInput/tick``.
    static var tickInterval: Duration { get }

    /// - Parameters:
    ///   - createdAtMs: the wall clock, milliseconds since 1970, for the document.
    ///   - deadline: how long the job may run.
    ///   - resends: whether orders are sent again when their worker is lost. Always, but for ``World/Mutation/noResend``.
    init(id: WorkID, request: Document.Request, createdAtMs: Int64, now: Instant, deadline: Duration, resends: Bool)

    var isTerminal: Bool { get }
    /// Rises with every change that a reader may want to see.
    var version: UInt64 { get }
    /// Orders sent once more, because a worker died or was silent.
    var resent: Int { get }

    /// Takes in what has happened; returns what must be done, in this order.
    mutating func handle(_ input: JobInput<Order.Key, Answer>, now: Instant) -> [JobEffect<Order>]

    /// The job's document at this moment.
    func document(now: Instant) -> Document
}

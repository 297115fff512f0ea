import JSONDocument
import World

// THE HISTORY OF A RUN
//
// Everything that a verdict rests on is written down as it happens, one JSON document a line, one finished operation a line:
//
//     {"process":3,"op":"submit","key":"01a2...","input":{...},"output":{...},"call_ns":123,"return_ns":456,"outcome":"ok",
//      "via":"n1","who":"client","wall_ms":1763706600123,"detail":""}
//
// Times are nanoseconds of one monotonic clock since the run began. A client is a process with a number; every job has one of its own,
// and after an outcome that is unknown the number does nothing more, because the operation may still take effect. The director, who does
// harm, is number 0 until then; the observer, who asks the nodes for their views, is -1. Of observations that repeat, those that
// differ from the one before are written down. What was under way when the run ended has no return. docs/CHAOS.md lists the operations.
//
// `ok`: it happened. `failed`: certainly nothing happened. `unknown`: it may or may not have happened; a timeout is unknown.

/// One line of a history.
package struct HistoryRecord: Hashable, Sendable {
    package enum Who: String, Hashable, Sendable { case client, director, observer }
    package enum Outcome: String, Hashable, Sendable { case ok, failed, unknown }

    package var who: Who
    /// The client's number, from 1 on; 0 or a number of its own for the director, -1 for the observer.
    package var process: Int
    package var event: HistoryEvent
    /// Nanoseconds since the run began.
    package var callNs: Int64
    /// Nil for what was under way at the end.
    package var returnNs: Int64?
    /// Milliseconds since 1970 at the return, or the end.
    package var wallMs: Int64
    package var outcome: Outcome
    /// The node that was asked.
    package var via: String?
    /// For people: why it failed.
    package var detail: String

    package init(
        who: Who, process: Int = 0, event: HistoryEvent, callNs: Int64, returnNs: Int64?, wallMs: Int64 = 0, outcome: Outcome = .ok,
        via: String? = nil, detail: String = ""
    ) {
        self.who = who
        self.process = process
        self.event = event
        self.callNs = callNs
        self.returnNs = returnNs
        self.wallMs = wallMs
        self.outcome = outcome
        self.via = via
        self.detail = detail
    }

    /// The last that is known of its time.
    package var lastNs: Int64 { returnNs ?? callNs }
}

/// What happened.
package enum HistoryEvent: Hashable, Sendable {
    /// The mesh is complete.
    case start(nodes: [String])
    /// A client has handed in a job.
    case submit(Submission)
    /// A client has read a job's document, and it has changed.
    case read(JobReading)
    /// An edge has been asked for a job when all was over. The document as far as the edge has one; `failed` when it says that there is no
    /// such job.
    case audit(jobId: String, JobReading?)
    /// A client does not want an order any more. What the edge has said to that; nil for nothing that decides it.
    case cancel(jobId: String, Cancellation?)
    /// A client has set what an account or stock begins with.
    case put(Holding, Int64)
    /// An edge has been asked what is left of an account or stock when all was over; `failed` when it says that there is none.
    case get(Holding, HoldingReading?)
    /// A client has added items to a tenant, or counted them.
    case items(tenant: String, ItemRecord.Deed)
    /// What nobody knew whether it was added has been added again, when all work was over.
    case settle(tenant: String, ids: [String])
    /// An edge has been asked how many items a tenant has when all was over; `failed` when it says that there are none.
    case total(tenant: String, Int?)
    case kill(node: String, inFlight: Int)
    case pause(node: String, inFlight: Int)
    case resume(node: String)
    case restart(node: String)
    /// A node has ended without the harness, and perhaps been started again.
    case died(node: String, isBack: Bool)
    /// From each node, the nodes whose frames no longer arrive at it or which its own do not reach.
    case cut(name: String, mode: String, apart: [Apart])
    case heal(name: String, hits: Int)
    /// What all nodes see; `nil` for one that does not answer.
    case views([String: [String: String]?])
    /// A step that could not be carried out.
    case missed(step: String)
    case end(Ending)

    var isEnd: Bool { if case .end = self { true } else { false } }

    /// Whether a client wanted something done that a mesh which is well does.
    var isRequest: Bool {
        switch self {
        case .submit, .put, .items: true
        default: false
        }
    }

    package struct Apart: Hashable, Sendable {
        package let from: String
        package let to: String

        package init(from: String, to: String) {
            self.from = from
            self.to = to
        }
    }

    /// Why a run ended.
    package enum Ending: String, Hashable, Sendable {
        /// All jobs have ended, and the views have come to rest.
        case settled
        /// Jobs that had not ended no longer moved.
        case stuck
        case limit
        case interrupted
        case broken
    }
}

/// What an edge says when an order is to be cancelled.
package enum Cancellation: String, Hashable, Sendable {
    /// It will be.
    case accepted
    /// It has ended already.
    case ended
    /// There is no such order.
    case missing
}

package struct Submission: Hashable, Sendable {
    /// The kind of orders; those of the others are jobs that are scattered over workers.
    package static let orders = "orders"

    /// `primes`, `lookup` or `orders`.
    package let kind: String
    /// What was asked for, as sent.
    package let request: JSON
    /// Attempts to hand in the same work have the same number.
    package let order: Int
    /// Nil when it was not accepted.
    package var jobId: String?
    /// The right answer of a primes job.
    package var expected: UInt64?
    /// The status by which an edge has refused it for good; nil for what may be tried again.
    package var refusal: Int?

    package init(kind: String, request: JSON, order: Int, jobId: String? = nil, expected: UInt64? = nil, refusal: Int? = nil) {
        self.kind = kind
        self.request = request
        self.order = order
        self.jobId = jobId
        self.expected = expected
        self.refusal = refusal
    }
}

/// A job's document, or an order's, as far as judging goes.
package struct JobReading: Hashable, Sendable {
    package let jobId: String
    /// `Pending`, `Processing`, `Completed` or `Failed`; of an order `Placed`, `Paid`, `Reserved`, `Shipped`, `Compensating` or
    /// `Cancelled`.
    package var status: String
    /// Parts or services that have a result; of an order, what it has in force of payment, stock and shipping.
    package var done: Int
    package var total: Int
    /// Parts that somebody has in hand; of an order, steps that it has asked for or is having undone.
    package var inFlight: Int
    package var resent: Int
    /// What is ``done``, each counted as often as it is in the document.
    package var gathered: Int
    /// Services of a lookup whose outcome had not come at its deadline.
    package var missing: Int
    /// The primes, once completed.
    package var count: UInt64?
    /// Of an order, why it was cancelled.
    package var warnings: [String]

    private static let ends: Set<String> = ["Completed", "Failed", "Shipped", "Cancelled"]

    package var isOver: Bool { Self.ends.contains(status) }

    package init(
        jobId: String, status: String, done: Int, total: Int, inFlight: Int = 0, resent: Int = 0, gathered: Int? = nil,
        missing: Int = 0, count: UInt64? = nil, warnings: [String] = []
    ) {
        self.jobId = jobId
        self.status = status
        self.done = done
        self.total = total
        self.inFlight = inFlight
        self.resent = resent
        self.gathered = gathered ?? done
        self.missing = missing
        self.count = count
        self.warnings = warnings
    }
}

import Choreography
import World

// A JOB IS A DURABLE ACTOR
//
// Every kind of work that is scattered over nodes and gathered again is a durable actor of its own, one for each job. Its rules say which
// parts there are, how results come together, and when the job has ended; its register keeps all of that. So a job is kept before
// anybody hears that it was accepted, any edge can say how it stands, and whoever dies, it goes on where it was:
//
//   Submit ──▶ orders parts, sets a timer for its deadline ──▶ workers, wherever they are (see Scatter)
//   WorkAnswer ──▶ gathers, a set of parts; orders more; ends when all are there
//   JobDeadline, CancelJob ──▶ ends, and nobody waits for parts any longer
//
// One decider: each of these is a change of the job's own register, and the one that ends it is the last.

/// The durable actor of one kind of job.
public protocol JobActor: DurableActor {
    associatedtype Document: JobDocument

    /// The results of its parts that are too large for its register.
    static func stored(_ sighting: ActorSighting<Self>) -> [ResultLocation]

    /// The job's document; nil when it has not begun.
    /// - Parameters:
    ///   - results: what ``stored(_:)`` tells of.
    ///   - now: wall clock of whoever reads.
    static func document(
        _ id: WorkID, _ sighting: ActorSighting<Self>, results: [ResultLocation: [UInt8]], now: WallTime
    ) -> Document?

    /// The job in a few words, of its state alone, without its rows; nil when it has not begun.
    /// - Parameter home: the node that looks after it.
    static func summary(_ id: WorkID, _ sighting: ActorSighting<Self>, home: String, now: WallTime) -> JobSummary?
}

extension JobActor {
    public static func stored(_ sighting: ActorSighting<Self>) -> [ResultLocation] { [] }
}

/// Somebody wants a job done. Everything that the job needs to know of the mesh is in it, because its rules may not look.
public struct Submit<Request: JobRequest>: DurableEvent {
    public static var name: String { "submit" }
    public let request: Request
    /// When the job ends by itself, milliseconds since 1970.
    public let deadlineMs: Int64
    /// About how many parts the mesh works on at the same time.
    public let breadth: Int

    public init(_ request: Request, deadlineMs: Int64, breadth: Int) {
        self.request = request
        self.deadlineMs = deadlineMs
        self.breadth = breadth
    }
}

/// Its user wants no more of it.
public struct CancelJob: DurableEvent {
    public static let name = "cancel"
    public init() {}
}

/// It has taken too long.
public struct JobDeadline: DurableEvent {
    public static let name = "deadline"
    public init() {}
}

/// What every job remembers of itself, whatever its work is.
public struct JobCourse: Codable, Hashable, Sendable {
    public private(set) var createdAtMs: Int64
    public private(set) var endedAtMs: Int64?
    public private(set) var hasFailed = false
    /// Why it failed, or what is to be said of its results.
    public private(set) var warnings: [String] = []
    /// Parts that were given to another node than the first, because one died or was silent.
    public var resent = 0

    /// - Parameter now: of acceptance.
    public init(now: WallTime) { createdAtMs = now.millisecondsSince1970 }

    public var isOver: Bool { endedAtMs != nil }

    /// - Parameter hasBegun: whether any part has come to an end.
    public func phase(hasBegun: Bool) -> JobPhase {
        if isOver { return hasFailed ? .failed : .completed }
        return hasBegun ? .processing : .pending
    }

    /// From acceptance to the end, or to now.
    public func elapsedMs(_ now: WallTime) -> Int64 { max(0, (endedAtMs ?? now.millisecondsSince1970) - createdAtMs) }

    public mutating func warn(_ warning: String) { warnings.append(warning) }

    /// The job has its result.
    public mutating func complete(_ now: WallTime) { end(now) }

    /// The job ends without a result.
    public mutating func fail(_ warning: String, _ now: WallTime) {
        hasFailed = true
        warnings.append(warning)
        end(now)
    }

    private mutating func end(_ now: WallTime) {
        precondition(endedAtMs == nil, "a job ends once")
        // The wall clock of another home may be behind that of the first.
        endedAtMs = max(now.millisecondsSince1970, createdAtMs)
    }
}

import HTTPTypes
import Hummingbird
import JSONDocument
import Synchronization
import Web
import World

/// The document of a job or an order at a version, as a stream of events tells it.
public struct JobChange: Sendable, Hashable {
    /// How a job has ended, in the words of the contract.
    public enum Ending: String, Sendable {
        case completed, failed, cancelled
    }

    /// Rises with every change.
    public let version: UInt64
    public let document: JSON
    /// Nil while the job goes on.
    public let ending: Ending?
    /// What it has done is being undone.
    public let isCompensating: Bool

    public init(version: UInt64, document: JSON, ending: Ending?, isCompensating: Bool = false) {
        self.version = version
        self.document = document
        self.ending = ending
        self.isCompensating = isCompensating
    }

    /// The name of the event that tells it, in the words of the contract.
    /// - Parameter data: what the event brings.
    fileprivate func event(_ data: JSON) -> String {
        if let ending { return ending.rawValue }
        if isCompensating { return "compensating" }
        return data["results"] == nil ? "progress" : "result"
    }
}

/// What one kind of work says of a job.
public enum JobSighting: Sendable, Hashable {
    case change(JobChange)
    /// It has no such job.
    case unknown
    /// The answer is not to be had now, because somebody who may know is silent: 503.
    case silent(Problem)
}

/// One kind of work, as far as its jobs' events go.
public protocol JobEventSource: Sendable {
    /// The job as it is, when its version is not `seen`; otherwise its next change, for which it waits about a second before it
    /// returns the job unchanged.
    func sighting(of id: WorkID, seen: UInt64?) async -> JobSighting
}

/// `GET /api/jobs/{id}/events`: the progress of a job or an order as server-sent events, for every kind of work in the list.
///
/// An event's id is the version of the document it brings. A client that comes again with `Last-Event-ID` gets what has
/// changed since; one whose last event was the end gets 204, which tells it to stop coming. The first event of a connection
/// carries the whole document, later ones the members that have changed (after RFC 7396) and always its id.
public struct JobEventsRoutes: RouteGroup {
    private let sources: [any JobEventSource]
    private let world: any World

    public init(sources: [any JobEventSource], world: any World) {
        self.sources = sources
        self.world = world
    }

    public var schemas: [JSON.Member] { [.init("JobEvent", Self.eventSchema)] }

    public var routes: [WebRoute] {
        [WebRoute(.get, "/api/jobs/{id}/events", operation: Self.operation) { try await stream($0) }]
    }

    private func stream(_ request: WebRequest) async throws -> Response {
        let id = try request.workID()
        let (source, first) = try await find(id)
        let last = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }.flatMap { UInt64($0) }
        if let last, first.version <= last, first.ending != nil { return Response(status: .noContent) }
        // Nobody was told of more than there is: such a number is none.
        let cursor = Mutex(Cursor(last: last.flatMap { $0 <= first.version ? $0 : nil }))
        let world = world
        return .eventStream(request, world: world) {
            let (seen, isOver) = cursor.withLock { ($0.isFresh ? nil : $0.version, $0.isOver) }
            if isOver { return nil }
            switch seen == nil ? .change(first) : await source.sighting(of: id, seen: seen) {
            case .change(let change): return cursor.withLock { $0.events(for: change) }
            case .unknown: return nil
            case .silent:
                // No majority of its register's replicas answers for the moment.
                try await world.sleep(for: .milliseconds(250))
                return []
            }
        }
    }

    /// Asks all kinds of work at the same time. The first that has the job is enough: the others may be slow.
    private func find(_ id: WorkID) async throws -> (any JobEventSource, JobChange) {
        let (hit, others) = await withTaskGroup(of: (Int, JobSighting).self) { group in
            for (index, source) in sources.enumerated() { group.addTask { (index, await source.sighting(of: id, seen: nil)) } }
            var others: [(index: Int, sighting: JobSighting)] = []
            for await (index, sighting) in group {
                if case .change(let change) = sighting {
                    group.cancelAll()
                    return ((sources[index], change) as (any JobEventSource, JobChange)?, others)
                }
                others.append((index, sighting))
            }
            return (nil, others)
        }
        if let hit { return hit }
        let sightings = others.sorted { $0.index < $1.index }.map(\.sighting)
        for case .silent(let problem) in sightings { throw problem }
        throw Problem.notFound("there is no job \(id)")
    }

    /// What one client has been told.
    private struct Cursor {
        var version: UInt64
        private var document: JSON?
        private var announcesStart: Bool
        var isFresh = true
        var isOver = false

        init(last: UInt64?) {
            version = last ?? 0
            announcesStart = last == nil
        }

        mutating func events(for change: JobChange) -> [ServerSentEvent] {
            isFresh = false
            isOver = change.ending != nil
            guard change.version > version || document == nil && announcesStart else { return [] }
            var events: [ServerSentEvent] = []
            let id = String(change.version)
            if announcesStart {
                announcesStart = false
                events.append(ServerSentEvent(id: id, event: "accepted", data: change.document))
                document = change.document
                if change.ending == nil {
                    version = change.version
                    return events
                }
            }
            let data = change.ending == nil ? Self.difference(from: document, to: change.document) : change.document
            events.append(ServerSentEvent(id: id, event: change.event(data), data: data))
            version = change.version
            document = change.document
            return events
        }

        private static let ids: Set = ["jobId", "orderId"]

        private static func difference(from old: JSON?, to new: JSON) -> JSON {
            guard let old = old?.members, let members = new.members else { return new }
            return .object(members.filter { ids.contains($0.key) || !old.contains($0) })
        }
    }

    private static let eventSchema: JSON = [
        "type": "object", "required": ["id", "event", "data"], "description": "each event of the stream (WHATWG HTML, 9.2)",
        "properties": [
            "id": ["type": "string", "description": "for Last-Event-ID"],
            "event": [
                "type": "string", "enum": ["accepted", "progress", "result", "completed", "failed", "compensating", "cancelled"],
            ],
            "data": [
                "type": "string",
                "description": "JSON: what has changed in the document of the job or the order; all of it at first and at last",
            ],
        ],
    ]

    private static let operation: JSON = [
        "operationId": "followJob", "tags": ["jobs"], "summary": "The progress of a job or an order, as server-sent events",
        "parameters": [
            .workID(of: "a job or an order"),
            [
                "name": "Last-Event-ID", "in": "header", "required": false, "schema": ["type": "string"],
                "description": "the id of the last event that was received; what is none is left out", "example": "3",
            ],
        ],
        "responses": [
            "200": [
                "description": .string(
                    "accepted; then progress, result (one more is there) and compensating (what was done is being undone); "
                        + "then one of completed, failed, cancelled"),
                "content": ["text/event-stream": ["schema": .schema("JobEvent")]],
            ],
            "204": ["description": "the last event was the last"], "404": .problem("no such job, and no such order"),
            "503": .problem("whoever may have it does not answer now; see Retry-After"),
        ],
    ]
}

import Hummingbird
import JSONDocument
import Jobs
import Primes
import Web
import World

/// `POST /api/primes`, `GET /api/primes/{id}`, `DELETE /api/primes/{id}`.
public struct PrimesRoutes: RouteGroup {
    private let gateway: any JobGateway<PrimesStatus>
    private let limits: JobLimits
    private let workers: @Sendable () -> Int
    private let ids: WorkIDGenerator

    /// - Parameters:
    ///   - limits: what a range is checked against.
    ///   - workers: processors that count at the same time, for the estimate.
    public init(gateway: any JobGateway<PrimesStatus>, limits: JobLimits, workers: @escaping @Sendable () -> Int, world: any World) {
        ids = WorkIDGenerator(world, name: "primes.ids")
        self.gateway = gateway
        self.limits = limits
        self.workers = workers
    }

    public var routes: [WebRoute] {
        [
            WebRoute(.post, "/api/primes", operation: Self.submitOperation) { try await submit($0) },
            WebRoute(.get, "/api/primes/{id}", operation: Self.statusOperation) { request in
                let id = try request.workID()
                return .json(try await asProblem { () async throws(JobGatewayError) in
                    try await gateway.status(id, seen: nil, patience: .zero)
                }.document)
            },
            WebRoute(.delete, "/api/primes/{id}", operation: Self.cancelOperation) { request in
                let id = try request.workID()
                try await asProblem { () async throws(JobGatewayError) in try await gateway.cancel(id) }
                return Self.accepted(id, "The job is being cancelled.")
            },
        ]
    }

    private func submit(_ request: WebRequest) async throws -> Response {
        let body = try await request.object()
        let draft = PrimesDraft(
            from: PrimesField(body["from"]), to: PrimesField(body["to"]), algorithm: PrimesField(body["algorithm"]),
            chunks: PrimesField(body["chunks"]))
        let order: PrimesRequest
        do throws(PrimesRefusal) {
            order = try PrimesRequest(draft, limits: limits, workers: workers())
        } catch {
            throw Problem.invalid(error.problems.map { .init($0.field, [$0.message]) })
        }
        let id = (request.ids ?? ids).next()
        // Its id is all that tells the client of a job afterwards that may have been taken.
        try await asProblem(more: Self.reference(id)) { () async throws(JobGatewayError) in try await gateway.submit(order, id: id) }
        return Self.accepted(
            id, "Job submitted successfully. Poll the status URL to check progress.", hasLocation: true)
    }

    private static func accepted(_ id: WorkID, _ message: String, hasLocation: Bool = false) -> Response {
        .json(
            .object(reference(id) + [.init("message", .string(message))]), status: .accepted,
            headers: hasLocation ? [.location: url(id)] : [:])
    }

    private static func url(_ id: WorkID) -> String { "/api/primes/\(id)" }

    private static func reference(_ id: WorkID) -> [JSON.Member] {
        [.init("jobId", .string("\(id)")), .init("statusUrl", .string(url(id)))]
    }
}

/// Runs a call to the gateway; its errors become what the client reads.
/// - Parameter more: see `Problem.init(_:more:)`.
func asProblem<Value>(
    more: [JSON.Member] = [], _ body: () async throws(JobGatewayError) -> Value
) async throws(Problem) -> Value {
    do {
        return try await body()
    } catch {
        throw Problem(error, more: more)
    }
}

extension Problem {
    /// 503 says what became of what was asked for as `outcome`: `failed`, nothing of it has happened; or `unknown`.
    /// - Parameter more: further members of the document of what is unknown.
    init(_ error: JobGatewayError, more: [JSON.Member] = []) {
        func comeAgain(_ extensions: [JSON.Member]) -> Problem {
            Problem(
                status: 503, detail: error.description,
                headers: [.init(name: .retryAfter, value: String(error.retryAfterSeconds))], extensions: extensions)
        }
        self = switch error.code {
        case .notFound: .notFound(error.description)
        case .unavailable: comeAgain([.init("outcome", "failed")])
        case .unknown: comeAgain([.init("outcome", "unknown")] + more)
        case .alreadyEnded: Problem(status: 409, detail: error.description)
        case .invalid: Problem(status: 400, detail: error.description)
        }
    }
}

extension WebRequest {
    /// The path's `{id}`. What is no id of work is the id of nothing: 404, not 400.
    /// - Parameter thing: what it is to be the id of.
    func workID(of thing: String = "a job") throws(Problem) -> WorkID {
        let text = parameter("id")
        guard let id = WorkID(text) else { throw .notFound("\"\(text.prefix(64))\" is not the id of \(thing)") }
        return id
    }
}

extension PrimesField {
    fileprivate init(_ json: JSON?) {
        switch json {
        case nil, .null: self = .missing
        case .number(let literal): self = .number(literal)
        case .string(let text): self = .string(text)
        case let other?: self = .other(other.kind)
        }
    }
}

import HTTPTypes
import Hummingbird
import JSONDocument
import Registers
import Truth
import Web
import World

/// A group of routes of which each `POST` takes an `Idempotency-Key`: what is sent once more under its key, to whichever edge, is done
/// once, and has the answer that was given (draft-ietf-httpapi-idempotency-key-header; how it is kept: ``Truth/IdempotencyKeys``).
///
/// The routes themselves know nothing of it. They make the ids of new work from ``Web/WebRequest/ids`` when the request brings some; that
/// is what makes a second run the same work.
struct IdempotentRoutes: RouteGroup {
    private let group: any RouteGroup
    private let keys: IdempotencyKeys?
    private let seeds: WorkIDGenerator

    /// - Parameters:
    ///   - keys: nil when this edge reaches no registers; then what has a key is answered with 503.
    ///   - seeds: makes the ids from which those of new work follow.
    init(_ group: any RouteGroup, keys: IdempotencyKeys?, seeds: WorkIDGenerator) {
        self.group = group
        self.keys = keys
        self.seeds = seeds
    }

    var schemas: [JSON.Member] { group.schemas }

    var routes: [WebRoute] {
        group.routes.map { route in
            guard route.method == .post else { return route }
            return route.wrapped(operation: Self.described(route.operation)) { request, handler, excuse in
                guard let key = try IdempotencyKeyHeader.key(of: request.headers) else { return try await handler(request) }
                return try await answer(request, key, handler, excuse)
            }
        }
    }

    private func answer(
        _ request: WebRequest, _ key: String, _ handler: WebRoute.Handler, _ excuse: WebRoute.Excuse
    ) async throws -> Response {
        // What makes it another request is seen before anything is read of it, so the bytes count as they were sent.
        let body = try await request.bytes()
        let parts = [Array(request.method.rawValue.utf8), Array(request.target.utf8), body]
        guard let keys else { return excuse(Self.unclaimed(Self.unreached)) }
        let outcome = try await keys.once(
            IdempotencyName(key: key), for: parts, seed: seeds.next(),
            claimed: { Self.say($0.expires.httpDate, in: IdempotencyKeyHeader.expires, request) },
            perform: { ids in
                var asked = request.reading(body)
                asked.ids = ids
                do { return try await handler(asked) } catch let problem as Problem { return problem.response }
            },
            pack: { try await KeptAnswer($0)?.packed }, read: { try KeptAnswer(packed: $0).response })
        switch outcome {
        case .done(let response): return response
        case .before(let response):
            Self.say("true", in: IdempotencyKeyHeader.replayed, request)
            return response
        case .otherRequest(let claim):
            let other = "this \(IdempotencyKeyHeader.name) belongs to another request until \(claim.expires.httpDate)"
            throw Problem(status: 409, detail: other + "; take a new key for a new one")
        case .unclaimed(let error): return excuse(Self.unclaimed(error))
        }
    }

    private static func say(_ value: String, in name: String, _ request: WebRequest) {
        if let name = HTTPField.Name(name) { request.answers(with: value, in: name) }
    }

    private static let unreached = RegisterError(
        .notReady, .failed, "this edge reaches no store of the mesh; ask another edge", retryAfter: .seconds(10))

    /// Whether the key was claimed or not, nothing was done of what the request asks for.
    private static func unclaimed(_ error: RegisterError) -> Problem {
        Problem(
            status: 503, detail: "the \(IdempotencyKeyHeader.name) cannot be looked up, and nothing was done: \(error.sentence)",
            headers: [.init(name: .retryAfter, value: String(error.retryAfterSeconds))],
            extensions: [.init("code", .string(error.code.rawValue)), .init("outcome", .string(RegisterError.Outcome.failed.rawValue))])
    }
}

// MARK: OpenAPI

extension IdempotentRoutes {
    private static let parameter: JSON = [
        "name": .string(IdempotencyKeyHeader.name), "in": "header", "required": false,
        "schema": ["type": "string", "pattern": .string(IdempotencyKeyHeader.pattern)], "example": "7b1c9c0e-3a0f-4d6e-8c57-6b2f4a3d1e90",
        "description": """
            visible ASCII, bare or quoted: the same request under the same key is done once, and has the answer that was given, for at \
            least 24 hours. What a 503 says of its outcome is of this sending alone: another one under the key may have been done
            """,
    ]

    private static let headers: [JSON.Member] = [
        .init(
            IdempotencyKeyHeader.expires,
            ["schema": ["type": "string"], "description": "with a key: until when it is known, as an HTTP date"]),
        .init(
            IdempotencyKeyHeader.replayed,
            ["schema": ["type": "string", "enum": ["true"]], "description": "the answer was given before, and is repeated"]),
    ]

    /// The operation with what a key adds to it.
    static func described(_ operation: JSON) -> JSON {
        operation.setting("parameters", .array((operation["parameters"]?.elements ?? []) + [parameter]))
            .answering("409", .problem("the key belongs to another request")).telling(headers)
    }
}

import HTTPTypes
import Hummingbird
import JSONDocument
import Jobs
import Lookup
import Web
import World

/// `POST /api/lookup`, `GET` and `DELETE /api/lookup/{id}`, `GET /api/lookup/services`.
public struct LookupRoutes: RouteGroup {
    private let gateway: any JobGateway<LookupStatus>
    private let services: [LookupService]
    private let profile: LookupProfile
    private let places: LookupVantageForm
    private let ids: WorkIDGenerator

    /// - Parameters:
    ///   - services: what can be asked for, in the order of their numbers.
    ///   - profile: how a job is told to those who do not say how they would read it.
    ///   - points: the nodes that look up now, in the order in which the ring names them for a target; where there are none, nobody can be
    ///     asked to look from a certain place.
    public init(
        gateway: any JobGateway<LookupStatus>, services: [LookupService], profile: LookupProfile = .readme, world: any World,
        points: @escaping @Sendable (_ target: String) -> [VantagePoint] = { _ in [] }
    ) {
        places = LookupVantageForm(gateway: gateway, points: points)
        ids = WorkIDGenerator(world, name: "lookup.ids")
        self.gateway = gateway
        self.services = services
        self.profile = profile
    }

    public var routes: [WebRoute] {
        [
            WebRoute(.post, "/api/lookup", operation: Self.submitOperation, rate: .post) { try await submit($0) },
            // Before the path with the parameter, which would take "services" for an id.
            WebRoute(.get, "/api/lookup/services", operation: Self.servicesOperation) { _ in
                .json(.array(services.map(Self.json)))
            },
            WebRoute(.get, "/api/lookup/{id}", operation: Self.statusOperation, rate: .get) { try await status($0) },
            WebRoute(.delete, "/api/lookup/{id}", operation: Self.cancelOperation, rate: .get) { try await cancel($0) },
        ]
    }

    // MARK: Submitting

    private func submit(_ request: WebRequest) async throws -> Response {
        let body: JSON
        do {
            body = try await request.object()
        } catch let problem as Problem where problem.errors.first?.field == "$" {
            throw Problem.invalid(problem.errors + [Self.requestRequired])
        }
        let order: LookupRequest
        do throws(LookupRefusal) {
            order = try await LookupOrderForm(body, services: services).request(places)
        } catch {
            return try error.response()
        }
        let id = (request.ids ?? ids).next()
        try await asProblem(more: Self.reference(id)) { () async throws(JobGatewayError) in try await gateway.submit(order, id: id) }
        return Self.accepted(id, "Job submitted successfully. Poll the status URL to check progress.", request)
    }

    /// What the original says beside the error of a body that cannot be read.
    static let requestRequired = Problem.FieldErrors("request", ["The request field is required."])

    private static func accepted(_ id: WorkID, _ message: String, _ request: WebRequest) -> Response {
        let base = request.authority.map { $0.isEmpty ? "" : "http://\($0)" } ?? ""
        return .json(
            .object(reference(id) + [.init("message", .string(message))]), status: .accepted, headers: [.location: base + url(id)])
    }

    private static func url(_ id: WorkID) -> String { "/api/lookup/\(id)" }

    private static func reference(_ id: WorkID) -> [JSON.Member] {
        [.init("jobId", .string("\(id)")), .init("statusUrl", .string(url(id)))]
    }

    // MARK: Asking

    private func status(_ request: WebRequest) async throws -> Response {
        guard let id = WorkID(request.parameter("id")) else { return Self.notFound }
        do throws(JobGatewayError) {
            let status = try await gateway.status(id, seen: nil, patience: .zero)
            let reading = LookupReading(status, services: services)
            var headers: HTTPFields = [.vary: "Accept"]
            if let warnings = reading.headerWarnings, let name = HTTPField.Name("X-Response-Warnings") { headers[name] = warnings }
            if let cacheStatus = reading.cacheStatus, let name = HTTPField.Name("Cache-Status") { headers[name] = cacheStatus }
            return .json(reading.document(LookupProfile(request, standard: profile)), headers: headers)
        } catch where error.code == .notFound {
            return Self.notFound
        } catch {
            throw Problem(error)
        }
    }

    private func cancel(_ request: WebRequest) async throws -> Response {
        guard let id = WorkID(request.parameter("id")) else { return Self.notFound }
        do throws(JobGatewayError) {
            try await gateway.cancel(id)
            return Self.accepted(id, "The job is being cancelled.", request)
        } catch where error.code == .notFound {
            return Self.notFound
        } catch {
            throw Problem(error)
        }
    }

    private static var notFound: Response { .json(["error": "Job not found"], status: .notFound) }

    private static func json(_ service: LookupService) -> JSON {
        [
            "name": .string(service.name), "value": .number(service.value), "description": .string(service.description),
        ]
    }
}

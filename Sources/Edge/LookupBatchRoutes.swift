import Hummingbird
import JSONDocument
import Jobs
import Lookup
import Web
import World

/// `POST /api/lookup/batch`: a job for each of up to 100 targets, all of the same services.
///
/// What is wrong with the request as a whole refuses all of it. What is wrong with one target is told beside that target, and the others
/// are looked up. Each job stands by itself from then on: it is asked for, waited for and cancelled as any other.
public struct LookupBatchRoutes: RouteGroup {
    /// Targets of one request.
    static let targetsAllowed = 100
    /// Lookups of one request: its targets times the nodes from which to look times the services.
    static let lookupsAllowed = 1_000
    /// From the beginning of the request until it is told what has become of its targets, whatever is still under way: less than the
    /// server's own deadline, or nobody would hear of the jobs that were begun.
    private static let deadline = Duration.seconds(8)

    private let gateway: any JobGateway<LookupStatus>
    private let services: [LookupService]
    private let places: LookupVantageForm
    private let ids: WorkIDGenerator
    private let world: any World

    /// - Parameters:
    ///   - services: what can be asked for, in the order of their numbers.
    ///   - points: the nodes that look up now, in the order in which the ring names them for a target; where there are none, nobody can be
    ///     asked to look from a certain place.
    public init(
        gateway: any JobGateway<LookupStatus>, services: [LookupService], world: any World,
        points: @escaping @Sendable (_ target: String) -> [VantagePoint] = { _ in [] }
    ) {
        places = LookupVantageForm(gateway: gateway, points: points)
        ids = WorkIDGenerator(world, name: "lookup.batch.ids")
        self.gateway = gateway
        self.services = services
        self.world = world
    }

    public var routes: [WebRoute] {
        [WebRoute(.post, "/api/lookup/batch", operation: Self.operation, rate: .post) { try await submit($0) }]
    }

    /// What has become of one target.
    private enum Outcome {
        case accepted(WorkID)
        case invalid(String)
        /// There is no job, and will be none.
        case failed(JobGatewayError)
        /// There may be one of this id.
        case unknown(WorkID, String)

        init(_ error: JobGatewayError, _ id: WorkID) { self = error.code == .unknown ? .unknown(id, error.description) : .failed(error) }

        var members: [JSON.Member] {
            switch self {
            case .accepted(let id): [.init("jobId", .string("\(id)"))]
            case .invalid(let text): [.init("error", .string(text))]
            case .failed(let error): [.init("error", .string(error.description)), .init("outcome", "failed")]
            case .unknown(let id, let text):
                [.init("jobId", .string("\(id)")), .init("error", .string(text)), .init("outcome", "unknown")]
            }
        }
    }

    private func submit(_ request: WebRequest) async throws -> Response {
        let body = try await request.object()
        let order: Order
        do throws(LookupRefusal) { order = try await read(body) } catch { return try error.response() }
        let targets = order.targets
        let ids: any WorkIDSource = request.ids ?? self.ids
        // Every target has its id before the first is submitted, so that a second run under the same key makes the same jobs.
        let wanted = targets.map { (target: $0, id: ids.next()) }
        let outcomes = await submit(wanted, order, by: request.begun + Self.deadline)
        if let refusal = Self.refusal(of: outcomes) { throw Problem(refusal) }
        let jobs = zip(targets, outcomes).map { JSON.object([.init("target", $0)] + $1.members) }
        return .json(["jobs": .array(jobs)], status: .accepted)
    }

    private func submit(_ wanted: [(target: JSON, id: WorkID)], _ order: Order, by deadline: Instant) async -> [Outcome] {
        await withTaskGroup(of: (Int, Outcome)?.self) { group in
            for (index, one) in wanted.enumerated() {
                group.addTask { (index, await outcome(one.target, order, one.id)) }
            }
            group.addTask { [world] in
                try? await world.sleep(for: max(.zero, deadline - world.now))
                return nil
            }
            var outcomes: [Int: Outcome] = [:]
            while outcomes.count < wanted.count, let (index, outcome) = await group.next() ?? nil { outcomes[index] = outcome }
            group.cancelAll()
            return wanted.indices.map { outcomes[$0] ?? .unknown(wanted[$0].id, "its home has not answered in time; ask for the job") }
        }
    }

    private func outcome(_ target: JSON, _ order: Order, _ id: WorkID) async -> Outcome {
        let valid: LookupTarget, vantage: LookupVantage?
        do throws(LookupRefusal) { valid = try LookupOrderForm.valid(target) } catch { return .invalid(error.sentence) }
        do throws(VantageRefusal) { vantage = try order.wish?.vantage(for: valid.text, services: order.services.count) } catch {
            return .invalid(error.description)
        }
        do throws(JobGatewayError) {
            let order = LookupRequest(target: valid, services: order.services, isFresh: order.isFresh, vantage: vantage)
            try await gateway.submit(order, id: id)
            return .accepted(id)
        } catch {
            return Outcome(error, id)
        }
    }

    private struct Order {
        /// As they were written.
        let targets: [JSON]
        /// The numbers of the services.
        let services: [Int]
        let isFresh: Bool
        let wish: LookupVantageForm.Wish?
    }

    /// - Throws: everything that is wrong with the request as a whole.
    private func read(_ body: JSON) async throws(LookupRefusal) -> Order {
        var errors: [Problem.FieldErrors] = []
        var targets: [JSON] = []
        switch body["targets"] {
        case .array(let elements) where (1...Self.targetsAllowed).contains(elements.count): targets = elements
        case .array(let elements): errors.append(.init("Targets", ["\(elements.count) targets; 1 to \(Self.targetsAllowed) are allowed"]))
        case nil, .null: errors.append(.init("Targets", ["The Targets field is required."]))
        case let other?: errors.append(.init("$.targets", ["targets are an array of strings, not \(other.kind)"]))
        }
        let form = LookupOrderForm(body, services: services)
        let numbers = form.numbers(&errors), isFresh = form.isFresh(&errors), wish = try await places.wish(body["vantage"], &errors)
        do throws(VantageRefusal) {
            let nodes = try wish?.vantage(for: "", services: numbers.count).nodes.count ?? 1
            if nodes * numbers.count * targets.count > Self.lookupsAllowed {
                let what = "\(nodes) nodes, \(numbers.count) services and \(targets.count) targets"
                errors.append(.init("Vantage", ["\(what) are too many; at most \(Self.lookupsAllowed) lookups are allowed in one request"]))
            }
        } catch {
            errors.append(LookupVantageForm.error(error))
        }
        guard errors.isEmpty else { throw .fields(errors) }
        return Order(targets: targets, services: numbers, isFresh: isFresh, wish: wish)
    }

    /// When the mesh has surely taken no target at all, it is the mesh that is at fault and not a target: the first refusal stands for all.
    private static func refusal(of outcomes: [Outcome]) -> JobGatewayError? {
        var first: JobGatewayError?
        for outcome in outcomes {
            switch outcome {
            case .accepted, .unknown: return nil
            case .failed(let error): first = first ?? error
            case .invalid: break
            }
        }
        return first
    }
}

// MARK: OpenAPI

extension LookupBatchRoutes {
    public var schemas: [JSON.Member] {
        [.init("LookupBatchRequest", Self.requestSchema), .init("LookupBatchAccepted", Self.acceptedSchema)]
    }

    private static let operation: JSON = [
        "operationId": "submitLookups", "tags": ["lookup"], "summary": "Look up several addresses or domains, each as a job of its own",
        "requestBody": .body(
            "LookupBatchRequest", examples: [.init("two", ["targets": ["8.8.8.8", "example.com"], "services": ["ping"]])]),
        "responses": [
            "202": .answer("for each target, in the order of the request, its job or why there is none", schema: "LookupBatchAccepted"),
            "400": .problem("the request as a whole is wrong; nothing was submitted"), "415": .problem("the Content-Type is not JSON"),
            "503": .problem("no job was submitted at all; see Retry-After"),
        ],
    ]

    private static let requestSchema: JSON = [
        "type": "object", "required": ["targets"],
        "properties": [
            "targets": [
                "type": "array", "minItems": 1, "maxItems": .number(targetsAllowed), "items": ["examples": ["8.8.8.8", "example.com"]],
                "description": "each an IPv4 or IPv6 address, or a domain name. Of what is none the answer tells, beside it",
            ],
            "services": LookupRoutes.servicesSchema, "fresh": LookupRoutes.freshSchema, "vantage": LookupRoutes.vantageSchema,
        ],
    ]

    private static let acceptedSchema: JSON = [
        "type": "object", "required": ["jobs"],
        "properties": [
            "jobs": [
                "type": "array",
                "items": [
                    "type": "object", "required": ["target"],
                    "properties": [
                        "target": ["description": "as it was written"],
                        "jobId": ["type": "string", "format": "uuid", "description": "of the job; with an error, of one that there may be"],
                        "error": ["type": "string"],
                        "outcome": [
                            "type": "string", "enum": ["failed", "unknown"],
                            "description": "with an error of the mesh: there is no job; or there may be one, which its id tells",
                        ],
                    ],
                ],
            ],
        ],
    ]
}

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
    /// Jobs that are being submitted at the same time.
    private static let width = 16

    private let gateway: any JobGateway<LookupStatus>
    private let services: [LookupService]
    private let ids: WorkIDGenerator

    /// - Parameter services: what can be asked for, in the order of their numbers.
    public init(gateway: any JobGateway<LookupStatus>, services: [LookupService], world: any World) {
        ids = WorkIDGenerator(world, name: "lookup.batch.ids")
        self.gateway = gateway
        self.services = services
    }

    public var routes: [WebRoute] {
        [WebRoute(.post, "/api/lookup/batch", operation: Self.operation) { try await submit($0) }]
    }

    /// What has become of one target.
    private enum Outcome {
        case accepted(WorkID)
        case invalid(String)
        case failed(JobGatewayError)
    }

    private func submit(_ request: WebRequest) async throws -> Response {
        let body = try await request.object()
        let (targets, numbers) = try Self.read(body, services)
        let ids: any WorkIDSource = request.ids ?? self.ids
        // Every target has its id before the first is submitted, so that a second run under the same key makes the same jobs.
        let wanted = targets.map { (target: $0, id: ids.next()) }
        let outcomes = await submit(wanted, numbers)
        try Self.refuseIfNothingWasTaken(outcomes)
        let jobs = zip(targets, outcomes).map { target, outcome -> JSON in
            switch outcome {
            case .accepted(let id): ["target": target, "jobId": .string("\(id)")]
            case .invalid(let text): ["target": target, "error": .string(text)]
            case .failed(let error): ["target": target, "error": .string(error.description)]
            }
        }
        return .json(["jobs": .array(jobs)], status: .accepted)
    }

    private func submit(_ wanted: [(target: JSON, id: WorkID)], _ numbers: [Int]) async -> [Outcome] {
        await withTaskGroup(of: (Int, Outcome).self) { group in
            var outcomes: [Int: Outcome] = [:]
            for (index, one) in wanted.enumerated() {
                if index >= Self.width, let (ended, outcome) = await group.next() { outcomes[ended] = outcome }
                group.addTask { (index, await outcome(one.target, numbers, one.id)) }
            }
            for await (ended, outcome) in group { outcomes[ended] = outcome }
            return wanted.indices.compactMap { outcomes[$0] }
        }
    }

    private func outcome(_ target: JSON, _ numbers: [Int], _ id: WorkID) async -> Outcome {
        let valid: LookupTarget
        do throws(LookupRefusal) { valid = try LookupOrderForm.valid(target) } catch { return .invalid(error.sentence) }
        do throws(JobGatewayError) {
            try await gateway.submit(LookupRequest(target: valid, services: numbers), id: id)
            return .accepted(id)
        } catch {
            return .failed(error)
        }
    }

    /// The request's targets as they were written, and the numbers of its services.
    /// - Throws: ``Problem``: everything that is wrong with the request as a whole.
    private static func read(_ body: JSON, _ offered: [LookupService]) throws -> (targets: [JSON], services: [Int]) {
        var errors: [Problem.FieldErrors] = []
        var targets: [JSON] = []
        switch body["targets"] {
        case .array(let elements) where (1...targetsAllowed).contains(elements.count): targets = elements
        case .array(let elements): errors.append(.init("Targets", ["\(elements.count) targets; 1 to \(targetsAllowed) are allowed"]))
        case nil, .null: errors.append(.init("Targets", ["The Targets field is required."]))
        case let other?: errors.append(.init("$.targets", ["targets are an array of strings, not \(other.kind)"]))
        }
        let numbers = LookupOrderForm(body, services: offered).numbers(&errors)
        guard errors.isEmpty else { throw Problem.invalid(errors) }
        return (targets, numbers)
    }

    /// When the mesh has taken no target at all, it is the mesh that is at fault and not a target: the first refusal stands for all.
    private static func refuseIfNothingWasTaken(_ outcomes: [Outcome]) throws {
        var first: JobGatewayError?
        for outcome in outcomes {
            switch outcome {
            case .accepted: return
            case .failed(let error): first = first ?? error
            case .invalid: break
            }
        }
        if let first { throw Problem(first) }
    }
}

// MARK: OpenAPI

extension LookupBatchRoutes {
    public var schemas: [JSON.Member] {
        [.init("LookupBatchRequest", Self.requestSchema), .init("LookupBatchAccepted", Self.acceptedSchema)]
    }

    private static let operation: JSON = [
        "summary": "Look up several addresses or domains, each as a job of its own",
        "requestBody": [
            "required": true,
            "content": ["application/json": ["schema": ["$ref": "#/components/schemas/LookupBatchRequest"]]],
        ],
        "responses": [
            "202": .answer("for each target, in the order of the request, its job or why there is none", schema: "LookupBatchAccepted"),
            "400": .problem("the request as a whole is wrong; nothing was submitted"), "415": .problem("the Content-Type is not JSON"),
            "503": .problem("no job could be submitted now; see Retry-After"),
        ],
    ]

    private static let requestSchema: JSON = [
        "type": "object", "required": ["targets"],
        "properties": [
            "targets": [
                "type": "array", "minItems": 1, "maxItems": .number(targetsAllowed), "items": ["type": "string"],
                "description": "each an IPv4 or IPv6 address, or a domain name",
            ],
            "services": LookupRoutes.servicesSchema,
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
                        "target": ["description": "as it was written"], "jobId": ["type": "string", "format": "uuid"],
                        "error": ["type": "string"],
                    ],
                ],
            ],
        ],
    ]
}

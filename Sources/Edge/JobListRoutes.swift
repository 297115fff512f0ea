import Hummingbird
import JSONDocument
import Jobs
import Web
import World

/// `GET /api/jobs`: the jobs of all kinds, the newest first, in pages.
///
/// A page is gathered from the stores when it is asked for. Those that do not answer in time are named, for their jobs are missing.
public struct JobListRoutes: RouteGroup {
    private let catalogue: JobCatalogue

    public init(catalogue: JobCatalogue) { self.catalogue = catalogue }

    public var routes: [WebRoute] {
        [WebRoute(.get, "/api/jobs", operation: Self.operation(kinds: catalogue.kindNames)) { try await list($0) }]
    }

    public var schemas: [JSON.Member] { [.init("JobList", Self.schema), .init("JobSummary", Self.summarySchema)] }

    private func list(_ request: WebRequest) async throws -> Response {
        var form = JobListForm(request)
        let status = form.status(), kind = form.kind(of: catalogue.kindNames), limit = form.limit(), after = form.after()
        guard form.errors.isEmpty else { throw Problem.invalid(form.errors) }
        let (page, next) = await catalogue.page(kind: kind, status: status, before: after, limit: limit ?? JobCatalogue.shown)
        return .json([
            "jobs": .array(page.jobs.map(\.document)), "next": .text(next.map { "\($0)" }),
            "unheard": .array(page.unheard.map { .string($0) }), "shardsWithoutStore": .number(page.shardsWithoutStore),
        ])
    }
}

/// The query of a list. Reading it gathers what is wrong, field by field. What is empty is left out.
private struct JobListForm {
    private let request: WebRequest
    private(set) var errors: [Problem.FieldErrors] = []

    init(_ request: WebRequest) { self.request = request }

    private func value(_ field: String) -> String? { request.query(field).flatMap { $0.isEmpty ? nil : $0 } }

    /// In any case of letters.
    mutating func status() -> JobPhase? {
        guard let text = value("status") else { return nil }
        return JobPhase.allCases.first { $0.rawValue.lowercased() == text.lowercased() }
            ?? refuse("status", text, "expected \(JobPhase.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    mutating func kind(of kinds: [String]) -> String? {
        guard let text = value("kind") else { return nil }
        return kinds.first { $0 == text.lowercased() } ?? refuse("kind", text, "expected \(kinds.joined(separator: " or "))")
    }

    mutating func limit() -> Int? {
        guard let text = value("limit") else { return nil }
        let allowed = JobCatalogue.pageAllowed, isPlain = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        if isPlain, let number = Int(text), allowed.contains(number) { return number }
        return refuse("limit", text, "expected a whole number from \(allowed.lowerBound) to \(allowed.upperBound)")
    }

    mutating func after() -> WorkID? {
        guard let text = value("after") else { return nil }
        return WorkID(text) ?? refuse("after", text, "expected the next of the page before, which is a job's id")
    }

    private mutating func refuse<Value>(_ field: String, _ text: String, _ expectation: String) -> Value? {
        errors.append(.init(field, ["\"\(text.prefix(64))\" is none; \(expectation)"]))
        return nil
    }
}

extension JobSummary {
    /// What clients read of a job in a list; its own document says the rest.
    fileprivate var document: JSON {
        [
            "jobId": .string("\(id)"), "kind": .string(kind), "status": .string(status), "subject": .string(subject),
            "createdAt": .string(WallTime(millisecondsSince1970: createdAtMs).iso8601), "completionPercentage": .number(percentage),
            "elapsedMs": .number(elapsedMs), "statusUrl": .string("/api/\(kind)/\(id)"), "home": .string(home),
            "warnings": .array(warnings.map { .string($0) }),
        ]
    }
}

// MARK: OpenAPI

extension JobListRoutes {
    private static func operation(kinds: [String]) -> JSON {
        func parameter(_ name: JSON, _ schema: JSON, _ description: JSON) -> JSON {
            ["name": name, "in": "query", "required": false, "allowEmptyValue": true, "schema": schema, "description": description]
        }
        return [
            "operationId": "listJobs", "tags": ["jobs"], "summary": "The jobs of all kinds, the newest first",
            "description": "A parameter that is there without a value is left out.",
            "parameters": [
                parameter("status", ["type": "string", "enum": .array(phases + [""])], "only those that stand so, in any case of letters"),
                parameter("kind", ["type": "string", "enum": .array(kinds.map { .string($0) } + [""])], "only this kind of work"),
                parameter(
                    "limit",
                    [
                        "type": "integer", "minimum": .number(JobCatalogue.pageAllowed.lowerBound),
                        "maximum": .number(JobCatalogue.pageAllowed.upperBound), "default": .number(JobCatalogue.shown),
                    ], "at most so many; a page may have fewer, and more may follow"),
                parameter("after", ["type": "string", "pattern": workID], "the next of the page before, which is a job's id"),
            ],
            "responses": ["200": .answer("a page", schema: "JobList"), "400": .problem("a parameter is wrong")],
        ]
    }

    private static let phases: [JSON] = JobPhase.allCases.map { .string($0.rawValue) }

    /// A UUID of version 7, or nothing.
    private static let workID: JSON =
        "^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})?$"

    private static let schema: JSON = [
        "type": "object", "required": ["jobs", "next", "unheard", "shardsWithoutStore"],
        "properties": [
            "jobs": ["type": "array", "items": .schema("JobSummary")],
            "next": ["type": ["string", "null"], "format": "uuid", "description": "after for the next page; null when there is none"],
            "unheard": [
                "type": "array", "items": ["type": "string"],
                "description": "nodes that have not answered in time: jobs that they look after are missing",
            ],
            "shardsWithoutStore": ["type": "integer", "minimum": 0, "description": "shards of which no store lives: their jobs are missing"],
        ],
    ]

    private static let summarySchema: JSON = [
        "type": "object",
        "required": [
            "jobId", "kind", "status", "subject", "createdAt", "completionPercentage", "elapsedMs", "statusUrl", "home", "warnings",
        ],
        "properties": [
            "jobId": ["type": "string", "format": "uuid"], "kind": ["type": "string"], "status": ["type": "string", "enum": .array(phases)],
            "subject": ["type": "string", "description": "what it is about, for people; may be empty"],
            "createdAt": ["type": "string", "format": "date-time"],
            "completionPercentage": ["type": "integer", "minimum": 0, "maximum": 100], "elapsedMs": ["type": "integer"],
            "statusUrl": ["type": "string"], "home": ["type": "string", "description": "the node that looks after it"],
            "warnings": ["type": "array", "items": ["type": "string"]],
        ],
    ]
}

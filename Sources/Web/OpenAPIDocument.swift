import JSONDocument

/// The OpenAPI document of a list of route groups: what is served is what is described, because both are made from the
/// same routes.
///
/// An operation says what its own route answers. What a server answers whatever the route is (see ``CommonAnswer``) is added to each, so
/// that the document names every answer that there is, and needs no `default`.
public struct OpenAPIDocument: Sendable {
    /// The document, OpenAPI 3.1.0.
    public let json: JSON

    /// - Parameters:
    ///   - tags: objects with `name` and `description`, in the order in which readers are to see them.
    public init(title: String, version: String, description: String, tags: [JSON] = [], groups: [any RouteGroup]) {
        var paths: [(path: String, operations: [JSON.Member])] = []
        for route in groups.flatMap(\.routes) {
            let operation = JSON.Member(route.method.rawValue.lowercased(), Self.complete(route))
            if let index = paths.firstIndex(where: { $0.path == route.documentedPath }) {
                paths[index].operations.append(operation)
            } else {
                paths.append((route.documentedPath, [operation]))
            }
        }
        json = [
            "openapi": "3.1.0",
            "info": ["title": .string(title), "version": .string(version), "description": .string(description)],
            "servers": [["url": "/", "description": "the edge that has given this document; every other serves the same mesh"]],
            "tags": .array(tags),
            "paths": .object(paths.map { .init($0.path, .object($0.operations)) }),
            "components": [
                "schemas": .object(Self.distinct(groups.flatMap(\.schemas)) + [.init("Problem", Problem.schema)]),
                "responses": .object(CommonAnswer.all.map { .init($0.name, $0.response) }),
            ],
        ]
    }

    /// Groups may share a schema.
    private static func distinct(_ schemas: [JSON.Member]) -> [JSON.Member] {
        var names: Set<String> = []
        return schemas.filter { names.insert($0.key).inserted }
    }

    /// The route's operation with those of its path's parameters that it does not describe, and with what every server answers.
    private static func complete(_ route: WebRoute) -> JSON {
        var members = (route.operation.members ?? []).filter { $0.key != "parameters" && $0.key != "responses" }
        let described = route.operation["parameters"]?.elements ?? []
        let names = route.documentedPath.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        let missing = names.filter { name in !described.contains { $0["in"] == "path" && $0["name"] == .string(name) } }
        let parameters = missing.map { name -> JSON in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string", "minLength": 1]]
        } + described
        if !parameters.isEmpty { members.append(.init("parameters", .array(parameters))) }
        members.append(.init("responses", .object(responses(of: route.operation))))
        return .object(members)
    }

    /// In the order of their numbers.
    private static func responses(of operation: JSON) -> [JSON.Member] {
        var responses = operation["responses"]?.members ?? []
        for common in CommonAnswer.all where !common.isOfBodies || operation["requestBody"] != nil {
            if let index = responses.firstIndex(where: { $0.key == common.status }) {
                responses[index] = .init(common.status, common.completing(responses[index].value))
            } else {
                let place = responses.firstIndex { $0.key > common.status } ?? responses.count
                responses.insert(.init(common.status, common.reference), at: place)
            }
        }
        return responses
    }
}

/// What a server answers whatever the route is: a problem document each time.
struct CommonAnswer {
    let status: String
    /// In `#/components/responses`.
    let name: String
    let description: String
    /// Of operations with a body alone.
    var isOfBodies = false
    var headers: [JSON.Member] = []

    static let all = [
        CommonAnswer(
            status: "400", name: "BadRequest", description: "what was sent is no HTTP, or its Host is no host with a port or without"),
        CommonAnswer(
            status: "408", name: "RequestTimeout",
            description: "the head, or the body, has not come whole in time; the connection is closed", headers: [closed]),
        CommonAnswer(
            status: "413", name: "ContentTooLarge", description: "the body is larger than any may be (1 MiB); it is not read to its end",
            isOfBodies: true),
        CommonAnswer(
            status: "431", name: "HeadersTooLarge", description: "the head has too many fields, or too many bytes; the connection is closed",
            headers: [closed]),
        CommonAnswer(status: "500", name: "Fault", description: "a fault of the program, which its log tells"),
        CommonAnswer(
            status: "503", name: "Unavailable", description: "not now; see Retry-After. outcome tells what has become of what was asked for",
            headers: [retryAfter]),
    ]

    static let retryAfter = JSON.Member(
        "Retry-After", ["schema": ["type": "integer", "minimum": 0], "description": "seconds after which to ask again"])

    private static let closed = JSON.Member("Connection", ["schema": ["type": "string"], "description": "close"])
    private static let content = JSON.Member(Problem.mediaType, ["schema": ["$ref": "#/components/schemas/Problem"]])

    var reference: JSON { ["$ref": .string("#/components/responses/\(name)")] }

    var response: JSON {
        var members: [JSON.Member] = [.init("description", .string(description))]
        if !headers.isEmpty { members.append(.init("headers", .object(headers))) }
        return .object(members + [.init("content", .object([Self.content]))])
    }

    /// The route's own answer of this status, which may be this one as well.
    func completing(_ own: JSON) -> JSON {
        let content = own["content"]?.members ?? [], told = own["headers"]?.members ?? []
        let isProblem = content.contains { $0.key == Problem.mediaType }
        let allHeaders = told + headers.filter { header in !told.contains { $0.key == header.key } }
        let rest = (own.members ?? []).filter { $0.key != "content" && $0.key != "headers" }
        return .object(
            rest + (allHeaders.isEmpty ? [] : [.init("headers", .object(allHeaders))])
                + [.init("content", .object(content + (isProblem ? [] : [Self.content])))])
    }
}

extension Problem {
    static let schema: JSON = [
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail"],
        "properties": [
            "type": ["type": "string"], "title": ["type": "string"], "status": ["type": "integer", "minimum": 400, "maximum": 599],
            "detail": ["type": "string", "description": "what is wrong this time, with the value and the remedy"],
            "errors": [
                "type": "object", "description": "messages by field of the request",
                "additionalProperties": ["type": "array", "minItems": 1, "items": ["type": "string"]],
            ],
            "outcome": [
                "type": "string", "enum": ["failed", "unknown"],
                "description": "of a 503: nothing of what was asked for has happened; or nobody knows yet, and a name of it follows",
            ],
        ],
        "examples": [
            [
                "type": "about:blank", "title": "One or more validation errors occurred.", "status": 400, "detail": "Look at: limit",
                "errors": ["limit": ["\"0\" is none; expected a whole number from 1 to 200"]],
            ],
        ],
    ]
}

import Hummingbird
import JSONDocument

/// The OpenAPI document of a list of route groups: what is served is what is described, because both are made from the
/// same routes.
public struct OpenAPIDocument: Sendable {
    /// The document, OpenAPI 3.1.0.
    public let json: JSON

    public init(title: String, version: String, description: String, groups: [any RouteGroup]) {
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
            "paths": .object(paths.map { .init($0.path, .object($0.operations)) }),
            "components": [
                "schemas": .object(groups.flatMap(\.schemas) + [.init("Problem", Self.problem)]),
            ],
        ]
    }

    /// The route's operation with its path parameters and, for every error, the problem document.
    private static func complete(_ route: WebRoute) -> JSON {
        var members = (route.operation.members ?? []).filter { $0.key != "parameters" && $0.key != "responses" }
        let names = route.documentedPath.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
        let parameters = names.map { name -> JSON in
            ["name": .string(name), "in": "path", "required": true, "schema": ["type": "string"]]
        } + (route.operation["parameters"]?.elements ?? [])
        if !parameters.isEmpty { members.append(.init("parameters", .array(parameters))) }
        let responses = (route.operation["responses"]?.members ?? []) + [
            .init(
                "default",
                [
                    "description": "an error",
                    "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
                ])
        ]
        members.append(.init("responses", .object(responses)))
        return .object(members)
    }

    private static let problem: JSON = [
        "type": "object",
        "description": "RFC 9457",
        "required": ["type", "title", "status", "detail"],
        "properties": [
            "type": ["type": "string"], "title": ["type": "string"], "status": ["type": "integer"],
            "detail": ["type": "string"],
            "errors": [
                "type": "object", "description": "messages by field of the request",
                "additionalProperties": ["type": "array", "items": ["type": "string"]],
            ],
        ],
    ]
}

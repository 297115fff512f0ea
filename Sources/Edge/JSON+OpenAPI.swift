import JSONDocument

/// Pieces of operations in an OpenAPI document.
extension JSON {
    /// An answer with a JSON document of this schema.
    static func answer(_ description: JSON, schema: String) -> JSON {
        [
            "description": description,
            "content": ["application/json": ["schema": ["$ref": .string("#/components/schemas/\(schema)")]]],
        ]
    }

    /// An answer with a problem document.
    static func problem(_ description: JSON) -> JSON {
        [
            "description": description,
            "content": ["application/problem+json": ["schema": ["$ref": "#/components/schemas/Problem"]]],
        ]
    }
}

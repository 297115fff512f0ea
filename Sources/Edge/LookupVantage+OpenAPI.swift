import JSONDocument
import Lookup

extension LookupRoutes {
    static let vantageSchema: JSON = [
        "description": "from where to look; null or absent: from one node for each service, as the mesh likes",
        "oneOf": [
            ["type": "null"],
            ["type": "string", "const": "all", "description": "every node that looks up, in any case of letters"],
            [
                "type": "integer", "minimum": .number(LookupVantage.countsAllowed.lowerBound),
                "maximum": .number(LookupVantage.countsAllowed.upperBound),
                "description": "so many nodes, in different zones as far as there are; fewer, with a warning, when there are fewer",
            ],
            object("zone", name, "all nodes of this zone"), object("node", name, "this node"),
            object("sameAs", ["type": "string", "format": "uuid"], "the nodes of this earlier lookup, to compare before and after"),
        ],
    ]

    private static let name: JSON = ["type": "string", "minLength": 1, "maxLength": .number(LookupVantage.nameBytes)]

    private static func object(_ key: String, _ schema: JSON, _ description: String) -> JSON {
        [
            "type": "object", "required": [.string(key)], "properties": .object([.init(key, schema)]), "maxProperties": 1,
            "description": .string(description),
        ]
    }

    static let namesSchema: JSON = ["type": "array", "items": ["type": "string"]]

    private static let roundTripSchema: JSON = [
        "type": ["object", "null"], "required": ["node", "averageRoundtripMs"],
        "properties": ["node": ["type": "string"], "averageRoundtripMs": ["type": "number"]],
    ]

    static let comparisonSchema: JSON = [
        "type": "object",
        "required": ["serviceType", "serviceName", "agreement", "groups", "failures", "pending", "fastest", "slowest"],
        "properties": [
            "serviceType": ["type": "string"], "serviceName": ["type": "string"],
            "agreement": [
                "type": ["boolean", "null"],
                "description": "whether all nodes that have ended say the same; null while fewer than two have",
            ],
            "groups": [
                "type": "array", "description": "nodes with the same answer, the largest group first",
                "items": [
                    "type": "object", "required": ["answer", "nodes", "resolvedAddresses"],
                    "properties": [
                        "answer": ["type": ["object", "null"], "description": "what was compared; null when it could not be read"],
                        "nodes": namesSchema, "resolvedAddresses": namesSchema,
                    ],
                ],
            ],
            "failures": [
                "type": "object", "description": "nodes that have failed, by where the reason lies", "additionalProperties": namesSchema,
            ],
            "pending": [
                "type": "array", "items": ["type": "string"], "description": "nodes that have not ended yet",
            ],
            "fastest": roundTripSchema, "slowest": roundTripSchema,
        ],
    ]
}

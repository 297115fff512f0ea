import JSONDocument
import Web

extension PrimesRoutes {
    public var schemas: [JSON.Member] {
        [
            .init("PrimesRequest", Self.requestSchema), .init("PrimesStatus", Self.statusSchema),
            .init("Accepted", Self.acceptedSchema),
        ]
    }

    static let submitOperation: JSON = [
        "summary": "Count the primes of a range",
        "requestBody": [
            "required": true,
            "content": ["application/json": ["schema": ["$ref": "#/components/schemas/PrimesRequest"]]],
        ],
        "responses": [
            "202": .answer("accepted; Location is the status document's", schema: "Accepted"),
            "400": .problem("a field is wrong, or the range would outlast the deadline"),
            "503": .problem(
                "no home for the job now; see Retry-After. outcome is failed: there is no job; or unknown: jobId may be one"),
        ],
    ]

    static let statusOperation: JSON = [
        "summary": "The state of a count",
        "responses": [
            "200": .answer("the document", schema: "PrimesStatus"), "404": .problem("no such job"),
            "503": .problem("the job's home does not answer now; see Retry-After"),
        ],
    ]

    static let cancelOperation: JSON = [
        "summary": "Cancel a count",
        "responses": [
            "202": .answer("it ends as Failed with the warning cancelled", schema: "Accepted"),
            "404": .problem("no such job"), "409": .problem("the job has ended"),
        ],
    ]

    private static let number: JSON = [
        "description": "a whole number, 0 to 2^64-1; as a string where a client's numbers are not that wide",
        "oneOf": [
            ["type": "integer", "minimum": 0, "maximum": .number("18446744073709551615")],
            ["type": "string", "pattern": "^[0-9]+$"],
        ],
    ]

    private static let requestSchema: JSON = [
        "type": "object", "required": ["from", "to"],
        "properties": [
            "from": number, "to": number,
            "algorithm": ["type": "string", "enum": ["sieve", "trial"], "default": "sieve"],
            "chunks": [
                "type": "integer", "minimum": 1, "maximum": 100_000,
                "description": "how many parts; chosen by the mesh when absent",
            ],
        ],
    ]

    private static let acceptedSchema: JSON = [
        "type": "object", "required": ["jobId", "statusUrl", "message"],
        "properties": [
            "jobId": ["type": "string", "format": "uuid"], "statusUrl": ["type": "string"], "message": ["type": "string"],
        ],
    ]

    private static let statusSchema: JSON = [
        "type": "object",
        "required": [
            "jobId", "from", "to", "algorithm", "status", "createdAt", "completedAt", "completionPercentage", "count",
            "chunks", "nodes", "elapsedMs", "warnings",
        ],
        "properties": [
            "jobId": ["type": "string", "format": "uuid"],
            "from": ["type": "integer"], "to": ["type": "integer"],
            "algorithm": ["type": "string", "enum": ["sieve", "trial"]],
            "status": ["type": "string", "enum": ["Pending", "Processing", "Completed", "Failed"]],
            "createdAt": ["type": "string", "format": "date-time"],
            "completedAt": ["type": ["string", "null"], "format": "date-time"],
            "completionPercentage": ["type": "integer", "minimum": 0, "maximum": 100],
            "count": ["type": ["integer", "null"], "description": "null until completed, exact then"],
            "chunks": [
                "type": "object",
                "properties": [
                    "total": ["type": "integer"], "done": ["type": "integer"], "inFlight": ["type": "integer"],
                    "resent": ["type": "integer"],
                ],
            ],
            "nodes": [
                "type": "object", "description": "parts counted, by node", "additionalProperties": ["type": "integer"],
            ],
            "elapsedMs": ["type": "integer"],
            "warnings": ["type": "array", "items": ["type": "string"]],
        ],
    ]
}

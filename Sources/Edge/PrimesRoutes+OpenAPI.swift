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
        "operationId": "countPrimes", "tags": ["primes"], "summary": "Count the primes of a range",
        "description": "Both ends belong to it. A range that all nodes together could not count within the deadline is refused.",
        "requestBody": .body(
            "PrimesRequest",
            examples: [
                .init("million", ["from": 0, "to": 1_000_000]),
                .init("wide", ["from": "18446744073709551600", "to": "18446744073709551615", "algorithm": "sieve"]),
            ]),
        "responses": [
            "202": .answer(
                "accepted; Location is the status document's", schema: "Accepted", headers: .location,
                links: .links(by: "jobId", [("status", "readPrimes"), ("cancel", "cancelPrimes"), ("events", "followJob")])),
            "400": .problem("a field is wrong, or the range would outlast the deadline"), "415": .problem("the Content-Type is not JSON"),
            "503": .problem(
                "no home for the job now; see Retry-After. outcome is failed: there is no job; or unknown: jobId may be one"),
        ],
    ]

    static let statusOperation: JSON = [
        "operationId": "readPrimes", "tags": ["primes"], "summary": "The state of a count", "parameters": [.workID(of: "a count")],
        "responses": [
            "200": .answer("the document", schema: "PrimesStatus"), "404": .problem("no such job"),
            "503": .problem("the job's home does not answer now; see Retry-After"),
        ],
    ]

    static let cancelOperation: JSON = [
        "operationId": "cancelPrimes", "tags": ["primes"], "summary": "Cancel a count", "parameters": [.workID(of: "a count")],
        "responses": [
            "202": .answer("it ends as Failed with the warning cancelled", schema: "Accepted"),
            "404": .problem("no such job"), "409": .problem("the job has ended"),
        ],
    ]

    private static let requestSchema: JSON = [
        "type": "object", "required": ["from", "to"],
        "properties": [
            "from": .wholeNumber(0...UInt64.max), "to": .wholeNumber(0...UInt64.max),
            "algorithm": [
                "type": ["string", "null"], "enum": ["sieve", "trial", nil], "default": "sieve", "description": "in any case of letters",
            ],
            "chunks": [
                "oneOf": [["type": "null"], .wholeNumber(1...100_000)],
                "description": "how many parts; chosen by the mesh when absent or null",
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
                "type": "object", "required": ["total", "done", "inFlight", "resent"],
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

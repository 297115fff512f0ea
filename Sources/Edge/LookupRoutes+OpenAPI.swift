import JSONDocument
import Lookup

extension LookupRoutes {
    public var schemas: [JSON.Member] {
        [
            .init("LookupRequest", Self.requestSchema), .init("LookupStatus", Self.statusSchema),
            .init("LookupResult", Self.resultSchema), .init("LookupService", Self.serviceSchema),
            .init("LookupAccepted", Self.acceptedSchema), .init("LookupError", Self.errorSchema),
            .init("LookupComparison", Self.comparisonSchema),
        ]
    }

    static let submitOperation: JSON = [
        "operationId": "submitLookup", "tags": ["lookup"], "summary": "Look up an address or a domain",
        "requestBody": .body(
            "LookupRequest",
            examples: [
                .init("address", ["target": "8.8.8.8"]), .init("domain", ["target": "example.com", "services": [0, "rdap"], "fresh": true]),
                .init("everywhere", ["target": "2001:db8::1", "services": ["ping"], "vantage": "all"]),
            ]),
        "responses": [
            "202": .answer(
                "accepted; Location is the absolute address of the status document", schema: "LookupAccepted", headers: .location,
                links: .links(by: "jobId", [("status", "readLookup"), ("cancel", "cancelLookup"), ("events", "followJob")])),
            "400": [
                "description": "a field is wrong, or the target is neither an address nor a domain",
                "content": [
                    "application/problem+json": ["schema": .schema("Problem")],
                    "application/json": ["schema": .schema("LookupError")],
                ],
            ],
            "415": .problem("the Content-Type is not JSON"),
            "503": .problem(
                "no home for the job now; see Retry-After. outcome is failed: there is no job; or unknown: jobId may be one"),
        ],
    ]

    static let statusOperation: JSON = [
        "operationId": "readLookup", "tags": ["lookup"], "summary": "The state of a lookup", "parameters": [.workID(of: "a lookup")],
        "description": """
            With `Accept: application/json;profile=code` services have names instead of numbers, and the keys of their data begin with a \
            capital letter.
            """,
        "responses": [
            "200": [
                "description": "the document",
                "headers": [
                    "X-Response-Warnings": [
                        "schema": ["type": "string"],
                        "description": "the warnings joined by \"; \", when the data of a result could not be read",
                    ],
                    "Cache-Status": [
                        "schema": ["type": "string"],
                        "description": "RFC 9211: a member for each result, in their order, as many as fit into 4096 bytes; absent while there is no result",
                    ],
                ],
                "content": ["application/json": ["schema": .schema("LookupStatus")]],
            ],
            "404": notFound,
            "503": .problem("the job's home does not answer now; see Retry-After"),
        ],
    ]

    static let cancelOperation: JSON = [
        "operationId": "cancelLookup", "tags": ["lookup"], "summary": "Cancel a lookup", "parameters": [.workID(of: "a lookup")],
        "responses": [
            "202": .answer("it ends as Failed with the warning cancelled", schema: "LookupAccepted", headers: .location),
            "404": notFound, "409": .problem("the job has ended"),
        ],
    ]

    private static let notFound = JSON.answer("no such job", schema: "LookupError", example: ["error": "Job not found"])

    static let servicesOperation: JSON = [
        "operationId": "listServices", "tags": ["lookup"], "summary": "What can be looked up",
        "responses": [
            "200": [
                "description": "the services, by number",
                "content": [
                    "application/json": [
                        "schema": ["type": "array", "items": .schema("LookupService")],
                    ],
                ],
            ],
        ],
    ]

    private static let service: JSON = [
        "oneOf": [
            ["type": "integer", "minimum": 0],
            ["type": "string", "description": "GeoIP, Ping, RDAP, ReverseDNS, in any case of letters"],
        ],
        "examples": [0, "GeoIP"],
    ]

    private static let requestSchema: JSON = [
        "type": "object", "required": ["target"],
        "properties": [
            "target": targetSchema,
            "services": servicesSchema, "fresh": freshSchema, "vantage": vantageSchema,
        ],
    ]

    static let targetSchema: JSON = [
        "type": "string",
        "description": """
            an IPv4 or IPv6 address, or a domain name with a dot. Blanks around it are left out, an IPv6 address may stand in brackets. \
            No URL, no network, no name without a dot
            """,
        "examples": ["8.8.8.8", "2001:db8::1", "example.com"],
    ]

    static let servicesSchema: JSON = [
        "type": ["array", "null"], "minItems": 1, "maxItems": 10, "uniqueItems": true, "items": service,
        "description": "null or absent: all",
    ]

    static let freshSchema: JSON = [
        "type": ["boolean", "null"], "default": false, "description": "true: no answer that was kept from an earlier lookup",
    ]

    private static let acceptedSchema: JSON = [
        "type": "object", "required": ["jobId", "statusUrl", "message"],
        "properties": [
            "jobId": ["type": "string", "format": "uuid"], "statusUrl": ["type": "string"], "message": ["type": "string"],
        ],
    ]

    private static let errorSchema: JSON = [
        "type": "object", "required": ["error"], "properties": ["error": ["type": "string"]],
    ]

    private static let serviceSchema: JSON = [
        "type": "object", "required": ["name", "value", "description"],
        "properties": [
            "name": ["type": "string"], "value": ["type": "integer"], "description": ["type": "string"],
        ],
    ]

    private static let resultSchema: JSON = [
        "type": "object",
        "required": [
            "serviceType", "success", "data", "errorMessage", "completedAt", "durationMs", "serviceName", "result", "node",
            "resolvedAddress", "failureSource", "cache",
        ],
        "properties": [
            "serviceType": ["type": "string"], "success": ["type": "boolean"],
            "data": ["type": ["string", "null"], "description": "a JSON document as text; null on failure"],
            "errorMessage": ["type": ["string", "null"]],
            "completedAt": ["type": "string", "format": "date-time"], "durationMs": ["type": "integer"],
            "serviceName": ["type": "string"], "result": ["description": "the same document, decoded"],
            "node": ["type": ["string", "null"], "description": "that looked; null when none did"],
            "resolvedAddress": [
                "type": ["string", "null"], "description": "that was looked up: the target, or what its name was resolved to",
            ],
            "failureSource": [
                "type": ["string", "null"], "enum": .array(LookupFailure.Source.allCases.map { .string($0.rawValue) } + [.null]),
                "description": "where the reason of a failure lies",
            ],
            "cache": cacheSchema,
        ],
    ]

    private static let cacheSchema: JSON = [
        "type": ["object", "null"], "required": ["hit", "ageSeconds", "ttlSeconds"],
        "description": "how the result stood to what is kept, when the service was answered; null when no node looked",
        "properties": [
            "hit": ["type": "boolean", "description": "kept from an earlier lookup"],
            "ageSeconds": ["type": "integer", "minimum": 0, "description": "for how long it had been kept"],
            "ttlSeconds": ["type": ["integer", "null"], "minimum": 0, "description": "for how long it was to be kept; null: it was not"],
        ],
    ]

    private static let statusSchema: JSON = [
        "type": "object",
        "required": [
            "jobId", "target", "targetType", "status", "createdAt", "completedAt", "completionPercentage",
            "requestedServices", "results", "warnings",
        ],
        "properties": [
            "jobId": ["type": "string"], "target": ["type": "string"],
            "targetType": ["type": "string", "enum": ["IPAddress", "Domain"]],
            "status": ["type": "string", "enum": ["Pending", "Processing", "Completed", "Failed"]],
            "createdAt": ["type": "string", "format": "date-time"],
            "completedAt": ["type": ["string", "null"], "format": "date-time"],
            "completionPercentage": ["type": "integer", "minimum": 0, "maximum": 100],
            "requestedServices": ["type": "array", "items": service],
            "results": [
                "type": "array", "items": .schema("LookupResult"),
                "description": "what has ended, in the order of the request",
            ],
            "warnings": ["type": ["array", "null"], "items": ["type": "string"]],
            "vantage": [
                "type": "object", "required": ["asked", "nodes"], "description": "only when the request had one",
                "properties": ["asked": vantageSchema, "nodes": namesSchema],
            ],
            "comparison": [
                "type": "array", "items": .schema("LookupComparison"),
                "description": "only with a vantage: for each service, what the nodes have found, side by side",
            ],
        ],
    ]
}

import Items
import JSONDocument

extension ItemRoutes {
    public var schemas: [JSON.Member] {
        [
            .init("Items", Self.itemsSchema), .init("ItemsAnswer", Self.object("message", ["type": "string"])),
            .init("ItemCount", Self.object("count", ["type": "integer", "minimum": 0])),
        ]
    }

    static let addOperation: JSON = [
        "operationId": "addItems", "tags": ["items"], "summary": "Have items counted, each once",
        "description": """
            The Content-Type is ignored, keys are read without regard to case, unknown ones are ignored. All is checked before anything is \
            counted. Adding an item again changes nothing.
            """,
        "requestBody": .body("Items", examples: [.init("two", [["id": "1", "tenant": "a"], ["id": "2", "tenant": "a"]])]),
        "responses": [
            "200": .answer("all of them count, whatever dies from now on", schema: "ItemsAnswer"),
            "400": text(
                """
                {"message":"Unable to unmarshal json"}, {"message":"both values are required"}, which value is too long, or how many \
                tenants are too many
                """),
            "405": ["description": "of other methods; no body"],
            "500": text("{\"message\":\"Unable to add items\"}: a fault of the program"),
            "503": text(
                "{\"message\":\"Unable to add items\"} and outcome: not counted; or unknown, some may count, or may yet. See Retry-After"),
        ],
    ]

    static let countOperation: JSON = [
        "operationId": "countItems", "tags": ["items"], "summary": "How many items a tenant has",
        "description": "The tenant may contain slashes. One that nobody knows has 0.",
        "parameters": [
            ["name": "tenant", "in": "path", "required": true, "schema": ["type": "string", "minLength": 1], "example": "a"],
            [
                "name": "consistency", "in": "query", "required": false, "schema": ["type": "string", "enum": ["strict", "stale"]],
                "description": "stale: what one replica has, which may be behind, and is answered without a majority, too",
            ],
        ],
        "responses": [
            "200": [
                "description": "the count",
                "headers": [
                    "X-Gossamer-Version": [
                        "schema": ["type": "integer"], "description": "stale only: of two answers, the one with more is the newer",
                    ],
                ],
                "content": ["application/json": ["schema": .schema("ItemCount")]],
            ],
            "400": text("{\"message\":\"Invalid URI\"}: the path does not end in /count, or the tenant is no UTF-8 when it is percent-decoded"),
            "405": ["description": "of other methods; no body"],
            "500": text("{\"message\":\"Unable to get count\"}: a fault of the program"),
            "503": text("{\"message\":\"Unable to get count\"}: no majority answers; see Retry-After"),
        ],
    ]

    static func healthOperation(_ method: String) -> JSON {
        [
            "operationId": .string("health\(method.capitalized)"), "tags": ["health"], "summary": "Whether the process answers",
            "responses": ["200": ["description": "no body"]],
        ]
    }

    private static func text(_ description: JSON) -> JSON {
        ["description": description, "content": ["text/plain": ["schema": ["type": "string"]]]]
    }

    private static func object(_ key: String, _ schema: JSON) -> JSON {
        ["type": "object", "required": .array([.string(key)]), "properties": .object([.init(key, schema)])]
    }

    private static let itemsSchema: JSON = [
        "type": ["array", "null"], "description": .string("of at most \(ItemLimits.tenants) tenants"),
        "items": [
            "type": "object", "required": ["id", "tenant"],
            "properties": [
                "id": ["type": "string", "minLength": 1, "description": .string("at most \(ItemLimits.idBytes) bytes of UTF-8")],
                "tenant": ["type": "string", "minLength": 1, "description": .string("at most \(ItemLimits.tenantBytes) bytes of UTF-8")],
            ],
        ],
    ]
}

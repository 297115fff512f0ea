import JSONDocument

extension OrderRoutes {
    public var schemas: [JSON.Member] {
        [
            .init("OrderRequest", Self.requestSchema), .init("OrderAccepted", Self.acceptedSchema),
            .init("OrderStatus", Self.statusSchema), .init("Account", Self.holdingSchema("balance", "held")),
            .init("AccountBalance", Self.settingSchema("balance")), .init("Stock", Self.holdingSchema("quantity", "reserved")),
            .init("StockQuantity", Self.settingSchema("quantity")),
        ]
    }

    static let placeOperation: JSON = [
        "summary": "Order something",
        "requestBody": body("OrderRequest"),
        "responses": [
            "202": .answer("kept, and will end whatever dies; Location is the status document's", schema: "OrderAccepted"),
            "400": .problem("a field is wrong"), "415": .problem("the Content-Type is not JSON"),
            "503": .problem(
                "no majority answers; see Retry-After. outcome is failed: there is no order; or unknown: orderId may be one"),
        ],
    ]

    static let statusOperation: JSON = [
        "summary": "The state of an order",
        "responses": [
            "200": .answer("the document", schema: "OrderStatus"), "404": .problem("no such order"), "503": .problem(unavailable),
        ],
    ]

    static let cancelOperation: JSON = [
        "summary": "Cancel an order",
        "responses": [
            "202": .answer("it is being undone, and ends as Cancelled", schema: "OrderAccepted"), "404": .problem("no such order"),
            "409": .problem("the order has ended"), "503": .problem(unavailable),
        ],
    ]

    static let readAccountOperation = readOperation("What a customer has to spend", schema: "Account")
    static let setAccountOperation = setOperation("Make an account, or set its balance", body: "AccountBalance", answer: "Account")
    static let readStockOperation = readOperation("How much there is of an item", schema: "Stock")
    static let setStockOperation = setOperation("Make an item, or set its quantity", body: "StockQuantity", answer: "Stock")

    private static let unavailable: JSON = "no majority answers; see Retry-After, and outcome: failed or unknown"

    private static func body(_ schema: String) -> JSON {
        ["required": true, "content": ["application/json": ["schema": ["$ref": .string("#/components/schemas/\(schema)")]]]]
    }

    /// The answer with an ETag.
    private static func document(_ schema: String) -> JSON {
        [
            "description": "the document",
            "headers": ["ETag": ["schema": ["type": "string"], "description": "its revision, for If-Match"]],
            "content": ["application/json": ["schema": ["$ref": .string("#/components/schemas/\(schema)")]]],
        ]
    }

    private static func readOperation(_ summary: JSON, schema: String) -> JSON {
        [
            "summary": summary,
            "responses": [
                "200": document(schema), "400": .problem("the id is no name"), "404": .problem("nobody has made it"),
                "503": .problem(unavailable),
            ],
        ]
    }

    private static func setOperation(_ summary: JSON, body schema: String, answer: String) -> JSON {
        [
            "summary": summary,
            "parameters": [
                [
                    "name": "If-Match", "in": "header", "required": false, "schema": ["type": "string"],
                    "description": "the ETag of what is to be set; absent to make it. * is refused",
                ],
            ],
            "requestBody": body(schema),
            "responses": [
                "200": document(answer), "400": .problem("a field is wrong, or If-Match is *"),
                "409": .problem("orders under way hold more than that"),
                "412": .problem("If-Match is not its ETag; or there is none, and it exists"),
                "415": .problem("the Content-Type is not JSON"), "503": .problem(unavailable),
            ],
        ]
    }

    private static let name: JSON = [
        "type": "string", "minLength": 1, "description": "at most 256 bytes of UTF-8, without control characters",
    ]

    private static func number(from least: Int64, to most: Int64) -> JSON {
        [
            "oneOf": [
                ["type": "integer", "minimum": .number(least), "maximum": .number(most)], ["type": "string", "pattern": "^[0-9]+$"],
            ],
        ]
    }

    private static let requestSchema: JSON = [
        "type": "object", "required": ["customer", "item", "quantity", "amount"],
        "properties": [
            "customer": name, "item": name,
            "quantity": number(from: OrderForm.quantities.lowerBound, to: OrderForm.quantities.upperBound),
            "amount": number(from: 0, to: OrderForm.amountLimit),
            "failAt": [
                "type": ["string", "null"], "enum": ["order", "payment", "inventory", "shipping", nil],
                "description": "the step that is to fail, for trying out",
            ],
        ],
    ]

    private static let acceptedSchema: JSON = [
        "type": "object", "required": ["orderId", "statusUrl"],
        "properties": ["orderId": ["type": "string", "format": "uuid"], "statusUrl": ["type": "string"]],
    ]

    private static let statusSchema: JSON = [
        "type": "object", "required": ["orderId", "status", "reason", "steps"],
        "properties": [
            "orderId": ["type": "string", "format": "uuid"],
            "status": ["type": "string", "enum": ["Placed", "Paid", "Reserved", "Shipped", "Compensating", "Cancelled"]],
            "reason": ["type": ["string", "null"], "description": "why it was, or is being, cancelled"],
            "steps": [
                "type": "array", "description": "in the order in which they were asked for",
                "items": [
                    "type": "object", "required": ["step", "state", "at"],
                    "properties": [
                        "step": ["type": "string", "enum": ["order", "payment", "inventory", "shipping"]],
                        "state": ["type": "string", "enum": ["asked", "done", "refused", "undoing", "undone"]],
                        "at": ["type": "string", "format": "date-time", "description": "of the last change"],
                    ],
                ],
            ],
        ],
    ]

    private static func settingSchema(_ amount: String) -> JSON {
        [
            "type": "object", "required": .array([.string(amount)]),
            "properties": .object([.init(amount, number(from: 0, to: OrderForm.amountLimit))]),
        ]
    }

    private static func holdingSchema(_ amount: String, _ held: String) -> JSON {
        [
            "type": "object", "required": .array(["id", .string(amount), .string(held)]),
            "properties": .object([
                .init("id", ["type": "string"]), .init(amount, ["type": "integer"]),
                .init(held, ["type": "integer", "description": "of that, what orders hold that are under way"]),
            ]),
        ]
    }
}

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
        "operationId": "placeOrder", "tags": ["orders"], "summary": "Order something",
        "requestBody": .body(
            "OrderRequest",
            examples: [
                .init("lamp", ["customer": "alice", "item": "lamp", "quantity": 1, "amount": 20]),
                .init("failing", ["customer": "alice", "item": "lamp", "quantity": 1, "amount": 20, "failAt": "shipping"]),
            ]),
        "responses": [
            "202": .answer(
                "kept, and will end whatever dies; Location is the status document's", schema: "OrderAccepted", headers: .location,
                links: .links(by: "orderId", [("status", "readOrder"), ("cancel", "cancelOrder"), ("events", "followJob")])),
            "400": .problem("a field is wrong"), "415": .problem("the Content-Type is not JSON"),
            "503": .problem(
                "no majority answers; see Retry-After. outcome is failed: there is no order; or unknown: orderId may be one"),
        ],
    ]

    static let statusOperation: JSON = [
        "operationId": "readOrder", "tags": ["orders"], "summary": "The state of an order", "parameters": [.workID(of: "an order")],
        "responses": [
            "200": .answer("the document", schema: "OrderStatus"), "404": .problem("no such order"), "503": .problem(unavailable),
        ],
    ]

    static let cancelOperation: JSON = [
        "operationId": "cancelOrder", "tags": ["orders"], "summary": "Cancel an order", "parameters": [.workID(of: "an order")],
        "responses": [
            "202": .answer("it is being undone, and ends as Cancelled", schema: "OrderAccepted"), "404": .problem("no such order"),
            "409": .problem("the order has ended"), "503": .problem(unavailable),
        ],
    ]

    static let readAccountOperation = readOperation("readAccount", "What a customer has to spend", schema: "Account")
    static let setAccountOperation = setOperation(
        "setAccount", "Make an account, or set its balance", body: .body("AccountBalance", examples: [.init("rich", ["balance": 1_000])]),
        answer: "Account")
    static let readStockOperation = readOperation("readStock", "How much there is of an item", schema: "Stock")
    static let setStockOperation = setOperation(
        "setStock", "Make an item, or set its quantity", body: .body("StockQuantity", examples: [.init("ten", ["quantity": 10])]),
        answer: "Stock")

    private static let unavailable: JSON = "no majority answers; see Retry-After, and outcome: failed or unknown"

    /// The answer with an ETag.
    private static func document(_ schema: String) -> JSON {
        .answer("the document", schema: schema, headers: .eTag("its revision, for If-Match"))
    }

    private static let id: JSON = ["name": "id", "in": "path", "required": true, "schema": name, "example": "alice"]

    private static func readOperation(_ id: JSON, _ summary: JSON, schema: String) -> JSON {
        [
            "operationId": id, "tags": ["orders"], "summary": summary, "parameters": [Self.id],
            "responses": [
                "200": document(schema), "400": .problem("the id is no name"), "404": .problem("nobody has made it"),
                "503": .problem(unavailable),
            ],
        ]
    }

    private static func setOperation(_ id: JSON, _ summary: JSON, body: JSON, answer: String) -> JSON {
        [
            "operationId": id, "tags": ["orders"], "summary": summary,
            "parameters": [
                Self.id,
                [
                    "name": "If-Match", "in": "header", "required": false, "schema": ["type": "string", "pattern": tags],
                    "example": "\"1\"", "description": "the ETag of what is to be set, or several; absent to make it. * is refused",
                ],
            ],
            "requestBody": body,
            "responses": [
                "200": document(answer), "400": .problem("a field is wrong, or If-Match is *"),
                "409": .problem("orders under way hold more than that"),
                "412": .problem("If-Match is not its ETag; or there is none, and it exists"),
                "415": .problem("the Content-Type is not JSON"), "503": .problem(unavailable),
            ],
        ]
    }

    /// Entity tags with commas between them, none of which is the star that means any.
    private static let tags: JSON = {
        let tag = #"(W/)?"([!#-)+-~][!#-~]*|\*[!#-~]+)?""#
        return .string("^\(tag)( *, *\(tag))*$")
    }()

    private static let name = JSON.name(most: OrderForm.nameBytes)
    private static let amount = JSON.wholeNumber(0...UInt64(OrderForm.amountLimit))

    private static let requestSchema: JSON = [
        "type": "object", "required": ["customer", "item", "quantity", "amount"],
        "properties": [
            "customer": name, "item": name,
            "quantity": .wholeNumber(UInt64(OrderForm.quantities.lowerBound)...UInt64(OrderForm.quantities.upperBound)),
            "amount": amount,
            "failAt": [
                "type": ["string", "null"], "enum": ["order", "payment", "inventory", "shipping", nil],
                "description": "the step that is to fail, for trying out; in any case of letters",
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
            "properties": .object([.init(amount, Self.amount)]),
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

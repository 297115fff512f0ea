import JSONDocument

/// Pieces of operations in an OpenAPI document.
extension JSON {
    /// A reference to a schema of the document.
    static func schema(_ name: String) -> JSON { ["$ref": .string("#/components/schemas/\(name)")] }

    /// An answer with a JSON document of this schema.
    static func answer(_ description: JSON, schema: String, headers: JSON? = nil, links: JSON? = nil, example: JSON? = nil) -> JSON {
        let media = [JSON.Member("schema", .schema(schema))] + (example.map { [.init("example", $0)] } ?? [])
        var members: [JSON.Member] = [.init("description", description)]
        if let headers { members.append(.init("headers", headers)) }
        members.append(.init("content", .object([.init("application/json", .object(media))])))
        if let links { members.append(.init("links", links)) }
        return .object(members)
    }

    /// An answer with a problem document.
    static func problem(_ description: JSON) -> JSON {
        ["description": description, "content": ["application/problem+json": ["schema": .schema("Problem")]]]
    }

    /// This object with the member, in the place of one of that name or behind all.
    func setting(_ key: String, _ value: JSON) -> JSON {
        var members = self.members ?? []
        let member = JSON.Member(key, value)
        if let index = members.firstIndex(where: { $0.key == key }) { members[index] = member } else { members.append(member) }
        return .object(members)
    }

    /// This operation with one more answer, in the order of the numbers; the operation itself when it has one of that status.
    func answering(_ status: String, _ response: JSON) -> JSON {
        var responses = self["responses"]?.members ?? []
        guard !responses.contains(where: { $0.key == status }) else { return self }
        responses.insert(.init(status, response), at: responses.firstIndex { $0.key > status } ?? responses.count)
        return setting("responses", .object(responses))
    }

    /// This operation with headers at each of its answers, behind those that they have.
    func telling(_ headers: [JSON.Member]) -> JSON {
        let responses = (self["responses"]?.members ?? []).map { response in
            JSON.Member(response.key, response.value.setting("headers", .object((response.value["headers"]?.members ?? []) + headers)))
        }
        return setting("responses", .object(responses))
    }

    /// The header that tells the revision of what is answered.
    static func eTag(_ description: JSON) -> JSON {
        ["ETag": ["required": true, "schema": ["type": "string", "pattern": "^\"[0-9]+\"$"], "description": description]]
    }

    /// A body of JSON that has to be there.
    /// - Parameter examples: by name.
    static func body(_ schema: String, examples: [JSON.Member]) -> JSON {
        let named = examples.map { JSON.Member($0.key, ["value": $0.value]) }
        return ["required": true, "content": ["application/json": ["schema": .schema(schema), "examples": .object(named)]]]
    }

    /// The header that tells where the document of new work is.
    static let location: JSON = [
        "Location": ["schema": ["type": "string", "format": "uri-reference"], "description": "of the document that tells how it stands"],
    ]

    /// For the answer to new work: the operations that take its id.
    /// - Parameters:
    ///   - key: of the member of the answer that is the id.
    ///   - operations: by what following the link does.
    static func links(by key: String, _ operations: [(name: String, operation: String)]) -> JSON {
        .object(operations.map { name, operation in
            .init(name, ["operationId": .string(operation), "parameters": ["id": .string("$response.body#/\(key)")]])
        })
    }

    /// The parameter `{id}` of a path, which is the id of some work.
    static func workID(of thing: String) -> JSON {
        [
            "name": "id", "in": "path", "required": true, "schema": ["type": "string", "format": "uuid"],
            "description": .string("of \(thing), as the answer to its submission told it. What is no id is that of nothing: 404"),
            "example": "01938e3f-7c4b-7cc3-98c4-dc0c0c07398f",
        ]
    }

    /// A whole number, or a string of its digits, where a client's numbers are not that wide.
    static func wholeNumber(_ range: ClosedRange<UInt64>) -> JSON {
        [
            "oneOf": [
                ["type": "integer", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)],
                ["type": "string", "pattern": .string(decimals(from: range.lowerBound > 0 ? 1 : 0, to: range.upperBound))],
            ],
        ]
    }

    /// The decimals of a range, with any number of zeros before them, as a regular expression.
    /// - Parameter least: 0 or 1.
    private static func decimals(from least: Int, to most: UInt64) -> String {
        let digits = Array(String(most)), count = digits.count
        var shapes: [String] = []
        if count > 1 { shapes.append(least == 0 ? "[0-9]{1,\(count - 1)}" : "[1-9][0-9]{0,\(count - 2)}") }
        for (index, digit) in digits.enumerated() {
            // One that begins with a smaller digit has as many digits in all, or is a shorter number.
            let first = index == 0 && (count > 1 || least == 1) ? 1 : 0, last = (digit.wholeNumberValue ?? 0) - 1
            guard last >= first else { continue }
            let rest = count - index - 1
            shapes.append(String(digits[..<index]) + "[\(first)-\(last)]" + (rest > 0 ? "[0-9]{\(rest)}" : ""))
        }
        return "^0*(\(shapes.joined(separator: "|"))\(shapes.isEmpty ? "" : "|")\(most))$"
    }

    /// A name that somebody makes up.
    /// - Parameter most: bytes of UTF-8. A schema counts characters, of which there may be as many at most.
    static func name(most: Int) -> JSON {
        [
            "type": "string", "minLength": 1, "maxLength": .number(most), "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
            "description": .string("at most \(most) bytes of UTF-8, without control characters"),
        ]
    }
}

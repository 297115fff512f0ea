import JSONDocument
import TestSupport
import Testing
import WebTestSupport

/// The OpenAPI document of a whole edge, against the edge itself.
@Suite struct DocumentTests {
    private func withDocument(_ body: (DocumentCheck, WholeEdge) async throws -> Void) async throws {
        try await WholeEdge.with { edge in
            let answer = try await ask("GET", edge.base + "/openapi.json")
            try await body(DocumentCheck(try #require(answer.json)), edge)
        }
    }

    /// What the contracts have.
    private static let contract: Set = [
        "POST /api/lookup", "GET /api/lookup/{id}", "DELETE /api/lookup/{id}", "GET /api/lookup/services", "POST /api/lookup/batch",
        "POST /api/primes", "GET /api/primes/{id}", "DELETE /api/primes/{id}", "GET /api/jobs", "GET /api/jobs/{id}/events", "POST /items",
        "GET /items/{tenant}/count", "GET /api/accounts/{id}", "PUT /api/accounts/{id}", "GET /api/stock/{id}", "PUT /api/stock/{id}",
        "POST /api/orders", "GET /api/orders/{id}", "DELETE /api/orders/{id}", "PUT /api/kv/{key}", "GET /api/kv/{key}", "GET /health",
        "GET /health/live", "GET /health/ready", "GET /openapi.json", "GET /swagger",
    ]

    @Test func theDocumentHasTheRoutesOfTheServerAndNoOthers() async throws {
        try await withDocument { check, edge in
            let described = Set(check.operations.map { "\($0.method) \($0.path)" })
            let served = edge.server.routes.map { "\($0.method.rawValue) \($0.path.replacing("{+", with: "{"))" }
            #expect(described == Set(served) && served.count == described.count)
            #expect(Self.contract.subtracting(described).isEmpty)
            // As the router itself says, where it is the one that is asked.
            for (path, operations) in Dictionary(grouping: check.operations, by: \.path) where !operations.contains(where: { $0.method == "OPTIONS" }) {
                let filled = path.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }.joined(separator: "/")
                let allowed = try await ask("OPTIONS", "\(edge.base)/\(filled)").headers["allow"]?.split(separator: ", ").map(String.init) ?? []
                #expect(Set(allowed).subtracting(["HEAD", "OPTIONS"]) == Set(operations.map(\.method)), "\(path)")
            }
        }
    }

    /// An independent implementation's opinion.
    @Test func theDocumentIsOneByTheSpecification() async throws {
        try await withDocument { check, _ in
            let text = Array(check.document.text().utf8)
            _ = try await PythonEnvironment.run(script: "openapi_document.py", packages: ["openapi-spec-validator"], input: text)
        }
    }

    @Test func everyReferenceLeadsSomewhereAndNothingIsThereForNothing() async throws {
        try await withDocument { check, _ in
            var names: Set<String> = []
            func walk(_ value: JSON) {
                if let reference = SchemaCheck.member("$ref", of: value) {
                    #expect(check.schemas.resolved(value) != nil, "\(reference)")
                    if let text = reference.string { names.insert(text) }
                }
                for member in value.members ?? [] { walk(member.value) }
                for element in value.elements ?? [] { walk(element) }
            }
            walk(check.document)
            for kind in ["schemas", "responses"] {
                for component in check.document["components"]?[kind]?.members ?? [] {
                    #expect(names.contains("#/components/\(kind)/\(component.key)"), "\(component.key)")
                }
            }
        }
    }

    @Test func everyOperationHasAnIDAndATagAndTellsItsErrors() async throws {
        try await withDocument { check, _ in
            let tags = check.document["tags"]?.elements?.compactMap { $0["name"]?.string } ?? []
            let ids = check.operations.compactMap { $0.operation["operationId"]?.string }
            #expect(ids.count == check.operations.count && Set(ids).count == ids.count)
            for (path, method, operation) in check.operations {
                let name: Comment = "\(method) \(path)", responses = operation["responses"] ?? [:]
                #expect(operation["tags"]?.elements?.allSatisfy { tags.contains($0.string ?? "") } == true && operation["summary"] != nil, name)
                var expected = ["400", "408", "431", "500", "503"]
                if operation["requestBody"] != nil { expected.append("413") }
                if method == "POST", path.hasPrefix("/api/") { expected += ["409", "415", "202"] }
                if path.contains("{id}"), !path.contains("accounts"), !path.contains("stock") { expected.append("404") }
                for status in expected { #expect(SchemaCheck.member(status, of: responses) != nil, "\(method) \(path): \(status)") }
                #expect(responses["default"] == nil, "it would hide every answer that is missing")
                let parameters = operation["parameters"]?.elements ?? []
                let inPath = parameters.filter { $0["in"] == "path" }
                #expect(inPath.allSatisfy { path.contains("{\($0["name"]?.string ?? "")}") && $0["required"] == true }, name)
                #expect(inPath.count == path.count { $0 == "{" }, name)
                for link in (responses.members ?? []).flatMap({ $0.value["links"]?.members ?? [] }) {
                    #expect(ids.contains(link.value["operationId"]?.string ?? ""), name)
                }
            }
        }
    }

    @Test func whatTheExamplesShowIsRightAndIsTaken() async throws {
        try await withDocument { check, edge in
            var taken = 0
            for (path, method, operation) in check.operations {
                for parameter in operation["parameters"]?.elements ?? [] {
                    guard let example = parameter["example"], let schema = parameter["schema"] else { continue }
                    #expect(check.schemas.faults(example, schema) == [], "\(method) \(path)")
                }
                let media = operation["requestBody"]?["content"]?["application/json"]
                for example in media?["examples"]?.members ?? [] {
                    let value = try #require(example.value["value"]), schema = try #require(media?["schema"])
                    #expect(check.schemas.faults(value, schema) == [], "\(path): \(example.key)")
                    let url = edge.base + path.replacing("{id}", with: "example")
                    let answer = try await ask(method, url, body: value.text())
                    // Nobody is there who could look from a certain place.
                    guard value["vantage"] == nil else { continue }
                    #expect((200..<300).contains(answer.status), "\(path): \(example.key): \(answer.text)")
                    taken += 1
                }
            }
            #expect(taken >= 9)
        }
    }

    /// What a schema allows is what the route takes, and the other way round.
    @Test(arguments: [
        ("/api/primes", #"{"from":0,"to":%}"#, ["0", "18446744073709551615", #""00018446744073709551615""#, #""7""#], true),
        ("/api/primes", #"{"from":0,"to":%}"#, ["-1", #""18446744073709551616""#, "1.5", #""""#, #""x""#, "null", "[]"], false),
        ("/api/primes", #"{"from":0,"to":9,"chunks":%}"#, ["1", "100000", "null"], true),
        ("/api/primes", #"{"from":0,"to":9,"chunks":%}"#, ["0", "100001", "true"], false),
        ("/api/orders", #"{"customer":"a","item":%,"quantity":1,"amount":1}"#, [#""lamp""#, #""é""#], true),
        ("/api/orders", #"{"customer":"a","item":%,"quantity":1,"amount":1}"#, [#""""#, #""a\u0000""#, #""\u009f""#, "7", "null"], false),
        ("/api/orders", #"{"customer":"a","item":"b","quantity":%,"amount":1}"#, ["1", "1000000000", #""1000000000""#, #""01""#], true),
        ("/api/orders", #"{"customer":"a","item":"b","quantity":%,"amount":1}"#, ["0", "1000000001", #""0""#, #""00""#, #""1000000001""#], false),
        ("/api/lookup", #"{"target":"8.8.8.8","services":%}"#, ["null", "[0]", #"["ping",3]"#], true),
        ("/api/lookup", #"{"target":"8.8.8.8","services":%}"#, ["[]", "[0,0]", "7", "[-1]", "[true]"], false),
        ("/items", "%", ["[]", "null", #"[{"id":"1","tenant":"t"}]"#], true),
        ("/items", "%", ["{}", #"[{"id":"","tenant":"t"}]"#, #"[{"id":"1"}]"#, "[7]"], false),
    ] as [(String, String, [String], Bool)])
    func schemasAndRoutesTakeTheSame(_ path: String, _ frame: String, _ values: [String], _ isRight: Bool) async throws {
        try await withDocument { check, edge in
            let operation = try #require(check.operations.first { $0.path == path && $0.method == "POST" }).operation
            let schema = try #require(operation["requestBody"]?["content"]?["application/json"]?["schema"])
            for value in values {
                let text = frame.replacing("%", with: value), body = try JSON(parsing: text.utf8)
                #expect(check.schemas.faults(body, schema).isEmpty == isRight, "\(path) \(text)")
                let status = try await ask("POST", edge.base + path, body: text).status
                // A range that takes longer than the deadline is refused, whatever its ends are.
                if isRight, value.contains("18446744073709551615") { continue }
                #expect(((200..<300).contains(status)) == isRight && (isRight || status == 400), "\(path) \(text): \(status)")
            }
        }
    }

    /// Headers and parameters, which come as text: what a pattern takes, the route takes.
    @Test(arguments: [
        ("a", true), ("!~", true), (#""a b""#, false), (#""a""#, true), (#""a\"b""#, true), (#""a"#, false), (#""a\b""#, false),
        (String(repeating: "k", count: 255), true), (String(repeating: "k", count: 256), false),
    ])
    func thePatternOfIdempotencyKeysIsThatOfTheRoute(_ key: String, _ isRight: Bool) async throws {
        try await withDocument { check, edge in
            let operation = try #require(check.operations.first { $0.path == "/items" && $0.method == "POST" }).operation
            let parameter = try #require(operation["parameters"]?.elements?.first { $0["name"] == "Idempotency-Key" })
            #expect(check.schemas.faults(.string(key), try #require(parameter["schema"])).isEmpty == isRight)
            // This edge reaches no registers of keys: what is a key is answered with 503.
            let answer = try await ask("POST", edge.base + "/items", body: "[]", headers: [("Idempotency-Key", key)])
            #expect(answer.status == (isRight ? 503 : 400), "\(answer.text)")
        }
    }
}

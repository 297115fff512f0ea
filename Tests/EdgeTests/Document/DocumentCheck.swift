import JSONDocument
import Testing
import WebTestSupport

/// Asks an edge as `WebTestSupport.ask` does, and sees that the edge's own document tells of the answer. All tests of this target ask by it:
/// what is declared here goes before what is imported.
func ask(
    _ method: String, _ url: String, body: String? = nil, type: String? = "application/json", headers: [(String, String)] = []
) async throws -> Answer {
    let answer = try await WebTestSupport.ask(method, url, body: body, type: type, headers: headers)
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 4 else { return answer }
    let base = parts[..<3].joined(separator: "/"), path = "/" + parts[3].prefix { $0 != "?" }
    let document = try #require(try await WebTestSupport.ask("GET", base + "/openapi.json").json)
    for fault in DocumentCheck(document).faults(method, path, answer) { Issue.record("\(method) \(url): \(fault)") }
    return answer
}

/// Answers by an OpenAPI document.
struct DocumentCheck {
    let document: JSON
    let schemas: SchemaCheck

    init(_ document: JSON) { (self.document, schemas) = (document, SchemaCheck(root: document)) }

    /// All operations, by path and method in capital letters.
    var operations: [(path: String, method: String, operation: JSON)] {
        (document["paths"]?.members ?? []).flatMap { path in
            (path.value.members ?? []).map { (path.key, $0.key.uppercased(), $0.value) }
        }
    }

    /// What the document does not tell of an answer; empty for what it describes nowhere.
    func faults(_ method: String, _ path: String, _ answer: Answer) -> [String] {
        // Some tests have routes of their own, which describe nothing.
        guard let operation = operation(method, path), operation["operationId"] != nil else { return [] }
        guard let described = SchemaCheck.member("\(answer.status)", of: operation["responses"] ?? [:]) else {
            return ["the document does not tell of \(answer.status): \(answer.text.prefix(200))"]
        }
        guard let response = schemas.resolved(described) else { return ["\(described.text()) leads nowhere"] }
        let missing = (response["headers"]?.members ?? []).filter { $0.value["required"] == true && answer.headers[$0.key.lowercased()] == nil }
        return missing.map { "the header \($0.key) is missing" } + contentFaults(answer, response)
    }

    private func contentFaults(_ answer: Answer, _ response: JSON) -> [String] {
        guard let content = response["content"] else {
            return answer.text.isEmpty ? [] : ["\(answer.status) has no body by the document, but: \(answer.text.prefix(200))"]
        }
        let essence = String((answer.headers["content-type"] ?? "").prefix { $0 != ";" })
        guard let media = SchemaCheck.member(essence, of: content) else {
            return ["\(answer.status) is of type \"\(essence)\" and should be one of \(content.members?.map(\.key) ?? [])"]
        }
        guard let schema = media["schema"] else { return [] }
        if essence == "text/event-stream" { return Self.events(answer.text).flatMap { schemas.faults($0, schema) } }
        return schemas.faults(essence.hasSuffix("json") ? answer.json : .string(answer.text), schema)
    }

    /// The events of a whole stream, each as an object of its fields; a stream may begin with what is none.
    private static func events(_ text: String) -> [JSON] {
        text.split(separator: "\n\n").compactMap { event in
            let fields = event.split(separator: "\n").compactMap { line -> JSON.Member? in
                let parts = line.split(separator: ":", maxSplits: 1)
                return parts.count == 2 ? JSON.Member(String(parts[0]), .string(String(parts[1].drop { $0 == " " }))) : nil
            }
            return fields.contains { $0.key == "data" } ? .object(fields) : nil
        }
    }

    /// The operation of the most exact path, which is the one that the router takes, whatever its methods.
    private func operation(_ method: String, _ path: String) -> JSON? {
        let trimmed = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let paths = (document["paths"]?.members ?? []).map(\.key).filter { Self.fits(trimmed, $0) }
        let path = paths.min { $0.count { $0 == "{" } < $1.count { $0 == "{" } }
        return operations.first { $0.path == path && $0.method == method }?.operation
    }

    /// A parameter before the end may take several segments.
    private static func fits(_ path: String, _ template: String) -> Bool {
        let pieces = template.split(separator: "/").map { piece in piece.hasPrefix("{") ? (template.hasSuffix(piece) ? "[^/]+" : ".+") : String(piece) }
        return SchemaCheck.matches(path.lowercased(), "^/" + pieces.joined(separator: "/") + "$")
    }
}

import Foundation
import JSONDocument

/// Values of JSON by the schemas of an OpenAPI document: as much of JSON Schema (draft 2020-12) as the edge's document uses. A keyword that is
/// unknown here is a fault, so that none is passed over.
struct SchemaCheck {
    /// The document, to which references refer.
    let root: JSON

    private static let annotations: Set = ["description", "default", "examples", "example", "title"]

    /// What is wrong with a value, each with its place; empty when nothing is.
    func faults(_ value: JSON?, _ schema: JSON, at place: String = "$") -> [String] {
        guard let value else { return ["\(place) is no JSON"] }
        var found: [String] = []
        for keyword in schema.members ?? [] where !Self.annotations.contains(keyword.key) {
            found += faults(value, keyword, of: schema, at: place)
        }
        return found
    }

    /// What a reference leads to; any other value is itself. Nil for one that leads nowhere.
    func resolved(_ value: JSON) -> JSON? {
        guard let text = Self.member("$ref", of: value)?.string else { return value }
        guard text.hasPrefix("#/") else { return nil }
        return text.dropFirst(2).split(separator: "/").reduce(root as JSON?) { place, name in place.flatMap { Self.member(String(name), of: $0) } }
    }

    /// Exactly this key, where the subscript takes any case of letters.
    static func member(_ key: String, of value: JSON) -> JSON? { value.members?.last { $0.key == key }?.value }

    private func faults(_ value: JSON, _ keyword: JSON.Member, of schema: JSON, at place: String) -> [String] {
        func expect(_ isTrue: Bool) -> [String] {
            isTrue ? [] : ["\(place) is \(value.text().prefix(120)), against \(keyword.key): \(keyword.value.text().prefix(200))"]
        }
        switch keyword.key {
        case "$ref":
            guard let target = resolved(schema) else { return ["\(keyword.value.text()) leads nowhere"] }
            return faults(value, target, at: place)
        case "type": return expect((keyword.value.elements ?? [keyword.value]).contains { Self.isOfType(value, $0.string ?? "") })
        case "const": return expect(value == keyword.value)
        case "enum": return expect(keyword.value.elements?.contains(value) == true)
        case "oneOf": return expect((keyword.value.elements ?? []).count { faults(value, $0).isEmpty } == 1)
        case "required":
            guard value.members != nil else { return [] }
            return expect((keyword.value.elements ?? []).allSatisfy { Self.member($0.string ?? "", of: value) != nil })
        case "properties":
            return (keyword.value.members ?? []).flatMap { property in
                Self.member(property.key, of: value).map { faults($0, property.value, at: "\(place).\(property.key)") } ?? []
            }
        case "additionalProperties":
            let named = Self.member("properties", of: schema)?.members?.map(\.key) ?? []
            return (value.members ?? []).filter { !named.contains($0.key) }.flatMap { faults($0.value, keyword.value, at: "\(place).\($0.key)") }
        case "items": return (value.elements ?? []).enumerated().flatMap { faults($0.element, keyword.value, at: "\(place)[\($0.offset)]") }
        case "uniqueItems": return expect(value.elements.map { Set($0).count == $0.count } ?? true)
        case "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties":
            guard let bound = Self.number(keyword.value), let size = Self.size(value, for: keyword.key) else { return [] }
            return expect(keyword.key.hasPrefix("min") ? size >= bound : size <= bound)
        case "pattern": return expect(value.string.map { Self.matches($0, keyword.value.string ?? "") } ?? true)
        case "format": return expect(value.string.map { Self.hasFormat($0, keyword.value.string ?? "") } ?? true)
        default: return ["the keyword \(keyword.key) is unknown to the tests"]
        }
    }

    private static func isOfType(_ value: JSON, _ type: String) -> Bool {
        switch (type, value) {
        case ("null", .null), ("boolean", .bool), ("number", .number), ("string", .string), ("array", .array), ("object", .object): true
        case ("integer", .number): number(value).map { $0 == $0.rounded() } ?? false
        default: false
        }
    }

    private static func number(_ value: JSON) -> Double? { if case .number(let literal) = value { Double(literal) } else { nil } }

    private static func size(_ value: JSON, for keyword: String) -> Double? {
        switch keyword {
        case "minimum", "maximum": number(value)
        case "minLength", "maxLength": value.string.map { Double($0.unicodeScalars.count) }
        case "minItems", "maxItems": value.elements.map { Double($0.count) }
        default: value.members.map { Double($0.count) }
        }
    }

    static func matches(_ text: String, _ pattern: String) -> Bool { text.range(of: pattern, options: .regularExpression) != nil }

    private static func hasFormat(_ text: String, _ format: String) -> Bool {
        switch format {
        case "uuid": matches(text, "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        case "date-time": matches(text, #"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"#)
        case "uri-reference": !text.isEmpty && !text.contains(" ")
        case "binary": true
        default: false
        }
    }
}

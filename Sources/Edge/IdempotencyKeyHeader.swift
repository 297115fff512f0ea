import HTTPTypes
import Hummingbird
import Web

/// The header `Idempotency-Key` of a request (draft-ietf-httpapi-idempotency-key-header, 2.1).
enum IdempotencyKeyHeader {
    static let name = "Idempotency-Key"
    static let expires = "Idempotency-Expires"
    static let replayed = "Idempotency-Replayed"
    static let characters = 1...255
    /// What ``key(of:)`` takes, as a regular expression: bare, or in double quotes.
    static let pattern = #"^([!#-~][!-~]{0,254}|"([!#-\[\]-~]|\\["\\]){1,255}")$"#

    private static let expectation =
        "expected once, \(characters.lowerBound) to \(characters.upperBound) visible ASCII characters, bare or in double quotes"

    /// The key, without quotes; nil when the request has none.
    ///
    /// The draft has it as a string of structured fields (RFC 9651, 3.3.3). Many clients send it bare, which is the same key.
    /// - Throws: 400.
    static func key(of headers: HTTPFields) throws(Problem) -> String? {
        guard let field = HTTPField.Name(name) else { return nil }
        let values = headers[values: field]
        guard let sent = values.first else { return nil }
        guard values.count == 1 else { throw refusal("it is there \(values.count) times") }
        let text = sent.drop { $0 == " " || $0 == "\t" }, isQuoted = text.first == "\""
        let key = isQuoted ? unquoted(text) : String(text)
        guard let key else { throw refusal("\(shown(sent)) is no quoted string") }
        guard characters.contains(key.unicodeScalars.count) else { throw refusal("it has \(key.unicodeScalars.count) characters") }
        guard key.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { throw refusal("\(shown(sent)) has others") }
        return key
    }

    /// Nil when the quotes do not end at the end, or anything but a quote or a backslash follows a backslash.
    private static func unquoted(_ text: Substring) -> String? {
        var key: [UInt8] = [], rest = Array(text.utf8)[1...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return rest.allSatisfy { $0 == UInt8(ascii: " ") } ? String(decoding: key, as: UTF8.self) : nil
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst(), next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else { return nil }
                key.append(next)
            default: key.append(byte)
            }
        }
        return nil
    }

    private static func refusal(_ fault: String) -> Problem { .invalid([.init(name, ["\(fault); \(expectation)"])]) }

    private static func shown(_ text: String) -> String { String(text.unicodeScalars.prefix(64)).inHeader("!"..."~") }
}

import JSONDocument

/// What an RDAP server has said in the end, and what that means for the lookup.
struct RDAPAnswer: Sendable {
    /// For how long what is there, and that there is nothing, is kept, whatever the server says.
    static let keepAllowed = Duration.seconds(60)...Duration.seconds(24 * 3_600)
    /// Where the server says nothing: a registration changes rarely, and one that is missing may be made any moment.
    static let keepFound = Duration.seconds(3_600), keepMissing = Duration.seconds(300)

    let answer: LookupHTTP.Answer
    let url: String
    let target: LookupTarget

    private var server: String { "RDAP server \(HTTPReference.authority(url))" }

    /// - Throws: ``LookupFailure`` with what counts for all servers; ``RDAPFault`` with what is this one's.
    func read() throws -> LookupAnswer {
        let name = LookupHTTP.name(ofStatus: answer.status)
        switch answer.status {
        case 200: return LookupAnswer(try document(), keep: answer.freshness.keep(within: Self.keepAllowed, otherwise: Self.keepFound))
        case 404: throw missing
        case 429:
            let wait = answer.header("Retry-After").map { "; Retry-After: \($0.prefix(60))" } ?? ""
            throw LookupFailure("RDAP server returned \(name) for '\(target)'\(wait)")
        case 500...: throw RDAPFault("\(server) returned \(name) for '\(target)'\(said)")
        // What is wrong with the question, wherever it is put.
        case 400, 410, 422: throw LookupFailure("RDAP server returned \(name) for '\(target)'\(said)", source: .target)
        default: throw LookupFailure("RDAP server returned \(name) for '\(target)'\(said)")
        }
    }

    private var missing: LookupFailure {
        LookupFailure(
            "RDAP server returned NotFound for '\(target)'", source: .target,
            keep: answer.freshness.keep(within: Self.keepAllowed, otherwise: Self.keepMissing))
    }

    private func document() throws -> JSON {
        if let encoding = answer.header("Content-Encoding"), encoding.asciiLowercased != "identity" {
            throw RDAPFault("\(server) answered '\(target)' in the encoding '\(encoding.prefix(60))', which was not asked for")
        }
        let written = answer.header("Content-Type"), shown = written.map { "'\($0.prefix(60))'" } ?? "no content type"
        let type = written.map { String($0.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }).asciiLowercased }
        guard let first = answer.body.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else {
            throw RDAPFault("\(server) answered '\(target)' with nothing")
        }
        guard type?.contains("html") != true, first != UInt8(ascii: "<") else {
            throw RDAPFault("\(server) answered '\(target)' with a page for people (\(shown)), which is no RDAP document")
        }
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: answer.body) } catch {
            throw RDAPFault("\(server) answered '\(target)' with \(shown), which is no JSON: \(error)")
        }
        guard case .object = json else {
            throw RDAPFault("\(server) answered '\(target)' with \(shown), which is no RDAP document: it is \(json.kind)")
        }
        if let type, !Self.isJSON(type) {
            throw RDAPFault("\(server) answered '\(target)' with \(shown) in place of 'application/rdap+json'")
        }
        if json["errorCode"] != nil { throw failure(json) }
        let expected = target.kind == .domain ? "domain" : "ip network"
        if let found = json["objectClassName"]?.string, found != expected {
            throw RDAPFault("\(server) answered '\(target)' with an object of the class '\(found.prefix(60))' in place of '\(expected)'")
        }
        return json
    }

    /// That of RDAP (RFC 7480, 4.2), of JSON, and whatever is said to be JSON inside.
    private static func isJSON(_ type: String) -> Bool {
        type == "application/rdap+json" || type == "application/json" || type == "text/json" || type.hasSuffix("+json")
    }

    /// An error document (RFC 9083, 6) that comes as if it were what was asked for.
    private func failure(_ json: JSON) -> any Error {
        let code = json["errorCode"]?.integer(Int.self)
        if code == 404 { return missing }
        let name = code.map { $0 >= 400 && $0 < 600 ? LookupHTTP.name(ofStatus: $0) : "\($0)" } ?? "no number"
        return RDAPFault("\(server) answered '\(target)' with an error document: \(name)\(said)")
    }

    /// What an error document says, to follow a sentence; nothing where there is none.
    private var said: String {
        guard let json = try? JSON(parsing: answer.body), case .object = json else { return "" }
        let lines = json["description"]?.elements?.compactMap(\.string) ?? [json["description"]?.string].compactMap { $0 }
        let texts = ([json["title"]?.string].compactMap { $0 } + lines).map(Self.plain).filter { !$0.isEmpty }
        return texts.isEmpty ? "" : " (" + String(texts.joined(separator: "; ").prefix(300)) + ")"
    }

    /// In one line, without what moves a cursor.
    private static func plain(_ text: String) -> String {
        let scalars = text.unicodeScalars.prefix(300).map { $0.properties.generalCategory == .control ? " " : Character($0) }
        return String(scalars).split(separator: " ").joined(separator: " ")
    }
}

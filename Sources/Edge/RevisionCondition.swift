/// What a `PUT` says by `If-Match` (RFC 9110, 13.1.1) of the revision that it takes the place of.
enum RevisionCondition: Hashable {
    /// There is no such header: nothing may be there.
    case nothing
    /// One of these. Tags that no revision has are left out; a weak tag is one of them, because `If-Match` compares strongly.
    case oneOf([UInt64])

    /// - Parameter header: the value of `If-Match`; nil when there is none.
    init(header: String?) throws(RevisionConditionError) {
        guard let header else { self = .nothing; return }
        var revisions: [UInt64] = []
        var rest = header[...]
        Self.dropBlanks(&rest)
        guard !rest.isEmpty else { throw .malformed(header) }
        while !rest.isEmpty {
            if rest.first == "*" { throw .anything }
            let isWeak = rest.hasPrefix("W/")
            if isWeak { rest = rest.dropFirst(2) }
            guard rest.first == "\"", let end = rest.dropFirst().firstIndex(of: "\"") else { throw .malformed(header) }
            let tag = rest[..<end].dropFirst()
            rest = rest[end...].dropFirst()
            Self.dropBlanks(&rest)
            if tag == "*" { throw .anything }
            if let revision = UInt64(tag), revision > 0, tag == "\(revision)", !isWeak { revisions.append(revision) }
            guard !rest.isEmpty else { break }
            guard rest.first == "," else { throw .malformed(header) }
            rest = rest.dropFirst()
            Self.dropBlanks(&rest)
        }
        self = .oneOf(revisions)
    }

    private static func dropBlanks(_ text: inout Substring) { text = text.drop { $0 == " " || $0 == "\t" } }
}

/// An `If-Match` that says nothing which could be kept to.
enum RevisionConditionError: Error, Hashable, CustomStringConvertible {
    case anything
    case malformed(String)

    var description: String {
        switch self {
        case .anything:
            "* would set whatever is there, and what somebody else has set meanwhile would be lost; GET it and send its ETag"
        case .malformed(let text):
            "\(text.isEmpty ? "an empty value" : String(text.prefix(64))) is no entity tag; "
                + "send the ETag of a GET with its quotes, such as \"3\""
        }
    }
}

/// What can be wrong with what a caller or a peer gave to membership.
public enum MembershipError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A figure of the configuration that cannot work.
    case badFigure(name: String, value: String, remedy: String)
    /// A name, host or text that is empty or too long.
    case badText(field: String, bytes: Int, limit: Int)
    /// Metadata whose packed form exceeds ``MembershipLimits/metadataBytes``, or with too many roles or labels.
    case metadataTooLarge(field: String, size: Int, limit: Int)
    /// A message that does not follow its layout, with what was expected where.
    case malformed(String)

    /// The case without its details, for matching and counting.
    public enum Code: String, Sendable { case badFigure, badText, metadataTooLarge, malformed }

    public var code: Code {
        switch self {
        case .badFigure: .badFigure
        case .badText: .badText
        case .metadataTooLarge: .metadataTooLarge
        case .malformed: .malformed
        }
    }

    public var description: String {
        switch self {
        case .badFigure(let name, let value, let remedy): "membership.\(name) is \(value), which cannot work: \(remedy)"
        case .badText(let field, let bytes, let limit): "\(field) has \(bytes) bytes; give 1 to \(limit)"
        case .metadataTooLarge(let field, let size, let limit): "\(field) is \(size), the limit is \(limit); shorten it"
        case .malformed(let what): "malformed membership message: \(what)"
        }
    }
}

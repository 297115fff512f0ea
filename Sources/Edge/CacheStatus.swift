import Lookup

/// A member of the header `Cache-Status`: how one result came about. Its parts are those of RFC 9211, its form that of RFC 8941 with the
/// spaces that the former has in its examples.
struct CacheStatus {
    /// How the cache calls itself.
    static let name = "gossamer"

    private let use: CacheUse?
    private let service: String
    private let target: String

    /// - Parameters:
    ///   - use: nil when no node of this release has looked; then nothing is said of it but what it is about.
    ///   - service: as clients read it.
    init(_ use: CacheUse?, of service: String, target: String) {
        (self.use, self.service, self.target) = (use, service, target)
    }

    var text: String {
        var parts = [Self.name]
        if let use {
            switch use.way {
            case .hit: parts.append("hit")
            case .miss: parts.append("fwd=miss")
            case .request: parts.append("fwd=request")
            case .bypass: parts.append("fwd=bypass")
            }
            if use.way != .hit {
                if use.isStored { parts.append("stored") }
                if use.isJoined { parts.append("collapsed") }
            }
            if let ttl = use.ttlSeconds { parts.append("ttl=\(Self.integer(ttl))") }
        }
        parts.append("key=\(Self.string("\(service.lowercased())/\(target)"))")
        parts.append("detail=\(Self.string(service))")
        return parts.joined(separator: "; ")
    }

    /// At most 15 digits.
    static func integer(_ value: Int) -> String { String(min(max(value, -999_999_999_999_999), 999_999_999_999_999)) }

    /// In quotes, with a backslash before quotes and backslashes.
    static func string(_ text: String) -> String {
        "\"\(text.inHeader().replacing("\\", with: #"\\"#).replacing("\"", with: #"\""#))\""
    }
}

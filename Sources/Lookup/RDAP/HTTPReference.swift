/// Absolute addresses of HTTP, and what a redirect makes of one (RFC 3986, 5.2, for what servers send).
package enum HTTPReference {
    static let lengthLimit = 2_048

    /// `http://host` or `https://host`, and only printable ASCII, so that nothing in it ends a line of a request.
    package static func isAbsolute(_ text: String) -> Bool {
        guard text.utf8.count <= lengthLimit, text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return false }
        return ["http://", "https://"].contains { text.hasPrefix($0) && text.utf8.count > $0.utf8.count && !text.hasPrefix($0 + "/") }
    }

    /// The address that `location` names, seen from `base`; `nil` for what leads nowhere over HTTP.
    package static func resolve(_ location: String, from base: String) -> String? {
        guard let scheme = base.firstRange(of: "://") else { return nil }
        let authorityEnd = base[scheme.upperBound...].firstIndex { "/?#".contains($0) } ?? base.endIndex
        let text = String(location.prefix { $0 != "#" })
        let resolved: String
        if isAbsolute(lowerScheme(text)) {
            resolved = lowerScheme(text)
        } else if text.hasPrefix("//") {
            resolved = base[..<scheme.lowerBound] + ":" + text
        } else if text.hasPrefix("/") {
            resolved = base[..<authorityEnd] + text
        } else if text.isEmpty || text.prefix(while: { $0 != "/" && $0 != "?" }).contains(":") {
            return nil
        } else {
            let path: Substring = base[authorityEnd...].prefix { $0 != "?" && $0 != "#" }
            let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/"
            resolved = base[..<authorityEnd] + folder + text
        }
        return isAbsolute(resolved) ? withoutDots(resolved) : nil
    }

    /// Takes the steps `.` and `..` out of the path (RFC 3986, 5.2.4).
    private static func withoutDots(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://"),
            let start = text[scheme.upperBound...].firstIndex(where: { "/?".contains($0) }), text[start] == "/"
        else { return text }
        let path = text[start...].prefix { $0 != "?" }
        let steps = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var kept: [Substring] = []
        for step in steps {
            if step == ".." { _ = kept.popLast() } else if step != "." { kept.append(step) }
        }
        // A path that ends with a dot step is a folder.
        if let last = steps.last, last == "." || last == ".." { kept.append("") }
        return text[..<start] + "/" + kept.joined(separator: "/") + text[path.endIndex...]
    }

    private static func lowerScheme(_ text: String) -> String {
        guard let end = text.firstRange(of: "://") else { return text }
        return text[..<end.lowerBound].lowercased() + text[end.lowerBound...]
    }

    /// The host of an absolute address, as clients look for it: without a user, brackets or a port.
    package static func host(_ text: String) -> String {
        let authority = authority(text)
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority[...]
        if place.hasPrefix("[") { return String(place.dropFirst().prefix { $0 != "]" }) }
        return String(place.prefix { $0 != ":" })
    }

    /// The port of an absolute address, the scheme's own where none is written; `nil` for what is no port.
    package static func port(_ text: String) -> UInt16? {
        let authority = authority(text), standard: UInt16 = text.lowercased().hasPrefix("https:") ? 443 : 80
        let place = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority[...]
        guard let colon = place.lastIndex(of: ":"), place.last != "]" else { return standard }
        let digits = place[place.index(after: colon)...]
        guard digits.utf8.allSatisfy(DomainName.isDigit) else { return nil }
        return digits.isEmpty ? standard : UInt16(digits).flatMap { $0 > 0 ? $0 : nil }
    }

    /// The host and port of an absolute address in lower case, the scheme's own port where none is written: one name for one server.
    package static func endpoint(_ text: String) -> String {
        let host = host(text).lowercased()
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return "\(bracketed):\(port(text) ?? (text.lowercased().hasPrefix("https:") ? 443 : 80))"
    }

    /// The host and port of an absolute address, for sentences.
    package static func authority(_ text: String) -> String {
        guard let scheme = text.firstRange(of: "://") else { return text }
        return String(text[scheme.upperBound...].prefix { !"/?#".contains($0) })
    }
}

import Topology

/// Where a question goes, read from what a user or a member has written.
struct HTTPTarget: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case tcp(host: String, port: Int)
        case socket(path: String)
    }

    let place: Place
    /// For the header of that name.
    let host: String
    /// What comes before every path; without a slash at its end.
    let prefix: String

    /// - Throws: for what is neither `http://host[:port][/prefix]` nor `unix:path`.
    init(_ base: String) throws(NoAnswer) {
        if base.hasPrefix("unix:") {
            place = .socket(path: String(base.dropFirst("unix:".count)))
            host = "localhost"
            prefix = ""
            return
        }
        let scheme = "http://"
        guard base.hasPrefix(scheme) else { throw .noAddress(base) }
        let rest = base.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" }
        let endpoint = HostText.parseEndpoint(String(authority)) ?? HostText.parseEndpoint("\(authority):80")
        guard let endpoint else { throw .noAddress(base) }
        place = .tcp(host: endpoint.host, port: endpoint.port)
        host = String(authority)
        let path = rest.dropFirst(authority.count)
        prefix = String(path.hasSuffix("/") ? path.dropLast() : path)
    }
}

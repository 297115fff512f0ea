/// The hops of one question, from the server that the registry names to where that and others redirect.
struct RDAPTrail: Sendable {
    /// Hops that are followed.
    static let limit = 5

    private let target: LookupTarget
    private var urls: [String]

    init(_ first: String, _ target: LookupTarget) {
        self.target = target
        urls = [first]
    }

    /// Where the question is put now.
    var url: String { urls[urls.count - 1] }

    static func isRedirect(_ status: Int) -> Bool { [301, 302, 303, 307, 308].contains(status) }

    /// Takes the next hop, which is still to be judged.
    mutating func follow(_ answer: LookupHTTP.Answer) throws(RDAPFault) {
        let server = "RDAP server \(HTTPReference.authority(url))"
        guard let location = answer.header("Location") else { throw RDAPFault("\(server) redirects to nowhere for '\(target)'") }
        guard let next = HTTPReference.resolve(location, from: url) else {
            throw RDAPFault("\(server) redirects to '\(location.prefix(100))' for '\(target)', which is no address of HTTP")
        }
        if url.hasPrefix("https:"), !next.hasPrefix("https:") {
            throw RDAPFault("\(server) redirects from an encrypted connection to '\(next.prefix(100))' for '\(target)'")
        }
        guard !urls.contains(next) else {
            throw RDAPFault("\(server) redirects in a circle for '\(target)': back to '\(next.prefix(100))'")
        }
        guard urls.count <= Self.limit else {
            throw RDAPFault("RDAP server \(HTTPReference.authority(urls[0])) redirects more than \(Self.limit) times for '\(target)'")
        }
        urls.append(next)
    }
}

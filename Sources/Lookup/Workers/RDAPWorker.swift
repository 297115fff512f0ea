import JSONDocument
import World

// WHO HOLDS A NAME OR AN ADDRESS
//
// The registration data access protocol (RFC 7480 to 7484, 9082, 9083) is JSON over HTTP. Which server to ask is told by IANA's
// bootstrap registries (RFC 9224), by the longest entry that fits. A server may redirect to one that knows more. Redirects are
// followed by hand, so that each hop can be judged and their number has a limit: none may lead from the Internet into the network
// of this node (RDAPPath says how). What the last server says is the result, as it says it. When a server of the list does not
// answer, is out of order or is left alone for that, the next is asked; what a server does answer (that there is nothing, or too
// many questions) counts for all of them. Addresses that belong to somebody else in every network (loopback, private, link-local)
// are registered to nobody, and no registry is asked for them.

/// Finds out who holds a domain or an address.
public struct RDAPWorker: LookupWorker {
    /// Hops that are followed.
    public static let redirectLimit = 5
    /// Bytes of an answer that are read.
    public static let bodyLimit = 1 << 20

    private let bootstrap: RDAPBootstrap
    private let path: RDAPPath
    private let outside: OutsideHosts
    private let patience: Duration
    public let timeout: Duration

    public var service: LookupService { .rdap }

    /// - Parameters:
    ///   - resolver: finds out where redirects lead, and gives the door through which servers are asked.
    ///   - base: of the bootstrap registries, without a slash at its end: `https://data.iana.org/rdap`.
    ///   - timeout: for all hops and servers together.
    public init(_ resolver: LookupResolver, base: String, timeout: Duration = .seconds(15)) {
        self.timeout = timeout
        outside = resolver.client.outside
        path = RDAPPath(resolver: resolver, base: base)
        // Leaves time for another server.
        patience = timeout / 2
        bootstrap = RDAPBootstrap(outside, base: base, patience: patience, limit: Self.bodyLimit)
    }

    public func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        if let range = target.address?.specialRange, range.kind.isLocal {
            throw LookupFailure("'\(target)' is registered to nobody: \(range.prefix) is \(range.kind.rawValue) (\(range.source))")
        }
        let servers = try await bootstrap.registry(RDAPRegistry.Kind(target)).servers(for: target)
        guard !servers.isEmpty else { throw LookupFailure("no RDAP server is known for '\(target)'") }
        var silent: [String] = []
        for server in servers {
            let path = target.address.map { "ip/\($0.addressText)" } ?? "domain/\(target)"
            do {
                return LookupAnswer(try await fetch(server + (server.hasSuffix("/") ? "" : "/") + path, target, world))
            } catch let error as Silence {
                silent.append(error.description)
            }
        }
        throw LookupFailure(silent.joined(separator: "; "))
    }

    /// A server that cannot answer for itself: the next may.
    private struct Silence: Error, CustomStringConvertible {
        let description: String
    }

    private func fetch(_ first: String, _ target: LookupTarget, _ world: any World) async throws -> JSON {
        var url = first, address: IPAddress?
        for _ in 0...Self.redirectLimit {
            let answer: LookupHTTP.Answer
            do {
                answer = try await LookupHTTP.get(
                    url, accept: "application/rdap+json", patience: patience, limit: Self.bodyLimit, through: outside, at: address)
            } catch let error as LookupHTTP.NoAnswer {
                throw Silence(description: "RDAP server \(HTTPReference.authority(url)) has no answer for '\(target)': \(error)")
            } catch let refusal as OutsideRefusal {
                let sentence = "RDAP server \(HTTPReference.authority(url)) is not asked for '\(target)': \(refusal)"
                // What it has said counts for all, as it did when it was said.
                throw refusal.reason == .resting ? LookupFailure(sentence) : Silence(description: sentence) as any Error
            }
            guard [301, 302, 303, 307, 308].contains(answer.status) else { return try document(answer, url, target) }
            let next = try next(url, answer, target)
            do {
                address = try await path.judge(next, world)
            } catch let failure as LookupFailure {
                let server = "RDAP server \(HTTPReference.authority(url))"
                throw LookupFailure("\(server) redirects to '\(HTTPReference.authority(next))' for '\(target)', and \(failure)")
            }
            url = next
        }
        throw LookupFailure("RDAP server \(HTTPReference.authority(first)) redirects more than \(Self.redirectLimit) times for '\(target)'")
    }

    private func next(_ url: String, _ answer: LookupHTTP.Answer, _ target: LookupTarget) throws -> String {
        let server = "RDAP server \(HTTPReference.authority(url))"
        guard let location = answer.header("Location"), let next = HTTPReference.resolve(location, from: url) else {
            let shown = answer.header("Location").map { "to '\($0.prefix(100))'" } ?? "to nowhere"
            throw LookupFailure("\(server) redirects \(shown) for '\(target)'")
        }
        if url.hasPrefix("https:"), !next.hasPrefix("https:") {
            throw LookupFailure("\(server) redirects from an encrypted connection to '\(next.prefix(100))' for '\(target)'")
        }
        return next
    }

    private func document(_ answer: LookupHTTP.Answer, _ url: String, _ target: LookupTarget) throws -> JSON {
        let name = LookupHTTP.name(ofStatus: answer.status), server = HTTPReference.authority(url)
        switch answer.status {
        case 200: break
        case 429:
            let wait = answer.header("Retry-After").map { "; Retry-After: \($0.prefix(60))" } ?? ""
            throw LookupFailure("RDAP server returned \(name) for '\(target)'\(wait)")
        case 500...: throw Silence(description: "RDAP server \(server) returned \(name) for '\(target)'")
        default: throw LookupFailure("RDAP server returned \(name) for '\(target)'")
        }
        let complaint: String
        do throws(JSONError) {
            let json = try JSON(parsing: answer.body)
            if case .object = json { return json }
            complaint = "it is \(json.kind)"
        } catch {
            complaint = "\(error)"
        }
        let type = answer.header("Content-Type").map { "'\($0.prefix(60))'" } ?? "no content type"
        throw LookupFailure("RDAP server \(server) answered '\(target)' with \(type), which is no RDAP document: \(complaint)")
    }
}

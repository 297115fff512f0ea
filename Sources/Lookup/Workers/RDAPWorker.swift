import JSONDocument
import World

// WHO HOLDS A NAME OR AN ADDRESS
//
// The registration data access protocol (RFC 7480 to 7484, 9082, 9083) is JSON over HTTP. Which server to ask is told by IANA's
// bootstrap registries (RFC 9224), by the longest entry that fits. A server may redirect to one that knows more. Redirects are
// followed by hand, so that each hop can be judged and their number has a limit: none may lead from the Internet into the network
// of this node (RDAPPath says how). What the last server says is the result, as it says it. When a server of the list does not
// answer, is out of order, sends what is no RDAP document, leads astray or is left alone, the next is asked; what a server does
// answer (that there is nothing, or too many questions) counts for all of them. Addresses that belong to somebody else in every
// network (loopback, private, link-local) are registered to nobody, and no registry is asked for them.

/// Finds out who holds a domain or an address.
public struct RDAPWorker: LookupWorker {
    /// Servers of one entry that are asked.
    static let serverLimit = 4
    /// Bytes of an answer that are read.
    static let bodyLimit = 1 << 20

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
        if let address = target.address, let range = address.specialRange, range.kind.isLocal {
            // That it is refused as a target is only counted: this says more.
            try? outside.addresses.admit(target: [address])
            let words = "'\(target)' is registered to nobody: \(range.prefix) is \(range.kind.rawValue) (\(range.source))"
            throw LookupFailure(words, source: .target)
        }
        let kind = RDAPRegistry.Kind(target)
        let servers = try await bootstrap.registry(kind).servers(for: target)
        guard !servers.isEmpty else {
            let domain = target.text.split(separator: ".").last ?? ""
            let place = target.address == nil ? "names no server for .\(domain)" : "has no block with it"
            throw LookupFailure(
                "no RDAP server is known for '\(target)': the registry \(kind.rawValue).json \(place)", source: .target,
                keep: RDAPAnswer.keepFound)
        }
        // A little earlier than the bench, which could name nobody.
        let deadline = world.now + timeout - timeout / 20
        var faults: [String] = []
        for server in servers.prefix(Self.serverLimit) {
            guard world.now < deadline else {
                faults.append("no time is left for RDAP server \(HTTPReference.authority(server))")
                break
            }
            do { return try await visit(server, target, deadline, world) } catch let fault as RDAPFault { faults.append(fault.description) }
        }
        throw LookupFailure(faults.joined(separator: "; "))
    }

    /// Asks one server of the registry's, and whom it redirects to.
    /// - Throws: ``RDAPFault`` when another may be asked; ``LookupFailure``, `CancellationError`.
    private func visit(_ server: String, _ target: LookupTarget, _ deadline: Instant, _ world: any World) async throws -> LookupAnswer {
        let question = target.address.map { "ip/\($0.addressText)" } ?? "domain/\(target)"
        var trail = RDAPTrail(server + (server.hasSuffix("/") ? "" : "/") + question, target)
        var addresses = try await judge(trail.url, "the RDAP bootstrap names the server", target, world)
        while true {
            let answer = try await ask(trail.url, addresses, target, within: deadline - world.now)
            guard RDAPTrail.isRedirect(answer.status) else { return try RDAPAnswer(answer: answer, url: trail.url, target: target).read() }
            let last = "RDAP server \(HTTPReference.authority(trail.url)) redirects to"
            try trail.follow(answer)
            addresses = try await judge(trail.url, last, target, world)
        }
    }

    private func judge(_ url: String, _ who: String, _ target: LookupTarget, _ world: any World) async throws -> [IPAddress] {
        do { return try await path.judge(url, world) } catch let fault as RDAPFault {
            throw RDAPFault("\(who) '\(HTTPReference.authority(url).prefix(255))' for '\(target)', and \(fault)")
        }
    }

    private func ask(
        _ url: String, _ addresses: [IPAddress], _ target: LookupTarget, within rest: Duration
    ) async throws -> LookupHTTP.Answer {
        let server = "RDAP server \(HTTPReference.authority(url))", patience = max(.milliseconds(1), min(patience, rest))
        do {
            return try await LookupHTTP.get(
                url, accept: "application/rdap+json", patience: patience, limit: Self.bodyLimit, through: outside, at: addresses)
        } catch let error as LookupHTTP.NoAnswer {
            throw RDAPFault("\(server) has no answer for '\(target)': \(error)")
        } catch let refusal as OutsideRefusal {
            let sentence = "\(server) is not asked for '\(target)': \(refusal)"
            // What it has said counts for all, as it did when it was said.
            throw refusal.reason == .resting ? LookupFailure(sentence) : RDAPFault(sentence) as any Error
        }
    }
}

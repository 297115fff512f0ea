import World

// WHAT A NAME LEADS TO
//
// A name may be an alias of another (RFC 1034, 3.6.2); that is how the reverse names of less than 256 addresses are given to whoever
// holds them (RFC 2317). A server that finds out for others sends the whole chain in one answer. One that knows only its own zone sends
// the part that lies in it, and the rest is asked for under the last name of it. The number of aliases has a limit, and so has the
// number of questions; a chain that comes back to where it was ends at once.

/// What the servers say of a name.
struct DNSFinding: Sendable {
    /// Of the records of the type that was asked for, in the order of the answer; empty when there are none.
    let data: [DNSRecord.Data]
    /// False when the name, or the one that its aliases lead to, does not exist (NXDOMAIN).
    let exists: Bool
    /// The names that aliases lead to, in their order.
    let aliases: [String]
    /// Seconds for which all this holds: the least on the way, that of the negative answer when there are no records (RFC 2308, 5).
    /// `nil` when the servers do not say.
    let timeToLive: UInt32?
    /// Who has answered last, as `address:port`; `nil` for one of the system's.
    let server: String?

    /// Without repetitions, in the order of the answer.
    var addresses: [IPAddress] {
        var seen: Set<IPAddress> = []
        return data.compactMap { if case .address(let address) = $0, seen.insert(address).inserted { address } else { nil } }
    }

    var names: [String] { data.compactMap { if case .name(let name) = $0 { name } else { nil } } }
}

extension DNSClient {
    /// Aliases that are followed from one name.
    static let aliasLimit = 16
    /// Times that a chain is asked on for.
    static let questionLimit = 8

    /// Asks for the records of a type, and follows aliases to them.
    /// - Throws: ``DNSFailure``, `CancellationError`.
    func find(_ name: String, _ type: DNSType, _ world: any World) async throws -> DNSFinding {
        var owner = name.lowercased(), aliases: [String] = [], least = UInt32.max
        for _ in 0..<Self.questionLimit {
            let reply = try await ask(owner, type, world), message = reply.message
            let walk = message.walk(from: owner, type, limit: Self.aliasLimit)
            least = min(least, walk.timeToLive)
            aliases += walk.aliases
            guard Set(aliases + [name.lowercased()]).count == aliases.count + 1 else {
                throw DNSFailure(message: "the aliases of \(name) lead round in a circle", source: .target)
            }
            guard aliases.count <= Self.aliasLimit else { break }
            if reply.isPositive, !walk.data.isEmpty {
                return DNSFinding(data: walk.data, exists: true, aliases: aliases, timeToLive: least, server: message.server)
            }
            let negative = message.negativeTimeToLive.map { min($0, least) }
            if !reply.isPositive || negative != nil {
                return DNSFinding(data: [], exists: message.code == 0, aliases: aliases, timeToLive: negative, server: message.server)
            }
            guard let last = walk.aliases.last else {
                throw DNSFailure(answer: "answered with records of other names than \(owner)", server: message.server)
            }
            owner = last
        }
        throw DNSFailure(message: "the aliases of \(name) lead on too far; \(aliases.count) were followed", source: .target)
    }
}

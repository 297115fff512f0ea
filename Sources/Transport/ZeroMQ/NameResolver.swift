import Glibc
import Synchronization
import World

/// Turns the hosts of peers into numeric addresses.
///
/// libzmq would ask for a name on the one thread that moves all its bytes, where one slow answer keeps every link
/// waiting; so libzmq is given numbers only. The question blocks, so it is asked on threads kept for nothing else: no link
/// waits behind the node's work. Answers are kept for a few seconds: long enough for the three lanes and a probe, short
/// enough to find a container that has moved.
///
/// Confined to the event loop, which an answer wakes.
struct NameResolver {
    /// Blocks, and returns the numeric addresses of a host, best first; none when it has none or nobody answers.
    typealias LookUp = @Sendable (String) -> [String]

    private final class Answers: Sendable {
        let arrived = Mutex<[(host: String, addresses: [String])]>([])
    }

    private static let keptFor = Duration.seconds(5)
    /// A name that is not known now may be in a moment: a container that starts.
    private static let refusalKeptFor = Duration.seconds(1)
    private static let threads = ThreadPool(name: "gossamer-names", limit: 2)
    /// Hosts that are known or wait; they come from peers.
    private static let limit = 4096
    private static let addressesPerHost = 16

    private let reactor: Reactor
    private let lookUp: LookUp
    private let answers = Answers()
    private var known: [String: (addresses: [String], expires: Instant)] = [:]
    /// Hosts that were asked for and not answered.
    private var pending: Set<String> = []

    init(reactor: Reactor, lookUp: @escaping LookUp) {
        self.reactor = reactor
        self.lookUp = lookUp
    }

    /// The addresses of `host`, if they are known; otherwise `nil`, and ``takeAnswers(now:)`` has them later.
    mutating func addresses(of host: String, now: Instant) -> [String]? {
        if Self.isNumeric(host) { return [host] }
        if let answer = known[host], answer.expires > now { return answer.addresses }
        guard !pending.contains(host) else { return nil }
        guard pending.count < Self.limit else { return [] }
        pending.insert(host)
        Self.threads.submit(.body { [reactor, lookUp, answers] in
            let addresses = lookUp(host)
            answers.arrived.withLock { $0.append((host, addresses)) }
            reactor.wake()
        })
        return nil
    }

    /// The hosts of which the addresses have become known.
    mutating func takeAnswers(now: Instant) -> [(host: String, addresses: [String])] {
        if pending.isEmpty { return [] }
        let arrived = answers.arrived.withLock { arrived in
            defer { arrived = [] }
            return arrived
        }
        for (host, addresses) in arrived {
            pending.remove(host)
            if known.count >= Self.limit { known.removeAll() }
            known[host] = (addresses, now + (addresses.isEmpty ? Self.refusalKeptFor : Self.keptFor))
        }
        return arrived
    }

    static func isNumeric(_ host: String) -> Bool {
        var buffer = in6_addr()
        return inet_pton(AF_INET, host, &buffer) == 1 || inet_pton(AF_INET6, host, &buffer) == 1
    }

    /// What the system says: `/etc/hosts`, then DNS, in the order of RFC 6724.
    static func systemLookUp(_ host: String) -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
        defer { freeaddrinfo(list) }
        var addresses: [String] = []
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var next = list
        while let entry = next?.pointee, addresses.count < addressesPerHost {
            if getnameinfo(entry.ai_addr, entry.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 {
                addresses.append(String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            next = entry.ai_next
        }
        return addresses
    }
}

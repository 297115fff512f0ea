import Crypto
import Limits
import Lookup
import Web

/// How much the clients of an edge may ask for.
public struct LimitSettings: Sendable, Hashable {
    /// A client that is known by a key, and what it may ask for.
    public struct Key: Sendable, Hashable {
        /// How the client is called, for its bucket.
        public let name: String
        public let post: LimitPolicy
        public let get: LimitPolicy

        public init(name: String, post: LimitPolicy, get: LimitPolicy) {
            self.name = name
            self.post = post
            self.get = get
        }
    }

    /// For each client, what begins work.
    public var post: LimitPolicy
    /// For each client, what asks for it or ends it.
    public var get: LimitPolicy
    /// For all clients together.
    public var all: LimitPolicy
    /// Clients by the SHA-256 of their keys: 64 hexadecimal digits in lower case.
    public var keys: [String: Key]
    /// Proxies whose `X-Forwarded-For` is believed: addresses with a prefix length.
    let proxies: [AddressPrefix]

    /// The figures of the contract.
    public static let contract = LimitSettings(
        post: LimitPolicy(limit: 20, window: .seconds(60), segments: 6, queue: 5),
        get: LimitPolicy(limit: 100, window: .seconds(60), segments: 1, queue: 10),
        all: LimitPolicy(limit: 1_000, window: .seconds(60), segments: 1, queue: 0))

    public init(post: LimitPolicy, get: LimitPolicy, all: LimitPolicy) {
        self.init(post: post, get: get, all: all, keys: [:], proxies: [])
    }

    /// - Parameters:
    ///   - keys: clients by the SHA-256 of their keys.
    ///   - proxies: whose `X-Forwarded-For` is believed.
    package init(post: LimitPolicy, get: LimitPolicy, all: LimitPolicy, keys: [String: Key], proxies: [AddressPrefix]) {
        self.post = post
        self.get = get
        self.all = all
        self.keys = keys
        self.proxies = proxies
    }

    /// What a client may ask for.
    func policy(_ rate: WebRoute.Rate, of key: Key?) -> LimitPolicy {
        switch rate {
        case .post: key?.post ?? post
        case .get: key?.get ?? get
        }
    }

    /// The client to whom a key belongs. Keys are known by their digests alone, so that no file and no comparison tells one.
    func client(of key: some StringProtocol) -> Key? {
        keys.isEmpty ? nil : keys[SHA256.hash(data: Array(key.utf8)).map { String(UInt16($0) + 256, radix: 16).dropFirst() }.joined()]
    }
}

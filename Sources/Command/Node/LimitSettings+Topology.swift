import Edge
import Limits
import Lookup
import Topology
import World

extension LimitSettings {
    /// The limits of a topology. What it does not say is the contract's.
    package init(_ options: LimitOptions) {
        let contract = LimitSettings.contract
        let post = LimitPolicy(options.post, else: contract.post), get = LimitPolicy(options.get, else: contract.get)
        let keys = options.keys.map { key in
            (key.digest, Key(name: key.name, post: LimitPolicy(key.post, else: post), get: LimitPolicy(key.get, else: get)))
        }
        self.init(
            post: post, get: get, all: LimitPolicy(options.all, else: contract.all),
            keys: Dictionary(keys, uniquingKeysWith: { first, _ in first }),
            proxies: options.trustedProxies.compactMap { AddressPrefix(proxy: $0) })
    }
}

extension LimitPolicy {
    /// - Parameter standard: for what is not given. Its queue goes no further than the limit.
    init(_ figures: LimitOptions.Figures, else standard: LimitPolicy) {
        let limit = figures.limit ?? standard.limit
        self.init(
            limit: limit, window: figures.window ?? standard.window, segments: figures.segments ?? standard.segments,
            queue: figures.queue ?? min(standard.queue, limit))
    }
}

extension AddressPrefix {
    /// An address, or a prefix of addresses with its length.
    init?(proxy text: String) {
        let whole = IPAddress(text).map { "\(text)/\($0.bytes.count * 8)" }
        self.init(whole ?? text)
    }
}

extension Topology {
    /// Queues that are longer than their limits, and proxies that are no addresses.
    var limitProblems: [TopologyProblem] {
        let settings = LimitSettings(limits)
        var policies = [("limits.post", settings.post), ("limits.get", settings.get), ("limits.all", settings.all)]
        for key in limits.keys {
            guard let client = settings.keys[key.digest] else { continue }
            policies += [("limits.keys.\(key.name).post", client.post), ("limits.keys.\(key.name).get", client.get)]
        }
        let queues = policies.filter { $1.queue > $1.limit }.map { path, policy in
            problem(
                .badValue, at: path + ".queue", value: "\(policy.queue)",
                "\(path) has a queue of \(policy.queue) and a limit of \(policy.limit); a queue has at most as many places as the limit")
        }
        let proxies = limits.trustedProxies.enumerated().filter { AddressPrefix(proxy: $1) == nil }.map { index, text in
            problem(
                .badValue, at: "limits.trustedProxies[\(index)]", value: text,
                "\"\(text)\" is no proxy; name it by its address, or several by a prefix, such as 10.0.0.1 or 10.0.0.0/8")
        }
        return queues + proxies
    }
}

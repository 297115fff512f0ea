/// The section `limits`: how much the clients of edges may ask for. The figures bear the names that they have in the limits' own
/// `LimitPolicy`, which says what each is for. What is nil was not given and is left to the figures of the contract.
public struct LimitOptions: Hashable, Sendable {
    /// One limit.
    public struct Figures: Hashable, Sendable {
        /// Requests in a window.
        public var limit: Int?
        /// The window's length.
        public var window: Duration?
        /// The pieces of the window.
        public var segments: Int?
        /// Requests that wait.
        public var queue: Int?

        public init() {}
    }

    /// A client that is known by a key.
    public struct Key: Hashable, Sendable {
        public let name: String
        /// The SHA-256 of the key: 64 hexadecimal digits in lower case.
        public let digest: String
        public let post: Figures
        public let get: Figures
    }

    /// For each client, requests that begin lookups.
    public var post = Figures()
    /// For each client, requests that ask for lookups or end them.
    public var get = Figures()
    /// For all clients together.
    public var all = Figures()
    /// In the order of the file.
    public var keys: [Key] = []
    /// Addresses, with a prefix length or without, of proxies whose `X-Forwarded-For` is believed.
    public var trustedProxies: [String] = []

    public init() {}
}

extension OptionsReader {
    package func limits() -> LimitOptions {
        var options = LimitOptions()
        guard let section = root.section("limits", known: TopologyKeys.limits) else { return options }
        options.post = figures("post", of: section)
        options.get = figures("get", of: section)
        options.all = figures("all", of: section)
        options.trustedProxies = (section.texts("trustedProxies") ?? []).map(\.value)
        guard let keys = section.section("keys", known: nil) else { return options }
        for name in keys.keys {
            if !NameText.isValid(name.value) { keys.refuse(name, "is no name: \(NameText.rule)") }
            guard let key = keys.section(name.value, known: TopologyKeys.limitKey) else { continue }
            let (post, get) = (figures("post", of: key), figures("get", of: key))
            guard let digest = digest(key, of: name.value) else { continue }
            if let other = options.keys.first(where: { $0.digest == digest.value }) {
                key.refuse(digest, "is the key of \"\(other.name)\" already; every client needs one of its own")
            }
            options.keys.append(.init(name: name.value, digest: digest.value, post: post, get: get))
        }
        return options
    }

    private func figures(_ key: String, of section: Section) -> LimitOptions.Figures {
        var figures = LimitOptions.Figures()
        guard let section = section.section(key, known: TopologyKeys.limit) else { return figures }
        figures.limit = section.integer("limit", in: 1 ... 1_000_000_000)?.value
        figures.window = section.duration("window", in: .seconds(1) ... .seconds(3_600))
        figures.segments = section.integer("segments", in: 1 ... 60)?.value
        figures.queue = section.integer("queue", in: 0 ... 10_000)?.value
        return figures
    }

    private func digest(_ section: Section, of name: String) -> Located<String>? {
        guard section.has("sha256") else {
            section.diagnostics.report(
                .missingKey, at: section.place,
                "the client \"\(name)\" has no \"sha256\", so nobody is it; make one with: printf %s KEY | sha256sum")
            return nil
        }
        guard let text = section.text("sha256") else { return nil }
        guard text.value.utf8.count == 64, text.value.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            section.refuse(text, "must be the SHA-256 of the client's key, 64 hexadecimal digits in lower case: printf %s KEY | sha256sum")
            return nil
        }
        return text
    }
}

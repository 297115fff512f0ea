/// What is said about a node in one place: under `defaults`, or under the node itself.
struct NodeFields {
    struct EndpointFields {
        var host: Located<String>?
        var port: Located<Int>?
        /// Whether a port was given, be it a good one or not.
        var hasPort: Bool
        let place: Place

        func endpoint(otherwise host: String) -> Endpoint? {
            port.map { Endpoint(host: self.host?.value ?? host, port: $0.value) }
        }
    }

    var bind: Located<String>?
    var advertise: Located<String>?
    var port: Located<Int>?
    var hasPort = false
    var admin: EndpointFields?
    var edge: EndpointFields?
    var roles: [String]?
    var zone: String?
    var capacity: Int?
    var labels: [String: String] = [:]
    var dataDir: Located<String>?

    static var nothing: NodeFields { NodeFields() }

    private init() {}

    init(_ section: Section, directory: String) {
        bind = section.address("bind")
        advertise = section.host("advertise", wildcardAllowed: false)
        port = section.integer("port", in: 1 ... 65_533)
        hasPort = section.has("port")
        admin = Self.endpoint("admin", of: section)
        edge = Self.endpoint("edge", of: section)
        roles = Self.roles(of: section)
        zone = section.shortText("zone")?.value
        capacity = Self.capacity(of: section)
        labels = Self.labels(of: section)
        dataDir = section.path("dataDir", beside: directory)
    }

    /// These fields, with `defaults` where they say nothing. Addresses and labels are filled in key by key.
    func filled(from defaults: NodeFields) -> NodeFields {
        var result = self
        result.bind = bind ?? defaults.bind
        result.advertise = advertise ?? defaults.advertise
        result.port = port ?? (hasPort ? nil : defaults.port)
        result.hasPort = hasPort || defaults.hasPort
        result.admin = Self.filled(admin, from: defaults.admin)
        result.edge = Self.filled(edge, from: defaults.edge)
        result.roles = roles ?? defaults.roles
        result.zone = zone ?? defaults.zone
        result.capacity = capacity ?? defaults.capacity
        result.labels = defaults.labels.merging(labels) { _, own in own }
        result.dataDir = dataDir ?? defaults.dataDir
        return result
    }

    private static func filled(_ own: EndpointFields?, from defaults: EndpointFields?) -> EndpointFields? {
        guard var result = own else {
            // A host alone is a default for those that have the address; it gives nobody one.
            return defaults?.hasPort == true ? defaults : nil
        }
        result.host = result.host ?? defaults?.host
        result.port = result.port ?? (result.hasPort ? nil : defaults?.port)
        result.hasPort = result.hasPort || defaults?.hasPort == true
        return result
    }

    private static func endpoint(_ key: String, of section: Section) -> EndpointFields? {
        guard let inner = section.section(key, known: TopologyKeys.endpoint) else { return nil }
        return EndpointFields(
            host: inner.host("host", wildcardAllowed: true), port: inner.integer("port", in: 1 ... 65_535),
            hasPort: inner.has("port"), place: inner.place)
    }

    private static func roles(of section: Section) -> [String]? {
        guard let texts = section.texts("roles") else { return nil }
        var roles: Set<String> = []
        for text in texts {
            guard NameText.isValid(text.value) else {
                section.refuse(text, "is no role: \(NameText.rule)")
                continue
            }
            roles.insert(text.value)
            let known = TopologyNode.defaultRoles
            if !known.contains(text.value), let nearest = NearestName.suggest(text.value, among: known) {
                section.diagnostics.warn(
                    .badValue, at: text.place, value: text.value,
                    "\"\(text.value)\" is a role of your own, and much like one that Gossamer knows", suggestion: nearest)
            }
        }
        if texts.count > 64 {
            section.diagnostics.report(
                .badValue, at: texts[64].place, value: "\(texts.count)",
                "\"\(section.path("roles"))\" lists \(texts.count) roles; a node has at most 64")
        }
        return roles.sorted()
    }

    private static func capacity(of section: Section) -> Int? {
        let demand = "must be a number from 0.01 to 64 with at most two decimals; 1 is an ordinary node"
        guard let text = section.plain("capacity", demand) else { return nil }
        guard let thousandths = DurationNotation.thousandths(text.value), thousandths % 10 == 0,
            (10 ... 64_000).contains(thousandths)
        else {
            section.refuse(text, demand)
            return nil
        }
        return Int(thousandths / 10)
    }

    private static func labels(of section: Section) -> [String: String] {
        guard let inner = section.section("labels", known: nil) else { return [:] }
        var labels: [String: String] = [:]
        for key in inner.keys { labels[key.value] = inner.shortText(key.value)?.value }
        if inner.keys.count > 64 {
            section.diagnostics.report(
                .badValue, at: inner.place, value: "\(inner.keys.count)",
                "\"\(inner.place.keyPath)\" has \(inner.keys.count) labels; a node has at most 64")
        }
        return labels
    }
}

/// Reads the sections that concern all nodes.
package struct OptionsReader {
    let root: Section
    let directory: String
    let entries: [NodesReader.Entry]

    init(root: Section, directory: String, entries: [NodesReader.Entry]) {
        self.root = root
        self.directory = directory
        self.entries = entries
    }

    /// Of a file that is none of a topology but has some of its sections, none of which names a node.
    package init(sectionsOf root: Section) { self.init(root: root, directory: "", entries: []) }

    package func membership() -> MembershipOptions {
        var options = MembershipOptions()
        guard let section = root.section("membership", known: TopologyKeys.membership) else { return options }
        options.preset = section.choice("preset", of: MembershipOptions.Preset.self) ?? .lan
        for (key, path) in MembershipOptions.durations { options[keyPath: path] = section.duration(key) }
        for (key, path) in MembershipOptions.counts {
            options[keyPath: path] = section.integer(key, in: 0 ... 1_000_000)?.value
        }
        for (key, path) in MembershipOptions.byteCounts {
            options[keyPath: path] = section.bytes(key, in: 256 ... 1 << 20)
        }
        for (key, path) in MembershipOptions.factors { options[keyPath: path] = section.factor(key) }
        return options
    }

    package func transport() -> TransportOptions {
        var options = TransportOptions()
        guard let section = root.section("transport", known: TopologyKeys.transport) else { return options }
        options.queuedFrames = section.integer("queuedFrames", in: 64 ... 1 << 24)?.value
        // Less than the largest frame of the wire would never let that frame pass.
        options.queuedBytes = section.bytes("queuedBytes", in: 2 << 20 ... 1 << 36)
        options.window = section.integer("window", in: 2 ... 1 << 20)?.value
        options.windowBytes = section.bytes("windowBytes", in: 64 << 10 ... 1 << 36)
        options.batchBytes = section.bytes("batchBytes", in: 1 << 10 ... 1 << 20)
        options.ackDelay = section.duration("ackDelay")
        options.unresponsiveAfter = section.duration("unresponsiveAfter")
        options.inboundSessions = section.integer("inboundSessions", in: 2 ... 1 << 20)?.value
        return options
    }

    func curve() -> CurveOptions? {
        guard let security = root.section("security", known: TopologyKeys.security),
            let section = security.section("curve", known: TopologyKeys.curve)
        else { return nil }
        var options = CurveOptions(nodes: [:], allow: [:])
        let names = entries.map(\.name.value)
        let nodes = section.section("nodes", known: nil)
        for key in nodes?.keys ?? [] {
            guard names.contains(key.value) else {
                root.diagnostics.report(
                    .unknownNode, at: key.place, value: key.value,
                    "keys are given for \"\(key.value)\", which is no node of this file; keys of others go under \"allow\"",
                    suggestion: NearestName.suggest(key.value, among: names))
                continue
            }
            if let keys = nodes?.section(key.value, known: TopologyKeys.curveNode) {
                options.nodes[key.value] = self.keys(keys, of: key.value)
            }
        }
        for name in names where nodes?.has(name) != true {
            root.diagnostics.report(
                .missingKey, at: nodes?.place ?? section.place, value: name,
                "node \"\(name)\" has no keys, so it could talk to nobody; make them with \"gossamer keys new\"")
        }
        if let allow = section.section("allow", known: nil) {
            for key in allow.keys {
                if !NameText.isValid(key.value) { allow.refuse(key, "is no name: \(NameText.rule)") }
                options.allow[key.value] = publicKey(key.value, of: allow)
            }
        }
        return options
    }

    private func keys(_ section: Section, of node: String) -> CurveOptions.Keys? {
        for key in TopologyKeys.curveNode where !section.has(key) {
            section.diagnostics.report(.missingKey, at: section.place, "the keys of node \"\(node)\" lack \"\(key)\"")
        }
        let publicKey = publicKey("publicKey", of: section)
        let file = section.path("secretKeyFile", beside: directory)
        guard let publicKey, let file else { return nil }
        return CurveOptions.Keys(publicKey: publicKey, secretKeyFile: file.value)
    }

    private func publicKey(_ key: String, of section: Section) -> String? {
        guard let text = section.text(key) else { return nil }
        guard Z85Text.isKey(text.value) else {
            section.refuse(text, "must be the 40 characters of a CURVE public key in Z85, in quotes; see \"gossamer keys new\"")
            return nil
        }
        return text.value
    }

    package func lookup() -> LookupOptions {
        var options = LookupOptions()
        guard let section = root.section("lookup", known: TopologyKeys.lookup) else { return options }
        options.deadline = section.duration("deadline")
        options.runningJobs = section.integer("runningJobs", in: 1 ... 1_000_000)?.value
        if let profile = section.choice("profile", of: DocumentProfile.self) { options.profile = profile }
        options.rdapURL = section.url("rdap")
        for text in section.texts("dns") ?? [] {
            if let endpoint = HostText.parseEndpoint(text.value), HostText.isAddress(endpoint.host) {
                options.dns.append(endpoint)
            } else {
                section.refuse(text, "must be the address of a DNS server with its port, such as 127.0.0.1:53 or [::1]:53")
            }
        }
        if let files = section.section("geoip", known: TopologyKeys.geoip) {
            options.geoFiles = (files.texts("files") ?? []).map { PathText.join(directory, $0.value) }
            options.geoURL = files.url("url")
        }
        options.privateTargets = section.choice("privateTargets", of: PrivateTargets.self)
        options.ping = ping(section)
        options.outside = outside(section)
        options.cache = cache(section)
        return options
    }

    private func cache(_ lookup: Section) -> LookupCacheOptions {
        var options = LookupCacheOptions()
        guard let section = lookup.section("cache", known: TopologyKeys.cache) else { return options }
        options.entries = section.integer("entries", in: 0 ... 1_000_000)?.value
        options.bytes = section.bytes("bytes", in: 1 << 20 ... 16 << 30)
        options.keepMax = section.duration("keepMax", in: .seconds(1) ... .seconds(7 * 86_400))
        options.failedMax = section.duration("failedMax", in: .seconds(1) ... .seconds(7 * 86_400))
        return options
    }

    private func outside(_ lookup: Section) -> OutsideOptions {
        var options = OutsideOptions()
        guard let section = lookup.section("outside", known: TopologyKeys.outside) else { return options }
        options.calls = section.integer("calls", in: 1 ... 1_024)?.value
        options.questions = section.integer("questions", in: 1 ... 1_024)?.value
        options.waiting = section.integer("waiting", in: 0 ... 65_536)?.value
        options.attempts = section.integer("attempts", in: 1 ... 10)?.value
        options.failures = section.integer("failures", in: 1 ... 1_000_000)?.value
        options.pauseMin = section.duration("pauseMin", in: .milliseconds(1) ... .seconds(3_600))
        options.pauseMax = section.duration("pauseMax", in: .milliseconds(1) ... .seconds(3_600))
        options.hosts = section.integer("hosts", in: 1 ... 4_096)?.value
        return options
    }

    package func primes() -> PrimesOptions {
        var options = PrimesOptions()
        guard let section = root.section("primes", known: TopologyKeys.primes) else { return options }
        options.deadline = section.duration("deadline")
        options.runningJobs = section.integer("runningJobs", in: 1 ... 1_000_000)?.value
        return options
    }

    func admin() -> AdminOptions {
        var options = AdminOptions()
        guard let section = root.section("admin", known: TopologyKeys.admin) else { return options }
        options.tokenFile = section.path("tokenFile", beside: directory)?.value
        return options
    }

    package func log() -> LogOptions {
        var options = LogOptions()
        guard let section = root.section("log", known: TopologyKeys.log) else { return options }
        options.level = section.choice("level", of: LogOptions.Level.self) ?? .info
        return options
    }
}

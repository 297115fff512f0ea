import Choreography
import Edge
import Jobs
import Lookup
import Membership
import Mesh
import Primes
import Topology
import Transport
import Wire
import World

extension NodeConfiguration {
    /// What a topology file says of one of its nodes, in the words of the rooms that it is for.
    ///
    /// Of a topology that ``Topology/loadChecked(_:from:)`` has read, whose figures the rooms have looked at.
    /// - Throws: for a secret key that is not there or not the node's, at its line in the file.
    package init(_ node: TopologyNode, of topology: Topology, files: any FileSystem) throws(CommandFailure) {
        self.init(
            mesh: topology.mesh, name: node.name, bindHost: HostText.isWildcard(node.bind) ? "*" : node.bind,
            address: MemberAddress(node.address), seeds: topology.seeds.map { MemberAddress($0.endpoint) },
            metadata: MemberMetadata(node), dataDirectory: node.dataDir)
        membership = MembershipConfiguration(topology.membership)
        links = LinkLimits(topology.transport)
        if let options = topology.curve { curve = try CurveSecurity(options, node: node.name, of: topology, files: files) }
    }
}

extension MemberMetadata {
    /// What a node of a file tells the others of itself.
    init(_ node: TopologyNode) {
        self.init(
            roles: node.roles, labels: node.labels, capacity: UInt32(clamping: node.capacity), zone: node.zone,
            versions: MemberVersions(software: Release.version, schema: StateSchemas.program.newest),
            adminURL: node.adminForOthers.map { node.reachable($0) }, edgeURL: node.edge.map { node.reachable($0) })
    }
}

extension TopologyNode {
    /// The admin port, when those who hear of the node can reach it: not a loopback address that they would take for
    /// their own machine's.
    var adminForOthers: Endpoint? {
        admin.flatMap { HostText.isLoopback($0.host) && !HostText.isLoopback(advertise) ? nil : $0 }
    }

    /// Where others reach one of the node's own servers: at its own host, or at the advertised one when it listens everywhere.
    func reachable(_ endpoint: Endpoint) -> String {
        Endpoint(host: HostText.isWildcard(endpoint.host) ? advertise : endpoint.host, port: endpoint.port).url
    }
}

extension MemberAddress {
    init(_ endpoint: Endpoint) { self.init(host: endpoint.host, port: UInt16(clamping: endpoint.port)) }
}

extension PeerAddress {
    init(_ endpoint: Endpoint) { self.init(host: endpoint.host, port: UInt16(clamping: endpoint.port)) }
}

extension MembershipConfiguration {
    /// A preset, and the figures that replace its own.
    init(_ options: MembershipOptions) {
        switch options.preset {
        case .lan: self = .lan
        case .local: self = .local
        case .wan: self = .wan
        }
        func replace<Value>(_ path: WritableKeyPath<Self, Value>, _ value: Value?) { if let value { self[keyPath: path] = value } }
        replace(\.probeInterval, options.probeInterval)
        replace(\.probeTimeout, options.probeTimeout)
        replace(\.indirectProbes, options.indirectProbes)
        replace(\.nackFraction, options.nackFraction)
        replace(\.smallMesh, options.smallMesh)
        replace(\.suspicionMultiplier, options.suspicionMultiplier)
        replace(\.suspicionMaxMultiplier, options.suspicionMaxMultiplier)
        replace(\.confirmations, options.confirmations)
        replace(\.verifiers, options.verifiers)
        replace(\.refusalWitnesses, options.refusalWitnesses)
        replace(\.healthMaximum, options.healthMaximum)
        replace(\.latenessTolerance, options.latenessTolerance)
        replace(\.lonelyAfter, options.lonelyAfter)
        replace(\.lonelyPatience, options.lonelyPatience)
        replace(\.gossipInterval, options.gossipInterval)
        replace(\.gossipFanout, options.gossipFanout)
        replace(\.retransmitMultiplier, options.retransmitMultiplier)
        replace(\.retransmitMinimum, options.retransmitMinimum)
        replace(\.rumourBytes, options.rumourBytes)
        replace(\.antiEntropyMin, options.antiEntropyMin)
        replace(\.antiEntropyMax, options.antiEntropyMax)
        replace(\.exchangeBytes, options.exchangeBytes)
        replace(\.reconnectInterval, options.reconnectInterval)
        replace(\.reconnectRate, options.reconnectRate)
        replace(\.quietPeriod, options.quietPeriod)
        replace(\.quietLimit, options.quietLimit)
        replace(\.flapDecay, options.flapDecay)
        replace(\.flapHoldMax, options.flapHoldMax)
        replace(\.reapDeadAfter, options.reapDeadAfter)
        replace(\.reapLeftAfter, options.reapLeftAfter)
        replace(\.tombstoneFor, options.tombstoneFor)
        replace(\.leaveTimeout, options.leaveTimeout)
        replace(\.memberLimit, options.memberLimit)
    }
}

extension LinkLimits {
    init(_ options: TransportOptions) {
        self.init()
        func replace<Value>(_ path: WritableKeyPath<Self, Value>, _ value: Value?) { if let value { self[keyPath: path] = value } }
        replace(\.queuedFrames, options.queuedFrames)
        replace(\.queuedBytes, options.queuedBytes)
        replace(\.window, options.window)
        replace(\.windowBytes, options.windowBytes)
        replace(\.batchBytes, options.batchBytes)
        replace(\.ackDelay, options.ackDelay)
        replace(\.unresponsiveAfter, options.unresponsiveAfter)
        replace(\.inboundSessions, options.inboundSessions)
    }
}

extension LookupConfiguration {
    package init(_ topology: Topology) {
        self.init(topology.lookup)
        addresses = AddressPolicy(refusesPrivateTargets: topology.refusesPrivateTargets)
    }

    package init(_ options: LookupOptions) {
        self.init(geoIPFiles: options.geoFiles, dns: DNSClient.Settings(servers: options.dns.map(\.description)))
        if let url = options.geoURL { geoIPBase = url }
        if let url = options.rdapURL { rdapBase = url }
        ping = PingSettings(options.ping)
        outside = OutsideFigures(options.outside)
        cache = LookupCacheSettings(options.cache)
    }
}

extension LookupProfile {
    package init(_ options: LookupOptions) {
        switch options.profile {
        case .readme: self = .readme
        case .code: self = .code
        }
    }
}

extension LookupCacheSettings {
    init(_ options: LookupCacheOptions) {
        self.init()
        if let entries = options.entries { self.entries = entries }
        if let bytes = options.bytes { self.bytes = bytes }
        if let keepMax = options.keepMax { self.keepMax = keepMax }
        if let failedMax = options.failedMax { self.failedMax = failedMax }
    }
}

extension PingSettings {
    init(_ options: PingOptions) {
        let standard = PingSettings()
        self.init(
            methods: options.methods.map { $0.compactMap { PingMethod(rawValue: $0.rawValue) } } ?? standard.methods,
            count: options.count ?? standard.count, interval: options.interval ?? standard.interval,
            patience: options.timeout ?? standard.patience, ports: options.ports ?? standard.ports)
    }
}

extension OutsideFigures {
    init(_ options: OutsideOptions) {
        let standard = OutsideFigures()
        self.init(
            calls: options.calls ?? standard.calls, questions: options.questions ?? standard.questions,
            waiting: options.waiting ?? standard.waiting, attempts: options.attempts ?? standard.attempts,
            failures: options.failures ?? standard.failures, pauseMin: options.pauseMin ?? standard.pauseMin,
            pauseMax: options.pauseMax ?? standard.pauseMax, hosts: options.hosts ?? standard.hosts)
    }
}

extension JobLimits {
    init(_ options: LookupOptions) {
        self = LookupRequest.defaultLimits
        if let deadline = options.deadline { self.deadline = deadline }
        if let runningJobs = options.runningJobs { self.runningJobs = runningJobs }
    }

    init(_ options: PrimesOptions) {
        self = PrimesRequest.defaultLimits
        if let deadline = options.deadline { self.deadline = deadline }
        if let runningJobs = options.runningJobs { self.runningJobs = runningJobs }
    }
}

extension CurveSecurity {
    /// The node's keys, and whom it lets in.
    init(
        _ options: CurveOptions, node: String, of topology: Topology, files: any FileSystem
    ) throws(CommandFailure) {
        guard let own = options.nodes[node] else {
            throw CommandFailure(.usage, "security.curve has no entry for node \(node)")
        }
        func fault(_ status: ExitStatus, _ code: TopologyProblem.Code, _ sentence: String) -> CommandFailure {
            let place = "security.curve.nodes.\(node).secretKeyFile"
            return CommandFailure(status, topology.problem(code, at: place, value: own.secretKeyFile, sentence).description)
        }
        let secret: String
        do { secret = String(decoding: try files.read(own.secretKeyFile), as: UTF8.self) } catch {
            throw fault(
                .ioError, .unreadable, "the secret key of \(node) cannot be read from \(error); "
                    + "make one with: gossamer keys new --out \(own.secretKeyFile)")
        }
        guard let pair = CurveKeyPair(publicKey: own.publicKey, secretKey: String(secret.filter { !$0.isWhitespace })) else {
            throw fault(
                .usage, .badValue,
                """
                \(own.secretKeyFile) does not hold the secret key that belongs to the public key of \(node), \(own.publicKey); \
                make a new pair with: gossamer keys new --out FILE
                """)
        }
        var peers: [String: CurvePublicKey] = [:]
        for (name, text) in options.nodes.map({ ($0.key, $0.value.publicKey) }) + options.allow.map({ ($0.key, $0.value) }) {
            guard let key = CurvePublicKey(text) else {
                throw CommandFailure(.usage, "the public key of \(name), \"\(text)\", is no key: 40 characters of Z85 are one")
            }
            peers[name] = key
        }
        var names: [PeerAddress: String] = [:]
        for node in topology.nodes { names[PeerAddress(node.address)] = node.name }
        for seed in topology.seeds {
            if let name = seed.node { names[PeerAddress(seed.endpoint)] = name }
        }
        self.init(keyPair: pair, peers: peers, names: names)
    }
}

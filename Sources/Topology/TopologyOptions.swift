/// The section `transport`. The figures bear the names that they have in the transport's `LinkLimits`, which says what
/// each is for. What is nil was not given and is left to the transport's own default.
public struct TransportOptions: Hashable, Sendable {
    /// Frames that may wait in one lane for one peer; what comes on top is refused as overloaded.
    public var queuedFrames: Int?
    /// Bytes of the same.
    public var queuedBytes: Int?
    /// Messages that may be sent and not yet acknowledged, for each lane and peer.
    public var window: Int?
    /// Bytes of the same.
    public var windowBytes: Int?
    /// The size at which a message of several frames is closed.
    public var batchBytes: Int?
    /// How long an acknowledgement waits for something that goes back anyway.
    public var ackDelay: Duration?
    /// A session whose oldest message is unacknowledged for so long is given up.
    public var unresponsiveAfter: Duration?
    /// Sessions that peers may have with one node.
    public var inboundSessions: Int?

    public init() {}
}

/// The section `security.curve`: every frame is encrypted, and only those with a listed key are let in.
public struct CurveOptions: Hashable, Sendable {
    public struct Keys: Hashable, Sendable {
        /// 40 characters of Z85 (ZeroMQ RFC 32), as `gossamer keys new` prints them.
        public let publicKey: String
        /// The file that holds the secret key. It need exist only where the node runs.
        public let secretKeyFile: String
    }

    /// By node name; every node of the file has an entry.
    public var nodes: [String: Keys]
    /// Public keys of those who are no nodes of the file but may take part, by the name under which they do.
    public var allow: [String: String]
}

/// What becomes of targets of lookups that are not of the public Internet.
public enum PrivateTargets: String, Hashable, Sendable, CaseIterable {
    case allow, refuse
}

/// How the edges tell of lookup jobs, to whom does not say how to: the edge's own `LookupProfile` says what each is.
public enum DocumentProfile: String, Hashable, Sendable, CaseIterable {
    case readme, code
}

/// The section `lookup`. What is nil or empty was not given and is left to the default of the work.
public struct LookupOptions: Hashable, Sendable {
    /// A job may run this long; what is missing then has failed.
    public var deadline: Duration?
    /// Jobs that one home has at a time; the next is refused.
    public var runningJobs: Int?
    /// How jobs are told.
    public var profile = DocumentProfile.readme
    /// Files of the MaxMind DB format.
    public var geoFiles: [String] = []
    /// Who is asked about places when there is no file.
    public var geoURL: String?
    /// Addresses of DNS servers with their ports; the system's when empty.
    public var dns: [Endpoint] = []
    /// Where the registry of RDAP servers (RFC 9224) is fetched from.
    public var rdapURL: String?
    /// Whether targets that are not of the public Internet are looked up; see ``Topology/refusesPrivateTargets``.
    public var privateTargets: PrivateTargets?
    /// How targets are pinged.
    public var ping = PingOptions()
    /// How outside hosts are asked.
    public var outside = OutsideOptions()
    /// What is kept of what was found out.
    public var cache = LookupCacheOptions()

    public init() {}
}

/// The section `lookup.ping`. What is nil was not given and is left to the default of the work.
public struct PingOptions: Hashable, Sendable {
    /// The ways to find out whether a host answers, as the lookups' own `PingMethod`, which says what each is.
    public enum Method: String, Hashable, Sendable, CaseIterable {
        case icmp
        case icmpRaw = "icmp-raw"
        case tcp
    }

    /// Echoes of one ping.
    public var count: Int?
    /// From one echo to the next.
    public var interval: Duration?
    /// How long each echo may take.
    public var timeout: Duration?
    /// Those that may be used, best first.
    public var methods: [Method]?
    /// To which connections are begun, with the method `tcp`.
    public var ports: [UInt16]?

    public init() {}
}

/// The section `lookup.outside`: how each host outside the mesh is asked. The figures bear the names that they have in the lookups' own
/// `OutsideFigures`, which says what each is for. What is nil was not given and is left to the default of the work.
public struct OutsideOptions: Hashable, Sendable {
    /// Calls of one host at a time.
    public var calls: Int?
    /// The same for a name server.
    public var questions: Int?
    /// Calls of one host that wait for a place.
    public var waiting: Int?
    /// Times that one question is put.
    public var attempts: Int?
    /// Failures in a row after which a host is left alone.
    public var failures: Int?
    /// For how long at first.
    public var pauseMin: Duration?
    /// For how long at most.
    public var pauseMax: Duration?
    /// Hosts that are remembered.
    public var hosts: Int?

    public init() {}
}

/// The section `lookup.cache`: what each node keeps of what it has found out. The figures bear the names that they have in the lookups' own
/// `LookupCacheSettings`, which says what each is for. What is nil was not given and is left to the default of the work.
public struct LookupCacheOptions: Hashable, Sendable {
    /// Answers that are kept; 0 keeps none.
    public var entries: Int?
    /// Memory that they may take.
    public var bytes: Int?
    /// The longest that a document is kept.
    public var keepMax: Duration?
    /// The same for a failure.
    public var failedMax: Duration?

    public init() {}
}

/// The section `primes`. What is nil was not given and is left to the default of the work.
public struct PrimesOptions: Hashable, Sendable {
    /// A job may run this long, and a range whose estimate is longer is refused.
    public var deadline: Duration?
    /// Jobs that one home has at a time; the next is refused.
    public var runningJobs: Int?

    public init() {}
}

/// The section `admin`.
public struct AdminOptions: Hashable, Sendable {
    /// The file that holds the token with which changes are accepted over HTTP. Without it changes need the Unix socket.
    public var tokenFile: String?

    public init() {}
}

/// The section `log`.
public struct LogOptions: Hashable, Sendable {
    /// The levels of swift-log, from talkative to quiet.
    public enum Level: String, Hashable, Sendable, CaseIterable {
        case trace, debug, info, notice, warning, error, critical
    }

    /// What is less important is not written. Default `info`.
    public var level = Level.info

    public init() {}
}

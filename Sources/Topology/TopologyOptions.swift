/// The section `transport`. What is nil was not given and is left to the transport's own default.
public struct TransportOptions: Hashable, Sendable {
    /// `limits.sendQueueBytes`: what may wait for one peer on one lane; then callers are told `overloaded`.
    public var sendQueueBytes: Int?
    /// `limits.sendQueueFrames`: the same, counted in frames.
    public var sendQueueFrames: Int?
    /// How long a connection attempt may take before it is given up and begun anew.
    public var connectTimeout: Duration?
    /// How long a handshake may take before its session is dropped.
    public var handshakeTimeout: Duration?

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

/// The section `primes`. What is nil was not given and is left to the default of the work.
public struct PrimesOptions: Hashable, Sendable {
    /// A job may run this long, and a range whose estimate is longer is refused.
    public var deadline: Duration?
    /// Jobs that one home runs at a time; the next is refused as overloaded.
    public var runningJobs: Int?
    /// Ended jobs whose documents a home keeps; then the oldest goes.
    public var endedJobs: Int?

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

import Glibc
import NIOCore
import World

/// Bounds of what a server takes from its clients.
public struct WebLimits: Sendable, Hashable {
    /// Bytes in a request's body; then 413. Default 1 MiB.
    public var body: Int
    /// Fields in a request's head; then 431. Default 128.
    public var headFields: Int
    /// Bytes of the names and values of all of them, and of the path with the query; then 431. Default 32 KiB.
    public var headBytes: Int
    /// From a connection's opening, or the first byte of a further request, to the end of the head; then 408. Default 10 s.
    public var headDeadline: Duration
    /// From a request's head to the head of its answer; then 408 when the body is still awaited, 503 otherwise. Default 10 s.
    public var requestDeadline: Duration
    /// A connection without a request is closed after this. Default 30 s.
    public var keepAlive: Duration
    /// How long a body that nobody wants is read, so that its sender gets to know the answer. Default 1 s.
    public var linger: Duration
    /// How many bytes of it. Default 64 KiB.
    public var lingerBytes: Int
    /// A connection whose client takes nothing of an answer for this long is closed. Default 30 s.
    public var stall: Duration
    /// How long a stop waits for the requests under way. Default 5 s.
    public var stopGrace: Duration
    /// Connections at a time; at the limit the oldest without a request is closed. Default what the process affords, 4,096 at
    /// most.
    public var connections: Int

    public init(
        body: Int = 1 << 20, headFields: Int = 128, headBytes: Int = 32 << 10, headDeadline: Duration = .seconds(10),
        requestDeadline: Duration = .seconds(10), keepAlive: Duration = .seconds(30), linger: Duration = .seconds(1), lingerBytes: Int = 64 << 10,
        stall: Duration = .seconds(30), stopGrace: Duration = .seconds(5), connections: Int = Self.affordedConnections
    ) {
        self.body = body
        self.headFields = headFields
        self.headBytes = headBytes
        self.headDeadline = headDeadline
        self.requestDeadline = requestDeadline
        self.keepAlive = keepAlive
        self.linger = linger
        self.lingerBytes = lingerBytes
        self.stall = stall
        self.stopGrace = stopGrace
        self.connections = connections
    }

    /// ``affordedConnections(descriptors:)`` of this process.
    public static var affordedConnections: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 16 }
        return affordedConnections(descriptors: Int(clamping: limit.rlim_cur))
    }

    /// A third of the descriptors that the rest of a node leaves: it has three servers, and 256 are plenty for its mesh.
    package static func affordedConnections(descriptors: Int) -> Int { max(16, min(4_096, (descriptors - 256) / 3)) }
}

extension TimeAmount {
    init(_ duration: Duration) { self = .nanoseconds(duration.nanoseconds) }
}

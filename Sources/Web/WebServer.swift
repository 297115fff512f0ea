import Glibc
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import World

/// Where a server listens.
public enum WebAddress: Sendable, Hashable, CustomStringConvertible {
    /// A host name or address, and a port; port 0 takes any that is free.
    case tcp(host: String, port: Int)
    /// A socket in the file system, made anew with mode 0600: only the user of the process may connect.
    case unixSocket(path: String)

    public var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unixSocket(let path): path
        }
    }
}

/// A server that could not be started.
public struct WebServerError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable {
        /// Another process listens there.
        case portInUse
        /// Ports below 1,024 need a right that the process lacks; or the directory of a socket may not be written.
        case notPermitted
        /// The address is none of this machine's, or the host name is unknown.
        case addressUnavailable
        /// A socket's path is longer than the system allows.
        case pathTooLong
        case other
    }

    public let code: Code
    public let address: WebAddress
    public let description: String
}

/// An HTTP server over a list of routes.
public final class WebServer: Sendable {
    private struct State {
        var hasStarted = false
        /// Waits for the first connection to be possible.
        var starting: CheckedContinuation<Int, any Error>?
        var group: ServiceGroup?
        var task: SpawnedTask?
    }

    /// `sun_path` of a socket's address on Linux, without the zero at its end.
    private static let longestSocketPath = 107

    private let name: String
    private let address: WebAddress
    private let routes: [WebRoute]
    private let world: any World
    private let limits: WebLimits
    private let logger: Logger
    private let stopping = Flag()
    private let state = Mutex(State())

    /// - Parameter name: for the names of tasks and for the log.
    public init(
        name: String, address: WebAddress, routes: [WebRoute], world: any World, limits: WebLimits = WebLimits(),
        logger: Logger
    ) {
        self.name = name
        self.address = address
        self.routes = routes
        self.world = world
        self.limits = limits
        self.logger = logger
    }

    /// Listens. Returns the port (0 for a socket in the file system) once connections are accepted. Once only.
    /// - Throws: ``WebServerError``.
    @discardableResult
    public func start() async throws(WebServerError) -> Int {
        if case .unixSocket(let path) = address, path.utf8.count > Self.longestSocketPath {
            let sentence = "the path of the socket is \(path.utf8.count) bytes long, "
                + "\(Self.longestSocketPath) are allowed; choose a shorter data directory: \(path)"
            throw WebServerError(code: .pathTooLong, address: address, description: sentence)
        }
        do {
            return try await withCheckedThrowingContinuation { continuation in
                state.withLock { state in
                    precondition(!state.hasStarted, "a server starts once")
                    state.hasStarted = true
                    state.starting = continuation
                }
                run()
            }
        } catch {
            throw WebServerError(error, address)
        }
    }

    /// Accepts no more, lets the requests under way end, and returns when the last has or the grace is over.
    public func stop() async {
        stopping.set()
        let (group, task) = state.withLock { ($0.group, $0.task) }
        await group?.triggerGracefulShutdown()
        await task?.finished()
    }

    private func run() {
        // Hummingbird tells of every start and stop; what people need to know of those, the node says itself.
        var quiet = Logger(label: "gossamer.\(name)")
        quiet.logLevel = .warning
        let connections = ConnectionTable(name: name, limit: limits.connections, world: world, logger: logger)
        let application = Application(
            responder: WebResponder(
                routes: routes, transport: transport, world: world, limits: limits, stopping: stopping, logger: logger),
            server: .http1(
                configuration: .init(
                    additionalChannelHandlers: [ConnectionGuard(limits: self.limits, table: connections)],
                    httpDecoderConfiguration: .init(
                        maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes,
                        maxHeaderFieldCount: limits.headFields))),
            configuration: .init(address: bindAddress, backlog: 1_024),
            onServerRunning: { [self] channel in
                restrictSocket()
                resume(.success(channel.localAddress?.port ?? 0))
            }, logger: quiet)
        var configuration = ServiceGroupConfiguration(services: [application], logger: quiet)
        configuration.maximumGracefulShutdownDuration = limits.stopGrace
        let group = ServiceGroup(configuration: configuration)
        state.withLock { $0.group = group }
        let task = world.spawn("\(name).server") { [self] in
            do {
                try await group.run()
                resume(.failure(CancellationError()))
            } catch {
                resume(.failure(error))
            }
        }
        state.withLock { $0.task = task }
    }

    private func resume(_ result: Result<Int, any Error>) {
        let continuation = state.withLock { state in
            defer { state.starting = nil }
            return state.starting
        }
        if case .failure(let error) = result, continuation == nil, !stopping.isSet, !(error is CancellationError) {
            logger.error("the server at \(address) ended: \(error)")
        }
        continuation?.resume(with: result)
    }

    private var transport: WebTransport { if case .unixSocket = address { .unixSocket } else { .tcp } }

    private var bindAddress: BindAddress {
        switch address {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unixSocket(let path): .unixDomainSocket(path: path)
        }
    }

    /// The mode is set after binding, since the umask belongs to the whole process. In between only the directory protects the
    /// socket; it should be its user's alone, as a node's data directory is.
    private func restrictSocket() {
        guard case .unixSocket(let path) = address else { return }
        if chmod(path, 0o600) != 0 { logger.error("the mode of \(path) could not be set to 0600") }
    }
}

extension WebServerError {
    init(_ error: any Error, _ address: WebAddress) {
        self.address = address
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            code = .portInUse
            description = "\(address) is in use by another process; stop that one or choose another port"
        case EACCES, EPERM:
            code = .notPermitted
            description = "\(address) may not be opened: \(reason)"
        case EADDRNOTAVAIL:
            code = .addressUnavailable
            description = "\(address) is no address of this machine"
        default:
            code = error is SocketAddressError ? .addressUnavailable : .other
            description = "cannot listen at \(address): \(reason)"
        }
    }
}

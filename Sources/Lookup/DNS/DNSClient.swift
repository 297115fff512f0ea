import CAres
import Glibc
import World

/// Asks name servers, by c-ares.
///
/// Each question has a channel of its own: it ends with its question, whoever cancels it closes its sockets, a changed `resolv.conf`
/// counts from the next question on, and the ports of two questions tell nothing of each other (RFC 5452, 9.2). c-ares sends,
/// repeats, compares ids, and turns to TCP when an answer is cut; this waits for its sockets.
public struct DNSClient: Sendable {
    /// How a question is put.
    public struct Settings: Codable, Hashable, Sendable {
        /// `address`, `address:port` or `[address]:port`; empty for those of the system.
        public var servers: [String]
        /// For the first answer of one server; doubled with each round.
        public var patience: Duration
        /// Rounds over all servers; at least 1.
        public var rounds: Int

        public init(servers: [String] = [], patience: Duration = .seconds(2), rounds: Int = 3) {
            self.servers = servers
            self.patience = patience
            self.rounds = rounds
        }
    }

    let settings: Settings

    public init(_ settings: Settings = Settings()) { self.settings = settings }

    /// How a question has ended that servers answered.
    enum Reply: Sendable {
        case records(DNSMessage)
        /// The name is known and has none of the type.
        case noData
        /// There is no such name (NXDOMAIN).
        case noName
    }

    /// - Throws: ``DNSFailure``, `CancellationError`.
    func ask(_ name: String, _ type: DNSType) async throws -> Reply {
        let question = Question()
        let channel = try open()
        // Destroying ends the question, which then reports to the box.
        defer { withExtendedLifetime(question) { ares_destroy(channel) } }
        let box = Unmanaged.passUnretained(question).toOpaque()
        ares_query(channel, name, 1, Int32(type.value), { box, status, _, bytes, count in
            guard let box else { return }
            let question = Unmanaged<Question>.fromOpaque(box).takeUnretainedValue()
            let bytes = bytes.map { Array(UnsafeBufferPointer(start: $0, count: Int(max(0, count)))) } ?? []
            if question.end == nil { question.end = (status, bytes) }
        }, box)
        while question.end == nil { try await proceed(channel) }
        guard let (status, bytes) = question.end else { throw DNSFailure(status: ARES_EDESTRUCTION, servers: settings.servers) }
        switch status {
        case ARES_SUCCESS:
            guard let message = DNSMessage(bytes) else { throw DNSFailure(status: ARES_EBADRESP, servers: settings.servers) }
            return .records(message)
        case ARES_ENODATA: return .noData
        case ARES_ENOTFOUND: return .noName
        default: throw DNSFailure(status: status, servers: settings.servers)
        }
    }

    private final class Question {
        var end: (status: Int32, bytes: [UInt8])?
    }

    /// Initializes the library once for the process.
    private static let library: Int32 = ares_library_init(ARES_LIB_INIT_ALL)

    private func open() throws -> ares_channel {
        var channel: ares_channel?
        var options = ares_options()
        // Without this flag a refusal and a failure of the server look like a server that is not there.
        options.flags = ARES_FLAG_NOCHECKRESP
        options.timeout = Int32(clamping: max(1, settings.patience.milliseconds))
        options.tries = Int32(clamping: max(1, settings.rounds))
        var status = Self.library
        if status == ARES_SUCCESS {
            status = ares_init_options(&channel, &options, ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES)
        }
        guard status == ARES_SUCCESS, let channel else { throw DNSFailure(status: status, servers: settings.servers) }
        guard settings.servers.isEmpty || ares_set_servers_ports_csv(channel, settings.servers.joined(separator: ",")) == ARES_SUCCESS
        else {
            ares_destroy(channel)
            throw DNSFailure(message: "no list of name servers: \(settings.servers.joined(separator: ", ")); write ADDRESS or ADDRESS:PORT")
        }
        return channel
    }

    /// How long the channel can be left alone if nothing arrives; a second at most.
    private static func nextTimeout(_ channel: ares_channel) -> Duration {
        var longest = timeval(tv_sec: 1, tv_usec: 0), next = timeval()
        let due = withUnsafeMutablePointer(to: &longest) { longest in
            // The library gives back one of the two pointers.
            withUnsafeMutablePointer(to: &next) { next in ares_timeout(channel, longest, next)?.pointee ?? longest.pointee }
        }
        return .seconds(due.tv_sec) + .microseconds(due.tv_usec)
    }

    /// Waits until one of the channel's sockets is ready or its next time-out is due, and lets it do what there is to do.
    private func proceed(_ channel: ares_channel) async throws {
        var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
        let bits = ares_getsock(channel, &sockets, ARES_GETSOCK_MAXNUM)
        let interests = sockets.enumerated().compactMap { index, socket -> DescriptorWatch.Interest? in
            let reading = bits & (1 << Int32(index)) != 0
            let writing = bits & (1 << (Int32(index) + ARES_GETSOCK_MAXNUM)) != 0
            return reading || writing ? DescriptorWatch.Interest(socket, reading: reading, writing: writing) : nil
        }
        let ready = try await DescriptorWatch.shared.wait(for: interests, atMost: Self.nextTimeout(channel))
        for interest in ready {
            ares_process_fd(channel, interest.reading ? interest.descriptor : -1, interest.writing ? interest.descriptor : -1)
        }
        if ready.isEmpty { ares_process_fd(channel, -1, -1) }
    }
}

/// Why no name server's answer can be used.
struct DNSFailure: Error, Sendable, CustomStringConvertible {
    let description: String

    init(message: String) { description = message }

    init(status: Int32, servers: [String]) {
        let asked = servers.isEmpty ? "the system's name servers" : "the name server" + (servers.count > 1 ? "s " : " ")
            + servers.joined(separator: ", ")
        description = switch status {
        case ARES_ESERVFAIL: "\(asked) could not find out (SERVFAIL)"
        case ARES_EREFUSED: "\(asked) refused to answer (REFUSED)"
        case ARES_EFORMERR: "\(asked) did not understand the question (FORMERR)"
        case ARES_ENOTIMP: "\(asked) cannot answer such questions (NOTIMP)"
        case ARES_ECONNREFUSED: "\(asked) cannot be reached"
        case ARES_ETIMEOUT: "\(asked) did not answer"
        case ARES_EBADRESP: "\(asked) answered with what is no answer"
        default: "\(asked): \(String(cString: ares_strerror(status)))"
        }
    }
}

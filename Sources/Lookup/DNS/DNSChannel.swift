import CAres
import Glibc
import World

/// A channel of c-ares: its servers and the sockets of one question. Not for two threads at a time.
final class DNSChannel {
    let pointer: ares_channel

    /// Initializes the library once for the process.
    private static let library: Int32 = ares_library_init(ARES_LIB_INIT_ALL)

    /// - Parameter servers: as ``DNSClient/Settings/servers``; `nil` for those of the system.
    /// - Throws: ``DNSFailure``.
    init(servers: String?, _ settings: DNSClient.Settings) throws(DNSFailure) {
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
        guard status == ARES_SUCCESS, let channel else { throw DNSFailure(status, server: servers) }
        if let servers, ares_set_servers_ports_csv(channel, servers) != ARES_SUCCESS {
            ares_destroy(channel)
            let sentence = "'\(servers)' is no address of a name server; write ADDRESS or ADDRESS:PORT"
            throw DNSFailure(message: sentence, source: .node)
        }
        pointer = channel
    }

    /// Ends the question, which then reports so, and closes the sockets. Once, and nothing after it.
    func close() { ares_destroy(pointer) }

    /// Those that are asked, without their ports.
    var servers: [IPAddress] {
        var list: UnsafeMutablePointer<ares_addr_node>?
        guard ares_get_servers(pointer, &list) == ARES_SUCCESS else { return [] }
        defer { if let list { ares_free_data(list) } }
        var addresses: [IPAddress] = [], next = list
        while let node = next?.pointee {
            let count = node.family == AF_INET ? 4 : 16
            addresses += [withUnsafeBytes(of: node.addr) { IPAddress(bytes: Array($0.prefix(count))) }].compactMap { $0 }
            next = node.next
        }
        return addresses
    }

    /// The sockets that are waited for.
    var interests: [DescriptorWatch.Interest] {
        var sockets = [ares_socket_t](repeating: -1, count: Int(ARES_GETSOCK_MAXNUM))
        let bits = ares_getsock(pointer, &sockets, ARES_GETSOCK_MAXNUM)
        return sockets.enumerated().compactMap { index, socket in
            let reading = bits & (1 << Int32(index)) != 0
            let writing = bits & (1 << (Int32(index) + ARES_GETSOCK_MAXNUM)) != 0
            return reading || writing ? DescriptorWatch.Interest(socket, reading: reading, writing: writing) : nil
        }
    }

    /// How long the channel can be left alone if nothing arrives; a second at most.
    var nextTimeout: Duration {
        var longest = timeval(tv_sec: 1, tv_usec: 0), next = timeval()
        let due = withUnsafeMutablePointer(to: &longest) { longest in
            // The library gives back one of the two pointers.
            withUnsafeMutablePointer(to: &next) { next in ares_timeout(pointer, longest, next)?.pointee ?? longest.pointee }
        }
        return .seconds(due.tv_sec) + .microseconds(due.tv_usec)
    }

    /// Does what there is to do for these sockets, and for the time-outs.
    func process(_ ready: [DescriptorWatch.Interest]) {
        for interest in ready {
            ares_process_fd(pointer, interest.reading ? interest.descriptor : -1, interest.writing ? interest.descriptor : -1)
        }
        if ready.isEmpty { ares_process_fd(pointer, -1, -1) }
    }
}

/// One question to one server.
final class DNSQuestion {
    let channel: DNSChannel
    private let server: String?
    private var end: (status: Int32, bytes: [UInt8])?

    /// - Throws: ``DNSFailure`` when `server` is none.
    init(_ name: String, _ type: DNSType, of server: String?, _ settings: DNSClient.Settings) throws(DNSFailure) {
        self.server = server
        channel = try DNSChannel(servers: server, settings)
        let box = Unmanaged.passUnretained(self).toOpaque()
        ares_query(channel.pointer, name, 1, Int32(type.value), { box, status, _, bytes, count in
            guard let box else { return }
            let question = Unmanaged<DNSQuestion>.fromOpaque(box).takeUnretainedValue()
            guard question.end == nil else { return }
            question.end = (status, bytes.map { Array(UnsafeBufferPointer(start: $0, count: Int(max(0, count)))) } ?? [])
        }, box)
    }

    /// Must be called before the last reference goes: the library reports to this object until then.
    func close() { channel.close() }

    /// The answer, or why this server will not answer; `nil` while an answer may still come.
    ///
    /// What has come is judged by its code: the library takes codes that it does not know for success.
    var result: Result<DNSClient.Reply, DNSFailure>? {
        guard let end else { return nil }
        guard !end.bytes.isEmpty else { return .failure(DNSFailure(end.status, server: server)) }
        guard let message = DNSMessage(end.bytes, from: server.map(DNSClient.endpoint)) else {
            return .failure(DNSFailure(ARES_EBADRESP, server: server))
        }
        switch message.code {
        case 0 where message.isReferral: return .failure(DNSFailure(answer: "only says whom else to ask", server: server))
        case 0: return .success(message.records.isEmpty ? .noData(message) : .records(message))
        case 3: return .success(.noName(message))
        case let code: return .failure(DNSFailure(code: code, server: server))
        }
    }
}

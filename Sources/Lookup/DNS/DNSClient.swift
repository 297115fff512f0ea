import World

// ASKING NAME SERVERS
//
// c-ares sends, repeats, compares ids, and turns to TCP when an answer is cut; we wait for its sockets. Who is asked when is decided
// here, because the library takes a refusal and a failure of one server for the end of the question, or else hides them.
//
// The servers are asked in their order. The next one's turn comes when all before it have failed (they cannot be reached, refuse,
// failed themselves, sent what is no answer), or when the last that was asked has not answered in its time. Those that have
// not failed may still answer, and the first answer counts. That a name does not exist is an answer. When all have failed, the
// failure names each with its own reason. A server that is left alone for a while has failed at once.
//
// Each question has a channel of its own: it ends with its question, whoever cancels it closes its sockets, a changed resolv.conf
// counts from the next question on, and the ports of two questions tell nothing of each other (RFC 5452, 9.2).

/// Asks name servers.
public struct DNSClient: Sendable {
    /// How a question is put.
    public struct Settings: Codable, Hashable, Sendable {
        /// `address`, `address:port` or `[address]:port`; empty for those of the system.
        public var servers: [String]
        /// For the first answer of one server; then it is asked again, with twice the time, and the next server too.
        public var patience: Duration
        /// Times that a server is asked; at least 1.
        public var rounds: Int

        public init(servers: [String] = [], patience: Duration = .seconds(2), rounds: Int = 3) {
            self.servers = servers
            self.patience = patience
            self.rounds = rounds
        }
    }

    let settings: Settings
    /// The door to the servers.
    let outside: OutsideHosts

    public init(_ settings: Settings = Settings(), through outside: OutsideHosts) {
        self.settings = settings
        self.outside = outside
    }

    /// How a question has ended that servers answered.
    enum Reply: Sendable {
        case records(DNSMessage)
        /// The name is known and has none of the type.
        case noData(DNSMessage)
        /// There is no such name (NXDOMAIN), or the one that it is an alias of.
        case noName(DNSMessage)

        /// What the server sent.
        var message: DNSMessage {
            switch self {
            case .records(let message), .noData(let message), .noName(let message): message
            }
        }

        /// True for an answer with records, though they may be aliases alone.
        var isPositive: Bool { if case .records = self { true } else { false } }
    }

    /// What happens while servers are asked.
    private enum Event: Sendable {
        case ended(Int, Result<Reply, DNSFailure>)
        /// A server has not answered in its time.
        case late(Int)
    }

    /// - Throws: ``DNSFailure``, `CancellationError`.
    func ask(_ name: String, _ type: DNSType, _ world: any World) async throws -> Reply {
        let servers = try servers()
        return try await withThrowingTaskGroup(of: Event.self) { group in
            defer { group.cancelAll() }
            var failures: [Int: DNSFailure] = [:]
            var asked = 0, isDue = true
            while true {
                if isDue, asked < servers.count {
                    let number = asked
                    asked += 1
                    isDue = false
                    group.addTask { .ended(number, try await ask(servers[number], name, type)) }
                    if asked < servers.count {
                        group.addTask {
                            try await world.sleep(for: settings.patience)
                            return .late(number)
                        }
                    }
                }
                switch try await group.next() {
                case .ended(_, .success(let reply))?: return reply
                case .ended(let number, .failure(let failure))?:
                    failures[number] = failure
                    isDue = failures.count == asked
                case .late(let number)?: isDue = number == asked - 1
                case nil: throw DNSFailure(message: "there is no name server to ask", source: .node)
                }
                guard failures.count < servers.count else {
                    throw DNSFailure(servers.indices.compactMap { failures[$0] })
                }
            }
        }
    }

    /// Asks one server, if it may be asked.
    /// - Throws: `CancellationError`.
    private func ask(_ server: String?, _ name: String, _ type: DNSType) async throws -> Result<Reply, DNSFailure> {
        // Each round of the library takes twice the time of the one before.
        let whole = settings.patience * ((1 << min(max(1, settings.rounds), 16)) - 1)
        let host = server.map(Self.endpoint) ?? "the system's name servers"
        let call = OutsideCall.nameServer(host, patience: whole, silence: settings.patience / 2)
        do {
            return .success(try await outside.ask(call) { _ in
                let question = try DNSQuestion(name, type, of: server, settings)
                defer { question.close() }
                while true {
                    if let result = question.result { return OutsideAnswer(try result.get()) }
                    try await Self.proceed(question)
                }
            })
        } catch let failure as DNSFailure {
            return .failure(failure)
        } catch let refusal as OutsideRefusal {
            return .failure(DNSFailure(message: server == nil ? "\(refusal)" : "the name server \(refusal)"))
        }
    }

    /// One name for one server, however it is written.
    static func endpoint(_ server: String) -> String {
        guard let address = IPAddress(server) else { return server }
        return address.version == .v6 ? "[\(address)]:53" : "\(address):53"
    }

    /// Whom to ask, one by one; `nil` for all of the system's at once.
    private func servers() throws -> [String?] {
        if !settings.servers.isEmpty { return settings.servers }
        let channel = try DNSChannel(servers: nil, settings)
        defer { channel.close() }
        // The library does not say by which interface a link-local server is reached, so those it must ask itself.
        let addresses = channel.servers
        return addresses.isEmpty || addresses.contains { $0.specialRange?.kind == .linkLocal } ? [nil] : addresses.map(\.description)
    }

    /// Waits until a socket is ready or a time-out is due, and lets the library do what there is to do.
    private static func proceed(_ question: DNSQuestion) async throws {
        let ready = try await DescriptorWatch.shared.wait(for: question.channel.interests, atMost: question.channel.nextTimeout)
        question.channel.process(ready)
    }
}

import World

// ASKING NAME SERVERS
//
// c-ares sends, repeats, compares ids, and turns to TCP when an answer is cut; we wait for its sockets. Who is asked when is decided
// here, because the library takes a refusal and a failure of one server for the end of the question, or else hides them.
//
// The servers are asked in their order. The next one's turn comes when all before it have failed (they cannot be reached, refuse,
// failed themselves, sent what is no answer), or when the last that was asked has not answered in its time. Those that have
// not failed may still answer, and the first answer counts. That a name does not exist is an answer. When all have failed, the
// failure names each with its own reason.
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
    func ask(_ name: String, _ type: DNSType, _ world: any World) async throws -> Reply {
        var rest = try servers()[...]
        var questions: [DNSQuestion] = []
        defer { for question in questions { question.close() } }
        var nextAt = world.now
        while true {
            for question in questions { if let reply = question.reply { return reply } }
            let isHopeless = questions.allSatisfy { $0.failure != nil }
            if let server = rest.first, isHopeless || world.now >= nextAt {
                rest.removeFirst()
                questions.append(try DNSQuestion(name, type, of: server, settings))
                nextAt = world.now + settings.patience
                continue
            }
            if isHopeless { throw DNSFailure(message: questions.compactMap(\.failure).joined(separator: "; ")) }
            let longest = rest.isEmpty ? Duration.seconds(1) : max(.zero, nextAt - world.now)
            try await Self.proceed(questions.filter(\.isOpen), longest)
        }
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
    private static func proceed(_ questions: [DNSQuestion], _ longest: Duration) async throws {
        let interests = questions.map(\.channel.interests)
        let patience = questions.reduce(longest) { min($0, $1.channel.nextTimeout) }
        let ready = try await DescriptorWatch.shared.wait(for: interests.flatMap { $0 }, atMost: patience)
        for (question, own) in zip(questions, interests) {
            let sockets = Set(own.map(\.descriptor))
            question.channel.process(ready.filter { sockets.contains($0.descriptor) })
        }
    }
}

import JSONDocument
import NIOHTTP1
import Web
import World

/// A job as an edge tells of it.
package protocol JobPicture: Equatable, Sendable {
    init(_ json: JSON) throws(CommandFailure)
    /// True once it does not change any more.
    var isOver: Bool { get }
    /// Parts that are done, and all of them.
    var done: Int { get }
    var total: Int { get }
}

/// Has work done through the edges of a mesh.
package struct EdgeClient: Sendable {
    private let edges: [String]
    private let world: any World
    private let keys: WorkIDGenerator
    private let asker = HTTPAsker()
    /// Between two questions about a job: short at first, because most are over in a moment.
    private static let firstPause: Duration = .milliseconds(10)
    private static let longestPause: Duration = .milliseconds(100)
    /// How long edges may be unable to tell about a job before it is given up.
    private static let patience: Duration = .seconds(15)
    /// An edge gives an answer up after 10 s, and says so.
    private static let answerLimit: Duration = .seconds(12)

    /// - Parameter edges: base URLs; the first that answers is used, the next when it falls silent.
    package init(edges: [String], world: any World) {
        self.edges = edges
        self.world = world
        keys = WorkIDGenerator(world, name: "idempotency-keys")
    }

    /// The edges of the members that live, and a client for them. Those whose clocks are off come last: they take no new work.
    package init(_ members: [MemberRow], world: any World) throws(CommandFailure) {
        let alive = members.filter(\.isAlive), right = alive.filter { $0.clock == nil }, off = alive.filter { $0.clock != nil }
        let edges = (right + off).compactMap(\.edge)
        guard !edges.isEmpty else {
            let remedy = "give a node of the topology file the key \"edge\", such as edge: {port: 8080}"
            throw CommandFailure(.unavailable, "no member that is alive is an edge; \(remedy)")
        }
        self.init(edges: edges, world: world)
    }

    /// Where a job was accepted, and under what path it is told of.
    package struct Ticket: Sendable {
        package let edge: String
        package let path: String
    }

    /// An answer, and the edge that gave it.
    package struct Reply: Sendable {
        package let edge: String
        package let path: String
        package let answer: HTTPAnswer
    }

    /// Hands the order to the first edge that takes it, under a key: the next edge knows again what one may have taken without saying so.
    /// - Parameter path: of the kind of work, such as `/api/primes`.
    /// - Throws: `unavailable` when it was surely taken by none; `unknown` when it may have been.
    package func submit(_ order: JSON, to path: String) async throws(CommandFailure) -> Ticket {
        let reply = try await reply(path, .POST, order) { keys.next().description }
        guard reply.answer.isSuccess, let path = reply.answer.json?["statusUrl"]?.string ?? reply.answer.location else {
            let failure = reply.failure(changes: true)
            guard failure.status == .unknown, let id = reply.answer.json?["jobId"]?.string else { throw failure }
            throw CommandFailure(.unknown, failure.message + "; this tells: gossamer job \(id)")
        }
        return Ticket(edge: reply.edge, path: path)
    }

    /// Asks the first edge that answers, whatever it answers; but what one cannot tell now, or was to change and surely has not, is tried at
    /// the next one.
    /// - Parameter key: by which the mesh knows a request again; what has one is given to the next edge, too, when one falls silent.
    /// - Throws: `unavailable` when none does; `unknown` when one was told to change something, and has not said whether it did.
    package func ask(
        _ path: String, method: HTTPMethod = .GET, body: JSON? = nil, ifMatch eTag: String? = nil, idempotencyKey key: String? = nil
    ) async throws(CommandFailure) -> Reply {
        try await reply(path, method, body, eTag) { key }
    }

    private func reply(
        _ path: String, _ method: HTTPMethod, _ body: JSON?, _ eTag: String? = nil, _ makeKey: () -> String?
    ) async throws(CommandFailure) -> Reply {
        do throws(Silence) { return try await first(path, method, body, eTag, makeKey) } catch {
            guard error.mayHaveActed else { throw CommandFailure(.unavailable, "no edge answers:\n\(error)") }
            throw CommandFailure(.unknown, "whether it was done is unknown, for an edge has not answered:\n\(error)")
        }
    }

    /// Nobody has answered.
    private struct Silence: Error, CustomStringConvertible {
        let edges: [String]
        /// True when one of them may have done what it was asked for.
        let mayHaveActed: Bool
        var description: String { edges.map { "  \($0)" }.joined(separator: "\n") }
    }

    /// What may have been done already is asked for again under the same key. What surely was not is another request, with another key: its
    /// registers are others, and may have a majority. Where refusals take as long as an answer may, no further edge is asked.
    private func first(
        _ path: String, _ method: HTTPMethod, _ body: JSON?, _ eTag: String?, _ makeKey: () -> String?
    ) async throws(Silence) -> Reply {
        let deadline = world.now + Self.answerLimit
        var key = makeKey(), silent: [String] = [], refusal: Reply?, mayHaveActed = false
        for edge in edges {
            do {
                let answer = try await asker.ask(
                    edge, path, method: method, body: body, ifMatch: eTag, idempotencyKey: key, timeout: Self.answerLimit)
                let reply = Reply(edge: edge, path: path, answer: answer)
                guard answer.status == 503 else { return reply }
                silent.append("\(edge): \(answer.complaint)")
                if reply.hasSurelyFailed || method == .GET {
                    refusal = refusal ?? reply
                    if !mayHaveActed { key = makeKey() }
                } else if key == nil {
                    return reply
                } else {
                    (refusal, mayHaveActed) = (reply, true)
                }
                guard world.now < deadline else { break }
            } catch {
                silent.append("\(edge): \(error)")
                if !error.wasRefused && method != .GET { mayHaveActed = true }
                // What may have been taken is not given to another edge as well, unless that would know it again.
                if mayHaveActed, key == nil { break }
            }
        }
        // One that says itself that nobody knows says of which work, too.
        if let refusal, !(mayHaveActed && refusal.hasSurelyFailed) { return refusal }
        throw Silence(edges: silent, mayHaveActed: mayHaveActed)
    }

    /// Follows the job to its end.
    /// - Parameter progress: called with every document that differs from the one before.
    package func follow<Picture: JobPicture>(
        _ ticket: Ticket, as type: Picture.Type, progress: (Picture) -> Void
    ) async throws(CommandFailure) -> Picture {
        var last: Picture?
        var pause = Self.firstPause
        var lastHeard = world.now
        while true {
            var pace = Duration.zero
            do {
                let word = try await word(of: ticket)
                (lastHeard, pace) = (world.now, word.pace)
                if let json = word.document {
                    let document = try Picture(json)
                    if document != last { progress(document) }
                    last = document
                    if document.isOver { return document }
                }
            } catch {
                guard error.status == .unavailable, world.now - lastHeard < Self.patience else { throw error }
            }
            do { try await world.sleep(for: max(pause, pace)) } catch { throw CommandFailure(.interrupted, "given up") }
            pause = min(Self.longestPause, pause * 2)
        }
    }

    /// Ends the job. What it has found is dropped.
    package func cancel(_ ticket: Ticket) async {
        _ = try? await asker.ask(ticket.edge, ticket.path, method: .DELETE, timeout: .seconds(2))
    }

    /// What edges say of a job.
    private struct Word {
        /// Nil when too much was asked for.
        let document: JSON?
        /// Until they should be asked again, at least.
        let pace: Duration
    }

    /// Any edge can tell of any job; the one that took it is asked first.
    private func word(of ticket: Ticket) async throws(CommandFailure) -> Word {
        var complaint = ""
        for edge in [ticket.edge] + edges.filter({ $0 != ticket.edge }) {
            let answer: HTTPAnswer
            do { answer = try await asker.ask(edge, ticket.path, timeout: .seconds(10)) } catch {
                complaint = "\(edge): \(error)"
                continue
            }
            if answer.isSuccess, let json = answer.json { return Word(document: json, pace: answer.allowance?.pace ?? .zero) }
            // The others count together with this one.
            if let pace = answer.retryAfter { return Word(document: nil, pace: pace) }
            complaint = "\(edge)\(ticket.path): \(answer.complaint)"
            if answer.status == 404 || answer.status == 410 { throw CommandFailure(.negative, complaint) }
        }
        throw CommandFailure(.unavailable, complaint)
    }
}

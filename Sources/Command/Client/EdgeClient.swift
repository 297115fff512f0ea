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
    }

    /// The edges of the members that live, and a client for them.
    package init(_ members: [MemberRow], world: any World) throws(CommandFailure) {
        let edges = members.filter(\.isAlive).compactMap(\.edge)
        guard !edges.isEmpty else {
            throw CommandFailure(
                .unavailable, "no member that is alive is an edge; give a node of the topology file the key \"edge\", such as edge: {port: 8080}")
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

    /// Hands the order to the first edge that takes it.
    /// - Parameter path: of the kind of work, such as `/api/primes`.
    package func submit(_ order: JSON, to path: String) async throws(CommandFailure) -> Ticket {
        let reply: Reply
        do throws(Silence) { reply = try await first(path, .POST, order, nil, nil, .seconds(10)) } catch {
            throw CommandFailure(.unavailable, "no edge takes the order:\n\(error)")
        }
        let answer = reply.answer
        if answer.status == 400 { throw CommandFailure(.usage, answer.complaint) }
        guard answer.isSuccess, let path = answer.json?["statusUrl"]?.string ?? answer.location else {
            throw CommandFailure(answer.status == 503 ? .unavailable : .protocolError, "\(reply.edge): \(answer.complaint)")
        }
        return Ticket(edge: reply.edge, path: path)
    }

    /// Asks the first edge that answers, whatever it answers.
    /// - Parameter key: by which the mesh knows a request again; what has one is given to the next edge, too, when one falls silent.
    /// - Throws: `unavailable` when none does; `unknown` when one was told to change something, and has not said whether it did.
    package func ask(
        _ path: String, method: HTTPMethod = .GET, body: JSON? = nil, ifMatch eTag: String? = nil, idempotencyKey key: String? = nil
    ) async throws(CommandFailure) -> Reply {
        do throws(Silence) { return try await first(path, method, body, eTag, key, Self.answerLimit) } catch {
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

    private func first(
        _ path: String, _ method: HTTPMethod, _ body: JSON?, _ eTag: String?, _ key: String?, _ timeout: Duration
    ) async throws(Silence) -> Reply {
        var silent: [String] = [], mayHaveActed = false
        for edge in edges {
            do {
                let answer = try await asker.ask(
                    edge, path, method: method, body: body, ifMatch: eTag, idempotencyKey: key, timeout: timeout)
                return Reply(edge: edge, path: path, answer: answer)
            } catch {
                silent.append("\(edge): \(error)")
                if !error.wasRefused && method != .GET { mayHaveActed = true }
                // What may have been taken is not given to another edge as well, unless that would know it again.
                if mayHaveActed, key == nil { break }
            }
        }
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
            do {
                let document = try Picture(await document(ticket))
                lastHeard = world.now
                if document != last { progress(document) }
                last = document
                if document.isOver { return document }
            } catch {
                guard error.status == .unavailable, world.now - lastHeard < Self.patience else { throw error }
            }
            do { try await world.sleep(for: pause) } catch { throw CommandFailure(.interrupted, "given up") }
            pause = min(Self.longestPause, pause * 2)
        }
    }

    /// Ends the job. What it has found is dropped.
    package func cancel(_ ticket: Ticket) async {
        _ = try? await asker.ask(ticket.edge, ticket.path, method: .DELETE, timeout: .seconds(2))
    }

    /// Any edge can tell of any job; the one that took it is asked first.
    private func document(_ ticket: Ticket) async throws(CommandFailure) -> JSON {
        var complaint = ""
        for edge in [ticket.edge] + edges.filter({ $0 != ticket.edge }) {
            let answer: HTTPAnswer
            do { answer = try await asker.ask(edge, ticket.path, timeout: .seconds(10)) } catch {
                complaint = "\(edge): \(error)"
                continue
            }
            if answer.isSuccess, let json = answer.json { return json }
            complaint = "\(edge)\(ticket.path): \(answer.complaint)"
            if answer.status == 404 || answer.status == 410 { throw CommandFailure(.negative, complaint) }
        }
        throw CommandFailure(.unavailable, complaint)
    }
}

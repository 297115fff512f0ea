import JSONDocument
import NIOHTTP1
import Topology
import Web
import World

/// A node's admin port, and how it came to be asked.
package struct AdminPoint: Hashable, Sendable {
    /// `http://host:port`, or `unix:` and the path of a socket.
    package let base: String
    /// For people: `n1 of topology/local.yaml`.
    package let origin: String

    /// The origin of a port that the user has named.
    static let given = "--admin"

    package init(base: String, origin: String) {
        self.base = base
        self.origin = origin
    }

    /// The admin port of a node of a file; its Unix socket when it has none.
    package init(_ node: TopologyNode, of topology: Topology) {
        self.init(
            base: node.admin?.url ?? "unix:" + NodeFiles(node).socket, origin: "\(node.name) of \(topology.file)")
    }
}

/// The way of a command to the nodes of a mesh: it asks the first that answers, and says which.
package struct MeshAccess: Sendable {
    package let points: [AdminPoint]
    /// The file, when a file said where to ask.
    package let topology: Topology?
    private let asker = HTTPAsker()

    package init(points: [AdminPoint], topology: Topology?) {
        self.points = points
        self.topology = topology
    }

    package init(_ topology: Topology) {
        self.init(points: topology.nodes.map { AdminPoint($0, of: topology) }, topology: topology)
    }

    /// Members, and who sees them so.
    package struct Members: Sendable {
        package let rows: [MemberRow]
        /// `n1 of topology/local.yaml`.
        package let witness: String
    }

    /// Asks the admin port of the first node that answers.
    ///
    /// - Parameter isQuiet: says nothing of whom it asked; for questions that are repeated.
    /// - Throws: when nobody answers, or the first who does says no.
    package func read(
        _ path: String, isQuiet: Bool = false, timeout: Duration = .seconds(3)
    ) async throws(CommandFailure) -> JSON {
        try await readWithWitness(path, isQuiet: isQuiet, timeout: timeout).0
    }

    private func readWithWitness(
        _ path: String, isQuiet: Bool, timeout: Duration = .seconds(3)
    ) async throws(CommandFailure) -> (JSON, AdminPoint) {
        var silent: [String] = []
        for point in points {
            let answer: HTTPAnswer
            do {
                answer = try await asker.ask(point.base, path, timeout: timeout)
            } catch {
                silent.append("\(point.origin) (\(point.base)): \(error)")
                continue
            }
            if !isQuiet {
                if !silent.isEmpty { Console.note("no answer from " + silent.joined(separator: ", ")) }
                Console.note("asked \(point.base) (\(point.origin))")
            }
            return (try Self.document(answer, from: point, path), point)
        }
        throw CommandFailure(.unavailable, Self.nobody(silent, topology))
    }

    /// The members as the first node that answers sees them.
    package func members(isQuiet: Bool = false) async throws(CommandFailure) -> [MemberRow] {
        try await readMembers(isQuiet: isQuiet).rows
    }

    package func readMembers(isQuiet: Bool = false) async throws(CommandFailure) -> Members {
        let (json, point) = try await readWithWitness("/members", isQuiet: isQuiet)
        return Members(rows: try MemberRow.rows(json), witness: point.origin == AdminPoint.given ? point.base : point.origin)
    }

    private static func document(_ answer: HTTPAnswer, from point: AdminPoint, _ path: String) throws(CommandFailure) -> JSON {
        guard answer.isSuccess else {
            let complaint = "\(point.base)\(path): \(answer.complaint)"
            switch answer.status {
            // What was typed, by name: where it was asked says no more.
            case 400: throw CommandFailure(.usage, answer.complaint)
            case 404: throw CommandFailure(.noInput, complaint)
            case 503: throw CommandFailure(.unavailable, complaint)
            default: throw CommandFailure(.protocolError, complaint)
            }
        }
        guard let json = answer.json else {
            throw CommandFailure(
                .protocolError, "\(point.base)\(path) did not answer with JSON; is it the admin port of a gossamer node?")
        }
        return json
    }

    private static func nobody(_ silent: [String], _ topology: Topology?) -> String {
        let remedy = topology.map { "Is the mesh up? Start it with: gossamer up \($0.file)" }
            ?? "Is the node up, and is that its admin port?"
        guard silent.count > 1 else { return "no answer from \(silent.first ?? "anybody"). \(remedy)" }
        return "no node answers:\n" + silent.map { "  \($0)\n" }.joined() + remedy
    }
}

import Topology
import World

/// What all nodes of a mesh on this machine say of each other at about the same moment.
package struct MeshPicture: Sendable {
    package struct View: Sendable {
        package let node: String
        /// What the node sees; `nil` when it did not answer.
        package let rows: [MemberRow]?

        package init(node: String, rows: [MemberRow]?) {
            self.node = node
            self.rows = rows
        }
    }

    /// In the order of the topology file.
    package let views: [View]

    package init(_ views: [View]) { self.views = views }

    /// Asks all nodes at once.
    package static func take(of nodes: [TopologyNode], _ topology: Topology, timeout: Duration) async -> MeshPicture {
        let answers = await withTaskGroup(of: (Int, [MemberRow]?).self) { group in
            for (index, node) in nodes.enumerated() {
                group.addTask {
                    let answer = try? await HTTPAsker().ask(AdminPoint(node, of: topology).base, "/members", timeout: timeout)
                    guard let answer, answer.isSuccess, let json = answer.json else { return (index, nil) }
                    return (index, try? MemberRow.rows(json))
                }
            }
            var answers = [[MemberRow]?](repeating: nil, count: nodes.count)
            for await (index, rows) in group { answers[index] = rows }
            return answers
        }
        return MeshPicture(zip(nodes, answers).map { View(node: $0.name, rows: $1) })
    }

    /// True when every node answers, sees every node alive, and would give it work.
    package var isComplete: Bool { missing == nil }

    /// What keeps the picture from being complete, the first of it. `nil` when nothing does.
    package var missing: String? {
        for view in views {
            guard let rows = view.rows else { return "\(view.node) does not answer" }
            for other in views {
                guard let row = rows.last(where: { $0.name == other.node && $0.status != "left" }) else {
                    return "\(view.node) has not heard of \(other.node)"
                }
                if !row.isAlive { return "\(view.node) sees \(other.node) as \(row.status)" }
                if !row.isPlaced { return "\(view.node) gives \(other.node) no work yet" }
            }
        }
        return nil
    }

    /// How many of the nodes that answer see `name` alive, and how many answer.
    package func seen(_ name: String) -> (alive: Int, asked: Int) {
        let answers = views.compactMap(\.rows)
        return (answers.count { $0.contains { $0.name == name && $0.isAlive } }, answers.count)
    }

    /// The members as the first node that answers sees them.
    package var members: [MemberRow] { views.lazy.compactMap(\.rows).first ?? [] }

    /// One line a member: what the first node that answers sees, and how many see it alive.
    package func table(processes: [String: Int32]) -> Table {
        var table = Table([
            .init("NODE"), .init("ADDRESS"), .init("STATUS"), .init("SEEN BY", .right), .init("LIFE", .right),
            .init("PID", .right), .init("EDGE"), .init("ROLES"),
        ])
        for row in members {
            let (alive, asked) = seen(row.name)
            table.add([
                row.name, row.address, row.status, "\(alive)/\(asked)", String(row.life),
                processes[row.name].map { String($0) } ?? "-", row.edge ?? "-", row.roles.joined(separator: ","),
            ])
        }
        return table
    }
}

import JSONDocument
import Web
import World

/// A member, as a node's admin port tells of it. What the command does not know stays in ``document``.
package struct MemberRow: Hashable, Sendable {
    package let name: String
    package let address: String
    /// `alive`, `suspect`, `dead` or `left`.
    package let status: String
    package let life: UInt64
    package let incarnation: UInt64
    package let roles: [String]
    package let zone: String
    /// The base URL of the node's edge, if it is one.
    package let edge: String?
    package let sinceMs: Int64?
    /// Whether the work ring of the node that was asked has the member; true when it does not say.
    package let isPlaced: Bool
    /// `ahead` or `behind` when its wall clock is off, as it says itself.
    package let clock: String?
    /// The whole of it, as it came.
    package let document: JSON

    package var isAlive: Bool { status == "alive" }

    /// The document without what changes by itself: how long the status has lasted, and the load.
    package var lasting: JSON {
        .object((document.members ?? []).filter { $0.key != "sinceMs" && $0.key != "load" })
    }

    package init(_ json: JSON) throws(CommandFailure) {
        guard let name = json["name"]?.string, let address = json["address"]?.string, let status = json["status"]?.string
        else {
            throw CommandFailure(
                .protocolError, "a member without name, address or status: \(json.text().prefix(200)); is the node of another release?")
        }
        self.name = name
        self.address = address
        self.status = status
        life = json["life"]?.integer(UInt64.self) ?? 0
        incarnation = json["incarnation"]?.integer(UInt64.self) ?? 0
        roles = (json["roles"]?.elements ?? []).compactMap(\.string)
        zone = json["zone"]?.string ?? ""
        edge = json["edge"]?.string.flatMap { $0.isEmpty ? nil : $0.contains("://") ? $0 : "http://\($0)" }
        sinceMs = json["sinceMs"]?.integer(Int64.self)
        isPlaced = json["placed"] != .bool(false)
        clock = json["clock"]?.string
        document = json
    }

    /// The members of an answer of `/members`: an array, or an object that holds it as `members`.
    package static func rows(_ json: JSON) throws(CommandFailure) -> [MemberRow] {
        guard let elements = json.elements ?? json["members"]?.elements else {
            throw CommandFailure(.protocolError, "the answer holds no members but \(json.kind)")
        }
        var rows: [MemberRow] = []
        for element in elements { rows.append(try MemberRow(element)) }
        return rows
    }

    package static func table(_ rows: [MemberRow]) -> Table {
        let hasZones = rows.contains { !$0.zone.isEmpty }
        var columns: [Table.Column] = [
            .init("NODE"), .init("ADDRESS"), .init("STATUS"), .init("LIFE", .right), .init("INC", .right),
        ]
        if hasZones { columns.append(.init("ZONE")) }
        var table = Table(columns + [.init("EDGE"), .init("ROLES")])
        for row in rows {
            var cells = [row.name, row.address, row.status, String(row.life), String(row.incarnation)]
            if hasZones { cells.append(row.zone) }
            table.add(cells + [row.edge ?? "-", row.roles.joined(separator: ",")])
        }
        return table
    }

    /// A line for each member that lives and whose wall clock is off.
    package static func warnings(_ rows: [MemberRow]) -> [String] {
        rows.compactMap { row in
            guard let clock = row.clock, row.isAlive else { return nil }
            let side = clock == "ahead" ? "ahead of" : "behind"
            return "warning: the wall clock of \(row.name) is \(side) the others': it fires no timers and lets no hour pass; look at its time service"
        }
    }

    /// `5 members: 4 alive, 1 dead`.
    package static func summary(_ rows: [MemberRow]) -> String {
        let counts = ["alive", "suspect", "dead", "left"].compactMap { status in
            let count = rows.count { $0.status == status }
            return count > 0 ? "\(count) \(status)" : nil
        }
        return "\(rows.count) member\(rows.count == 1 ? "" : "s"): " + counts.joined(separator: ", ")
    }
}

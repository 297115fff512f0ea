import JSONDocument
import Web

/// Answers about the ring, for people.
package enum RingText {
    /// Every node's share of the keys, and its share of those of each role.
    package static func shares(_ json: JSON) -> String {
        let entries = json["members"]?.elements ?? []
        let roles = (entries.first?["shares"]?.members ?? []).map(\.key)
        var table = Table(
            [.init("NODE"), .init("SHARE", .right)] + roles.map { .init($0.uppercased(), .right) }
                + [.init("CAPACITY", .right), .init("ZONE")])
        for entry in entries {
            let shares = [entry["share"]] + roles.map { entry["shares"]?[$0] }
            table.add(
                [entry["name"]?.string ?? "?"]
                    + shares.map { $0?.double.map { NumberText.share($0, of: 1) } ?? "-" }
                    + [entry["capacity"]?.text() ?? "-", entry["zone"]?.string ?? ""])
        }
        return table.text()
    }

    /// The nodes that are asked for a key, in order, for each role.
    package static func place(_ json: JSON) -> String {
        var table = Table([.init("ROLE"), .init("ASKED IN THIS ORDER")])
        for entry in json["byRole"]?.members ?? [] {
            table.add([entry.key, (entry.value.elements ?? []).compactMap(\.string).joined(separator: ", ")])
        }
        return table.isEmpty ? "nobody: no node of the ring has a role\n" : table.text()
    }
}

extension JSON {
    /// The value of a number, as near as a `Double` comes.
    var double: Double? { if case .number(let literal) = self { Double(literal) } else { nil } }
}

import Web

/// Answers about the ring, for people.
package enum RingText {
    /// Every node's share of the keys, for each role.
    package static func shares(_ json: JSON) -> String {
        let entries = json.elements ?? json["members"]?.elements ?? json["nodes"]?.elements ?? []
        var table = Table([
            .init("NODE"), .init("SHARE", .right), .init("CAPACITY", .right), .init("ZONE"), .init("ROLES"),
        ])
        for entry in entries {
            let share = entry["share"]?.double.map { NumberText.fixed($0 * 100, digits: 1) + " %" } ?? "-"
            let roles = (entry["roles"]?.elements ?? []).compactMap(\.string).joined(separator: ",")
            table.add([
                entry["name"]?.string ?? "?", share, entry["capacity"]?.text() ?? "-", entry["zone"]?.string ?? "", roles,
            ])
        }
        return table.text()
    }

    /// The nodes that are asked for a key, the first first.
    package static func place(_ json: JSON) -> String {
        let owners = (json["owners"]?.elements ?? []).map { $0.string ?? $0["name"]?.string ?? "?" }
        return owners.isEmpty ? "nobody: the ring is empty\n" : owners.joined(separator: ", ") + "\n"
    }
}

extension JSON {
    /// The value of a number, as near as a `Double` comes.
    var double: Double? { if case .number(let literal) = self { Double(literal) } else { nil } }
}

import JSONDocument

extension LookupDocument {
    /// What the nodes have found, side by side, in a line for each service; empty when the target was not looked up from several.
    package var comparison: [String] {
        (document["comparison"]?.elements ?? []).map { "\($0["serviceName"]?.string ?? "?"): \(Self.sentence($0))" }
    }

    private static func sentence(_ service: JSON) -> String {
        let groups = service["groups"]?.elements ?? [], name = service["serviceName"]?.string ?? ""
        var parts = groups.map { group in
            let nodes = names(group["nodes"]), addresses = names(group["resolvedAddresses"])
            let verb = nodes.count == 1 ? "says" : "say"
            let place = addresses.isEmpty ? "" : " (\(addresses.joined(separator: ", ")))"
            return "\(nodes.joined(separator: ", ")) \(verb) \(answer(name, group["answer"] ?? .null, isAlone: groups.count == 1))\(place)"
        }
        for failure in service["failures"]?.members ?? [] {
            let nodes = names(failure.value)
            parts.append("\(nodes.joined(separator: ", ")) \(nodes.count == 1 ? "has" : "have") failed (\(failure.key))")
        }
        let pending = names(service["pending"])
        if !pending.isEmpty { parts.append("\(pending.joined(separator: ", ")) \(pending.count == 1 ? "has" : "have") not ended") }
        if let fastest = trip(service["fastest"]), let slowest = trip(service["slowest"]), fastest != slowest {
            parts.append("fastest \(fastest), slowest \(slowest)")
        }
        let word = switch service["agreement"] {
        case .bool(true)?: "the nodes agree: "
        case .bool(false)?: "the nodes differ: "
        default: ""
        }
        return word + parts.joined(separator: "; ")
    }

    private static func answer(_ service: String, _ answer: JSON, isAlone: Bool) -> String {
        func text(_ keys: String...) -> String { keys.compactMap { answer[$0]?.string }.filter { !$0.isEmpty }.joined(separator: ", ") }
        switch service {
        case "GeoIP":
            let place = text("city", "country")
            return place.isEmpty ? "no place is known" : place
        case "Ping": return answer["reachable"] == .bool(true) ? "it answers" : "it does not answer"
        case "RDAP":
            let names = text("handle", "ldhName")
            // Documents that differ may bear the same names.
            return isAlone && !names.isEmpty ? names : [names, "document \(text("digest"))"].filter { !$0.isEmpty }.joined(separator: ", ")
        case "ReverseDNS":
            let found = names(answer["names"])
            return found.isEmpty ? "no name" : found.joined(separator: ", ")
        default: return answer == .null ? "what cannot be read" : answer.text()
        }
    }

    private static func trip(_ json: JSON?) -> String? {
        guard let node = json?["node"]?.string, let average = json?["averageRoundtripMs"]?.text() else { return nil }
        return "\(node) with \(average) ms"
    }

    private static func names(_ json: JSON?) -> [String] { (json?.elements ?? []).compactMap(\.string) }
}

import Yams

/// A mapping of the file, being read. Every accessor reports what is wrong with its key and then answers nil, as it does
/// for a key that is absent.
package struct Section {
    package let place: Place
    package let diagnostics: Diagnostics
    /// The keys, in the order of the file.
    package let keys: [Located<String>]
    private let values: [String: Yams.Node]

    /// Nil, and reported, when `node` is no mapping.
    ///
    /// - Parameter known: the keys that may occur; nil when any may.
    package init?(_ node: Yams.Node, path: String, known: [String]?, diagnostics: Diagnostics) {
        place = Place(path, node.mark)
        self.diagnostics = diagnostics
        guard case .mapping(let mapping) = node else {
            let name = path.isEmpty ? "the file" : "\"\(path)\""
            diagnostics.report(
                .wrongType, at: place, value: node.scalar?.string,
                "\(name) is \(Self.describe(node)); it must be a mapping (key: value)")
            return nil
        }
        var keys: [Located<String>] = []
        var values: [String: Yams.Node] = [:]
        for (key, value) in mapping {
            guard case .scalar(let scalar) = key else {
                diagnostics.report(
                    .wrongType, at: Place(path, key.mark), "a key is \(Self.describe(key)); keys must be plain text")
                continue
            }
            let name = scalar.string
            let place = Place(path.isEmpty ? name : "\(path).\(name)", key.mark)
            if let known, !known.contains(name) {
                Self.reportUnknown(name, at: place, under: path, known: known, to: diagnostics)
                continue
            }
            diagnostics.note(place)
            keys.append(Located(value: name, place: place))
            values[name] = value
        }
        self.keys = keys
        self.values = values
    }

    private static func reportUnknown(
        _ name: String, at place: Place, under path: String, known: [String], to diagnostics: Diagnostics
    ) {
        let suggestion = NearestName.suggest(name, among: known)
        let remedy = suggestion == nil ? "; known here: \(known.joined(separator: ", "))" : ""
        diagnostics.report(
            .unknownKey, at: place, value: name, "unknown key \"\(name)\"\(path.isEmpty ? "" : " under \(path)")\(remedy)",
            suggestion: suggestion)
    }

    /// What a node is, for sentences.
    package static func describe(_ node: Yams.Node) -> String {
        switch node {
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        case .scalar(let scalar): isNothing(scalar) ? "empty" : "the text \"\(scalar.string)\""
        }
    }

    private static func isNothing(_ scalar: Yams.Node.Scalar) -> Bool {
        scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
    }

    package func path(_ key: String) -> String { place.keyPath.isEmpty ? key : "\(place.keyPath).\(key)" }

    /// The node under a key, whatever it is.
    package func node(_ key: String) -> Yams.Node? { values[key] }

    package func has(_ key: String) -> Bool { values[key] != nil }

    /// A mapping under a key.
    package func section(_ key: String, known: [String]?) -> Section? {
        values[key].flatMap { Section($0, path: path(key), known: known, diagnostics: diagnostics) }
    }

    /// The items of a list under a key, with their paths; nil, and reported, when it is no list.
    package func items(_ key: String) -> [Located<Yams.Node>]? {
        guard let node = values[key] else { return nil }
        guard case .sequence(let sequence) = node else {
            report(.wrongType, Place(path(key), node.mark), node, "must be a list")
            return nil
        }
        return sequence.enumerated().map { index, item in
            let place = Place("\(path(key))[\(index)]", item.mark)
            diagnostics.note(place)
            return Located(value: item, place: place)
        }
    }

    /// Text, quoted or not.
    package func text(_ key: String) -> Located<String>? {
        values[key].flatMap { text($0, at: Place(path(key), $0.mark)) }
    }

    /// The texts of a list.
    package func texts(_ key: String) -> [Located<String>]? {
        items(key)?.compactMap { text($0.value, at: $0.place) }
    }

    private func text(_ node: Yams.Node, at place: Place) -> Located<String>? {
        guard case .scalar(let scalar) = node, !Self.isNothing(scalar) else {
            report(.wrongType, place, node, "must be text")
            return nil
        }
        return Located(value: scalar.string, place: place)
    }

    /// The text of a number or quantity, which must not be quoted.
    package func plain(_ key: String, _ demand: String) -> Located<String>? {
        guard let node = values[key] else { return nil }
        let place = Place(path(key), node.mark)
        guard case .scalar(let scalar) = node, !Self.isNothing(scalar) else {
            report(.wrongType, place, node, demand)
            return nil
        }
        guard scalar.style == .plain else {
            diagnostics.report(
                .wrongType, at: place, value: scalar.string,
                "\"\(place.keyPath)\" is the quoted text \"\(scalar.string)\"; it \(demand), without quotes")
            return nil
        }
        return Located(value: scalar.string, place: place)
    }

    private func report(_ code: TopologyProblem.Code, _ place: Place, _ node: Yams.Node, _ demand: String) {
        diagnostics.report(
            code, at: place, value: node.scalar?.string,
            "\"\(place.keyPath)\" is \(Self.describe(node)); it \(demand)")
    }
}

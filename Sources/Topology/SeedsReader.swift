/// Reads the section `seeds`.
struct SeedsReader {
    /// How many nodes are seeds when the file names none. One could be down when another starts; more only cost attempts.
    static let defaultCount = 3

    let root: Section
    let entries: [NodesReader.Entry]

    func read() -> [Seed] {
        guard root.has("seeds") else {
            return entries.prefix(Self.defaultCount).compactMap { $0.node.map(Self.seed) }
        }
        guard let texts = root.texts("seeds") else { return [] }
        if texts.isEmpty, entries.count > 1, let place = root.keys.first(where: { $0.value == "seeds" })?.place {
            root.diagnostics.report(
                .noSeeds, at: place,
                "\"seeds\" is empty, but \(entries.count) nodes must find each other; name one or two of them, or remove "
                    + "the key, which makes the first \(Self.defaultCount) nodes seeds")
        }
        let seeds = texts.compactMap(seed)
        // The only node of a mesh is its own seed.
        return seeds.isEmpty ? entries.compactMap { $0.node.map(Self.seed) } : seeds
    }

    private static func seed(_ node: TopologyNode) -> Seed { Seed(endpoint: node.address, node: node.name) }

    private func seed(_ text: Located<String>) -> Seed? {
        if let entry = entries.first(where: { $0.name.value == text.value }) { return entry.node.map(Self.seed) }
        if let endpoint = HostText.parseEndpoint(text.value) {
            guard endpoint.port <= 65_533, !HostText.isWildcard(endpoint.host) else {
                root.refuse(text, "must name the address of a pulse lane: no wildcard, and a port of at most 65533")
                return nil
            }
            let node = entries.first { $0.node?.address == endpoint }?.node
            return Seed(endpoint: endpoint, node: node?.name)
        }
        root.diagnostics.report(
            .unknownNode, at: text.place, value: text.value,
            "seed \"\(text.value)\" names no node of this file, and is no host:port",
            suggestion: NearestName.suggest(text.value, among: entries.map(\.name.value)))
        return nil
    }
}

/// Finds nodes that would get in each other's way on one machine: over a port, or over a directory.
///
/// Two nodes are on one machine when they advertise the same host, or both a loopback address. Whether two host names
/// mean one machine is not asked of the network: a file must be right or wrong wherever it is checked.
struct NodeConflicts {
    let entries: [NodesReader.Entry]
    let diagnostics: Diagnostics

    /// Some neighbouring ports that one node listens on.
    private struct Claim {
        let node: TopologyNode
        /// What for, in words.
        let purpose: String
        let host: String
        let ports: ClosedRange<Int>
        let place: Place
    }

    func check() {
        checkPorts()
        checkDirectories()
    }

    private func checkPorts() {
        var claimsOfPort: [Int: [Claim]] = [:]
        for claim in entries.flatMap(claims) {
            for port in claim.ports {
                guard let other = claimsOfPort[port]?.first(where: { Self.collide($0, claim) }) else { continue }
                let line = other.place.line == claim.place.line ? "" : " (line \(other.place.line))"
                let needs = claim.ports.count == 1 ? "needs" : "need"
                diagnostics.report(
                    .portConflict, at: claim.place, value: "\(claim.ports.lowerBound)",
                    "\(claim.purpose) of node \"\(claim.node.name)\" \(needs) \(Self.describe(claim.ports)), but \(port) "
                        + "belongs to \(other.purpose) of node \"\(other.node.name)\"\(line); a node takes three ports in "
                        + "a row for its lanes, and others for its admin port and edge")
                break
            }
            for port in claim.ports { claimsOfPort[port, default: []].append(claim) }
        }
    }

    private func claims(of entry: NodesReader.Entry) -> [Claim] {
        guard let node = entry.node else { return [] }
        let fields = entry.fields
        var claims: [Claim] = []
        if let place = fields.port?.place {
            claims.append(
                Claim(node: node, purpose: "the lanes", host: node.bind, ports: node.port ... node.workPort, place: place))
        }
        for (purpose, endpoint, place) in [
            ("the admin port", node.admin, fields.admin?.port?.place), ("the edge", node.edge, fields.edge?.port?.place),
        ] {
            guard let endpoint, let place else { continue }
            claims.append(
                Claim(node: node, purpose: purpose, host: endpoint.host, ports: endpoint.port ... endpoint.port, place: place))
        }
        return claims
    }

    private static func collide(_ a: Claim, _ b: Claim) -> Bool {
        guard a.node.name == b.node.name || onOneMachine(a.node, b.node) else { return false }
        return HostText.areEqual(a.host, b.host) || HostText.isWildcard(a.host) || HostText.isWildcard(b.host)
    }

    private static func onOneMachine(_ a: TopologyNode, _ b: TopologyNode) -> Bool {
        HostText.areEqual(a.advertise, b.advertise) || (HostText.isLoopback(a.advertise) && HostText.isLoopback(b.advertise))
    }

    private static func describe(_ ports: ClosedRange<Int>) -> String {
        ports.count == 1 ? "port \(ports.lowerBound)" : "ports \(ports.lowerBound) to \(ports.upperBound)"
    }

    private func checkDirectories() {
        var entriesOfDirectory: [String: [NodesReader.Entry]] = [:]
        for entry in entries {
            guard let node = entry.node else { continue }
            let directory = PathText.normal(node.dataDir)
            if let other = entriesOfDirectory[directory]?.first(where: { $0.node.map { Self.onOneMachine($0, node) } == true }) {
                diagnostics.report(
                    .sharedDirectory, at: entry.fields.dataDir?.place ?? entry.name.place, value: node.dataDir,
                    "node \"\(node.name)\" keeps its state in \(node.dataDir), as node \"\(other.name.value)\" does; give "
                        + "each a directory of its own, or remove \"dataDir\" from them")
            }
            entriesOfDirectory[directory, default: []].append(entry)
        }
    }
}

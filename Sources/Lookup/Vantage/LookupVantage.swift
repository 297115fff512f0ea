import World

// FROM WHERE IS LOOKED
//
// Usually it is the mesh's affair which node looks a target up. Yet what there is to see may differ from place to place: a host answers here and not there,
// a name has another address in each part of the world. So a user may say from where to look, and gets the result of each of these nodes, and a comparison.
//
// Which nodes these are is decided once, where the job is submitted, from the members that are known there at that moment. The list goes into the request:
// the job's rules may not look at the mesh, and whoever looks after it later has the same list. Each service at each node is a part of its own.

/// A node that looks up, as a place to look from.
public struct VantagePoint: Hashable, Sendable {
    public let name: String
    /// Empty when it is in none.
    public let zone: String

    public init(name: String, zone: String = "") {
        self.name = name
        self.zone = zone
    }
}

/// The nodes from which a target is looked up, each for itself, so that what they see can be compared.
public struct LookupVantage: Codable, Hashable, Sendable {
    /// What a user may wish.
    public enum Asked: Codable, Hashable, Sendable {
        /// Every node that looks up.
        case all
        /// So many, as far from each other as the ring places them; within ``LookupVantage/countsAllowed``.
        case count(Int)
        /// Those of one zone.
        case zone(String)
        /// This one.
        case node(String)
        /// Those of an earlier job.
        case sameAs(WorkID)
    }

    /// What ``Asked/count(_:)`` may be.
    public static let countsAllowed = 1...32
    /// Lookups of one job: its nodes times its services.
    public static let partsAllowed = 64
    /// Bytes of the name of a node, of a zone, or of an id, as far as they are read.
    public static let nameBytes = 100

    public let asked: Asked
    /// Their names, distinct, in the order in which results are shown.
    public let nodes: [String]
    /// What of the wish could not be had, for the user.
    public let warnings: [String]

    public init(asked: Asked, nodes: [String], warnings: [String] = []) {
        self.asked = asked
        self.nodes = nodes
        self.warnings = warnings
    }

    /// What no edge would have decided: a peer may send anything.
    var objection: String? {
        if nodes.isEmpty { return "there is no node to look from" }
        if Set(nodes).count < nodes.count { return "a node to look from is named twice" }
        if let name = nodes.first(where: { $0.isEmpty || $0.utf8.count > Self.nameBytes }) {
            return "'\(name.prefix(Self.nameBytes))' is no name of a node: it has 1 to \(Self.nameBytes) bytes"
        }
        return nil
    }
}

/// Why a wish from where to look cannot be fulfilled, with the value and what could be asked for.
public struct VantageRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

extension LookupVantage {
    /// Decides which nodes are meant.
    /// - Parameters:
    ///   - points: the nodes that look up now, in the order in which the ring names them for the target.
    ///   - services: how many are asked of each node.
    ///   - earlier: the job that ``Asked/sameAs(_:)`` names.
    /// - Throws: ``VantageRefusal`` when nobody is meant, or too many.
    public init(_ asked: Asked, from points: [VantagePoint], services: Int, earlier: LookupStatus? = nil) throws(VantageRefusal) {
        guard !points.isEmpty else { throw VantageRefusal("no node with the role \(LookupJob.kind) is alive") }
        var nodes: [String] = [], warnings: [String] = []
        switch asked {
        case .all: nodes = points.map(\.name).sorted()
        case .count(let count):
            nodes = points.prefix(count).map(\.name)
            if nodes.count < count { warnings = ["\(count) nodes were asked for, and \(nodes.count) look up"] }
        case .zone(let zone): nodes = try Self.nodes(of: zone, points)
        case .node(let name):
            guard points.contains(where: { $0.name == name }) else {
                throw VantageRefusal("no node '\(name)' looks up; \(Self.known(points.map(\.name)))")
            }
            nodes = [name]
        case .sameAs(let job): (nodes, warnings) = try Self.nodes(of: job, earlier, points)
        }
        if nodes.count * services > Self.partsAllowed {
            throw VantageRefusal(
                "\(nodes.count) nodes and \(services) services are \(nodes.count * services) lookups; at most \(Self.partsAllowed) are allowed: "
                    + "ask for fewer services, or for fewer nodes by a number or a zone")
        }
        self.init(asked: asked, nodes: nodes, warnings: warnings)
    }

    private static func nodes(of zone: String, _ points: [VantagePoint]) throws(VantageRefusal) -> [String] {
        let nodes = points.filter { $0.zone == zone }.map(\.name).sorted()
        guard !zone.isEmpty, !nodes.isEmpty else {
            let zones = Set(points.map(\.zone)).subtracting([""])
            let remedy = zones.isEmpty ? "none of those that look up is in a zone" : known(Array(zones))
            throw VantageRefusal("no node of the zone '\(zone)' looks up; \(remedy)")
        }
        return nodes
    }

    /// Those that looked, or were to look, as far as they are there.
    private static func nodes(
        of job: WorkID, _ earlier: LookupStatus?, _ points: [VantagePoint]
    ) throws(VantageRefusal) -> (nodes: [String], warnings: [String]) {
        guard let earlier else { throw VantageRefusal("there is no lookup job \(job)") }
        let looked = earlier.request.vantage?.nodes ?? earlier.results.map(\.node).filter { !$0.isEmpty }
        let wanted = looked.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
        guard !wanted.isEmpty else { throw VantageRefusal("no node has looked yet for job \(job)") }
        let there = Set(points.map(\.name)), nodes = wanted.filter { there.contains($0) }
        let absent = wanted.filter { !there.contains($0) }.joined(separator: ", ")
        guard !nodes.isEmpty else {
            throw VantageRefusal("none of the nodes of job \(job) looks up now (\(absent)); \(known(points.map(\.name)))")
        }
        return (nodes, absent.isEmpty ? [] : ["of the nodes of job \(job) these do not look up now: \(absent)"])
    }

    private static func known(_ names: [String]) -> String {
        let shown = names.sorted().prefix(32)
        return "known are \(shown.joined(separator: ", "))\(shown.count < names.count ? " and \(names.count - shown.count) more" : "")"
    }
}

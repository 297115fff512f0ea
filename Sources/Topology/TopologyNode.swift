/// A node of a topology file, with the file's defaults filled in.
public struct TopologyNode: Hashable, Sendable {
    /// What a node does when its file does not say.
    public static let defaultRoles = ["lookup", "primes", "store"]

    public let name: String
    /// Where the node listens: an address of the machine, or `0.0.0.0` for all of them. Default `127.0.0.1`, so that
    /// nothing is open to a network that was not asked for.
    public let bind: String
    /// What the node tells others to connect to. Default `bind`; must be given when that is a wildcard.
    public let advertise: String
    /// The port of the pulse lane; the truth lane has the next one, the work lane the one after that. 1 ... 65,533.
    public let port: Int
    /// Where the admin port answers over HTTP. Without it the node is asked and changed over its Unix socket alone.
    public let admin: Endpoint?
    /// Where clients are served, when the node is an edge.
    public let edge: Endpoint?
    /// What the node does, sorted and without repetition: `lookup`, `primes`, `store`, or names of one's own.
    public let roles: [String]
    /// What fails together (a rack, a data centre); "" when nobody said.
    public let zone: String
    /// The weight on the work ring and among stores, in hundredths of an ordinary node: 1 ... 6,400, default 100. Written
    /// as a factor: `capacity: 1.5` is 150.
    public let capacity: Int
    /// Free annotations, shown with the member.
    public let labels: [String: String]
    /// Where the node keeps its state, its log and its admin socket; default `.gossamer/<mesh>/<node>` beside the file.
    /// Absolute, or relative to the working directory.
    public let dataDir: String

    /// The Unix socket of the admin port.
    public var adminSocket: String { Self.adminSocket(in: dataDir) }
    public static func adminSocket(in directory: String) -> String { directory + "/admin.sock" }
    /// The longest path of a Unix socket: `sun_path` of its address on Linux, without the zero at its end (unix(7)).
    static let longestSocketPath = 107

    /// The port of the truth lane.
    public var truthPort: Int { port + 1 }
    /// The port of the work lane.
    public var workPort: Int { port + 2 }
    /// Where others connect.
    public var address: Endpoint { Endpoint(host: advertise, port: port) }
    public var isEdge: Bool { edge != nil }
}

/// Where a node that starts looks for the mesh.
public struct Seed: Hashable, Sendable {
    /// The host, to be resolved anew at every attempt, and the port of the pulse lane.
    public let endpoint: Endpoint
    /// The node of the file that it is, when the file says so by name.
    public let node: String?
}

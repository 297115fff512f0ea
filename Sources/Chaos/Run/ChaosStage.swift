import JSONDocument
import Topology
import World

/// What a run needs of whoever knows how nodes are started and asked: the command.
///
/// One stage is for one topology file. Everything that it starts has an identity by which a later process finds it.
package protocol ChaosStage: Sendable {
    /// Starts every node with a fault filter; returns once every node sees every node, and the stores have begun.
    /// - Parameter starter: told of a helping process that has been started, before anything else happens.
    /// - Throws: when the mesh does not become complete within the time; then no node runs.
    func start(
        mutations: Set<Mutation>, timeout: Duration, isInterrupted: @Sendable () -> Bool, starter: @Sendable (ProcessIdentity) -> Void
    ) async throws(StageFailure)

    /// Starts one node as ``start(mutations:timeout:isInterrupted:starter:)`` does, and does not wait for it.
    func start(node: String, mutations: Set<Mutation>) throws(StageFailure)

    /// The node's process, while it runs. Nil for a zombie.
    func process(of node: String) -> ProcessIdentity?

    func ask(_ question: StageQuestion) async -> StageAnswer
}

/// Something did not work that had nothing to do with a fault.
package struct StageFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    package init(_ description: String) { self.description = description }
}

package struct StageQuestion: Sendable {
    /// A node's admin port, the socket that takes changes, or its edge.
    package enum Door: Hashable, Sendable { case admin, socket, edge }
    package enum Method: String, Hashable, Sendable { case get = "GET", put = "PUT", post = "POST", delete = "DELETE" }

    package let node: String
    package let door: Door
    package let method: Method
    package let path: String
    package let body: JSON?
    /// The same request under the same key is done once; nil for none.
    package let key: String?
    /// For the whole exchange.
    package let timeout: Duration

    package init(
        _ node: String, _ door: Door, _ method: Method = .get, _ path: String, body: JSON? = nil, key: String? = nil,
        timeout: Duration = .seconds(2)
    ) {
        self.node = node
        self.door = door
        self.method = method
        self.path = path
        self.body = body
        self.key = key
        self.timeout = timeout
    }
}

package enum StageAnswer: Hashable, Sendable {
    case answered(status: Int, JSON?, complaint: String)
    /// Nobody took the question: certainly nothing has happened.
    case refused(String)
    /// It was taken, perhaps, and no answer came.
    case silent(String)

    /// The document of a good answer.
    var document: JSON? {
        if case .answered(200..<300, let json?, _) = self { json } else { nil }
    }

    /// Why there is none.
    var complaint: String {
        switch self {
        case .answered(let status, _, let complaint): "\(status): \(complaint)"
        case .refused(let reason), .silent(let reason): reason
        }
    }
}

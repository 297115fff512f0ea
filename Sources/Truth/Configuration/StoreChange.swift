import Choreography
import Placement
import Registers
import World

/// What an operator wants of the stores of a mesh. Wanting the same again is harmless: what is under way is joined, what is done is left.
public enum StoreChange: Hashable, Sendable {
    /// Has the store of a node hold shards, too.
    case add(String)
    /// Has the store of a node hold none any more.
    /// - Parameter allowsOneCopy: though each shard has one replica afterwards instead of three.
    case remove(String, allowsOneCopy: Bool)
    /// Has another store hold what that of a node holds: the node's own new one, or a spare node's.
    case replace(String, with: String?)
    /// Takes the change that is under way back; if a node is named, only one that concerns it.
    case cancel(String?)
    /// Has states written in a later schema.
    case schema(UInt32)
}

/// A node, as far as its store is concerned.
package struct StoreSight: Hashable, Sendable {
    package let name: String
    package let isLive: Bool
    /// Whether it has the role ``TruthService/role``.
    package let hasRole: Bool
    /// The id of its store; nil when it tells of none.
    package let store: StoreID?
    package let capacity: Int
    package let zone: String
    /// Of states that its program reads and writes, as it says itself; nil when it was not asked.
    package let schemas: StateSchemas?

    package init(
        name: String, isLive: Bool, hasRole: Bool = true, store: StoreID?, capacity: Int = 100, zone: String = "",
        schemas: StateSchemas? = nil
    ) {
        self.name = name
        self.isLive = isLive
        self.hasRole = hasRole
        self.store = store
        self.capacity = capacity
        self.zone = zone
        self.schemas = schemas
    }
}

/// Why a change of stores is not made. Nothing has changed.
public struct StoreChangeRefusal: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Neither the configuration nor the members know the node.
        case unknownNode = "unknown-node"
        /// The node has no store.
        case noStore = "no-store"
        /// The node is not live, and its store is needed.
        case notLive = "not-live"
        /// Another store holds shards under the node's name.
        case otherStore = "other-store"
        /// The node's store holds shards already.
        case holdsShards = "holds-shards"
        /// Nothing would hold the shards.
        case lastStore = "last-store"
        /// Each shard would have one replica instead of three.
        case oneCopy = "one-copy"
        /// Another change is under way.
        case underWay = "under-way"
        /// A store's program does not read and write the schema of states; or one that is active is to be lowered.
        case schema
        /// The stores and their shards cannot be written down.
        case unfit
    }

    public let code: Code
    /// The thing, the value and the remedy.
    public let sentence: String
    /// Of ``Code/underWay``.
    public let pending: PendingChange?

    init(_ code: Code, _ sentence: String, pending: PendingChange? = nil) {
        self.code = code
        self.sentence = sentence
        self.pending = pending
    }

    public var description: String { sentence }
}

extension StoreChange {
    /// The node whose store is to hold shards.
    package var newcomer: String? {
        switch self {
        case .add(let name): name
        case .replace(let name, let other): other ?? name
        case .remove, .cancel, .schema: nil
        }
    }

    /// Whether every store that holds shards has to agree.
    var concernsAll: Bool { if case .schema = self { true } else { false } }

    /// What follows from a wish.
    package enum Verdict: Hashable, Sendable {
        /// This configuration is to be written.
        case write(MeshConfiguration)
        /// Nothing is to be done, and why.
        case nothing(String)
        /// It is under way.
        case joined(PendingChange)
        case refused(StoreChangeRefusal)
    }

    /// Judges a wish by the newest configuration and by who is seen.
    package func judge(
        _ configuration: MeshConfiguration, _ nodes: [StoreSight], mutations: Set<Mutation> = []
    ) -> Verdict {
        do throws(StoreChangeRefusal) {
            let judge = StoreJudge(configuration: configuration, nodes: nodes, mutations: mutations)
            return switch self {
            case .add(let name): try judge.add(name)
            case .remove(let name, let allowsOneCopy): try judge.remove(name, allowsOneCopy: allowsOneCopy)
            case .replace(let name, let other): try judge.replace(name, with: other ?? name)
            case .cancel(let name): try judge.cancel(name)
            case .schema(let schema): try judge.raise(to: schema)
            }
        } catch {
            return .refused(error)
        }
    }
}

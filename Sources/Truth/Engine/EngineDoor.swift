import Distributed
import Mesh
import Registers
import World

/// What one node asks another's replica.
public struct RegisterOrder: Codable, Sendable {
    /// The register's name, in UTF-8.
    let name: [UInt8]
    /// Of a register that ends some day.
    let hour: UInt32?
    let kind: Kind
    /// Of a change, unless its machine knows it again by itself.
    let operation: WorkID?
    /// Of a glance that waits: the version that was seen.
    let seen: UInt64?
    /// The command, or the query.
    let bytes: [UInt8]
    /// How long the replica may take.
    package let patienceMs: Int

    enum Kind: String, Codable { case change, read, glance }

    package init(_ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration) {
        name = key.bytes
        hour = key.hour?.number
        switch action.fromAfar {
        case .change(let operation, let command): (kind, self.operation, seen, bytes) = (.change, operation, nil, command)
        case .read(let query), .look(let query): (kind, operation, seen, bytes) = (.read, nil, nil, query)
        case .glance(let query, let seen): (kind, operation, self.seen, bytes) = (.glance, nil, seen, query)
        }
        patienceMs = Int(clamping: patience.milliseconds)
    }

    package var key: RegisterKey? { RegisterKey(bytes: name, hour: hour.map { CreationHour(number: $0) }) }

    package var action: RegisterWish.Action {
        switch kind {
        case .change: .change(operation: operation, command: bytes)
        case .read: .read(bytes)
        case .glance: .glance(bytes, seen: seen)
        }
    }

    /// Carries it out at a node's own replica.
    nonisolated(nonsending) func perform(at engine: ReplicatedEngine) async throws -> [UInt8] {
        guard let key else {
            throw RegisterError(.tooLarge, .failed, "a register's name has 1 to \(RegisterKey.maximumBytes) bytes, not \(name.count)")
        }
        return try await engine.performHere(key, action, patience: .milliseconds(max(0, patienceMs)))
    }
}

/// The door to a node's replica, for nodes that hold none of a key. One on every node.
///
/// It only hands orders over to the replica and answers back, so it runs on the event loop, where both pass anyway: two threads less to
/// be woken for each order.
public distributed actor EngineDoor: NodeSingleton, InlineActor {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let engine: ReplicatedEngine

    public init(actorSystem: MeshActorSystem, engine: ReplicatedEngine) {
        self.actorSystem = actorSystem
        self.engine = engine
    }

    /// Carries out an order at this node's own replica.
    public distributed func perform(_ order: RegisterOrder) async throws -> [UInt8] {
        try await order.perform(at: engine)
    }
}

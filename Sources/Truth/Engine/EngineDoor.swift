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
    let isRead: Bool
    /// Of a change, unless its machine knows it again by itself.
    let operation: WorkID?
    /// The command, or the query.
    let bytes: [UInt8]
    /// How long the replica may take.
    package let patienceMs: Int

    package init(_ key: RegisterKey, _ action: RegisterWish.Action, patience: Duration) {
        name = key.bytes
        hour = key.hour?.number
        switch action {
        case .change(let operation, let command): (isRead, self.operation, bytes) = (false, operation, command)
        case .read(let query): (isRead, operation, bytes) = (true, nil, query)
        }
        patienceMs = Int(clamping: patience.milliseconds)
    }

    package var key: RegisterKey? { RegisterKey(bytes: name, hour: hour.map { CreationHour(number: $0) }) }

    package var action: RegisterWish.Action { isRead ? .read(bytes) : .change(operation: operation, command: bytes) }
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
        guard let key = order.key else {
            throw RegisterError(.tooLarge, .failed, "a register's name has 1 to \(RegisterKey.maximumBytes) bytes, not \(order.name.count)")
        }
        return try await engine.performHere(key, order.action, patience: .milliseconds(max(0, order.patienceMs)))
    }
}

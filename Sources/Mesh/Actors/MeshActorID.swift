import World

/// Names one distributed actor in the whole mesh, for the life of its node.
public struct MeshActorID: Sendable {
    /// The process that holds the actor.
    public let node: NodeIdentity
    /// The actor's type. The callee checks it against the called function before anything runs.
    public let type: ActorType
    /// 0 for a ``NodeSingleton``, otherwise counted up by the node, never used twice in one life.
    public let number: UInt64
    /// The actor's place in this process; nil in an id that came from elsewhere.
    let cell: ActorCell?

    init(node: NodeIdentity, type: ActorType, number: UInt64, cell: ActorCell?) {
        self.node = node
        self.type = type
        self.number = number
        self.cell = cell
    }

    public init(node: NodeIdentity, type: ActorType, number: UInt64) {
        self.init(node: node, type: type, number: number, cell: nil)
    }

    /// The executor that the node's runtime has made for the actor.
    ///
    /// Every distributed actor hands it on:
    /// ```swift
    /// nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }
    /// ```
    public var unownedExecutor: UnownedSerialExecutor {
        guard let cell else { preconditionFailure("\(self) is a reference to a remote actor: it has no executor here") }
        return cell.executor.asUnownedSerialExecutor()
    }
}

extension MeshActorID: Hashable {
    public static func == (a: MeshActorID, b: MeshActorID) -> Bool {
        a.number == b.number && a.node == b.node && a.type == b.type
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(number)
        hasher.combine(node)
        hasher.combine(type)
    }
}

extension MeshActorID: CustomStringConvertible {
    public var description: String { "\(type)/\(number)@\(node)" }
}

extension MeshActorID: Codable {
    /// `[node name, life, type, number]`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.unkeyedContainer()
        try container.encode(node.name)
        try container.encode(node.life)
        try container.encode(type.mangledName)
        try container.encode(number)
    }

    public init(from decoder: any Decoder) throws {
        var container = try decoder.unkeyedContainer()
        let node = NodeIdentity(name: try container.decode(String.self), life: try container.decode(UInt64.self))
        let type = ActorType(mangledName: try container.decode(String.self))
        self.init(node: node, type: type, number: try container.decode(UInt64.self))
    }
}

import Distributed

/// What actors of one type check in under.
public struct ReceptionKey<Act: DistributedActor>: Hashable, Sendable where Act.ActorSystem == MeshActorSystem {
    /// The key's name; keys of different actor types never mix, whatever their names.
    public let name: String

    public init(_ name: String) { self.name = name }

    var wireName: String { "\(ActorType(Act.self).mangledName)/\(name)" }
}

/// Finds actors anywhere in the mesh by a typed key.
///
/// ```swift
/// try await node.system.receptionist.checkIn(room, as: .rooms)
/// for await rooms in node.system.receptionist.listing(of: .rooms) { ... }
/// ```
public struct Receptionist: Sendable {
    let system: MeshActorSystem

    /// Makes a local actor known under `key` to all nodes, until it is gone or checked out.
    ///
    /// Only an actor's own node checks it in.
    /// - Throws: ``MeshError`` with code `overloaded` when the node has 4,096 check-ins; `tooLarge` when the key has, with the
    ///   name of the actor's type, more than 1,024 bytes, or when the listing of the key does not fit into a frame;
    ///   `incompatible` when `actor` is a reference to an actor of another node.
    public func checkIn<Act>(_ actor: Act, as key: ReceptionKey<Act>) async throws {
        guard actor.id.node == system.node else {
            throw MeshError(
                .incompatible, outcome: .failed, "\(actor.id) is not an actor of this node, \(system.node); let its own node check it in")
        }
        try await system.core.checkIn(ActorReference(type: actor.id.type, number: actor.id.number), as: key.wireName)
    }

    /// Takes a check-in back. No effect on an actor of another node.
    public func checkOut<Act>(_ actor: Act, from key: ReceptionKey<Act>) async {
        guard actor.id.node == system.node else { return }
        await system.core.checkOut(ActorReference(type: actor.id.type, number: actor.id.number), from: key.wireName)
    }

    /// The actors under `key` as this node sees them now.
    public func lookup<Act>(_ key: ReceptionKey<Act>) async -> [Act] {
        references(await system.core.listing(of: key.wireName))
    }

    /// The actors under `key` now, and again after every change. A slow reader sees the newest listing only.
    ///
    /// A node has at most 16,384 such readers; the stream of one beyond ends at once, and so do all when the node stops.
    public func listing<Act>(of key: ReceptionKey<Act>) -> AsyncMapSequence<AsyncStream<[MeshActorID]>, [Act]> {
        system.core.listings(of: key.wireName).map { references($0) }
    }

    /// An actor that went away between the listing and here is left out.
    private func references<Act>(_ ids: [MeshActorID]) -> [Act]
    where Act: DistributedActor, Act.ActorSystem == MeshActorSystem {
        ids.compactMap { try? Act.resolve(id: $0, using: system) }
    }
}

extension MeshActorSystem {
    /// Finds actors by key.
    public var receptionist: Receptionist { Receptionist(system: self) }
}

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
    /// - Throws: ``MeshError`` with code `overloaded` when the node has 4,096 check-ins.
    public func checkIn<Act>(_ actor: Act, as key: ReceptionKey<Act>) async throws {
        try await system.core.checkIn(ActorReference(type: actor.id.type, number: actor.id.number), as: key.wireName)
    }

    /// Takes a check-in back.
    public func checkOut<Act>(_ actor: Act, from key: ReceptionKey<Act>) async {
        await system.core.checkOut(ActorReference(type: actor.id.type, number: actor.id.number), from: key.wireName)
    }

    /// The actors under `key` as this node sees them now.
    public func lookup<Act>(_ key: ReceptionKey<Act>) async -> [Act] {
        references(await system.core.listing(of: key.wireName))
    }

    /// The actors under `key` now, and again after every change. A slow reader sees the newest listing only.
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

import Choreography
import Distributed
import Mesh
import World

/// The door to the results that a node keeps, or has others keep. One on every node.
public distributed actor ResultDoor: NodeSingleton {
    public typealias ActorSystem = MeshActorSystem
    public nonisolated var unownedExecutor: UnownedSerialExecutor { id.unownedExecutor }

    private let shelf: ResultShelf

    init(actorSystem: MeshActorSystem, shelf: ResultShelf) {
        self.actorSystem = actorSystem
        self.shelf = shelf
    }

    /// Fetches a result from whoever offers it, and keeps it. When this returns it survives a power cut here.
    /// - Parameters:
    ///   - digest: SHA-256 of the bytes.
    ///   - size: how many they are.
    /// - Throws: `WorkRefusal`.
    public distributed func keep(_ digest: [UInt8], _ size: Int, of work: WorkID, from door: ResultDoor) async throws {
        guard let digest = ResultDigest(digest) else { throw WorkRefusal(.invalid, "a digest of \(digest.count) bytes is no SHA-256") }
        try await shelf.keep(digest, size: size, of: work, from: door)
    }

    /// At most ``ResultLimits/pieceBytes`` of a result that is here; none behind its end. Nil when it is not here.
    public distributed func read(_ digest: [UInt8], from offset: Int) async throws -> ResultPiece? {
        guard let digest = ResultDigest(digest) else { return nil }
        return await shelf.piece(of: digest, from: offset).map { ResultPiece(bytes: $0) }
    }
}

/// A part of a result on its way.
public struct ResultPiece: Codable, Hashable, Sendable {
    let bytes: [UInt8]
}

extension ResultDoor {
    /// Reads a result of this size piece by piece. Nil when it is not there, or is not what its digest says.
    nonisolated func fetch(_ digest: ResultDigest, size: Int) async throws -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < size {
            guard let piece = try await read(digest.bytes, from: bytes.count)?.bytes, !piece.isEmpty, piece.count <= size - bytes.count
            else { return nil }
            bytes += piece
        }
        return ResultDigest(of: bytes) == digest ? bytes : nil
    }
}

import Choreography
import Mesh
import Synchronization
import World

/// What a node can give others of results: those that it keeps, and those that it has others keep just now.
final class ResultShelf: Sendable {
    private struct State {
        /// What is offered to others, and how often.
        var offers: [ResultDigest: (bytes: [UInt8], count: Int)] = [:]
        var fetching = 0
    }

    /// Nil on a node that keeps none.
    let own: FileResults?
    private let state = Mutex(State())

    init(own: FileResults?) { self.own = own }

    // MARK: Giving

    /// Others may read the bytes until they are withdrawn.
    func offer(_ bytes: [UInt8], _ digest: ResultDigest) { state.withLock { $0.offers[digest, default: (bytes, 0)].count += 1 } }

    func withdraw(_ digest: ResultDigest) {
        state.withLock { state in
            guard let offer = state.offers[digest] else { return }
            state.offers[digest] = offer.count > 1 ? (offer.bytes, offer.count - 1) : nil
        }
    }

    /// A part of a result, if it is here; empty at its end.
    func piece(of digest: ResultDigest, from offset: Int) async -> [UInt8]? {
        let offered = state.withLock { $0.offers[digest]?.bytes }
        guard offset >= 0, let bytes = if let offered { offered } else { await own?.read(digest) } else { return nil }
        return Array(bytes.dropFirst(offset).prefix(ResultLimits.pieceBytes))
    }

    // MARK: Keeping

    /// Fetches a result and keeps it.
    func keep(_ digest: ResultDigest, size: Int, of work: WorkID, from door: ResultDoor) async throws {
        guard let own else { throw WorkRefusal(.overloaded, "this node keeps no results") }
        guard (1...ResultLimits.bytes).contains(size) else { throw WorkRefusal(tooLarge: size) }
        try beginFetch()
        defer { state.withLock { $0.fetching -= 1 } }
        guard let bytes = try await door.fetch(digest, size: size) else {
            throw WorkRefusal(.overloaded, "the result \(digest) could not be fetched from \(door.id)")
        }
        try await own.save(bytes, digest, of: work)
    }

    private func beginFetch() throws(WorkRefusal) {
        let hasRoom = state.withLock { state in
            defer { if state.fetching < ResultLimits.fetches { state.fetching += 1 } }
            return state.fetching < ResultLimits.fetches
        }
        guard hasRoom else {
            throw WorkRefusal(.overloaded, "\(ResultLimits.fetches) results are being fetched already, as many as may be at a time")
        }
    }
}

extension WorkRefusal {
    init(tooLarge size: Int) {
        self.init(.invalid, "a result has 1 to \(ResultLimits.bytes) bytes, not \(size); have the work done in smaller parts")
    }
}

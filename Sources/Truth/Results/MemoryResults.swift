import Choreography
import Synchronization
import World

/// Keeps results for as long as the process lives: for tests, and for actors that are rehearsed.
public final class MemoryResults: ResultStore {
    private let node: String
    private let results = Mutex<[ResultDigest: [UInt8]]>([:])

    /// - Parameter node: that it says it is.
    public init(node: String = "memory") { self.node = node }

    public func save(_ bytes: [UInt8], of work: WorkID) async throws(WorkRefusal) -> ResultLocation {
        let digest = ResultDigest(of: bytes)
        results.withLock { $0[digest] = bytes }
        return ResultLocation(digest: digest.bytes, size: bytes.count, nodes: [node])
    }

    public func read(_ location: ResultLocation) async -> [UInt8]? {
        ResultDigest(location.digest).flatMap { digest in results.withLock { $0[digest] } }
    }

    /// Nothing is taken away before the process ends.
    public func start(isOver: @escaping @Sendable (WorkID) async -> Bool?) {}
}

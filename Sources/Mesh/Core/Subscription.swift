import Synchronization

/// One reader's claim on a stream of news, from before the stream is handed out.
///
/// The reader may be gone before the loop has taken the claim in; then nothing would remove it again. So its end is noted here,
/// and the loop looks.
final class Subscription<News: Sendable>: Sendable {
    let continuation: AsyncStream<News>.Continuation
    /// Rises with each claim, so that readers are served in the order in which they came.
    let number: UInt64
    private let over = Atomic(false)

    /// Whether the reader is gone.
    var isOver: Bool { over.load(ordering: .acquiring) }

    init(_ continuation: AsyncStream<News>.Continuation, number: UInt64) {
        self.continuation = continuation
        self.number = number
    }

    func end() { over.store(true, ordering: .releasing) }
}

extension NodeCore {
    /// A stream whose reader is known to the loop from `add` to `remove`. It ends at once when the node has stopped, or has no
    /// room for another reader.
    /// - Parameters:
    ///   - farewell: what the reader of a node that has stopped is told.
    ///   - add: takes the reader in, on the loop; false when there is no room.
    ///   - remove: on the loop, after `add`, and also when that has refused.
    nonisolated func subscribe<News: Sendable>(
        buffering policy: AsyncStream<News>.Continuation.BufferingPolicy, farewell: News? = nil,
        add: @escaping @Sendable (isolated NodeCore, Subscription<News>) -> Bool,
        remove: @escaping @Sendable (isolated NodeCore, UInt64) -> Void
    ) -> AsyncStream<News> {
        let (stream, continuation) = AsyncStream.makeStream(of: News.self, bufferingPolicy: policy)
        let number = subscriptionNumbers.add(1, ordering: .relaxed).newValue
        let subscription = Subscription(continuation, number: number)
        continuation.onTermination = { _ in
            subscription.end()
            self.enqueue { remove($0, number) }
        }
        @Sendable func refuse() {
            if let farewell { continuation.yield(farewell) }
            continuation.finish()
        }
        let isTaken = submit { core in
            if subscription.isOver { return }
            if core.hasStopped { return refuse() }
            if !add(core, subscription) { continuation.finish() }
        }
        if !isTaken { refuse() }
        return stream
    }
}

/// The readers of some streams of news, by topic.
struct Subscribers<Topic: Hashable & Sendable, News: Sendable>: Sendable {
    private var streams: [Topic: [UInt64: AsyncStream<News>.Continuation]] = [:]
    private let limit: Int
    private(set) var count = 0

    /// - Parameter limit: readers of all topics together.
    init(limit: Int) { self.limit = limit }

    /// - Returns: false when the limit is reached.
    mutating func add(_ subscription: Subscription<News>, to topic: Topic) -> Bool {
        guard count < limit else { return false }
        streams[topic, default: [:]][subscription.number] = subscription.continuation
        count += 1
        return true
    }

    mutating func remove(_ number: UInt64, from topic: Topic) {
        guard streams[topic]?.removeValue(forKey: number) != nil else { return }
        if streams[topic]?.isEmpty == true { streams[topic] = nil }
        count -= 1
    }

    func hasReaders(of topic: Topic) -> Bool { streams[topic] != nil }

    /// Tells all readers, in the order in which they came.
    func tell(_ news: News, about topic: Topic) {
        for (_, stream) in (streams[topic] ?? [:]).sorted(by: { $0.key < $1.key }) { stream.yield(news) }
    }

    /// Takes all streams out; the caller ends them. Not here: a stream that ends calls back at once to be removed, and that
    /// must not come while this value is being changed.
    mutating func removeAll() -> [AsyncStream<News>.Continuation] {
        defer {
            streams = [:]
            count = 0
        }
        return streams.values.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
    }
}

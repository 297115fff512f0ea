/// The readers of some streams of news, by topic.
struct Subscribers<Topic: Hashable & Sendable, News: Sendable>: Sendable {
    private var streams: [Topic: [UInt64: AsyncStream<News>.Continuation]] = [:]
    private var made: UInt64 = 0

    /// - Returns: the subscription's number.
    mutating func add(_ stream: AsyncStream<News>.Continuation, to topic: Topic) -> UInt64 {
        made += 1
        streams[topic, default: [:]][made] = stream
        return made
    }

    mutating func remove(_ number: UInt64, from topic: Topic) {
        streams[topic]?[number] = nil
        if streams[topic]?.isEmpty == true { streams[topic] = nil }
    }

    func hasReaders(of topic: Topic) -> Bool { streams[topic] != nil }

    /// Tells all readers, in the order in which they came.
    func tell(_ news: News, about topic: Topic) {
        for (_, stream) in (streams[topic] ?? [:]).sorted(by: { $0.key < $1.key }) { stream.yield(news) }
    }

    /// Takes all streams out; the caller ends them. Not here: a stream that ends calls back at once to be removed, and that
    /// must not come while this value is being changed.
    mutating func removeAll() -> [AsyncStream<News>.Continuation] {
        defer { streams = [:] }
        return streams.values.flatMap { $0 }.sorted { $0.key < $1.key }.map(\.value)
    }
}

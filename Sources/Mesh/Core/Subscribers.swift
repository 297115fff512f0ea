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

    /// Ends all streams.
    mutating func finish() {
        for stream in streams.values.flatMap(\.values) { stream.finish() }
        streams = [:]
    }
}

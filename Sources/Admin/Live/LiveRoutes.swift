import HTTPTypes
import Hummingbird
import JSONDocument
import Synchronization
import Web
import World

/// `GET /events`: the picture of the node and its mesh as server-sent events.
///
/// First `picture`, the whole; then `change`, what differs from the event before, by section and by row; and when 1.2 s have passed
/// with nothing to tell `beat`, so that a page knows a silent node from a quiet mesh. An event's id is "life-version".
/// A reader who comes again with the last id (as `Last-Event-ID`, or `?last=`) gets what has changed since. A reader
/// who is slow is told less often, each time the newest.
struct LiveRoutes: RouteGroup {
    let feed: LiveFeed
    let world: any World

    var routes: [WebRoute] { [WebRoute(.get, "/events") { try stream($0) }] }

    private func stream(_ request: WebRequest) throws -> Response {
        guard let seat = feed.seats.take() else {
            throw Problem.unavailable(
                "\(feed.seats.limit) pages are open on this node, the limit; close one, or look at another node's", retryAfter: 5)
        }
        let reader = LiveReader(seat: seat, feed: feed, seen: version(request))
        return .eventStream(request, world: world) { await reader.next() }
    }

    /// The version that the reader has seen in this life of the node; nil for none.
    private func version(_ request: WebRequest) -> UInt64? {
        let header = HTTPField.Name("Last-Event-ID").flatMap { request.headers[$0] }
        let parts = (header ?? request.query("last") ?? "").split(separator: "-")
        guard parts.count == 2, UInt64(parts[0]) == feed.life, let version = UInt64(parts[1]), version > 0 else { return nil }
        return version
    }
}

/// One open page.
private final class LiveReader: Sendable {
    /// Kept for as long as the stream keeps the reader.
    private let seat: LiveSeat
    private let feed: LiveFeed
    private let seen: Mutex<UInt64?>

    init(seat: LiveSeat, feed: LiveFeed, seen: UInt64?) {
        self.seat = seat
        self.feed = feed
        self.seen = Mutex(seen)
    }

    /// The next event; nil at the end.
    func next() async -> [ServerSentEvent]? {
        let (kind, document, version): (String, JSON, UInt64)
        switch await feed.next(after: seen.withLock { $0 }) {
        case .over: return nil
        case .whole(let json, let number): (kind, document, version) = ("picture", json, number)
        case .changes(let json, let number): (kind, document, version) = ("change", json, number)
        case .beat(let json, let number): (kind, document, version) = ("beat", json, number)
        }
        seen.withLock { $0 = version }
        return [ServerSentEvent(id: "\(feed.life)-\(version)", event: kind, data: document)]
    }
}

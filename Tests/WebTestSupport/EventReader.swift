import AsyncHTTPClient
import JSONDocument
import NIOCore
import Testing

/// Reads server-sent events as a page does.
public struct EventReader {
    public struct Event: Sendable {
        public var id = ""
        public var kind = ""
        public var data = JSON.null
    }

    /// Reads until `take` returns false or the stream ends; gives what was read. Its connection is closed before it returns, as
    /// that of a page that is closed: a shared client would do that later, when it notices that nobody reads.
    @discardableResult
    public static func read(
        _ url: String, lastEventID: String? = nil, until take: (Event) async throws -> Bool
    ) async throws -> [Event] {
        try await HTTPClient.withHTTPClient { client in
            try await read(url, lastEventID: lastEventID, by: client, until: take)
        }
    }

    private static func read(
        _ url: String, lastEventID: String?, by client: HTTPClient, until take: (Event) async throws -> Bool
    ) async throws -> [Event] {
        var request = HTTPClientRequest(url: url)
        if let lastEventID { request.headers.add(name: "Last-Event-ID", value: lastEventID) }
        let response = try await client.execute(request, timeout: .seconds(30))
        try #require(response.status == .ok)
        #expect(response.headers.first(name: "content-type") == "text/event-stream")
        var events: [Event] = []
        var pending = ""
        for try await chunk in response.body {
            pending += String(buffer: chunk)
            while let end = pending.firstRange(of: "\n\n") {
                let block = pending[..<end.lowerBound]
                pending = String(pending[end.upperBound...])
                var event = Event()
                for line in block.split(separator: "\n") {
                    if line.hasPrefix("id: ") { event.id = String(line.dropFirst(4)) }
                    if line.hasPrefix("event: ") { event.kind = String(line.dropFirst(7)) }
                    if line.hasPrefix("data: ") { event.data = try JSON(parsing: line.dropFirst(6).utf8) }
                }
                guard !event.kind.isEmpty else { continue }
                events.append(event)
                guard try await take(event) else { return events }
            }
        }
        return events
    }
}

import Hummingbird
import JSONDocument
import World

/// One event of a stream (WHATWG HTML, 9.2).
public struct ServerSentEvent: Sendable, Hashable {
    /// What a client sends back as `Last-Event-ID` when it comes again.
    public let id: String
    /// The event's type.
    public let event: String
    public let data: JSON

    public init(id: String, event: String, data: JSON) {
        self.id = id
        self.event = event
        self.data = data
    }

    /// The event on the wire. JSON text of ours holds no line end, so that one `data` line is enough.
    package var text: String { "id: \(id)\nevent: \(event)\ndata: \(data.text())\n\n" }
}

extension Response {
    /// A stream of events, which ends when `next` returns nil or the server stops.
    ///
    /// - Parameters:
    ///   - next: the events that have come about since it was last called; waits for some, about a second at most. Its
    ///     error ends the stream; the client comes again with the last id.
    public static func eventStream(
        _ request: WebRequest, world: any World, next: @escaping @Sendable () async throws -> [ServerSentEvent]?
    ) -> Response {
        let headers: HTTPFields = [.contentType: "text/event-stream", .cacheControl: "no-store"]
        let body = ResponseBody { writer in
            // Proxies and clients learn at once that the stream stands, whatever the first event takes.
            try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
            var lastWrite = world.now
            while !request.isStopping, let events = try await next() {
                if !events.isEmpty {
                    try await writer.write(ByteBuffer(string: events.map(\.text).joined()))
                    lastWrite = world.now
                } else if world.now - lastWrite > .seconds(10) {
                    // A comment, so that a connection that is gone is noticed and one that is not stays.
                    try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    lastWrite = world.now
                }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }
}

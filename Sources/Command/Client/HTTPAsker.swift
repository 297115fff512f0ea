import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Web
import World

/// An answer that came, whatever its status.
package struct HTTPAnswer: Sendable {
    package let status: Int
    package let json: JSON?
    package let text: String
    package let location: String?

    package var isSuccess: Bool { 200..<300 ~= status }

    /// The sentence of a problem document (RFC 9457), with its fields, or the body itself.
    package var complaint: String {
        guard let json else { return text.isEmpty ? "status \(status)" : String(text.prefix(500)) }
        let fields = (json["errors"]?.members ?? []).map { member in
            let sentences = (member.value.elements ?? [member.value]).compactMap(\.string)
            return "\(member.key): " + sentences.joined(separator: "; ")
        }
        if !fields.isEmpty { return fields.joined(separator: "\n") }
        return json["detail"]?.string ?? json["message"]?.string ?? json["title"]?.string ?? "status \(status)"
    }
}

/// Speaks HTTP/1.1 with nodes, over TCP or through a socket in the file system; one connection for each question.
///
/// A client library would do, but the smallest brings TLS along, whose build takes longer than all of ours, and nodes are asked
/// in plain text on the loopback or behind a proxy of the operator's.
package struct HTTPAsker: Sendable {
    /// An answer longer than this is none of a node's.
    static let answerLimit = 64 << 20
    private typealias Connection = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    package init() {}

    /// - Parameters:
    ///   - base: `http://host:port`, or `unix:` and the path of a socket.
    ///   - path: begins with a slash; already percent-encoded.
    ///   - timeout: for the whole exchange.
    package func ask(
        _ base: String, _ path: String, method: HTTPMethod = .GET, body: JSON? = nil, token: String? = nil,
        timeout: Duration = .seconds(5)
    ) async throws(NoAnswer) -> HTTPAnswer {
        let target = try HTTPTarget(base)
        var headers = HTTPHeaders([("Host", target.host), ("Accept", "application/json"), ("Connection", "close")])
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        let content = body.map { ByteBuffer(string: $0.text()) }
        if let content {
            headers.add(name: "Content-Type", value: "application/json")
            headers.add(name: "Content-Length", value: String(content.readableBytes))
        }
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: target.prefix + path, headers: headers)
        let limit = TimeAmount.nanoseconds(timeout.nanoseconds)
        do {
            let connection = try await Self.connect(target, limit)
            let isLate = Flag()
            // Closing is the one way to end whatever the exchange is waiting for.
            let alarm = connection.channel.eventLoop.scheduleTask(in: limit) { [channel = connection.channel] in
                isLate.set()
                channel.close(promise: nil)
            }
            defer { alarm.cancel() }
            do {
                if let answer = try await Self.exchange(connection, head, content) { return answer }
            } catch where isLate.isSet {
                throw NoAnswer.silent(timeout)
            }
            throw isLate.isSet ? NoAnswer.silent(timeout) : .closed
        } catch let error as NoAnswer {
            throw error
        } catch {
            throw NoAnswer(error)
        }
    }

    private static func connect(_ target: HTTPTarget, _ limit: TimeAmount) async throws -> Connection {
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(limit)
        let prepare: @Sendable (any Channel) -> EventLoopFuture<Connection> = { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                return try Connection(wrappingChannelSynchronously: channel)
            }
        }
        switch target.place {
        case .tcp(let host, let port): return try await bootstrap.connect(host: host, port: port, channelInitializer: prepare)
        case .socket(let path): return try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: prepare)
        }
    }

    /// `nil` when the connection ends before the answer does.
    private static func exchange(
        _ connection: Connection, _ head: HTTPRequestHead, _ content: ByteBuffer?
    ) async throws -> HTTPAnswer? {
        try await connection.executeThenClose { inbound, outbound in
            try await outbound.write(.head(head))
            if let content { try await outbound.write(.body(.byteBuffer(content))) }
            try await outbound.write(.end(nil))
            var status = 0, location: String?, bytes: [UInt8] = []
            for try await part in inbound {
                switch part {
                case .head(let head):
                    status = Int(head.status.code)
                    location = head.headers.first(name: "Location")
                case .body(let buffer):
                    guard bytes.count + buffer.readableBytes <= answerLimit else { throw NoAnswer.tooLong }
                    bytes.append(contentsOf: buffer.readableBytesView)
                case .end:
                    return HTTPAnswer(
                        status: status, json: try? JSON(parsing: bytes), text: String(decoding: bytes, as: UTF8.self),
                        location: location)
                }
            }
            return nil
        }
    }

    /// Percent-encodes all but the unreserved characters of RFC 3986: for a segment of a path.
    package static func encoded(_ text: some StringProtocol) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return result
    }
}

/// Set once, from another thread.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}

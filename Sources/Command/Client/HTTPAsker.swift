import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
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

/// Why no answer came.
package struct NoAnswer: Error, Sendable, CustomStringConvertible {
    /// True when the request cannot have been acted upon: nobody took it.
    package let wasRefused: Bool
    package let description: String
}

/// Speaks HTTP with nodes: over TCP, or through a socket in the file system.
package struct HTTPAsker: Sendable {
    /// An answer longer than this is none of a node's.
    private static let answerLimit = 64 << 20

    /// Never ends, like the process it serves. A node that refuses connections says so at once instead of being tried again
    /// until the timeout, which is the client's habit.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    package init() {}

    /// - Parameters:
    ///   - base: `http://host:port`, or `unix:` and the path of a socket.
    ///   - path: begins with a slash; already percent-encoded.
    ///   - timeout: for the whole exchange.
    package func ask(
        _ base: String, _ path: String, method: HTTPMethod = .GET, body: JSON? = nil, token: String? = nil,
        timeout: Duration = .seconds(5)
    ) async throws(NoAnswer) -> HTTPAnswer {
        var request = HTTPClientRequest(url: Self.url(base, path))
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.text()))
        }
        do {
            let response = try await Self.client.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            let bytes = try await response.body.collect(upTo: Self.answerLimit)
            return HTTPAnswer(
                status: Int(response.status.code), json: try? JSON(parsing: bytes.readableBytesView),
                text: String(buffer: bytes), location: response.headers.first(name: "Location"))
        } catch {
            throw NoAnswer(error, base: base, timeout: timeout)
        }
    }

    /// AsyncHTTPClient takes the path of a socket as the percent-encoded host of an `http+unix` URL.
    static func url(_ base: String, _ path: String) -> String {
        guard base.hasPrefix("unix:") else { return (base.hasSuffix("/") ? String(base.dropLast()) : base) + path }
        return "http+unix://" + encoded(base.dropFirst("unix:".count)) + path
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

extension NoAnswer {
    init(_ error: any Error, base: String, timeout: Duration) {
        switch error {
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self.init(wasRefused: false, description: "no answer within \(DurationText.short(timeout))")
        case let error as HTTPClientError where error == .connectTimeout:
            self.init(wasRefused: true, description: "no connection within \(DurationText.short(timeout))")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            self.init(wasRefused: false, description: "the connection was closed before the answer")
        case let error as HTTPClientError where error == .invalidURL || error == .emptyHost:
            self.init(wasRefused: true, description: "\"\(base)\" is no address; write http://host:port")
        case let error as HTTPClientError:
            self.init(wasRefused: true, description: "\(error)")
        case let error as IOError:
            self.init(
                wasRefused: error.errnoCode == ECONNREFUSED || error.errnoCode == ENOENT, description: Self.words(error))
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                self.init(first.error, base: base, timeout: timeout)
            } else {
                self.init(wasRefused: true, description: "the host \(error.host) is unknown")
            }
        default:
            self.init(wasRefused: false, description: "\(error)")
        }
    }

    private static func words(_ error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case ENOENT: "there is no socket"
        case EACCES: "permission denied: the socket belongs to the user of the node"
        default: "\(error)"
        }
    }
}

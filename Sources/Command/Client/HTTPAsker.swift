import AsyncHTTPClient
import JSONDocument
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
    /// As it came, with its quotes.
    package let eTag: String?
    /// Of a register, where one replica alone was asked.
    package let version: UInt64?
    /// How much more may be asked of an edge, where there is a limit.
    package let allowance: RateAllowance?

    package var isSuccess: Bool { 200..<300 ~= status }

    /// Of a refusal because too much was asked for, when to ask again; nil for any other answer.
    package var retryAfter: Duration? {
        status == 429 ? .seconds(min(3_600, max(1, json?["retryAfter"]?.integer(Int.self) ?? 60))) : nil
    }

    /// The sentence of a problem document (RFC 9457), with its fields, of an object with an `error`, or the body itself.
    package var complaint: String {
        guard let json else { return text.isEmpty ? "status \(status)" : String(text.prefix(500)) }
        let fields = (json["errors"]?.members ?? []).map { member in
            let sentences = (member.value.elements ?? [member.value]).compactMap(\.string)
            return "\(member.key): " + sentences.joined(separator: "; ")
        }
        if !fields.isEmpty { return fields.joined(separator: "\n") }
        let sentence = ["detail", "error", "message", "title"].lazy.compactMap { json[$0]?.string }.first
        return sentence ?? "status \(status)"
    }
}

/// Speaks HTTP/1.1 with nodes, over TCP or through a socket in the file system; one connection for each question.
package struct HTTPAsker: Sendable {
    /// An answer longer than this is none of a node's.
    static let answerLimit = 64 << 20

    /// One for the process, which ends with it.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        // A node that refuses is gone; whoever asked decides what comes next.
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        return HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }()

    package init() {}

    /// - Parameters:
    ///   - base: `http://host:port`, or `unix:` and the path of a socket.
    ///   - path: begins with a slash; already percent-encoded.
    ///   - eTag: what is to be changed has it, or stays as it is.
    ///   - key: the same request under the same key is done once.
    ///   - timeout: for the whole exchange.
    package func ask(
        _ base: String, _ path: String, method: HTTPMethod = .GET, body: JSON? = nil, token: String? = nil, ifMatch eTag: String? = nil,
        idempotencyKey key: String? = nil, timeout: Duration = .seconds(5)
    ) async throws(NoAnswer) -> HTTPAnswer {
        var request = HTTPClientRequest(url: Self.url(try HTTPTarget(base), path))
        request.method = method
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "Connection", value: "close")
        // RFC 7240, 4.3: what would have to wait for longer is refused at once, and it is told for how long.
        request.headers.add(name: "Prefer", value: "wait=\(max(0, timeout.milliseconds / 1_000 - 1))")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let eTag { request.headers.add(name: "If-Match", value: eTag) }
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(string: body.text()))
        }
        do {
            let response = try await Self.client.execute(request, timeout: .nanoseconds(timeout.nanoseconds))
            let bytes = try await response.body.collect(upTo: Self.answerLimit)
            return HTTPAnswer(
                status: Int(response.status.code), json: try? JSON(parsing: bytes.readableBytesView),
                text: String(buffer: bytes), location: response.headers.first(name: "Location"),
                eTag: response.headers.first(name: "ETag"),
                version: response.headers.first(name: "X-Gossamer-Version").flatMap { UInt64($0) },
                allowance: RateAllowance(response.headers))
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw .silent(timeout)
        } catch is NIOTooManyBytesError {
            throw .tooLong
        } catch {
            throw NoAnswer(error)
        }
    }

    private static func url(_ target: HTTPTarget, _ path: String) -> String {
        switch target.place {
        case .tcp: "http://\(target.host)\(target.prefix)\(path)"
        case .socket(let socket): "http+unix://\(encoded(socket))\(path)"
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

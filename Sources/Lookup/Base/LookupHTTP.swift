import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import World

/// Asks servers outside the mesh over HTTP: no redirect is followed, no body is longer than allowed, and every error is a sentence.
struct LookupHTTP: Sendable {
    struct Answer: Sendable {
        let status: Int
        let body: [UInt8]
        let headers: HTTPHeaders

        func header(_ name: String) -> String? { headers.first(name: name) }
    }

    /// What has no answer: nobody there, too late, too long.
    struct NoAnswer: Error, Sendable, CustomStringConvertible {
        let description: String
    }

    /// One for the process, which ends with it.
    private static let client: HTTPClient = {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.timeout.connect = .seconds(5)
        return HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
    }()

    /// - Parameters:
    ///   - patience: for the whole exchange.
    ///   - limit: bytes of the body.
    /// - Throws: ``NoAnswer``, `CancellationError`.
    static func get(_ url: String, accept: String, patience: Duration, limit: Int) async throws -> Answer {
        var request = HTTPClientRequest(url: url)
        request.headers.add(name: "Accept", value: accept)
        request.headers.add(name: "User-Agent", value: "gossamer")
        do {
            let response = try await client.execute(request, timeout: .nanoseconds(patience.nanoseconds))
            let body = try await response.body.collect(upTo: limit)
            return Answer(status: Int(response.status.code), body: Array(body.readableBytesView), headers: response.headers)
        } catch let error as CancellationError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw NoAnswer(description: words(error, patience, limit))
        }
    }

    private static func words(_ error: any Error, _ patience: Duration, _ limit: Int) -> String {
        switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { words($0.error, patience, limit) } ?? "the host \(error.host) is unknown"
        case ChannelError.connectTimeout: "no connection in time"
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            "no answer within \(patience.milliseconds) ms"
        case let error as HTTPClientError where error == .connectTimeout: "no connection in time"
        case let error as HTTPClientError where error == .remoteConnectionClosed: "the connection was closed before the answer's end"
        case is NIOTooManyBytesError: "the answer is longer than \(limit) bytes"
        case let error as IOError: String(cString: strerror(error.errnoCode))
        default: "\(error)"
        }
    }

    /// The name that the contract's texts use for a status, as `NotFound` for 404; the number where there is none.
    static func name(ofStatus status: Int) -> String {
        let phrase = HTTPResponseStatus(statusCode: status).reasonPhrase
        let name = phrase.filter { $0.isASCII && $0.isLetter }
        return name.isEmpty || phrase == "Unknown" ? "\(status)" : name
    }
}

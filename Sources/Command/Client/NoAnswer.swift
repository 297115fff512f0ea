import AsyncHTTPClient
import Glibc
import NIOCore
import NIOPosix
import World

/// Why no answer came.
package struct NoAnswer: Error, Sendable, CustomStringConvertible {
    /// True when the request cannot have been acted upon: nobody took it.
    package let wasRefused: Bool
    package let description: String

    static let tooLong = NoAnswer(wasRefused: false, description: "the answer is longer than \(HTTPAsker.answerLimit) bytes")

    static func noAddress(_ base: String) -> NoAnswer {
        NoAnswer(wasRefused: true, description: "\"\(base)\" is no address of a node; write http://host:port")
    }

    static func silent(_ timeout: Duration) -> NoAnswer {
        NoAnswer(wasRefused: false, description: "no answer within \(DurationText.short(timeout))")
    }

    static let closed = NoAnswer(wasRefused: false, description: "the connection was closed before the answer")
}

extension NoAnswer {
    init(_ error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first {
                self.init(first.error)
            } else {
                self.init(wasRefused: true, description: "the host \(error.host) is unknown")
            }
        case ChannelError.connectTimeout(let limit):
            let timeout = Duration.nanoseconds(limit.nanoseconds)
            self.init(wasRefused: true, description: "no connection within \(DurationText.short(timeout))")
        case let error as HTTPClientError where error == .connectTimeout:
            self.init(wasRefused: true, description: "no connection within the time for one")
        case let error as HTTPClientError where error == .remoteConnectionClosed: self = .closed
        case let error as IOError:
            self.init(
                wasRefused: error.errnoCode == ECONNREFUSED || error.errnoCode == ENOENT || error.errnoCode == EACCES,
                description: Self.words(error))
        default:
            self.init(wasRefused: false, description: "\(error)")
        }
    }

    private static func words(_ error: IOError) -> String {
        switch error.errnoCode {
        case ECONNREFUSED: "connection refused"
        case ENOENT: "there is no such socket"
        case EACCES: "permission denied: the socket belongs to the user of the node"
        case ECONNRESET: "the connection was reset before the answer"
        default: String(cString: strerror(error.errnoCode))
        }
    }
}

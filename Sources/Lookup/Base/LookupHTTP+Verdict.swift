import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import World

// What the ends of HTTP calls tell of the hosts.

extension LookupHTTP.Answer {
    /// A status of the server's own trouble is its failure, all others are its word (RFC 9110, 15). The three of a gateway may pass in
    /// a moment; the others say that the same question would do the same again.
    var verdict: OutsideVerdict {
        let words = LookupHTTP.name(ofStatus: status)
        return switch status {
        case 429: .busy(words, rest: rest)
        case 502, 503, 504: .faulty(words, isTransient: true, rest: rest)
        case 500...: .faulty(words, isTransient: false)
        default: .answered
        }
    }

    /// For how long the server does not want to be asked: so many seconds, or until a date, seen from the date of the answer, as the two
    /// clocks may differ (RFC 9110, 10.2.3). "X-Ttl" is what ip-api.com says.
    var rest: Duration? {
        guard let text = header("Retry-After") ?? header("X-Ttl") else { return nil }
        if let seconds = HTTPFreshness.seconds(text) { return .seconds(seconds) }
        guard let until = WallTime(httpDate: text) else { return nil }
        let sent = header("Date").flatMap { WallTime(httpDate: $0) } ?? receivedAt
        return .seconds(max(0, min(until.millisecondsSince1970 - sent.millisecondsSince1970, 999_999_999_000) / 1_000))
    }
}

extension LookupHTTP.NoAnswer {
    /// What an error of the client says, to the user and of the host.
    init(_ error: any Error, limit: Int) {
        func faulty(_ words: String, isTransient: Bool) -> Self {
            Self(description: words, verdict: .faulty(words, isTransient: isTransient))
        }
        let local: [HTTPClientError] = [.invalidURL, .emptyHost, .emptyScheme]
        self = switch error {
        case let error as NIOConnectionError:
            error.connectionErrors.first.map { Self($0.error, limit: limit) }
                ?? faulty("the host \(error.host) is unknown", isTransient: false)
        case ChannelError.connectTimeout: faulty("no connection in time", isTransient: true)
        case let error as HTTPClientError where error == .connectTimeout: faulty("no connection in time", isTransient: true)
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            faulty("the connection was closed before the answer's end", isTransient: true)
        case let error as HTTPClientError where local.contains(error): Self(description: "\(error)", verdict: .untold)
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            faulty("the connection was closed before the answer's end", isTransient: true)
        case HTTPParserError.headerOverflow: Self(description: "the head of the answer is longer than is read", verdict: .answered)
        case let error as HTTPParserError: faulty("what it sends is no HTTP (\(error))", isTransient: false)
        // That it says too much is the server's word, too.
        case is NIOTooManyBytesError: Self(description: "the answer is longer than \(limit) bytes", verdict: .answered)
        case let error as IOError: faulty(String(cString: strerror(error.errnoCode)), isTransient: true)
        default: faulty("\(error)", isTransient: false)
        }
    }
}

extension Error {
    /// Whether it says that nobody was reached, so that nobody can have been asked.
    var isWithoutConnection: Bool {
        switch self {
        case is NIOConnectionError: true
        case let error as ChannelError: if case .connectTimeout = error { true } else { false }
        case let error as HTTPClientError: error == .connectTimeout
        case let error as IOError: [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, EADDRNOTAVAIL, ETIMEDOUT].contains(error.errnoCode)
        default: false
        }
    }
}

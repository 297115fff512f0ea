import Glibc
import Testing

/// A TCP connection without manners: it sends what it is told, as slowly as it is told, and reads what comes.
///
/// Its calls block, so call them with `onOwnThread`.
public final class RawConnection: Sendable {
    private let descriptor: Int32

    /// - Parameter base: `http://127.0.0.1:port`.
    public init(_ base: String) throws {
        let port = try #require(UInt16(base.split(separator: ":").last ?? ""))
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0, "\(String(cString: strerror(errno)))")
    }

    deinit { close(descriptor) }

    /// False when the other side has gone.
    @discardableResult
    public func send(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    }

    /// Neither closed nor reset by the other side, as far as is known here.
    public var isOpen: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count > 0 || (count < 0 && errno == EAGAIN)
    }

    public struct Outcome: Sendable {
        public var received = ""
        public var sent = 0
        /// The other side has closed, or reset, the connection.
        public var isClosed = false
    }

    /// Reads until the other side closes, at most 30 s, and meanwhile sends `drip` again and again.
    /// - Parameter pause: between two drips, in milliseconds; 0 sends all that goes.
    public func readToEnd(sending drip: String = "", pause: Int32 = 0) -> Outcome {
        var outcome = Outcome()
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let chunk = Array(drip.utf8)
        var isWriting = !chunk.isEmpty
        for _ in 0..<1_000_000 {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN) | (isWriting && pause == 0 ? Int16(POLLOUT) : 0), revents: 0)
            let ready = poll(&state, 1, pause > 0 ? pause : 30_000)
            if ready == 0 && pause == 0 { return outcome }
            if ready > 0, state.revents & Int16(POLLIN | POLLHUP | POLLERR) != 0 {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else {
                    outcome.isClosed = true
                    return outcome
                }
                outcome.received += String(decoding: buffer[..<count], as: UTF8.self)
            } else if isWriting {
                let count = Glibc.send(descriptor, chunk, chunk.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                if count > 0 { outcome.sent += count } else if errno != EAGAIN { isWriting = false }
            }
        }
        return outcome
    }

    /// Reads one answer with a body of known length, at most 30 s for each piece.
    public func readAnswer() -> String {
        var received: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, 30_000) > 0, recv(descriptor, &byte, 1, 0) == 1 else { break }
            received.append(byte)
            let text = String(decoding: received, as: UTF8.self)
            guard let end = text.firstRange(of: "\r\n\r\n") else { continue }
            let head = text[..<end.lowerBound].lowercased().split(separator: "\r\n")
            let length = head.first { $0.hasPrefix("content-length:") }.flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
            if text[end.upperBound...].utf8.count >= length { break }
        }
        return String(decoding: received, as: UTF8.self)
    }
}

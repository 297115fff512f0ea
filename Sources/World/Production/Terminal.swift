import Glibc

/// One of the process's standard streams, which may be a terminal.
public struct Terminal: Sendable {
    public let descriptor: Int32

    public init(descriptor: Int32) { self.descriptor = descriptor }

    public static let input = Terminal(descriptor: 0)
    public static let output = Terminal(descriptor: 1)
    public static let error = Terminal(descriptor: 2)

    /// True when a person may be looking: the stream is a terminal that understands more than lines.
    public var isInteractive: Bool {
        guard isatty(descriptor) == 1 else { return false }
        return getenv("TERM").map { String(cString: $0) != "dumb" } ?? false
    }

    /// Columns of the terminal; 80 when it is none or does not tell.
    public var columns: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Rows of the terminal; 24 when it is none or does not tell.
    public var rows: Int {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return 24 }
        return Int(size.ws_row)
    }

    /// What became of a text that was written.
    public enum Outcome: Hashable, Sendable {
        case written
        /// Nobody reads it any more, as with `| head`.
        case noReader
        /// Why it could not be written: a full disk under a redirected stream.
        case failed(String)
    }

    /// Writes the whole text at once, unbuffered.
    @discardableResult
    public func write(_ text: String) -> Outcome {
        var text = text
        return text.withUTF8 { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress! + offset, bytes.count - offset)
                if count < 0 && errno == EINTR { continue }
                if count < 0 && errno == EAGAIN {
                    var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&waiting, 1, 1_000)
                    continue
                }
                guard count > 0 else { return errno == EPIPE ? .noReader : .failed(String(cString: strerror(errno))) }
                offset += count
            }
            return .written
        }
    }

    /// Calls `body` once, when the stream has ended. A thread of its own waits for that, for as long as it takes.
    public func whenEnded(_ body: @escaping @Sendable () -> Void) {
        let waiter = Unmanaged.passRetained(EndWaiter(descriptor: descriptor, body: body))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { argument in
            Unmanaged<EndWaiter>.fromOpaque(argument!).takeRetainedValue().wait()
            return nil
        }, waiter.toOpaque())
        precondition(code == 0, "cannot start a thread: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }
}

private final class EndWaiter: Sendable {
    private let descriptor: Int32
    private let body: @Sendable () -> Void

    init(descriptor: Int32, body: @escaping @Sendable () -> Void) {
        self.descriptor = descriptor
        self.body = body
    }

    func wait() {
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count == 0 || (count < 0 && errno != EINTR) { return body() }
        }
    }
}

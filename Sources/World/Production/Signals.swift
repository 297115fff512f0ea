import CPlatform
import Glibc
import Synchronization

/// Signals of the process as a sequence, for the command: Ctrl-C ends a mesh in order.
///
/// A handler may do next to nothing, so ours writes the number into a pipe, and a thread reads it out again.
public struct Signals: AsyncSequence, Sendable {
    public typealias Element = Int32
    private let stream: AsyncStream<Int32>

    /// From now on `numbers` no longer end the process; they come out of this sequence.
    ///
    /// The newest 16 are kept while nobody reads.
    public init(_ numbers: [Int32]) {
        let (stream, continuation) = AsyncStream<Int32>.makeStream(bufferingPolicy: .bufferingNewest(16))
        self.stream = stream
        Self.pipe.start()
        Self.listeners.withLock { listeners in
            for number in numbers { listeners.append(Listener(number: number, continuation: continuation)) }
        }
        for number in numbers { Self.catchSignal(number) }
    }

    public func makeAsyncIterator() -> AsyncStream<Int32>.Iterator { stream.makeAsyncIterator() }

    /// The interrupt key, the polite request to end, and the end of the terminal.
    public static let ending: [Int32] = [SIGINT, SIGTERM, SIGHUP]

    /// From now on `number` does nothing to this process; processes that it starts are not concerned.
    public static func ignore(_ number: Int32) { signal(number, SIG_IGN) }

    private struct Listener {
        let number: Int32
        let continuation: AsyncStream<Int32>.Continuation
    }

    private static let listeners = Mutex<[Listener]>([])
    private static let pipe = SignalPipe()

    private static func catchSignal(_ number: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { SignalPipe.handle($0) }
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }

    fileprivate static func deliver(_ number: Int32) {
        listeners.withLock { listeners in
            for listener in listeners where listener.number == number { listener.continuation.yield(number) }
        }
    }
}

/// The way from the handler to the thread that may allocate and lock.
private final class SignalPipe: Sendable {
    /// Plain memory made before the first handler is installed: a handler may not run a lazy initialiser.
    nonisolated(unsafe) private static let writeEnd: UnsafeMutablePointer<Int32> = {
        let pointer = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
        pointer.pointee = -1
        return pointer
    }()
    private let readEnd: Int32
    private let isStarted = Mutex(false)

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(cplatform_pipe(&ends) == 0, "cannot make a pipe for signals: \(String(cString: strerror(errno)))")
        readEnd = ends[0]
        Self.writeEnd.pointee = ends[1]
    }

    static func handle(_ number: Int32) {
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(writeEnd.pointee, &byte, 1)
        errno = saved
    }

    func start() {
        let isFirst = isStarted.withLock { started in
            defer { started = true }
            return !started
        }
        guard isFirst else { return }
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { argument in
            Unmanaged<SignalPipe>.fromOpaque(argument!).takeUnretainedValue().loop()
            return nil
        }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "cannot start the thread for signals: \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    private func loop() {
        var byte: UInt8 = 0
        while true {
            let count = read(readEnd, &byte, 1)
            if count == 1 { Signals.deliver(Int32(byte)) }
            if count == 0 || (count < 0 && errno != EINTR) { return }
        }
    }
}

import CPlatform
import Glibc
import Synchronization

/// Waits until sockets are ready, for the whole process on one thread, so that code with sockets of its own (a library's, or of a
/// kind that others do not open) holds no thread while it waits.
///
/// There are as many waits at a time as the process has tasks with open sockets, so the limit of open files bounds them.
public final class DescriptorWatch: Sendable {
    /// What is waited for on one descriptor, and in an answer what it is ready for.
    public struct Interest: Hashable, Sendable {
        public let descriptor: Int32
        public let reading: Bool
        public let writing: Bool

        public init(_ descriptor: Int32, reading: Bool = true, writing: Bool = false) {
            self.descriptor = descriptor
            self.reading = reading
            self.writing = writing
        }
    }

    private struct Wait {
        let interests: [Interest]
        /// On the monotonic clock, in nanoseconds.
        let deadline: Int64
        let continuation: CheckedContinuation<[Interest], any Error>
    }

    private struct State {
        /// By a number that rises, so that the oldest comes first.
        var waits: [(number: UInt64, wait: Wait)] = []
        /// Numbers given out whose wait has not begun. One that is called off before is no longer among them.
        var coming: Set<UInt64> = []
        var next: UInt64 = 0
        var isRunning = false
    }

    public static let shared = DescriptorWatch()

    private let thread = ThreadPool(name: "gossamer-watch", limit: 1)
    private let state = Mutex(State())
    /// What ends a poll when there is something new to wait for: the end to read from, the end to write to.
    private let bell: (reading: Int32, writing: Int32)

    private init() {
        var ends: [Int32] = [-1, -1]
        precondition(cplatform_pipe(&ends) == 0, "no pipe can be made: \(String(cString: strerror(errno)))")
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        bell = (ends[0], ends[1])
    }

    /// Returns the interests that are ready (with an error, too: then reading or writing tells it), or none when `patience` is
    /// over.
    /// - Throws: `CancellationError`.
    public func wait(for interests: [Interest], atMost patience: Duration) async throws -> [Interest] {
        let deadline = (Self.now + patience).nanoseconds
        let number = state.withLock { state in
            state.next += 1
            state.coming.insert(state.next)
            return state.next
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let wait = Wait(interests: interests, deadline: deadline, continuation: continuation)
                let (isOff, mustStart) = state.withLock { state -> (Bool, Bool) in
                    guard state.coming.remove(number) != nil else { return (true, false) }
                    state.waits.append((number, wait))
                    defer { state.isRunning = true }
                    return (false, !state.isRunning)
                }
                if isOff { return continuation.resume(throwing: CancellationError()) }
                if mustStart { thread.submit(.body { [self] in loop() }) } else { ring() }
            }
        } onCancel: {
            let wait = state.withLock { state -> Wait? in
                guard let index = state.waits.firstIndex(where: { $0.number == number }) else {
                    state.coming.remove(number)
                    return nil
                }
                return state.waits.remove(at: index).wait
            }
            wait?.continuation.resume(throwing: CancellationError())
        }
    }

    private static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    private func ring() {
        // A full pipe rings as well as a fuller one.
        var byte: UInt8 = 1
        _ = write(bell.writing, &byte, 1)
    }

    // MARK: The thread

    private func loop() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while let waits = state.withLock({ state -> [(number: UInt64, wait: Wait)]? in
            state.isRunning = !state.waits.isEmpty
            return state.isRunning ? state.waits : nil
        }) {
            let ready = poll(waits)
            while read(bell.reading, &bytes, bytes.count) > 0 {}
            deliver(ready)
        }
    }

    /// One poll over everything that is waited for; what is ready by the number of its wait.
    private func poll(_ waits: [(number: UInt64, wait: Wait)]) -> [UInt64: [Interest]] {
        var polled = [pollfd(fd: bell.reading, events: Int16(POLLIN), revents: 0)]
        for (_, wait) in waits {
            for interest in wait.interests {
                let events = (interest.reading ? POLLIN : 0) | (interest.writing ? POLLOUT : 0)
                polled.append(pollfd(fd: interest.descriptor, events: Int16(events), revents: 0))
            }
        }
        let earliest = waits.reduce(Int64.max) { min($0, $1.wait.deadline) }
        let rest = max(0, earliest.subtractingReportingOverflow(Self.now.nanoseconds).partialValue)
        // Rounded up, or the last millisecond would be a loop; a minute at most, for the argument is small.
        guard Glibc.poll(&polled, nfds_t(polled.count), Int32(min(rest / 1_000_000 + 1, 60_000))) > 0 else { return [:] }
        var ready: [UInt64: [Interest]] = [:]
        var position = 1
        for (number, wait) in waits {
            for interest in wait.interests {
                let events = Int32(polled[position].revents)
                position += 1
                guard events != 0 else { continue }
                let isFaulty = events & (POLLERR | POLLHUP | POLLNVAL) != 0
                let answer = Interest(
                    interest.descriptor, reading: interest.reading && (isFaulty || events & POLLIN != 0),
                    writing: interest.writing && (isFaulty || events & POLLOUT != 0))
                ready[number, default: []].append(answer)
            }
        }
        return ready
    }

    private func deliver(_ ready: [UInt64: [Interest]]) {
        let now = Self.now.nanoseconds
        let ended = state.withLock { state in
            let ended = state.waits.filter { ready[$0.number] != nil || $0.wait.deadline <= now }
            state.waits.removeAll { ready[$0.number] != nil || $0.wait.deadline <= now }
            return ended
        }
        for (number, wait) in ended { wait.continuation.resume(returning: ready[number] ?? []) }
    }
}

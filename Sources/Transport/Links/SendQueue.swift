import MessagePack
import Wire
import World

/// One message that is closed and numbered: kept until it is acknowledged.
package struct SealedMessage {
    let bytes: [UInt8]
    /// Where the header begins; room was left for the longest.
    let start: Int
    let sequence: UInt64
    let frames: Int
    let sealedAt: Instant
    /// When it was last handed to a socket; `nil` until then.
    var sentAt: Instant?

    package var packet: ArraySlice<UInt8> { bytes[start...] }
    var count: Int { bytes.count - start }
}

// Numbering, acknowledging and sending again
// ==========================================
// ZeroMQ loses what lies in a pipe when a connection breaks, and nothing tells the sender. So each reliable lane numbers
// its messages within a session, keeps them until the peer's cumulative acknowledgement, and sends them again when they
// are lost. It is the sliding window of TCP (RFC 9293) one floor up, and simpler: the path below is TCP, which neither
// reorders nor loses while it stands. So there is no congestion control, and a reconnect sends everything again at once.
//
// While a connection stands, silence does not tell what is lost from what is slow: megabytes may lie in libzmq and the
// kernel, and to send them again would only lengthen the line. So the sender does not guess but asks. When nothing has got
// on for a while it sends a Mark, a few bytes that stand in the line behind everything else. The acknowledgement that
// repeats the Mark's number says what of all that was before it has come; only the rest is sent again. A link that is
// slow thus costs nothing but time, and what counts for giving it up is that nothing gets on, not how long a message takes.
//
// The queue is also where frames wait, so there is one limit for what waits and what is unacknowledged. Frames are
// appended to an open message; it is closed when it can be sent or is large. So frames share a message exactly when they
// have to wait anyway, and a lone frame never waits for another.

/// The sending half of one reliable lane of one session.
package struct SendQueue {
    private var open: [UInt8] = []
    private var openFrames = 0
    private var openedAt = Instant.zero
    private var messages: [SealedMessage] = []
    /// Index of the oldest unacknowledged message; those before it are done.
    private var head = 0
    /// Index of the first message that was never sent.
    private var unsent = 0
    private var nextSequence: UInt64 = 1
    private var inFlightBytes = 0
    /// Whether any message was ever handed to a socket.
    package private(set) var hasSent = false
    /// When something last got on: a frame came into the empty queue, a message was sent with none unacknowledged before
    /// it, or one was acknowledged.
    package private(set) var lastProgress = Instant.zero
    package private(set) var queuedFrames = 0
    package private(set) var queuedBytes = 0

    package init() {}

    private static let headroom = [UInt8](repeating: 0, count: WireLimits.headerBytes)

    /// The highest number given so far.
    var lastSequence: UInt64 { nextSequence - 1 }
    var hasUnacknowledged: Bool { head < unsent }
    var hasUnsent: Bool { unsent < messages.count || openFrames > 0 }

    /// A message bears the time of its first frame, so that the receiver learns how long it has waited here; later frames
    /// than this go into the next one.
    private static let openFor = Duration.milliseconds(20)

    /// Adds a frame to the open message; closes that first when it would become too large, or is old.
    package mutating func append(
        _ frame: UnsafeRawBufferPointer, alone: Bool, limits: LinkLimits, ack: UInt64, token: UInt32, clock: Clock
    ) {
        if queuedFrames == 0 { lastProgress = clock.now }
        if openFrames > 0
            && (alone || open.count + frame.count > limits.batchBytes || openFrames == WireLimits.framesPerMessage
                || clock.now - openedAt > Self.openFor)
        {
            seal(ack: ack, token: token, clock: clock)
        }
        if openFrames == 0 {
            open.reserveCapacity(WireLimits.headerBytes + frame.count)
            open.append(contentsOf: Self.headroom)
            openedAt = clock.now
        }
        open.append(contentsOf: frame)
        openFrames += 1
        queuedFrames += 1
        queuedBytes += frame.count
    }

    /// When a message is closed, and on which clock.
    package struct Clock {
        package let now: Instant
        let startedAt: Instant

        package init(now: Instant, startedAt: Instant) {
            self.now = now
            self.startedAt = startedAt
        }

        var milliseconds: UInt64 { milliseconds(of: now) }

        func milliseconds(of instant: Instant) -> UInt64 { UInt64(max(0, (instant - startedAt).milliseconds)) }
    }

    private mutating func seal(ack: UInt64, token: UInt32, clock: Clock) {
        let header = BatchHeader(token: token, clock: clock.milliseconds(of: openedAt), sequence: nextSequence, ack: ack)
        let start = header.write(endingAt: WireLimits.headerBytes, of: &open)
        messages.append(
            SealedMessage(
                bytes: open, start: start, sequence: nextSequence, frames: openFrames, sealedAt: clock.now, sentAt: nil))
        nextSequence += 1
        open = []
        openFrames = 0
    }

    /// The next message to send for the first time, if the window has room for it.
    package mutating func next(limits: LinkLimits, ack: UInt64, token: UInt32, clock: Clock) -> SealedMessage? {
        if unsent == messages.count {
            if openFrames == 0 { return nil }
            guard unsent - head < limits.window, inFlightBytes < limits.windowBytes else { return nil }
            seal(ack: ack, token: token, clock: clock)
        }
        let inFlight = unsent - head
        guard inFlight == 0 || (inFlight < limits.window && inFlightBytes < limits.windowBytes) else { return nil }
        return messages[unsent]
    }

    /// Notes that the message given by ``next(limits:ack:token:clock:)`` has been handed to a socket.
    package mutating func markSent(now: Instant) {
        if !hasUnacknowledged { lastProgress = now }
        messages[unsent].sentAt = now
        hasSent = true
        inFlightBytes += messages[unsent].count
        unsent += 1
    }

    package enum Acknowledged {
        case progress
        case nothingNew
        /// The peer acknowledges what was never sent.
        case impossible
    }

    /// The highest number that was sent.
    package var lastSent: UInt64 { unsent > 0 ? messages[unsent - 1].sequence : lastSequence - UInt64(messages.count) }

    /// Frees everything up to `ack`.
    package mutating func acknowledge(_ ack: UInt64, now: Instant) -> Acknowledged {
        guard ack <= lastSent else { return .impossible }
        guard head < unsent, ack >= messages[head].sequence else { return .nothingNew }
        lastProgress = now
        while head < unsent, messages[head].sequence <= ack {
            let message = messages[head]
            inFlightBytes -= message.count
            queuedFrames -= message.frames
            queuedBytes -= message.bytes.count - WireLimits.headerBytes
            head += 1
        }
        compact()
        return .progress
    }

    private mutating func compact() {
        if head == messages.count {
            messages.removeAll(keepingCapacity: true)
            (head, unsent) = (0, 0)
        } else if head >= 512 {
            messages.removeFirst(head)
            unsent -= head
            head = 0
        }
    }

    /// Since when the oldest unacknowledged message has been waited for: since it was last sent, or since something got on
    /// before it.
    package var waitingSince: Instant? {
        guard hasUnacknowledged, let sentAt = messages[head].sentAt else { return nil }
        return max(sentAt, lastProgress)
    }

    /// Calls `send` for the unacknowledged messages up to number `last`, oldest first, until it returns false. Returns how
    /// many were sent.
    package mutating func resend(upTo last: UInt64, now: Instant, _ send: (SealedMessage) -> Bool) -> Int {
        var count = 0
        for index in head..<unsent where messages[index].sequence <= last {
            guard send(messages[index]) else { break }
            messages[index].sentAt = now
            count += 1
        }
        return count
    }
}

extension BatchHeader {
    /// Writes the header into `bytes` so that it ends at `end`; returns where it begins.
    func write(endingAt end: Int, of bytes: inout [UInt8]) -> Int {
        var writer = MessagePackWriter(capacity: WireLimits.headerBytes)
        pack(into: &writer)
        let start = end - writer.count
        writer.withUnsafeBytes { header in
            bytes.withUnsafeMutableBytes { $0.baseAddress!.advanced(by: start).copyMemory(from: header.baseAddress!, byteCount: header.count) }
        }
        return start
    }
}

import Wire
import World

/// What goes out on the pulse lane of one session in this turn. Nothing is numbered or kept.
struct PulseQueue {
    private var open: [UInt8] = []
    private(set) var frames = 0
    private var openedAt = Instant.zero

    private static let headroom = [UInt8](repeating: 0, count: WireLimits.headerBytes)

    var isEmpty: Bool { frames == 0 }

    /// False when too much waits already.
    mutating func append(_ frame: UnsafeRawBufferPointer, limit: Int, now: Instant) -> Bool {
        guard frames < limit, open.count + frame.count <= WireLimits.messageBytes(.pulse) else { return false }
        if frames == 0 {
            open.append(contentsOf: Self.headroom)
            openedAt = now
        }
        open.append(contentsOf: frame)
        frames += 1
        return true
    }

    /// Whether the frames have waited for so long that they say nothing about the present.
    func isStale(now: Instant, limit: Duration) -> Bool { frames > 0 && now - openedAt > limit }

    /// Closes the message. It stays until ``clear()``.
    mutating func seal(token: UInt32, clock: UInt64) -> ArraySlice<UInt8> {
        let start = BatchHeader(token: token, clock: clock).write(endingAt: WireLimits.headerBytes, of: &open)
        return open[start...]
    }

    mutating func clear() {
        open.removeAll(keepingCapacity: true)
        frames = 0
    }
}

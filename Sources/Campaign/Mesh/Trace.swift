import World

/// The record of a run: a running hash over everything that happens, and a line for each event if somebody looks.
///
/// Two runs of one seed have the same hash, or the simulation depends on something besides its seed: the order of a set, an
/// address, a clock. Then no bad seed could be repeated.
struct Trace {
    enum Kind: UInt64 {
        case start, kill, pause, resume, gossip, send, frame, commit, durable, full, standing, wish, route, answer, invoke, end, trouble
        case live, epoch, courier, edge

        var name: String { "\(self)" }
    }

    private(set) var hash: UInt64 = 0
    private(set) var events = 0
    /// Takes the lines. Nil when nobody looks.
    let show: ((String) -> Void)?

    init(show: ((String) -> Void)?) { self.show = show }

    /// - Parameters:
    ///   - machine: by its number; nil for what happens outside of all.
    ///   - digest: tells this event from others of its kind.
    ///   - text: what is shown; nil for what happens too often to look at.
    mutating func note(_ now: Instant, _ machine: Int?, _ kind: Kind, _ digest: UInt64, _ text: @autoclosure () -> String?) {
        events += 1
        let place = kind.rawValue << 32 | UInt64(machine ?? 0xFFFF)
        hash = StableHash.mix(hash ^ StableHash.mix(UInt64(bitPattern: now.nanoseconds) ^ place << 8) ^ digest)
        guard let show, let text = text() else { return }
        show("\(Self.time(now))  \(Self.padded(machine.map { "n\($0 + 1)" } ?? "-", 3)) \(Self.padded(kind.name, 8)) \(text)")
    }

    /// Milliseconds with three decimals, in twelve columns.
    static func time(_ now: Instant) -> String {
        let microseconds = now.nanoseconds / 1_000
        let fraction = String(microseconds % 1_000)
        let text = "\(microseconds / 1_000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
        return String(repeating: " ", count: max(0, 12 - text.count)) + text
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// A digest of bytes, eight at a time.
    static func digest(_ bytes: [UInt8]) -> UInt64 {
        var hash = StableHash.mix(UInt64(bytes.count))
        bytes.withUnsafeBytes { raw in
            var at = 0
            while at + 8 <= raw.count {
                hash = (hash ^ raw.loadUnaligned(fromByteOffset: at, as: UInt64.self)) &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash >> 29
                at += 8
            }
            while at < raw.count {
                hash = (hash ^ UInt64(raw[at])) &* 0x0000_0100_0000_01B3
                at += 1
            }
        }
        return StableHash.mix(hash)
    }
}

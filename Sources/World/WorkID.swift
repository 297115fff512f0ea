import Synchronization

/// The id of a piece of work: a UUID of version 7 (RFC 9562, 5.7), written in lower case.
///
/// It begins with its creation time in milliseconds, so that ids sort by age and everything of one hour can be freed
/// together. The order of two ids is the order of their making only within one process.
public struct WorkID: Hashable, Comparable, Sendable {
    /// The first eight bytes, most significant first: 48 bits of time, the version, 12 bits of the counter.
    public let high: UInt64
    /// The last eight bytes: the variant and 62 bits of the counter.
    public let low: UInt64

    /// The id with this time and these 74 random bits.
    /// - Parameters:
    ///   - milliseconds: since 1970; the lowest 48 bits count, which last until the year 10889.
    ///   - randomA: the lowest 12 bits count.
    ///   - randomB: the lowest 62 bits count.
    package init(milliseconds: UInt64, randomA: UInt64, randomB: UInt64) {
        high = milliseconds << 16 | 0x7000 | randomA & 0xFFF
        low = 0x8000_0000_0000_0000 | randomB & 0x3FFF_FFFF_FFFF_FFFF
    }

    /// Reads the 36 characters of a UUID, in either case. `nil` when they are none, or one of another version.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == 36 else { return nil }
        var digits = (high: UInt64(0), low: UInt64(0))
        for (position, byte) in text.utf8.enumerated() {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = WorkID.value(ofHexDigit: byte) else { return nil }
            digits.high = digits.high << 4 | digits.low >> 60
            digits.low = digits.low << 4 | digit
        }
        guard digits.high & 0xF000 == 0x7000, digits.low >> 62 == 0b10 else { return nil }
        (high, low) = digits
    }

    /// Reads the 16 bytes that ``bytes`` gives. `nil` for another number of bytes, or a UUID of another version.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        var words = (high: UInt64(0), low: UInt64(0))
        for byte in bytes { words = (words.high << 8 | words.low >> 56, words.low << 8 | UInt64(byte)) }
        guard words.high & 0xF000 == 0x7000, words.low >> 62 == 0b10 else { return nil }
        (high, low) = words
    }

    /// The 16 bytes, most significant first, so that ids sort by their bytes as they do by themselves.
    public var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - $0 % 8 * 8)) }
    }

    private static func value(ofHexDigit byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    /// When the id was made, by the wall clock of its maker, to the millisecond; an id that claims a time after 2262 is of then.
    public var createdAt: WallTime { WallTime(millisecondsSince1970: millisecondsSince1970) }

    /// The 48 bits of its time.
    package var millisecondsSince1970: Int64 { Int64(high >> 16) }

    public static func < (a: WorkID, b: WorkID) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

extension WorkID: CustomStringConvertible {
    /// The 36 characters in lower case.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var position = 0
            for index in 0..<32 {
                if position == 8 || position == 13 || position == 18 || position == 23 {
                    buffer[position] = UInt8(ascii: "-")
                    position += 1
                }
                let word = index < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - index % 16 * 4)) & 0xF
                buffer[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
                position += 1
            }
            return 36
        }
    }
}

extension WorkID: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = WorkID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "an id of work is a UUID of version 7, not \"\(text.prefix(64))\"")
        }
        self = id
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Makes ids of work that rise strictly within a process, also when the wall clock stands still or is set back.
///
/// RFC 9562, 6.2, method 2: within one millisecond the 74 random bits are a counter that takes a random step, so that ids
/// are in order and cannot be guessed from their neighbours. A full counter borrows the next millisecond.
public final class WorkIDGenerator: Sendable {
    fileprivate struct State {
        var stream: RandomStream
        var milliseconds: UInt64 = 0
        var a: UInt64 = 0
        var b: UInt64 = 0
    }

    private let world: any World
    private let state: Mutex<State>

    /// Takes the stream `name` of the world: one generator for each name.
    public init(_ world: any World, name: String = "work-ids") {
        self.world = world
        state = Mutex(State(stream: world.random(name)))
    }

    /// A new id, greater than all that this generator has made.
    public func next() -> WorkID {
        let milliseconds = UInt64(clamping: world.wallTime.millisecondsSince1970)
        return state.withLock { $0.next(milliseconds: milliseconds) }
    }
}

extension WorkIDGenerator.State {
    fileprivate mutating func next(milliseconds now: UInt64) -> WorkID {
        if now > milliseconds {
            milliseconds = now
            reseed()
        } else {
            b += 1 + stream.next() >> 32
            if b >> 62 != 0 {
                b &= 0x3FFF_FFFF_FFFF_FFFF
                a += 1
            }
            if a >> 12 != 0 {
                milliseconds += 1
                reseed()
            }
        }
        return WorkID(milliseconds: milliseconds, randomA: a, randomB: b)
    }

    /// The highest bit stays clear, so that every millisecond has at least half of the counter before it.
    private mutating func reseed() {
        a = stream.next() & 0x7FF
        b = stream.next() & 0x3FFF_FFFF_FFFF_FFFF
    }
}

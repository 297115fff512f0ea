import MessagePack
import TestSupport

/// Any MessagePack value, for comparing with another implementation. Floats are compared by their bits.
indirect enum Sample: Equatable {
    case none, bool(Bool), unsigned(UInt64), negative(Int64), float(UInt64), text(String), binary([UInt8])
    case time(Int64, UInt32), ext(Int8, [UInt8])
    case array([Sample]), map([(Sample, Sample)])

    static func == (one: Sample, other: Sample) -> Bool { one.description == other.description }
}

extension Sample {
    func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .none: writer.packNil()
        case .bool(let value): writer.pack(value)
        case .unsigned(let value): writer.pack(value)
        case .negative(let value): writer.pack(value)
        case .float(let bits): writer.pack(Double(bitPattern: bits))
        case .text(let value): writer.pack(value)
        case .binary(let value): writer.packBinary(value)
        case .time(let seconds, let nanoseconds): writer.packTimestamp(seconds: seconds, nanoseconds: nanoseconds)
        case .ext(let type, let body): writer.packExtension(type: type, body)
        case .array(let elements):
            writer.packArrayHeader(elements.count)
            for element in elements { element.pack(into: &writer) }
        case .map(let pairs):
            writer.packMapHeader(pairs.count)
            for (key, value) in pairs {
                key.pack(into: &writer)
                value.pack(into: &writer)
            }
        }
    }

    init(_ reader: inout MessagePackReader) throws(MessagePackError) {
        switch try reader.peekFormat() {
        case .nil:
            try reader.readNil()
            self = .none
        case .bool: self = .bool(try reader.readBool())
        case .integer:
            let value = try reader.readInt(as: Int128.self)
            self = value < 0 ? .negative(Int64(value)) : .unsigned(UInt64(value))
        case .float: self = .float(try reader.readDouble().bitPattern)
        case .string: self = .text(try reader.readString())
        case .binary: self = .binary(Array(try reader.readBinary()))
        case .array:
            var elements: [Sample] = []
            for _ in 0..<(try reader.readArrayHeader()) { elements.append(try Sample(&reader)) }
            self = .array(elements)
        case .map:
            var pairs: [(Sample, Sample)] = []
            for _ in 0..<(try reader.readMapHeader()) { pairs.append((try Sample(&reader), try Sample(&reader))) }
            self = .map(pairs)
        case .extensionValue:
            var ahead = reader
            let (type, count) = try ahead.readExtensionHeader()
            if type == -1 {
                let (seconds, nanoseconds) = try reader.readTimestamp()
                self = .time(seconds, nanoseconds)
            } else {
                self = .ext(type, Array(try ahead.readRaw(count)))
                reader = ahead
            }
        case .reserved: throw MessagePackError(.reservedFormat, at: reader.position)
        }
    }

    /// As Tests/Python/msgpack_peer.py writes it.
    var description: String {
        switch self {
        case .none: #"["nil"]"#
        case .bool(let value): #"["bool",\#(value)]"#
        case .unsigned(let value): #"["int","\#(value)"]"#
        case .negative(let value): #"["int","\#(value)"]"#
        case .float(let bits): #"["float","\#(hex(withUnsafeBytes(of: bits.bigEndian) { Array($0) }))"]"#
        case .text(let value): #"["str","\#(hex(value.utf8))"]"#
        case .binary(let value): #"["bin","\#(hex(value))"]"#
        case .time(let seconds, let nanoseconds): #"["time","\#(seconds)","\#(nanoseconds)"]"#
        case .ext(let type, let body): #"["ext","\#(type)","\#(hex(body))"]"#
        case .array(let elements): "[" + (["\"array\""] + elements.map(\.description)).joined(separator: ",") + "]"
        case .map(let pairs):
            "[" + (["\"map\""] + pairs.map { "[\($0.description),\($1.description)]" }).joined(separator: ",") + "]"
        }
    }
}

extension Sample {
    /// Where a format ends and the next begins.
    static let integers: [Sample] =
        [0, 1, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000,
            0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, .max].map(Sample.unsigned)
        + [-1, -31, -32, -33, -127, -128, -129, -32768, -32769, -0x8000_0000, -0x8000_0001, .min].map(Sample.negative)

    static let times: [Sample] =
        [(0, 0), (1, 0), (0xffff_ffff, 0), (0x1_0000_0000, 0), (0, 1), (0x3_ffff_ffff, 999_999_999), (0x4_0000_0000, 0),
            (-1, 0), (-1, 999_999_999), (.max, 999_999_999), (.min, 0)].map(Sample.time)

    static let lengths = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 255, 256, 257, 65535, 65536, 65537]

    /// Every format at its boundaries.
    static let boundaries: [Sample] = {
        var all = integers + times + [.none, .bool(true), .bool(false)]
        all += [0, -0.0, 1.5, .infinity, -.infinity, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
            .map { Sample.float(($0 as Double).bitPattern) }
        for length in lengths {
            all.append(.text(String(repeating: "x", count: length)))
            all.append(.binary([UInt8](repeating: 0xa5, count: length)))
            all.append(.ext(Int8(length & 127), [UInt8](repeating: 0x5a, count: length)))
            all.append(.array([Sample](repeating: .none, count: length)))
            all.append(.map((0..<length).map { (.unsigned(UInt64($0)), .bool(true)) }))
        }
        return all
    }()

    static func random(_ random: inout SeededRandom, depth: Int) -> Sample {
        func bytes(_ bound: Int, _ random: inout SeededRandom) -> [UInt8] {
            (0..<random.below(bound)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        switch random.below(depth > 0 ? 14 : 10) {
        case 0: return .none
        case 1: return .bool(random.below(2) == 0)
        case 2, 3: return integers[random.below(integers.count)]
        case 4: return .unsigned(random.next() >> UInt64(random.below(64)))
        case 5: return .negative(-1 - Int64(random.next() >> UInt64(1 + random.below(63))))
        case 6:
            let value = Double(bitPattern: random.next())
            return .float((value.isNaN ? 0.1 : value).bitPattern)
        case 7:
            let letters = Array("aZ09 äß€日本👋🏽\u{0}\u{7f}\u{80}\u{7ff}\u{800}\u{ffff}\u{10ffff}".unicodeScalars)
            let scalars = (0..<random.below(50)).map { _ in letters[random.below(letters.count)] }
            return .text(String(String.UnicodeScalarView(scalars)))
        case 8: return random.below(3) == 0 ? times[random.below(times.count)] : .binary(bytes(300, &random))
        case 9: return .ext(Int8(random.below(128)), bytes(40, &random))
        case 10, 11: return .array((0..<random.below(12)).map { _ in .random(&random, depth: depth - 1) })
        default:
            return .map((0..<random.below(12)).map { _ in (.random(&random, depth: 0), .random(&random, depth: depth - 1)) })
        }
    }
}

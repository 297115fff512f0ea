import Foundation
import MessagePack
import TestSupport
import Testing

/// Decodes every type there is from `input` and reads it with every function of the reader. What matters is that this
/// returns: a trap would end the test process.
///
/// With a `turn` only a quarter of the types are tried, another one at each turn: errors are dear under the test
/// library, which records a backtrace of each.
/// - Returns: how many of the attempts succeeded.
@discardableResult
private func attack(_ input: [UInt8], turn: Int? = nil) -> Int {
    let decoder = MessagePackDecoder()
    var successes = 0
    var kind = 0
    func attempt<T: Decodable>(_ type: T.Type) {
        kind += 1
        if let turn, kind % 4 != turn % 4 { return }
        do {
            _ = try decoder.decode(type, from: input)
            successes += 1
        } catch is DecodingError {
        } catch {
            Issue.record("\(type) from \(hex(input)): \(error)")
        }
    }
    attempt(Everything.self)
    attempt(Nest.self)
    attempt([Shape].self)
    attempt([String: [Int]].self)
    attempt([Int: String].self)
    attempt([Double: Double].self)
    attempt([[UInt8]].self)
    attempt([Data?].self)
    attempt(Date.self)
    attempt(Decimal.self)
    attempt(URL.self)
    attempt(UUID.self)
    attempt(Int8.self)
    attempt(UInt128.self)
    attempt(Float.self)
    attempt(Anything.self)
    successes += read(input)
    return successes
}

/// Reads `input` field by field, whatever comes, until it ends or fails.
private func read(_ input: [UInt8]) -> Int {
    var reader = MessagePackReader(input)
    var fields = 0
    do throws(MessagePackError) {
        while !reader.isAtEnd {
            var ahead = reader
            switch try reader.peekFormat() {
            case .nil: try reader.readNil()
            case .bool: _ = try reader.readBool()
            case .integer:
                _ = try? ahead.readInt(as: UInt8.self)
                _ = try? ahead.readInt64()
                _ = try reader.readDouble()
            case .float: _ = try reader.readDouble()
            case .string: _ = try reader.readString(maxBytes: 1000)
            case .binary: _ = try reader.readBinary(maxBytes: 1000)
            case .array: _ = try reader.readArrayHeader(max: 1000)
            case .map: _ = try reader.readMapHeader(max: 1000)
            case .extensionValue:
                _ = try? ahead.readTimestamp()
                _ = try reader.readRaw(reader.readExtensionHeader(maxBytes: 1000).count)
            case .reserved: return fields
            }
            _ = try? ahead.skipValue(maxDepth: 10)
            fields += 1
        }
    } catch {
        #expect(error.offset >= 0 && error.offset <= input.count)
    }
    return fields
}

/// Whatever MessagePack can hold, through Codable.
indirect enum Anything: Codable, Equatable {
    case none, bool(Bool), integer(Int64), float(Double), text(String), data(Data), date(Date)
    case list([Anything]), map([String: Anything])

    init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if single.decodeNil() { self = .none }
        else if let value = try? single.decode(Bool.self) { self = .bool(value) }
        else if let value = try? single.decode(Int64.self) { self = .integer(value) }
        else if let value = try? single.decode(Double.self) { self = .float(value) }
        else if let value = try? single.decode(String.self) { self = .text(value) }
        else if let value = try? single.decode(Data.self) { self = .data(value) }
        else if let value = try? single.decode(Date.self) { self = .date(value) }
        else if var list = try? decoder.unkeyedContainer() {
            var values: [Anything] = []
            while !list.isAtEnd { values.append(try list.decode(Anything.self)) }
            self = .list(values)
        } else {
            let map = try decoder.container(keyedBy: AnyKey.self)
            self = .map(try map.allKeys.reduce(into: [:]) { values, key in
                values[key.stringValue] = try map.decode(Anything.self, forKey: key)
            })
        }
    }

    func encode(to encoder: any Encoder) throws {
        var single = encoder.singleValueContainer()
        switch self {
        case .none: try single.encodeNil()
        case .bool(let value): try single.encode(value)
        case .integer(let value): try single.encode(value)
        case .float(let value): try single.encode(value)
        case .text(let value): try single.encode(value)
        case .data(let value): try single.encode(value)
        case .date(let value): try single.encode(value)
        case .list(let value): try single.encode(value)
        case .map(let value): try single.encode(value)
        }
    }
}

@Suite struct HostileInputTests {
    @Test func everyPrefixOfAValueIsTruncated() throws {
        let whole = try MessagePackEncoder().encode(Everything())
        #expect(throws: Never.self) { try MessagePackDecoder().decode(Everything.self, from: whole) }
        for length in 0..<whole.count {
            let cut = Array(whole.prefix(length))
            let invalid = #expect(throws: MessagePackError.self) { try MessagePackReader.validate(cut[...]) }
            guard case .truncated = invalid?.code else { Issue.record("\(length): \(String(describing: invalid))"); continue }
            let error = #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(Everything.self, from: cut) }
            guard case .truncated = underlying(error)?.code else { Issue.record("\(length): \(String(describing: error))"); continue }
        }
    }

    @Test func everyPrefixOfAScalarIsTruncated() throws {
        let scalars = ["ccff", "cdffff", "ceffffffff", "cfffffffffffffffff", "d080", "d18000", "d280000000",
            "d38000000000000000", "ca3fc00000", "cb3ff8000000000000", "a26869", "d90161", "da000161", "db0000000161",
            "c40161", "c5000161", "c60000000161", "d4ff01", "d5ff0102", "d6ff00000000", "d7ff0000000000000000",
            "d8ff00000000000000000000000000000000", "c70105ff", "c8000105ff", "c90000000105ff", "dc000101", "dd0000000101",
            "de00010101", "df000000010101", "9101", "810101"]
        for scalar in scalars {
            let whole = bytes(scalar)
            try MessagePackReader.validate(whole[...])
            for length in 0..<whole.count {
                let error = #expect(throws: MessagePackError.self) { try MessagePackReader.validate(whole.prefix(length)) }
                guard case .truncated = error?.code else { Issue.record("\(scalar) \(length)"); continue }
                attack(Array(whole.prefix(length)))
            }
        }
    }

    /// All first bytes, each before nothing, a few zeros and a few 0xff: every format with every kind of lie.
    @Test func everyFirstByteIsTakenOrRefused() {
        for first in UInt8.min...UInt8.max {
            for tail in [[], [0], [0xff], [UInt8](repeating: 0, count: 20), [UInt8](repeating: 0xff, count: 20)] {
                attack([first] + tail)
            }
        }
    }

    /// Each announces up to 2^32-1 elements or bytes. Had one of them been reserved, even without being touched, the
    /// process would have grown by gigabytes.
    @Test func aDeclaredSizeReservesNothing() throws {
        let before = try peakAddressSpace()
        let kinds = ["dbffffffff", "c6ffffffff", "c9ffffffff01", "ddffffffff", "dfffffffff", "ddfffffffe", "df7fffffff"]
        for kind in kinds {
            let bomb = bytes(kind)
            for _ in 0..<10 { #expect(attack(bomb + [1, 1, 1]) == 0) }
            let many = bytes("dc2710") + (0..<10_000).flatMap { _ in bomb }
            attack(many)
            #expect(throws: MessagePackError.self) { try MessagePackReader.validate(many[...]) }
        }
        #expect(try peakAddressSpace() - before < 1 << 30)
    }

    /// The most address space that this process ever had, in bytes; 0 where the system does not tell.
    private func peakAddressSpace() throws -> Int {
        #if os(Linux)
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmPeak:") })
        return try #require(Int(line.filter(\.isNumber))) * 1024
        #else
        return 0
        #endif
    }

    @Test func nestingBombsEnd() {
        for opener in [[0x91], [0x81, 0xa0], [0x81, 0x01], [0x81, 0x91], [0xdc, 0, 1], [0x81]] as [[UInt8]] {
            for depth in [64, 65, 512, 513, 20_000] {
                attack((0..<depth).flatMap { _ in opener } + [0xc0])
            }
        }
    }

    /// Keys that a hash of their first bytes could not tell apart.
    @Test func keysMayNotBeChosenToCollide() throws {
        var writer = MessagePackWriter()
        writer.packMapHeader(50_000)
        for index in 0..<50_000 {
            writer.pack("k\(index * 65_536)")
            writer.pack(index)
        }
        let map = try MessagePackDecoder().decode([String: Int].self, from: writer.finish())
        #expect(map.count == 50_000)
    }

    @Test(arguments: 0..<4) func randomBytesNeverTrap(_ part: Int) {
        var random = SeededRandom(seed: UInt64(part) + 100)
        for turn in 0..<5_000 {
            let length = random.below(random.below(4) == 0 ? 400 : 40)
            attack((0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }, turn: turn)
        }
    }

    @Test(arguments: 0..<4) func damagedValuesNeverTrap(_ part: Int) throws {
        var random = SeededRandom(seed: UInt64(part) + 200)
        let originals = [
            try MessagePackEncoder().encode(Everything()), try MessagePackEncoder().encode(Nest.deep(60)),
            try MessagePackEncoder().encode(Decimal(string: "1.5e10")), try MessagePackEncoder().encode(["a": [1, 2, 3]]),
            try MessagePackEncoder().encode([Shape.named("x", inside: [.circle(radius: 1)])]),
        ]
        for turn in 0..<5_000 {
            var damaged = originals[random.below(originals.count)]
            for _ in 0...random.below(4) {
                let place = random.below(damaged.count)
                switch random.below(5) {
                case 0: damaged[place] ^= 1 << UInt8(random.below(8))
                case 1: damaged[place] = UInt8(truncatingIfNeeded: random.next())
                case 2: damaged.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                case 3: damaged.replaceSubrange(place..., with: damaged[random.below(damaged.count)...])
                default: if damaged.count > 1 { damaged.remove(at: place) }
                }
                if damaged.isEmpty { damaged = [0] }
            }
            attack(damaged, turn: turn)
        }
    }
}

import Foundation
import MessagePack
import TestSupport
import Testing

/// Encodes, decodes and gives the decoded value back, with the bytes in hexadecimal.
func roundTrip<T: Codable>(_ value: T) throws -> (T, String) {
    let bytes = try MessagePackEncoder().encode(value)
    try MessagePackReader.validate(bytes[...])
    return (try MessagePackDecoder().decode(T.self, from: bytes), hex(bytes))
}

private func survives<T: Codable & Equatable>(_ value: T, as expected: String? = nil) throws {
    let (decoded, bytes) = try roundTrip(value)
    #expect(decoded == value)
    if let expected { #expect(bytes == expected) }
}

enum Shape: Codable, Equatable {
    case point
    case circle(radius: Double)
    case named(String, inside: [Shape])
}

struct Everything: Codable, Equatable {
    var flag = true
    var number = -5
    var small: UInt8 = 200
    var wide = UInt64.max
    var ratio = 0.1
    var narrow: Float = 0.1
    var text = "Grüße 👋"
    var data = Data([1, 2, 3])
    var bytes: [UInt8] = [255, 0]
    var date = Date(timeIntervalSince1970: 1_700_000_000.25)
    var uuid = UUID(uuidString: "6BA7B810-9DAD-11D1-80B4-00C04FD430C8")
    var url = URL(string: "https://example.org/a?b=c")
    var price = Decimal(string: "-12.30500000000000000001")
    var none: Int?
    var list: [Shape] = [.point, .circle(radius: 2), .named("x", inside: [.point, .named("", inside: [])])]
    var names = ["a": 1, "12": 2, "007": 3]
    var numbers = [1: "one", -7: "minus seven", 4_000_000_000: "big"]
    var pairs: [Double: [Int?]] = [0.5: [1, nil, 3]]
}

@Suite struct CodableTests {
    @Test func everyKindOfPropertySurvives() throws {
        try survives(Everything())
    }

    @Test func scalarsSurviveAtTheTop() throws {
        try survives(true, as: "c3")
        try survives(Int8.min, as: "d080")
        try survives(Int16.min, as: "d18000")
        try survives(Int32.min, as: "d280000000")
        try survives(Int64.min, as: "d38000000000000000")
        try survives(Int.max, as: "cf7fffffffffffffff")
        try survives(UInt8.max, as: "ccff")
        try survives(UInt16.max, as: "cdffff")
        try survives(UInt32.max, as: "ceffffffff")
        try survives(UInt64.max, as: "cfffffffffffffffff")
        try survives(UInt.max)
        try survives(Float(1.5), as: "ca3fc00000")
        try survives(1.5, as: "cb3ff8000000000000")
        try survives("hi", as: "a26869")
        try survives(Data([1, 2]), as: "c4020102")
        try survives([UInt8]([1, 2]), as: "c4020102")
        try survives(Int?.none, as: "c0")
        try survives(Int?.some(4), as: "04")
        try survives([Int](), as: "90")
        try survives([String: Int](), as: "80")
    }

    @Test func integersOf128BitsAreIntegersWhileTheyFitAndBinaryBeyond() throws {
        try survives(Int128(-1), as: "ff")
        try survives(Int128(UInt64.max), as: "cfffffffffffffffff")
        try survives(Int128(UInt64.max) + 1, as: "c41000000000000000010000000000000000")
        try survives(Int128.min, as: "c41080000000000000000000000000000000")
        try survives(UInt128.max, as: "c410ffffffffffffffffffffffffffffffff")
        struct Wide: Codable, Equatable { var a: Int128; var b: [UInt128] }
        try survives(Wide(a: .min, b: [1, .max]))
    }

    @Test func datesAreTimestampsOfAllThreeForms() throws {
        try survives(Date(timeIntervalSince1970: 5), as: "d6ff00000005")
        try survives(Date(timeIntervalSince1970: 5.5), as: "d7ff7735940000000005")
        try survives(Date(timeIntervalSince1970: -1), as: "c70cff00000000ffffffffffffffff")
        try survives(Date.distantPast)
        // Closer to the next whole second than half a nanosecond.
        for almost in [0.9999999999, -1e-20, -5.0000000001] {
            let date = try roundTrip(Date(timeIntervalSinceReferenceDate: almost)).0
            #expect(date == Date(timeIntervalSinceReferenceDate: almost.rounded()))
        }
        try survives(Date.distantFuture)
        var random = SeededRandom(seed: 1)
        for _ in 0..<2000 {
            try survives(Date(timeIntervalSinceReferenceDate: 8e8 + Double(random.below(1 << 40)) / 4096))
        }
    }

    @Test func numbersAreReadFromOtherNumbersWhereNothingIsLost() throws {
        let decoder = MessagePackDecoder()
        #expect(try decoder.decode(Double.self, from: bytes("ca3fc00000")) == 1.5)
        #expect(try decoder.decode(Double.self, from: bytes("05")) == 5)
        #expect(try decoder.decode(Float.self, from: bytes("cb3fb999999999999a")) == 0.1)
        #expect(try decoder.decode(Float.self, from: bytes("cb7ff0000000000000")) == .infinity)
        #expect(try decoder.decode(Decimal.self, from: bytes("e0")) == -32)
        #expect(try decoder.decode(Data.self, from: bytes("a26869")) == Data([0x68, 0x69]))
        #expect(try decoder.decode([UInt8].self, from: bytes("93017fccff")) == [1, 127, 255])
        #expect(try decoder.decode([String: Int].self, from: bytes("820c01a16102")) == ["12": 1, "a": 2])
        #expect(try decoder.decode([Int: Int].self, from: bytes("81a231320c")) == [12: 12])
    }

    @Test func integerCodingKeysAreIntegersOnTheWire() throws {
        struct Compact: Codable, Equatable {
            enum CodingKeys: Int, CodingKey { case id = 1, name = 2 }
            var id: Int
            var name: String
        }
        try survives(Compact(id: 5, name: "a"), as: "82010502a161")
    }

    @Test func aStringDictionaryKeepsItsKeysHoweverNumericTheyLook() throws {
        try survives(["12": 1], as: "81a2313201")
        try survives(["007": 1, "7": 2, "+7": 3, "-0": 4])
        try survives([["1": ["2": 3]]], as: "9181a13181a13203")
        try survives([12: 1], as: "810c01")
    }

    @Test func manyElementsMoveUpForTheirHeader() throws {
        for count in [15, 16, 17, 65535, 65536, 70000] {
            try survives((0..<count).map { Optional($0) })
        }
        for count in [15, 16, 17, 300, 65536] {
            try survives(Dictionary(uniqueKeysWithValues: (0..<count).map { ("key \($0)", [$0]) }))
        }
        try survives((0..<40).map { a in (0..<40).map { b in Array(repeating: [a, b], count: b) } })
    }

    @Test func userInfoReachesEveryValue() throws {
        struct Asking: Codable, Equatable {
            static let key = CodingUserInfoKey(rawValue: "asked")!
            var found: String
            init(found: String) { self.found = found }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                try container.encode(encoder.userInfo[Self.key] as? String ?? "nothing")
            }
            init(from decoder: any Decoder) throws {
                found = try decoder.singleValueContainer().decode(String.self)
                    + (decoder.userInfo[Self.key] as? String ?? "nothing")
            }
        }
        var encoder = MessagePackEncoder()
        encoder.userInfo[Asking.key] = "written"
        var decoder = MessagePackDecoder()
        decoder.userInfo[Asking.key] = "read"
        let bytes = try encoder.encode(["a": [Asking(found: "")]])
        #expect(try decoder.decode([String: [Asking]].self, from: bytes) == ["a": [Asking(found: "writtenread")]])
    }

    @Test func valuesFollowOneAnotherInOneBuffer() throws {
        var writer = MessagePackWriter()
        writer.packArrayHeader(2)
        try MessagePackEncoder().encode(Everything(), into: &writer)
        let before = writer.bytes
        #expect(throws: EncodingError.self) {
            try MessagePackEncoder().encode(["a": Date(timeIntervalSinceReferenceDate: .nan)], into: &writer)
        }
        #expect(writer.bytes == before, "a failed encoding leaves nothing behind")
        try MessagePackEncoder().encode(7, into: &writer)
        var reader = MessagePackReader(writer.finish())
        #expect(try reader.readArrayHeader() == 2)
        #expect(try MessagePackDecoder().decode(Everything.self, from: &reader) == Everything())
        let place = reader.position
        #expect(throws: DecodingError.self) { try MessagePackDecoder().decode([Int].self, from: &reader) }
        #expect(reader.position == place)
        #expect(try MessagePackDecoder().decode(Int.self, from: &reader) == 7)
        #expect(reader.isAtEnd)
    }
}

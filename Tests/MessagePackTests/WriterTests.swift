import MessagePack
import Testing

/// What a writer wrote, in hexadecimal.
func hex(_ write: (inout MessagePackWriter) -> Void) -> String {
    var writer = MessagePackWriter(capacity: 0)
    write(&writer)
    return hex(writer.finish())
}

func hex(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}

@Suite struct WriterTests {
    @Test(arguments: [
        (0, "00"), (1, "01"), (127, "7f"), (128, "cc80"), (255, "ccff"), (256, "cd0100"), (65535, "cdffff"),
        (65536, "ce00010000"), (4_294_967_295, "ceffffffff"), (4_294_967_296, "cf0000000100000000"),
        (9_223_372_036_854_775_807, "cf7fffffffffffffff"), (9_223_372_036_854_775_808, "cf8000000000000000"),
        (18_446_744_073_709_551_615, "cfffffffffffffffff"),
    ] as [(UInt64, String)])
    func anUnsignedTakesTheSmallestFormat(_ value: UInt64, _ expected: String) throws {
        #expect(hex { $0.pack(value) } == expected)
        var reader = MessagePackReader(bytes(expected))
        #expect(try reader.readUInt64() == value)
        #expect(reader.isAtEnd)
        if let signed = Int64(exactly: value) {
            #expect(hex { $0.pack(signed) } == expected)
        }
    }

    @Test(arguments: [
        (-1, "ff"), (-32, "e0"), (-33, "d0df"), (-128, "d080"), (-129, "d1ff7f"), (-32768, "d18000"),
        (-32769, "d2ffff7fff"), (-2_147_483_648, "d280000000"), (-2_147_483_649, "d3ffffffff7fffffff"),
        (Int64.min, "d38000000000000000"),
    ] as [(Int64, String)])
    func aNegativeTakesTheSmallestFormat(_ value: Int64, _ expected: String) throws {
        #expect(hex { $0.pack(value) } == expected)
        var reader = MessagePackReader(bytes(expected))
        #expect(try reader.readInt64() == value)
        #expect(reader.isAtEnd)
    }

    @Test func wordsAndFloatsAreAsSpecified() {
        #expect(hex { $0.packNil() } == "c0")
        #expect(hex { $0.pack(false) } == "c2")
        #expect(hex { $0.pack(true) } == "c3")
        #expect(hex { $0.pack(Float(1.5)) } == "ca3fc00000")
        #expect(hex { $0.pack(1.5) } == "cb3ff8000000000000")
        #expect(hex { $0.pack(-0.0) } == "cb8000000000000000")
    }

    @Test(arguments: [
        (0, "a0"), (31, "bf"), (32, "d920"), (255, "d9ff"), (256, "da0100"), (65535, "daffff"), (65536, "db00010000"),
    ])
    func aStringsHeaderIsTheSmallest(_ count: Int, _ header: String) throws {
        let text = String(repeating: "a", count: count)
        let packed = hex { $0.pack(text) }
        #expect(packed == header + String(repeating: "61", count: count))
        var reader = MessagePackReader(bytes(packed))
        #expect(try reader.readString() == text)
        #expect(reader.isAtEnd)
    }

    @Test(arguments: [(0, "c400"), (255, "c4ff"), (256, "c50100"), (65535, "c5ffff"), (65536, "c600010000")])
    func aBinarysHeaderIsTheSmallest(_ count: Int, _ header: String) throws {
        let body = [UInt8](repeating: 0xaa, count: count)
        let packed = hex { $0.packBinary(body) }
        #expect(packed == header + String(repeating: "aa", count: count))
        var reader = MessagePackReader(bytes(packed))
        #expect(try Array(reader.readBinary()) == body)
        #expect(reader.isAtEnd)
    }

    @Test(arguments: [
        (0, "90", "80"), (15, "9f", "8f"), (16, "dc0010", "de0010"), (65535, "dcffff", "deffff"),
        (65536, "dd00010000", "df00010000"), (4_294_967_295, "ddffffffff", "dfffffffff"),
    ])
    func aContainersHeaderIsTheSmallest(_ count: Int, _ array: String, _ map: String) {
        #expect(hex { $0.packArrayHeader(count) } == array)
        #expect(hex { $0.packMapHeader(count) } == map)
    }

    @Test(arguments: [
        (0, "c70005"), (1, "d405"), (2, "d505"), (3, "c70305"), (4, "d605"), (5, "c70505"), (8, "d705"), (16, "d805"),
        (17, "c71105"), (255, "c7ff05"), (256, "c8010005"), (65535, "c8ffff05"), (65536, "c90001000005"),
    ])
    func anExtensionsHeaderIsTheSmallest(_ count: Int, _ header: String) throws {
        let packed = hex { $0.packExtension(type: 5, [UInt8](repeating: 0xbb, count: count)) }
        #expect(packed == header + String(repeating: "bb", count: count))
        var reader = MessagePackReader(bytes(packed))
        let read = try reader.readExtensionHeader()
        #expect(read == (5, count))
        #expect(try reader.readRaw(count).count == count)
        #expect(reader.isAtEnd)
    }

    @Test(arguments: [
        (0, 0, "d6ff00000000"), (4_294_967_295, 0, "d6ffffffffff"), (4_294_967_296, 0, "d7ff0000000100000000"),
        (1, 1, "d7ff0000000400000001"), (17_179_869_183, 999_999_999, "d7ffee6b27ffffffffff"),
        (17_179_869_184, 0, "c70cff000000000000000400000000"), (-1, 5, "c70cff00000005ffffffffffffffff"),
        (Int64.min, 0, "c70cff000000008000000000000000"),
    ] as [(Int64, UInt32, String)])
    func aTimestampTakesTheSmallestOfThreeForms(_ seconds: Int64, _ nanoseconds: UInt32, _ expected: String) throws {
        #expect(hex { $0.packTimestamp(seconds: seconds, nanoseconds: nanoseconds) } == expected)
        var reader = MessagePackReader(bytes(expected))
        let read = try reader.readTimestamp()
        #expect(read == (seconds, nanoseconds))
        #expect(reader.isAtEnd)
    }

    @Test func aReusedWriterStartsAfresh() {
        var writer = MessagePackWriter(capacity: 1)
        writer.pack("a longer text than fits")
        writer.removeAll()
        writer.pack(7)
        #expect(writer.count == 1)
        #expect(writer.bytes == [7])
        #expect(writer.withUnsafeBytes { Array($0) } == [7])
        #expect(writer.finish() == [7])
    }
}

func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.utf8.map { UInt8($0 < 0x3a ? $0 - 0x30 : $0 - 0x57) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

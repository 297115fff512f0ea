import MessagePack
import Testing

/// The code of the error that `read` throws on `input`; nil if it throws none. A failed read must not move the reader.
func code<T>(_ input: [UInt8], _ read: (inout MessagePackReader) throws(MessagePackError) -> T) -> MessagePackError.Code? {
    var reader = MessagePackReader(input)
    do {
        _ = try read(&reader)
        return nil
    } catch {
        #expect(reader.position == 0, "a failed read moved the reader")
        #expect(!error.description.isEmpty)
        return error.code
    }
}

@Suite struct ReaderTests {
    @Test func aWrongFormatIsNamed() {
        #expect(code(bytes("a161")) { r throws(MessagePackError) in try r.readUInt64() }
            == .unexpectedFormat(expected: .integer, found: 0xa1))
        #expect(code([0x01]) { r throws(MessagePackError) in try r.readString() }
            == .unexpectedFormat(expected: .string, found: 0x01))
        #expect(code([0xc1]) { r throws(MessagePackError) in try r.readArrayHeader() } == .reservedFormat)
        #expect(code([0xc1]) { r throws(MessagePackError) in try r.peekFormat() } == .reservedFormat)
        #expect(code(bytes("d40561")) { r throws(MessagePackError) in try r.readTimestamp() }
            == .unexpectedFormat(expected: .timestamp, found: 0xd4))
    }

    @Test func aNumberThatDoesNotFitIsRefused() {
        #expect(code([0xff]) { r throws(MessagePackError) in try r.readUInt64() } == .outOfRange)
        #expect(code(bytes("cf8000000000000000")) { r throws(MessagePackError) in try r.readInt64() } == .outOfRange)
        #expect(code(bytes("cd0100")) { r throws(MessagePackError) in try r.readInt(as: UInt8.self) } == .outOfRange)
        #expect(code(bytes("d1ff7f")) { r throws(MessagePackError) in try r.readInt(as: Int8.self) } == .outOfRange)
        #expect(code(bytes("cf0020000000000001")) { r throws(MessagePackError) in try r.readDouble() } == .outOfRange)
    }

    @Test func aNumberIsReadFromAnyFormatThatHoldsIt() throws {
        for form in ["05", "cc05", "cd0005", "ce00000005", "cf0000000000000005", "d005", "d10005", "d200000005",
            "d30000000000000005"] {
            var reader = MessagePackReader(bytes(form))
            #expect(try reader.readInt(as: UInt8.self) == 5)
            #expect(reader.isAtEnd)
            reader = MessagePackReader(bytes(form))
            #expect(try reader.readDouble() == 5)
            #expect(reader.isAtEnd)
        }
        var reader = MessagePackReader(bytes("ca3fc00000"))
        #expect(try reader.readDouble() == 1.5)
    }

    @Test func aDeclaredSizeIsHeldAgainstWhatRemains() {
        for header in ["dbffffffff", "c6ffffffff", "c9ffffffff01", "ddffffffff", "dfffffffff", "9f", "8f", "bf", "d801"] {
            let input = bytes(header) + [0, 0, 0]
            let found = code(input) { r throws(MessagePackError) in
                switch try r.peekFormat() {
                case .string: _ = try r.readString()
                case .binary: _ = try r.readBinary()
                case .extensionValue: _ = try r.readExtensionHeader()
                case .array: _ = try r.readArrayHeader()
                default: _ = try r.readMapHeader()
                }
            }
            guard case .truncated = found else { Issue.record("\(header): \(String(describing: found))"); continue }
            let skipped = code(input) { r throws(MessagePackError) in try r.skipValue() }
            guard case .truncated = skipped else { Issue.record("\(header): \(String(describing: skipped))"); continue }
        }
    }

    @Test func aLimitOfTheCallerIsKept() {
        #expect(code(bytes("a3616263")) { r throws(MessagePackError) in try r.readString(maxBytes: 2) }
            == .tooLarge(size: 3, limit: 2))
        #expect(code(bytes("c403616263")) { r throws(MessagePackError) in try r.readBinary(maxBytes: 2) }
            == .tooLarge(size: 3, limit: 2))
        #expect(code(bytes("93010203")) { r throws(MessagePackError) in try r.readArrayHeader(max: 2) }
            == .tooLarge(size: 3, limit: 2))
        #expect(code(bytes("8201020304")) { r throws(MessagePackError) in try r.readMapHeader(max: 1) }
            == .tooLarge(size: 2, limit: 1))
        #expect(code(bytes("d50501")) { r throws(MessagePackError) in try r.readExtensionHeader(maxBytes: 1) }
            == .tooLarge(size: 2, limit: 1))
    }

    @Test func textThatIsNotUTF8IsRefused() {
        for text in ["a1ff", "a2c080", "a3eda080", "a4f4908080", "a1c3"] {
            #expect(code(bytes(text)) { r throws(MessagePackError) in try r.readString() } == .invalidUTF8)
        }
    }

    @Test func aTimestampOfAnotherShapeIsRefused() {
        for stamp in ["d5ff0000", "d7ffffffffff00000000", "c70cff3b9aca000000000000000000", "c700ff"] {
            #expect(code(bytes(stamp)) { r throws(MessagePackError) in try r.readTimestamp() } == .invalidTimestamp)
        }
    }

    @Test func skippingKeepsTheDepthLimit() throws {
        let nested = [UInt8](repeating: 0x91, count: 64) + [0x00]
        try MessagePackReader.validate(nested[...], maxDepth: 64)
        #expect(code(nested) { r throws(MessagePackError) in try r.skipValue(maxDepth: 63) } == .tooDeep(limit: 63))
        let bomb = [UInt8](repeating: 0x91, count: 1_000_000)
        #expect(code(bomb) { r throws(MessagePackError) in try r.skipValue(maxDepth: .max) } == .tooDeep(limit: 512))
        #expect(code([0x90]) { r throws(MessagePackError) in try r.skipValue(maxDepth: 0) } == .tooDeep(limit: 0))
        #expect(code([0x05]) { r throws(MessagePackError) in try r.skipValue(maxDepth: 0) } == nil)
    }

    @Test func validationTakesExactlyOneValue() {
        let trailing = #expect(throws: MessagePackError.self) { try MessagePackReader.validate([0xc0, 0xc0][...]) }
        #expect(trailing == MessagePackError(.trailingBytes(count: 1), at: 1))
        let reserved = #expect(throws: MessagePackError.self) { try MessagePackReader.validate(bytes("9201c1")[...]) }
        #expect(reserved == MessagePackError(.reservedFormat, at: 2))
        #expect(throws: MessagePackError.self) { try MessagePackReader.validate([]) }
    }

    @Test func aSliceIsReadInItsOwnIndices() throws {
        let frame: [UInt8] = [0xff, 0xff] + bytes("93a26869c4020102cd0102") + [0xff]
        var reader = MessagePackReader(frame[2..<frame.count - 1])
        #expect(try reader.readArrayHeader() == 3)
        #expect(reader.position == 3)
        #expect(try reader.readString() == "hi")
        let binary = try reader.readBinary()
        #expect(binary == [1, 2])
        #expect(binary.startIndex == 8)
        #expect(Array(reader.rest) == [0xcd, 1, 2])
        #expect(try reader.skipValue() == [0xcd, 1, 2])
        #expect(reader.isAtEnd)
        #expect(throws: MessagePackError(.truncated(needed: 1, remaining: 0), at: 13)) { try reader.readNil() }
        try reader.expectEnd()
    }

    @Test func optionalFieldsBeginWithANilOrNot() throws {
        var reader = MessagePackReader([0xc0, 0x05])
        #expect(try reader.readNilIfPresent())
        #expect(try !reader.readNilIfPresent())
        #expect(try reader.readInt(as: Int.self) == 5)
    }
}

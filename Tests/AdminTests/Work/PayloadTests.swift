import Admin
import JSONDocument
import MessagePack
import Testing

/// What events carry, as people read it.
@Suite struct PayloadTests {
    private struct Sample: Codable {
        var name = "a", count = UInt64.max, debt = Int64.min, half = 0.5, isDone = true, bytes: [UInt8] = [1, 0xAB], nothing: String?
        var list = [1, 2], inner = ["k": [true]]
    }

    @Test func everyValueIsSaidAsFarAsJSONCan() throws {
        let json = JSON(messagePack: try MessagePackEncoder().encode(Sample()))
        #expect(json["name"] == "a" && json["count"] == .number("18446744073709551615") && json["debt"] == .number("-9223372036854775808"))
        #expect(json["half"] == .number(0.5) && json["isDone"] == true && json["list"] == [1, 2] && json["inner"] == ["k": [true]])
        #expect(json["bytes"] == ["bytes": "01ab"])
    }

    @Test func keysThatAreNoTextsAreSaidInTheirs() {
        var writer = MessagePackWriter()
        writer.packMapHeader(2)
        writer.pack(UInt8(7))
        writer.pack("seven")
        writer.packNil()
        writer.packBinary([UInt8](repeating: 9, count: 70))
        let json = JSON(messagePack: writer.finish())
        #expect(json["7"] == "seven")
        #expect(json["null"]?["bytes"]?.string == String(repeating: "09", count: 64) + "… (70)")
    }

    @Test func whatIsNoMessagePackIsShownAsItIs() {
        #expect(JSON(messagePack: [0xC1]) == ["bytes": "c1"])
        #expect(JSON(messagePack: []) == ["bytes": ""])
        #expect(JSON(messagePack: [1, 2]) == ["bytes": "0102"])
        #expect(JSON(messagePack: [0xDD, 0xFF, 0xFF, 0xFF, 0xFF]) == ["bytes": "ddffffffff"], "no room is made for what is only declared")
        #expect(JSON(messagePack: [UInt8](repeating: 0x91, count: 10_000) + [0xC0]).text().contains("…"))
    }
}

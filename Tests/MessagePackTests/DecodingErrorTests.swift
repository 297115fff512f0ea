import Foundation
import MessagePack
import Testing

private struct Person: Codable {
    var name: String
    var ages: [UInt8]?
    var list: [Int16]
}

private func failure<T: Decodable>(_ type: T.Type, _ input: String) -> (DecodingError, [String])? {
    let error = #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(type, from: bytes(input)) }
    guard let error else { return nil }
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
        .dataCorrupted(let context):
        return (error, context.codingPath.map(\.stringValue))
    @unknown default: return nil
    }
}

@Suite struct DecodingErrorTests {
    @Test func aNumberThatDoesNotFitSaysWhere() throws {
        // {"name": "a", "list": [1, 40000]}
        let (error, path) = try #require(failure(Person.self, "82a46e616d65a161a46c6973749201cd9c40"))
        #expect(path == ["list", "Index 1"])
        #expect(underlying(error)?.code == .outOfRange)
        guard case .dataCorrupted = error else { Issue.record("\(error)"); return }
    }

    @Test func aMissingKeyIsNamed() throws {
        let (error, _) = try #require(failure([Person].self, "9181a46e616d65a161"))
        guard case .keyNotFound(let key, let context) = error else { Issue.record("\(error)"); return }
        #expect(key.stringValue == "list")
        #expect(context.codingPath.map(\.stringValue) == ["Index 0"])
    }

    @Test func aNilOrAWrongTypeIsNamed() throws {
        let (wrong, path) = try #require(failure(Person.self, "82a46e616d6505a46c69737490"))
        guard case .typeMismatch(let type, _) = wrong else { Issue.record("\(wrong)"); return }
        #expect(ObjectIdentifier(type) == ObjectIdentifier(String.self))
        #expect(path == ["name"])
        #expect(underlying(wrong)?.code == .unexpectedFormat(expected: .string, found: 5))
        let (missing, _) = try #require(failure(Person.self, "82a46e616d65c0a46c69737490"))
        guard case .valueNotFound = missing else { Issue.record("\(missing)"); return }
    }

    @Test func aKeyTwiceIsRefused() throws {
        for twice in ["82a16101a16102", "8201010102", "820101cc0102", "82a0a0a0a0"] {
            let (error, _) = try #require(failure([String: Int].self, twice))
            #expect(underlying(error)?.code == .duplicateKey)
        }
        var writer = MessagePackWriter()
        writer.packMapHeader(201)
        for index in 0..<200 { writer.pack("key \(index)"); writer.pack(index) }
        writer.pack("key 150")
        writer.pack(0)
        let (error, _) = try #require(failure([String: Int].self, hex(writer.finish())))
        #expect(underlying(error)?.code == .duplicateKey)
    }

    @Test func keysThatAreNoKeysAreSteppedOver() throws {
        // {nil: 1, [1]: 2, 1.5: 3, 2^64-1: 4, nil: 5, "a": 6}
        let map = bytes("86c0019101" + "02cb3ff800000000000003cfffffffffffffffff04c005a16106")
        #expect(try MessagePackDecoder().decode([String: Int].self, from: map) == ["a": 6])
    }

    @Test func bytesAfterTheValueAreRefused() throws {
        for (type, input) in [(Int.self as any Decodable.Type, "0505"), ([Int].self, "900f")] {
            let error = #expect(throws: DecodingError.self) { try MessagePackDecoder().decode(type, from: bytes(input)) }
            #expect(underlying(error)?.code == .trailingBytes(count: 1))
        }
    }

    @Test func anArrayEndsWhereItSays() throws {
        struct Pair: Decodable {
            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                _ = try container.decode(Int.self)
                _ = try container.decode(Int.self)
            }
        }
        let (error, path) = try #require(failure([Pair].self, "929101" + "920102"))
        guard case .valueNotFound = error else { Issue.record("\(error)"); return }
        #expect(path == ["Index 0", "Index 1"])
        let half = try #require(failure([Double: Int].self, "9101"))
        guard case .dataCorrupted = half.0 else { Issue.record("\(half.0)"); return }
    }

    @Test func textThatIsNoNumberOrURLIsRefused() throws {
        for text in ["", "12abc", "1.", ".5", "1e", "1e9999", "0x10", " 1", "1 ", "--1", "inf"] {
            let input = hex { $0.pack(text) }
            let (error, _) = try #require(failure(Decimal.self, input))
            #expect(underlying(error)?.code == .invalidText(.decimal), "\(text)")
        }
        for float in [Double.infinity, -.infinity, .nan, 1e300, 1e-300] {
            _ = failure(Decimal.self, hex { $0.pack(float) })
        }
        let (error, _) = try #require(failure(URL.self, hex { $0.pack("") }))
        #expect(underlying(error)?.code == .invalidText(.url))
    }

    @Test func decimalsSurviveExactly() throws {
        for text in ["0", "-1", "1e100", "0.000000000000000000000000000000000001", "99999999999999999999999999999999999999",
            "12.50"] {
            let value = try #require(Decimal(string: text))
            #expect(try roundTrip(value).0 == value)
        }
        #expect(try roundTrip(Decimal.nan).0.isNaN)
        #expect(try MessagePackDecoder().decode(Decimal.self, from: [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]) == 1.5)
    }

    @Test func theWidthOfAWideIntegerIsChecked() throws {
        let (error, _) = try #require(failure(Int128.self, "c40101"))
        #expect(underlying(error)?.code == .outOfRange)
        _ = failure(UInt128.self, "ff")
        _ = failure(Int128.self, "c0")
    }
}

import JSONDocument
import Testing

@Suite struct JSONTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "12.50e+7", "18446744073709551616", "\"\"", "[]", "{}",
        "[1,[2,{\"a\":null}],\"x\"]", "{\"b\":1,\"a\":2}", "\"\\\"\\\\\\n\\u0000\u{e4}\u{1F600}\"",
    ])
    func whatIsReadIsWrittenAsItWas(_ text: String) throws {
        #expect(try JSON(parsing: text.utf8).text() == text)
    }

    @Test(arguments: [
        "", " ", "nul", "tru", "01", "1.", ".5", "+1", "1e", "-", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "[", "[1", "[1,]", "{", "{\"a\"", "{\"a\":}", "{\"a\":1,}", "{a:1}", "1 2", "\"\n\"", "NaN", "'a'", "[1 2]", "\"\\udc00\"",
    ])
    func whatIsNoJSONIsRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text.utf8) }
    }

    @Test func bytesThatAreNoTextAreRefused() {
        #expect(throws: JSONError.self) { try JSON(parsing: [0x22, 0xFF, 0x22]) }
        #expect(throws: JSONError.self) { try JSON(parsing: [0xEF, 0xBB, 0xBF, 0x31]) }
    }

    @Test func nestingHasALimit() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSON(parsing: deep.utf8) }
        let allowed = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(throws: Never.self) { try JSON(parsing: allowed.utf8) }
    }

    @Test func keysAreFoundInAnyCaseAndExactlyFirst() throws {
        let json = try JSON(parsing: #"{"From":1,"FROM":2,"from":3,"To":4,"to\u00c4":5}"#.utf8)
        #expect(json["from"] == 3)
        #expect(json["fROM"] == 3)
        #expect(json["to"] == 4)
        #expect(json["none"] == nil)
        #expect(json["to\u{c4}"] == 5)
    }

    @Test func ofKeysThatDifferInNothingButTheirCaseTheLastStays() throws {
        let json = try JSON(parsing: #"{"A":1,"b":[{"c":2,"C":{"x":3,"X":4}}],"a":5,"\u00e4":6,"\u00c4":7}"#.utf8)
        #expect(json.withoutRepeatedKeys.text() == #"{"a":5,"b":[{"C":{"X":4}}],"ä":6,"Ä":7}"#)
        let plain = try JSON(parsing: #"{"b":[null,{"a":"A"}],"a":1}"#.utf8)
        #expect(plain.withoutRepeatedKeys == plain)
    }

    @Test func escapesBecomeWhatTheyMean() throws {
        let json = try JSON(parsing: #""\u0041\ud83d\ude00\/\b\f\t""#.utf8)
        #expect(json.string == "A\u{1F600}/\u{8}\u{c}\t")
        #expect(JSON.string("\u{2028}\u{7f}\r").text() == #""\u2028\u007f\r""#)
    }

    @Test func peopleGetIndentedText() {
        let json: JSON = ["a": [1, 2], "b": [:]]
        #expect(json.text(indented: true) == "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}")
        #expect(JSON.number(Double.nan) == nil)
    }
}

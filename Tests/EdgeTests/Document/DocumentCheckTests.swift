import JSONDocument
import Testing
import WebTestSupport

/// The checks themselves: they find what is wrong.
@Suite struct DocumentCheckTests {
    @Test(arguments: [
        (#"{"type":"integer"}"#, "1", "1.5"), (#"{"type":["string","null"]}"#, "null", "7"), (#"{"const":"a"}"#, #""a""#, #""b""#),
        (#"{"enum":[1,null]}"#, "null", "2"), (#"{"oneOf":[{"type":"integer"},{"minimum":5}]}"#, "3", "7"),
        (#"{"required":["a"]}"#, #"{"a":1}"#, #"{"A":1}"#), (#"{"properties":{"a":{"type":"string"}}}"#, #"{"b":1}"#, #"{"a":1}"#),
        (#"{"properties":{"a":{}},"additionalProperties":{"type":"string"}}"#, #"{"a":1}"#, #"{"b":1}"#),
        (#"{"items":{"type":"string"}}"#, #"["a"]"#, "[1]"), (#"{"uniqueItems":true}"#, "[1,2]", "[1,1]"), (#"{"minimum":1}"#, "1", "0"),
        (#"{"maximum":1}"#, "1", "2"), (#"{"minLength":1}"#, #""a""#, #""""#), (#"{"maxLength":1}"#, #""é""#, #""ab""#),
        (#"{"minItems":1}"#, "[1]", "[]"), (#"{"maxItems":1}"#, "[1]", "[1,2]"), (#"{"maxProperties":1}"#, "{}", #"{"a":1,"b":2}"#),
        (#"{"pattern":"^a+$"}"#, #""aa""#, #""ab""#), (#"{"format":"date-time"}"#, #""2026-01-02T03:04:05.678Z""#, #""2026-01-02""#),
        (#"{"format":"uuid"}"#, #""01938e3f-7c4b-7cc3-98c4-dc0c0c07398f""#, #""x""#), (##"{"$ref":"#/a"}"##, "1", "0"),
        (#"{"description":"x"}"#, "7", ""),
    ])
    func aValueFitsItsSchemaOrNot(_ schema: String, _ right: String, _ wrong: String) throws {
        let check = SchemaCheck(root: ["a": ["minimum": 1]]), schema = try JSON(parsing: schema.utf8)
        #expect(check.faults(try JSON(parsing: right.utf8), schema) == [])
        #expect(check.faults(try? JSON(parsing: wrong.utf8), schema).count == 1)
        #expect(check.faults(1, ["unknown": 1]).count == 1 && check.faults(1, ["$ref": "#/b"]).count == 1)
    }

    @Test(arguments: [
        ("GET", "/a/7", 200, "application/json; charset=utf-8", #"{"n":1}"#, 0), ("GET", "/A/7/", 200, "application/json", #"{"n":"1"}"#, 1),
        ("GET", "/a/7", 200, "application/json", "{", 1), ("GET", "/a/7", 200, "text/plain", "1", 1), ("GET", "/a/7", 404, "text/plain", "", 1),
        ("GET", "/a/b", 204, "", "", 0), ("GET", "/a/b", 204, "", "x", 1), ("PUT", "/a/b", 500, "", "", 0), ("GET", "/c", 500, "", "", 0),
    ])
    func anAnswerIsAsTheDocumentTellsOrNot(
        _ method: String, _ path: String, _ status: Int, _ type: String, _ text: String, _ faults: Int
    ) {
        let json: JSON = ["schema": ["properties": ["n": ["type": "integer"]]]]
        let check = DocumentCheck([
            "paths": [
                "/a/{id}": ["get": ["operationId": "x", "responses": ["200": ["content": ["application/json": json]]]]],
                "/a/b": ["get": ["operationId": "y", "responses": ["204": ["description": "nothing"]]]],
            ],
        ])
        let answer = Answer(status: status, headers: ["content-type": type], text: text)
        #expect(check.faults(method, path, answer).count == faults)
    }

    @Test func aHeaderThatHasToBeThereIsMissed() {
        let check = DocumentCheck([
            "paths": ["/a": ["get": ["operationId": "x", "responses": ["204": ["headers": ["ETag": ["required": true]]]]]]],
        ])
        #expect(check.faults("GET", "/a", Answer(status: 204, headers: ["etag": "x"], text: "")).isEmpty)
        #expect(check.faults("GET", "/a", Answer(status: 204, headers: [:], text: "")).count == 1)
    }
}

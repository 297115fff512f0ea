import Command
import JSONDocument
import Testing
import World

/// That a result was kept is seen by a person, too.
@Suite struct LookupAgeTests {
    private static func text(_ cache: JSON) throws -> String {
        let result: JSON = [
            "serviceName": "ReverseDNS", "success": true, "durationMs": 0, "result": ["found": true, "hostName": "a.test"], "cache": cache,
        ]
        let document = try LookupDocument(["target": "192.0.2.9", "status": "Completed", "results": [result]])
        return try #require(document.table.lines().last)
    }

    @Test func aKeptResultTellsWhenItWasFound() throws {
        let old = try Self.text(["hit": true, "ageSeconds": 20, "ttlSeconds": 5])
        #expect(old == "ReverseDNS  < 1 ms  a.test (kept, found 20 s ago)")
        let new = try Self.text(["hit": true, "ageSeconds": 0, "ttlSeconds": 5])
        #expect(new.hasSuffix("  a.test (kept, found < 1 s ago)"))
    }

    @Test(arguments: [["hit": false, "ageSeconds": 0, "ttlSeconds": 5], .null] as [JSON])
    func anyOtherResultTellsNothing(_ cache: JSON) throws {
        let text = try Self.text(cache)
        #expect(text.hasSuffix("  a.test"))
    }
}

import Command
import JSONDocument
import Testing
import Web
import World

@Suite struct MeshPictureTests {
    static func row(_ name: String, _ status: String = "alive", life: Int = 1) throws -> MemberRow {
        try MemberRow([
            "name": .string(name), "address": "127.0.0.1:7100", "status": .string(status), "life": .number(life),
            "incarnation": 0, "roles": ["primes"], "edge": nil,
        ])
    }

    @Test func aMeshIsCompleteWhenEveryNodeSeesEveryNode() throws {
        let both = [try Self.row("n1"), try Self.row("n2")]
        #expect(MeshPicture([.init(node: "n1", rows: both), .init(node: "n2", rows: both)]).isComplete)
    }

    @Test func whatIsMissingIsNamed() throws {
        let both = [try Self.row("n1"), try Self.row("n2")]
        let one = [try Self.row("n1")]
        let suspicious = [try Self.row("n1"), try Self.row("n2", "suspect")]
        func missing(_ second: [MemberRow]?) -> String? {
            MeshPicture([.init(node: "n1", rows: both), .init(node: "n2", rows: second)]).missing
        }
        #expect(missing(nil) == "n2 does not answer")
        #expect(missing(one) == "n2 has not heard of n2")
        #expect(missing(suspicious) == "n2 sees n2 as suspect")
    }

    @Test func aFormerLifeThatLeftDoesNotCount() throws {
        let rows = [try Self.row("n1"), try Self.row("n2", "left"), try Self.row("n2", life: 2)]
        #expect(MeshPicture([.init(node: "n1", rows: rows), .init(node: "n2", rows: rows)]).isComplete)
    }

    @Test func theTableCountsWhoSeesWhom() throws {
        let both = [try Self.row("n1"), try Self.row("n2")]
        let half = [try Self.row("n1"), try Self.row("n2", "dead")]
        let picture = MeshPicture([
            .init(node: "n1", rows: both), .init(node: "n2", rows: half), .init(node: "n3", rows: nil),
        ])
        #expect(picture.seen("n2") == (1, 2))
        let lines = picture.table(processes: ["n1": 17]).lines()
        #expect(lines[1].contains("2/2") && lines[1].contains("17"))
        #expect(lines[2].contains("1/2"))
    }
}

@Suite struct MemberRowTests {
    @Test func anArrayAndAnObjectOfMembersAreBothRead() throws {
        let member: JSON = ["name": "n1", "address": "a:1", "status": "alive", "life": .number("18446744073709551615")]
        #expect(try MemberRow.rows([member]).map(\.life) == [.max])
        #expect(try MemberRow.rows(["members": [member]]).map(\.name) == ["n1"])
        #expect(throws: CommandFailure.self) { try MemberRow.rows("hello") }
        #expect(throws: CommandFailure.self) { try MemberRow.rows([["name": "n1"]]) }
    }

    @Test func whatIsNotKnownPassesThrough() throws {
        let json: JSON = ["name": "n1", "address": "a:1", "status": "alive", "future": ["x": 1]]
        #expect(try MemberRow(json).document == json)
    }

    @Test func anEdgeIsAURLHoweverItIsWritten() throws {
        func edge(_ value: JSON) throws -> String? {
            try MemberRow(["name": "n", "address": "a", "status": "alive", "edge": value]).edge
        }
        #expect(try edge("127.0.0.1:8080") == "http://127.0.0.1:8080")
        #expect(try edge("https://a.example") == "https://a.example")
        #expect(try edge("") == nil)
        #expect(try edge(nil) == nil)
    }

    @Test func ofThoseWhoLiveItIsSaidThatTheirClocksAreOff() throws {
        func row(_ name: String, _ status: String, _ clock: JSON) throws -> MemberRow {
            try MemberRow(["name": .string(name), "address": "a", "status": .string(status), "clock": clock])
        }
        let rows = try [row("a", "alive", nil), row("b", "alive", "behind"), row("c", "dead", "ahead"), row("d", "alive", "ahead")]
        let warnings = MemberRow.warnings(rows)
        #expect(warnings.count == 2)
        #expect(warnings.first?.hasPrefix("warning: the wall clock of b is behind the others'") == true)
        #expect(warnings.last?.hasPrefix("warning: the wall clock of d is ahead of the others'") == true)
        #expect(MembersPicture.seen(rows, witness: "a").lines.contains(warnings[0]))
        #expect(MembersPicture.seen(rows, witness: "a") != .seen([rows[0], try row("b", "alive", nil), rows[2], rows[3]], witness: "a"), "that is news")
    }

    @Test func aSummaryCountsByStatus() throws {
        let rows = try [MeshPictureTests.row("a"), MeshPictureTests.row("b", "dead"), MeshPictureTests.row("c")]
        #expect(MemberRow.summary(rows) == "3 members: 2 alive, 1 dead")
    }
}

@Suite struct PrimesDocumentTests {
    @Test func aJobIsReadWithItsShares() throws {
        let json = try JSON(parsing: Array(#"""
            {"jobId":"0198","status":"Completed","count":50847534,"chunks":{"total":40,"done":40,"inFlight":0,"resent":1},
             "nodes":{"n1":30,"n2":10},"elapsedMs":412,"warnings":[]}
            """#.utf8))
        let document = try PrimesDocument(json)
        #expect(document.count == 50_847_534 && document.isOver && document.resent == 1)
        #expect(document.shareTable.lines() == ["NODE  CHUNKS   SHARE", "n1        30  75.0 %", "n2        10  25.0 %"])
    }

    @Test func aCountThatIsNotThereYetIsNone() throws {
        let document = try PrimesDocument(["jobId": "1", "status": "Processing", "count": nil])
        #expect(document.count == nil && !document.isOver && document.shareTable.isEmpty)
        #expect(throws: CommandFailure.self) { try PrimesDocument(["status": "Processing"]) }
    }
}

@Suite struct HTTPAskerTests {
    @Test func anySegmentOfAPathIsEncoded() {
        #expect(HTTPAsker.encoded("a/b c?é") == "a%2Fb%20c%3F%C3%A9")
        #expect(HTTPAsker.encoded("tenant-1_x.y~z") == "tenant-1_x.y~z")
    }

    @Test func whoDoesNotListenIsNamedAsSuch() async {
        await #expect { try await HTTPAsker().ask("http://127.0.0.1:9", "/members") } throws: { error in
            (error as? NoAnswer)?.wasRefused == true && "\(error)" == "connection refused"
        }
        await #expect { try await HTTPAsker().ask("unix:/nowhere/admin.sock", "/members") } throws: { error in
            (error as? NoAnswer)?.wasRefused == true
        }
        await #expect { try await HTTPAsker().ask("ftp://127.0.0.1", "/members") } throws: { error in
            "\(error)" == "\"ftp://127.0.0.1\" is no address of a node; write http://host:port"
        }
    }

    @Test func whoListensAndSaysNothingIsGivenUp() async throws {
        let listener = try ChildProcess(
            path: "/usr/bin/env",
            arguments: [
                "python3", "-c",
                "import socket,time\ns=socket.socket()\ns.bind(('127.0.0.1',0))\ns.listen()\nprint(s.getsockname()[1],flush=True)\ntime.sleep(60)",
            ], output: .pipe, error: .inherited)
        defer {
            listener.signal(9)
            _ = listener.wait()
        }
        let port = try #require(listener.readLine())
        await #expect {
            try await HTTPAsker().ask("http://127.0.0.1:\(port)", "/members", timeout: .milliseconds(200))
        } throws: { error in
            (error as? NoAnswer)?.wasRefused == false && "\(error)" == "no answer within 200 ms"
        }
    }
}

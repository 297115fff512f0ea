import Command
import JSONDocument
import Testing

/// Traces as lines of text, and as diagrams.
@Suite struct TraceTextTests {
    private static let work = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    private static func entry(
        _ actor: String, _ event: String, _ causes: [Int], after: Int,
        from: JSON = ["kind": "letter", "sender": "order/\(work)", "attempt": 1],
        host: String = "n1", outcome: String = "done", reason: String? = nil, detours: [String] = [], isLast: Bool = false
    ) -> JSON {
        [
            "actor": .string(actor), "event": .string(event), "causes": .array(causes.map { .number($0) }), "afterMs": .number(after),
            "from": from, "node": .string(host), "life": "3", "outcome": .string(outcome), "reason": .text(reason),
            "detours": .array(detours.map { .string($0) }), "isLast": .bool(isLast),
        ]
    }

    private static func awaited(_ what: String, _ event: String, after: Int?, to: String? = nil, state: String, words: String) -> JSON {
        [
            "what": .string(what), "event": .string(event), "after": after.map { .number($0) } ?? .null, "owner": .string("order/\(work)"),
            "to": .text(to), "state": .string(state), "words": .string(words),
        ]
    }

    private static func trace(_ entries: [JSON], _ awaited: [JSON] = []) throws -> TraceDocument {
        try TraceDocument(["work": .string(work), "isOver": .bool(awaited.isEmpty), "isCut": false, "entries": .array(entries),
            "awaited": .array(awaited)])
    }

    private static let order = "order/\(work)"

    private static let shipped: [JSON] = [
        entry(order, "place", [], after: 0, from: ["kind": "outside"]),
        entry("account/alice", "charge", [1], after: 4, host: "n3", detours: ["attempt 3"]),
        entry(order, "charged", [2], after: 9, host: "n2", detours: ["home was n1/3"]),
        entry(order, "shipped", [3], after: 30, host: "n2"),
        entry("account/alice", "capture", [4], after: 33, host: "n3"),
        entry("stock/lamp", "dispatch", [4], after: 1_034),
        entry("shipping/\(work)", "close", [4], after: 40, host: "n5", isLast: true),
        entry(order, "cancel", [], after: -7, from: ["kind": "outside"], host: "n2", outcome: "late"),
    ]

    @Test func aChainStaysInItsColumnAndBranchesLeaveIt() throws {
        let trace = try Self.trace(Self.shipped, [
            Self.awaited("timer", "deadline", after: 1, state: "set", words: "timer deadline fires in 25 s"),
        ])
        let lines = TraceTree(trace).text.split(separator: "\n").map { String($0.drop { $0 == " " }) }
        #expect(lines == [
            "AFTER  EVENT         ACTOR          NODE",
            "0  ◆ place       order          n1/3",
            "├─○ deadline  order                timer deadline fires in 25 s",
            "4.0 ms  ● charge      account/alice  n3/3  ▲ attempt 3",
            "9.0 ms  ● charged     order          n2/3  ▲ home was n1/3",
            "30 ms  ● shipped     order          n2/3",
            "33 ms  ├─● capture   account/alice  n3/3",
            "1.0 s  ├─● dispatch  stock/lamp     n1/3",
            "40 ms  ● close       shipping       n5/3  ended",
            "-7.0 ms  ◆ cancel      order          n2/3  ▲ late",
        ])
    }

    @Test func aBranchOfABranchStandsBelowItsStem() throws {
        let trace = try Self.trace([
            Self.entry("a/1", "a", [], after: 0), Self.entry("a/1", "b", [1], after: 1), Self.entry("a/1", "c", [2], after: 2),
            Self.entry("a/1", "d", [2], after: 3), Self.entry("a/1", "e", [4], after: 4), Self.entry("a/1", "f", [1], after: 5),
            Self.entry("a/1", "g", [6], after: 6), Self.entry("a/1", "h", [7], after: 7), Self.entry("a/1", "i", [8], after: 8),
            Self.entry("a/1", "j", [9], after: 9),
        ])
        let events = TraceTree(trace).text.split(separator: "\n").dropFirst().map { line in
            String(line.dropFirst(8)).split(separator: "  ").first.map(String.init) ?? ""
        }
        #expect(events.joined(separator: "\n") == """
            ◆ a
            ├─● b
            │ ├─● c
            │ ● d
            │ ● e
            ● f
            ● g
            ● h
            ● i
            ● j
            """)
    }

    @Test func whatIsDeadOrLateIsMarkedWhereItHangs() throws {
        let trace = try Self.trace([Self.shipped[0]], [
            Self.awaited("letter", "charge", after: 1, to: "account/alice", state: "dead",
                words: "account/alice has refused charge (letter 1): no"),
            Self.awaited("part", "count", after: nil, state: "due", words: "no worker has answered part 3 of count for 12 s"),
        ])
        let text = TraceTree(trace).text
        #expect(text.contains("├─✕ charge  account/alice        ▲ account/alice has refused charge (letter 1): no"), "\(text)")
        #expect(text.contains("○ count     order                ▲ no worker has answered part 3 of count for 12 s"), "\(text)")
    }

    /// A chain of thousands, and a document that was made up.
    @Test func noTraceIsTooLongOrTooWrong() throws {
        let chain = (1...20_000).map { Self.entry("a/1", "e", $0 == 1 ? [] : [$0 - 1], after: $0) }
        #expect(try TraceTree(Self.trace(chain)).text.split(separator: "\n").count == 20_001)
        let wrong: JSON = ["work": "w", "entries": [["causes": [1, 7, -1]], ["causes": [2]], 3, ["causes": [1, 2]]],
            "awaited": [["after": 99], 5]]
        #expect(TraceTree(try TraceDocument(wrong)).text.split(separator: "\n").count == 7)
        #expect(TraceMermaid(try TraceDocument(wrong)).text.hasPrefix("sequenceDiagram\n"))
        #expect(throws: CommandFailure.self) { try TraceDocument([:]) }
    }

    @Test func aDiagramTellsWhoToldWhomWhat() throws {
        let trace = try Self.trace(Array(Self.shipped.prefix(3)), [
            Self.awaited("letter", "reserve", after: 3, to: "stock/lamp", state: "due", words: "stock/lamp has not taken reserve"),
            Self.awaited("timer", "deadline", after: 1, state: "set", words: "timer deadline fires in 25 s"),
        ])
        #expect(TraceMermaid(trace).text == """
            sequenceDiagram
                actor client as outside
                participant a1 as order
                participant a2 as account/alice
                participant a3 as stock/lamp
                client->>a1: place
                a1->>a2: charge
                Note over a2: n3/3, 4 ms: attempt 3
                a1->>a1: charged
                Note over a1: n2/3, 9 ms: home was n1/3
                a1--)a3: stock/lamp has not taken reserve
                Note over a1: timer deadline fires in 25 s

            """)
    }

    @Test func refusalsOperatorsAndWorkersHaveTheirPlacesInADiagram() throws {
        func entry(_ event: String, _ kind: JSON, outcome: String, to receiver: String?) -> JSON {
            [
                "actor": .string(Self.order), "event": .string(event), "causes": [1], "from": ["kind": kind, "worker": "n4"],
                "node": "n1", "outcome": .string(outcome),
                "sent": .array(receiver.map { [["to": .string($0)]] } ?? []),
            ]
        }
        let trace = try Self.trace([
            Self.shipped[0], Self.shipped[1], entry("capture", "burial", outcome: "dead", to: "account/alice"),
            entry("capture", "operator", outcome: "redriven", to: "account/alice"), entry("deadline", "burial", outcome: "dead", to: nil),
            entry("answer", "worker", outcome: "done", to: nil),
        ])
        let lines = TraceMermaid(trace).text.split(separator: "\n").map { $0.drop { $0 == " " } }
        for line in [
            "actor people as operator", "participant workers as workers", "a2--xa1: capture refused", "people->>a1: capture redriven",
            "a1--xa1: deadline refused", "workers->>a1: answer by n4", "Note over a1: n1, 0 ms: dead",
        ] { #expect(lines.contains { $0 == line }, "\(line)") }
    }

    /// A name may hold whatever people have typed. In a diagram it must mean nothing.
    @Test func namesMeanNothingInADiagram() throws {
        let name = "account/x;#\n%%{init}%%<b>\"end\""
        let trace = try Self.trace([Self.shipped[0], Self.entry(name, "end", [1], after: 1, outcome: "declined", reason: "a;b\nend of it")])
        let lines = TraceMermaid(trace).text.split(separator: "\n")
        #expect(lines.contains("    participant a2 as account/x#59;#35; #37;#37;{init}#37;#37;#60;b#62;#34;end#34;"))
        #expect(lines.contains("    a1->>a2: [end]"))
        #expect(lines.contains("    Note over a2: n1/3, 1 ms: declined: a#59;b [end] of it"))
    }
}

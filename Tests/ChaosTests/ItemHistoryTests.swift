import Chaos
import JSONDocument
import Testing
import World

/// Histories of items: what a line says, and what cannot be judged.
@Suite struct ItemHistoryTests {
    private static func add(
        _ process: Int, _ ids: [String], _ call: Int64, _ end: Int64?, _ outcome: ItemRecord.Outcome = .ok
    ) -> ItemRecord {
        ItemRecord(process: process, tenant: "t", deed: .add(ids), callNs: call, returnNs: end, outcome: outcome, via: "n1")
    }

    private static func read(
        _ process: Int, _ count: Int?, _ call: Int64, _ end: Int64, _ outcome: ItemRecord.Outcome = .ok
    ) -> ItemRecord {
        ItemRecord(process: process, tenant: "t", deed: .read(count: count), callNs: call, returnNs: end, outcome: outcome, via: "n2")
    }

    @Test func linesAreThoseOfTheContractAndAreReadBack() throws {
        let records = [
            Self.add(3, ["a", "b"], 123, 456), Self.add(4, ["c"], 5, nil, .unknown), Self.read(1, 12, 1, 2),
            Self.read(1, nil, 3, 4, .failed),
        ]
        let lines = records.map { $0.json.text() }
        let first = #"{"process":3,"op":"add","key":"t","input":{"ids":["a","b"]},"output":null,"call_ns":123,"return_ns":456,"#
        #expect(lines[0] == first + #""outcome":"ok","via":"n1"}"#)
        #expect(lines[1].contains(#""return_ns":null,"outcome":"unknown""#))
        #expect(lines[2].contains(#""op":"read","key":"t","input":{},"output":{"count":12}"#) && lines[3].contains(#""output":null"#))
        for (line, record) in zip(lines, records) { #expect(try ItemRecord(JSON(parsing: line.utf8)) == record) }
    }

    @Test(arguments: [
        (#"{"op":"add"}"#, "process"), (#"{"process":1,"op":"put","key":"k","call_ns":1,"return_ns":2,"outcome":"ok"}"#, "\"put\""),
        (#"{"process":1,"op":"read","key":"k","call_ns":1,"return_ns":2,"outcome":"ok","output":null}"#, "output.count"),
        (#"{"process":1,"op":"add","key":"k","call_ns":1,"return_ns":null,"outcome":"ok","input":{"ids":["a"]}}"#, "return_ns"),
        (#"{"process":1,"op":"add","key":"k","call_ns":3,"return_ns":2,"outcome":"ok","input":{"ids":["a"]}}"#, "before"),
        (#"{"process":1,"op":"add","key":"k","call_ns":1,"return_ns":2,"outcome":"maybe","input":{"ids":["a"]}}"#, "outcome"),
        (#"{"process":1,"op":"add","key":"k","call_ns":1,"return_ns":2,"outcome":"ok","input":{"ids":["a",1]}}"#, "input.ids"),
    ])
    func whatIsNoLineSaysWhy(_ line: String, _ word: String) throws {
        let error = #expect(throws: HistoryError.self) { try ItemRecord(JSON(parsing: line.utf8)) }
        #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }

    @Test func whatHasFailedDoesNotCountAndWhatIsUnknownMay() throws {
        let adds = [Self.add(1, ["a", "b"], 0, 1), Self.add(2, ["c"], 0, 1, .failed), Self.add(3, ["d"], 0, 1, .unknown)]
        for (count, isRight) in [(1, false), (2, true), (3, true), (4, false)] {
            let verdict = try ItemVerdict(adds + [Self.read(4, count, 5, 6)])
            #expect(verdict.isLinearizable == isRight, "\(count)")
            #expect(verdict.tenants.map(\.counted) == [2] && verdict.tenants.map(\.unknown) == [1])
        }
        // A read that was not answered says nothing.
        #expect(try ItemVerdict(adds + [Self.read(4, nil, 5, 6, .failed)]).isLinearizable)
    }

    @Test func tenantsAreJudgedEachByItself() throws {
        var other = Self.add(9, ["a"], 0, 1)
        other = ItemRecord(process: 9, tenant: "u", deed: other.deed, callNs: 0, returnNs: 1, outcome: .ok, via: "n1")
        let verdict = try ItemVerdict([Self.add(1, ["a"], 0, 1), other, Self.read(2, 2, 5, 6)])
        #expect(verdict.tenants.map(\.name) == ["t", "u"] && verdict.tenants.map { $0.violation == nil } == [false, true])
    }

    @Test func whatCannotBeJudgedIsRefused() {
        #expect(throws: HistoryError.self) { try ItemVerdict([Self.add(1, ["a"], 0, 1), Self.add(2, ["a"], 2, 3)]) }
        #expect(throws: HistoryError.self) { try ItemVerdict([Self.add(1, ["a"], 0, 1, .unknown), Self.add(1, ["b"], 2, 3)]) }
    }
}

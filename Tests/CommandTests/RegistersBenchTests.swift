import Command
import JSONDocument
import Testing

@Suite struct RegistersBenchTests {
    private func figures(_ clients: Int, rate: Double, isHot: Bool = false) -> RegistersFigures {
        RegistersFigures(clients: clients, isHot: isHot, rate: rate, p50: 900, p99: 4_000.5)
    }

    @Test func figuresComeBackFromTheDriversLine() throws {
        let all = [figures(1, rate: 512.25), figures(64, rate: 9_000), figures(64, rate: 11_000, isHot: true)]
        let line = JSON.array(all.map(\.json)).text()
        #expect(try RegistersFigures.all(JSON(parsing: Array(line.utf8))) == all)
    }

    @Test func aLineWithAFigureTooFewIsRefused() throws {
        let whole = #"{"clients": 1, "isHot": false, "rate": 5, "p50": 6, "p99": 7}"#
        #expect(try RegistersFigures.all(JSON(parsing: Array("[\(whole)]".utf8)))?.count == 1)
        for field in ["clients", "isHot", "rate", "p50", "p99"] {
            let line = "[\(whole), \(whole.replacing("\"\(field)\"", with: "\"other\""))]"
            #expect(try RegistersFigures.all(JSON(parsing: Array(line.utf8))) == nil, "without \(field)")
        }
        #expect(RegistersFigures.all(["clients": 1]) == nil)
    }

    @Test func theSlowestProcessIsTheFloor() {
        #expect(RegistersRound(ours: [], floors: [20_000, 12_000, 15_000]).floor == 12_000)
    }

    @Test func theShareIsJudgedAtAsManyClientsAsTheFloorHasRowsInACommit() throws {
        let ours = [figures(1, rate: 500), figures(64, rate: 4_800), figures(64, rate: 9_000, isHot: true)]
        let rows = RegistersRound.rows([RegistersRound(ours: ours, floors: [30_000, 12_000, 13_000])])
        #expect(rows.map(\.name) == [
            "changes, 1 client", "changes, 1 client, p50", "changes, 1 client, p99", "changes, 64 clients", "changes, 64 clients, p50",
            "changes, 64 clients, p99", "changes of one register, 64 clients", "changes of one register, 64 clients, p50",
            "changes of one register, 64 clients, p99",
        ])
        let judged = rows.filter { $0.goal != nil }
        #expect(judged.map(\.name) == ["changes, 64 clients"])
        #expect(judged.first?.ratio == 0.4 && judged.first?.met == true)
    }

    @Test func aShareBelowTheGoalIsMissed() {
        let rows = RegistersRound.rows([RegistersRound(ours: [figures(64, rate: 4_799)], floors: [12_000, 12_000, 12_000])])
        #expect(rows.first?.met == false)
    }

    @Test func theMedianOfTheRoundsCounts() {
        let rounds = [(3_000.0, 10_000.0), (5_000, 20_000), (4_000, 8_000)].map { ours, floor in
            RegistersRound(ours: [figures(64, rate: ours)], floors: [floor])
        }
        let row = RegistersRound.rows(rounds).first
        #expect(row?.ours == 4_000 && row?.yardstick == 10_000)
    }

    @Test func numbersOfClientsAreReadAsTheyAreWritten() {
        #expect(ClientCounts(argument: "1,64")?.counts == [1, 64])
        #expect(ClientCounts([1, 64]).description == "1,64")
        for text in ["", "0", "1025", "1,", "1,,2", "one", "-1"] { #expect(ClientCounts(argument: text) == nil, "\(text)") }
    }
}

import Chaos
import JSONDocument
import Testing
import World

@Suite struct HistoryTests {
    @Test func aRecordIsALineInTheShapeOfHistories() throws {
        let record = HistoryRecord(
            who: .client, process: 3,
            event: .submit(Submission(kind: "primes", request: ["from": 0], jobId: "id", home: "n2", expected: 25)), callNs: 5, returnNs: 9,
            wallMs: 12, outcome: .ok, via: "n1")
        let line = record.json.text()
        #expect(!line.contains("\n"))
        let json = try JSON(parsing: Array(line.utf8))
        #expect(json["process"] == 3 && json["op"] == "submit" && json["key"] == "id" && json["input"] == ["from": 0])
        #expect(json["output"]?["home"] == "n2" && json["output"]?["expected"] == 25)
        #expect(json["call_ns"] == 5 && json["return_ns"] == 9 && json["outcome"] == "ok" && json["via"] == "n1")
    }

    @Test func theFileHasEveryRecord() throws {
        let path = RunFolder.root(SystemWorld()) + "-history-test-\(ProcessIdentity.own?.pid ?? 0)"
        defer { try? SystemFileSystem().remove(path) }
        let recorder = Recorder(world: SystemWorld(), path: path)
        for node in ["n1", "n2"] { recorder.record(.director, .resume(node: node)) }
        let lines = String(decoding: try SystemFileSystem().read(path), as: UTF8.self).split(separator: "\n")
        #expect(lines.map(String.init) == recorder.records.map { $0.json.text() } && recorder.problem == nil)
    }

    @Test func aHistoryThatCannotBeWrittenIsTrouble() {
        let recorder = Recorder(world: SystemWorld(), path: "/nowhere/at/all")
        recorder.record(.director, .trouble)
        #expect(recorder.problem?.contains("/nowhere/at/all") == true && recorder.records.count == 1)
    }

    @Test func nothingComesAfterTheEnd() {
        let recorder = Recorder(world: SystemWorld(), path: nil)
        recorder.record(.director, .end(.settled))
        recorder.record(.observer, .views([:]))
        #expect(recorder.records.map(\.event) == [.end(.settled)])
    }

    @Test func peopleSeeWhatIsNewInFixedColumns() {
        var line = HistoryLine(), history = TestHistory()
        history.accept(1)
        history.at(1_250)
        history.read(1, "Processing", done: 4)
        history.read(1, "Processing", done: 5)
        history.add(.director, .kill(node: "n3", inFlight: 2), detail: "process 7")
        history.views()
        history.views(["n3": "dead"])
        history.views(["n3": "dead"])
        let lines = history.records.compactMap { line.line($0) }
        #expect(lines == [
            "    0.000  director  start    mesh      3 nodes see each other",
            "    0.000  client    submit   job 1     primes id-1, home n1",
            "    1.250  client    read     job 1     Processing 4/10",
            "    1.250  director  kill     n3        SIGKILL with 2 parts in flight: process 7",
            "    1.250  observer  views    mesh      n3 dead (n1 n2 n3)",
        ])
    }
}

import Chaos
import JSONDocument
import Testing
import World

@Suite struct HistoryTests {
    @Test func aRecordIsALineInTheShapeOfHistories() throws {
        let record = HistoryRecord(
            who: .client, process: 3,
            event: .submit(Submission(kind: "primes", request: ["from": 0], order: 1, jobId: "id", expected: 25)), callNs: 5, returnNs: 9,
            wallMs: 12, outcome: .ok, via: "n1")
        let line = record.json.text()
        #expect(!line.contains("\n"))
        let json = try JSON(parsing: Array(line.utf8))
        #expect(json["process"] == 3 && json["op"] == "submit" && json["key"] == "id" && json["input"] == ["from": 0])
        #expect(json["output"]?["kind"] == "primes" && json["output"]?["expected"] == 25)
        #expect(json["call_ns"] == 5 && json["return_ns"] == 9 && json["outcome"] == "ok" && json["via"] == "n1")
    }

    @Test func ordersAndItemsAreLinesInTheShapeOfHistories() throws {
        var history = TestHistory()
        history.make(.alice, 100)
        history.cancel(1, .ended)
        history.left(.lamp, 8, held: 2)
        history.add(["a", "b"], by: 4)
        history.count(2)
        history.settle(["c"])
        history.total(3)
        let lines = history.records.dropFirst().map(\.json)
        #expect(lines.map { $0["op"]?.string } == ["put", "cancel", "get", "add", "count", "settle", "total"])
        #expect(lines.map { $0["key"]?.string } == ["accounts/alice", "order-1", "stock/lamp", "t", "t", "t", "t"])
        #expect(lines[0]["input"] == ["value": 100] && lines[1]["output"] == ["answer": "ended"] && lines[1]["outcome"] == "failed")
        #expect(lines[2]["output"] == ["value": 8, "held": 2])
        #expect(lines[3]["input"] == ["ids": ["a", "b"]] && lines[4]["output"] == ["count": 2])
        #expect(lines[5]["input"] == ["ids": ["c"]] && lines[6]["output"] == ["count": 3])
    }

    @Test func whatAnOrderHasInForceIsReadFromItsSteps() throws {
        func reading(_ status: String, _ steps: [(String, String)], reason: String? = nil) -> JobReading? {
            JobReading(document: [
                "orderId": "id", "status": .string(status), "reason": .text(reason),
                "steps": .array(steps.map { ["step": .string($0), "state": .string($1), "at": "2026-11-30T12:00:00Z"] }),
            ])
        }
        let paid = reading("Paid", [("order", "done"), ("payment", "done"), ("inventory", "asked")])
        #expect(paid == JobReading(jobId: "id", status: "Paid", done: 1, total: 3, inFlight: 1) && paid?.isOver == false)
        let shipped = reading("Shipped", [("order", "done"), ("payment", "done"), ("inventory", "done"), ("shipping", "done")])
        #expect(shipped == JobReading(jobId: "id", status: "Shipped", done: 3, total: 3) && shipped?.isOver == true)
        let steps = [("order", "done"), ("payment", "undone"), ("inventory", "refused")]
        let cancelled = reading("Cancelled", steps, reason: "inventory: 0 are in stock, not 1")
        #expect(cancelled?.isOver == true && cancelled?.done == 0 && cancelled?.inFlight == 0)
        #expect(cancelled?.warnings == ["inventory: 0 are in stock, not 1"])
        #expect(reading("Compensating", [("order", "done"), ("payment", "undoing")])?.inFlight == 1)
        #expect(reading("Paid", [("payment", "done"), ("payment", "done")])?.gathered == 2, "what is there twice is seen")
        #expect(JobReading(document: ["orderId": "id"]) == nil)
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
        recorder.record(.director, .resume(node: "n1"))
        #expect(recorder.problem?.contains("/nowhere/at/all") == true && recorder.records.count == 1)
    }

    @Test func afterTheFirstFailureNothingIsAddedToTheFile() throws {
        // A directory first, a place that can be written then: the line of the second record would be the file's first.
        let path = RunFolder.root(SystemWorld()) + "-history-gap-\(ProcessIdentity.own?.pid ?? 0)"
        defer { try? SystemFileSystem().removeTree(path) }
        try SystemFileSystem().createDirectory(path)
        let recorder = Recorder(world: SystemWorld(), path: path)
        recorder.record(.director, .resume(node: "n1"))
        try SystemFileSystem().remove(path)
        recorder.record(.director, .resume(node: "n2"))
        #expect(recorder.problem?.contains(path) == true && !SystemFileSystem().exists(path) && recorder.records.count == 2)
    }

    @Test func aFullDiskIsNamed() {
        #expect { try SystemFileSystem().append([1], to: "/dev/full") } throws: { ($0 as? FileError)?.code == .noSpace }
    }

    @Test func whatIsUnderWayAtTheEndIsWrittenWithoutAReturn() {
        let recorder = Recorder(world: SystemWorld(), path: nil)
        let submission = Submission(kind: "primes", request: [:], order: 1)
        _ = recorder.begin(.submit(submission), process: 1, via: "n1")
        let other = recorder.begin(.submit(submission), process: 2, via: "n2")
        recorder.finish(other, .submit(submission), process: 2, returned: recorder.now, via: "n2")
        recorder.record(.director, .end(.limit))
        #expect(recorder.records.map(\.process) == [2, 1, 0] && recorder.records.map { $0.returnNs == nil } == [false, true, false])
        #expect(recorder.records[1].outcome == .unknown && recorder.records[1].json["return_ns"] == .null)
    }

    @Test func noNumberGoesOnAfterAnUnknownOutcome() {
        let recorder = Recorder(world: SystemWorld(), path: nil)
        let client = recorder.nextProcess()
        for name in ["cut1", "cut2"] { recorder.record(.director, .heal(name: name, hits: 0), outcome: .unknown) }
        recorder.record(.director, .resume(node: "n1"))
        recorder.record(.observer, .views([:]))
        let numbers = recorder.records.map(\.process)
        #expect(Set(numbers + [client, recorder.nextProcess()]).count == 6 && numbers[0] == 0, "\(numbers)")
    }

    @Test func nothingComesAfterTheEnd() {
        let recorder = Recorder(world: SystemWorld(), path: nil)
        recorder.record(.director, .end(.settled))
        recorder.record(.observer, .views([:]))
        #expect(recorder.records.map(\.event) == [.end(.settled)])
    }

    @Test func peopleSeeOrdersAndNotEveryCount() {
        var line = HistoryLine(), history = TestHistory()
        history.make(.alice, 100)
        history.make(.lamp, 10, outcome: .failed)
        history.place(7, TestHistory.wish(20, 2))
        history.cancel(7, .accepted)
        history.cancelled(7, because: "cancelled by its customer")
        history.add(["a"], by: 8)
        history.count(1)
        history.left(.alice, 100)
        let lines = history.records.dropFirst().compactMap { line.line($0) }
        #expect(lines == [
            "    0.000  client    put      stock     failed lamp to 10 (n1): 503: no majority",
            "    0.000  client    submit   job 7     orders order-7 (n1)",
            "    0.000  client    cancel   job 7     cancellation: accepted (n2)",
            "    0.000  client    read     job 7     Cancelled 0/3: cancelled by its customer",
        ])
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
            "    0.000  client    submit   job 1     primes id-1 (n1)",
            "    1.250  client    read     job 1     Processing 4/10",
            "    1.250  director  kill     n3        SIGKILL with 2 parts in flight: process 7",
            "    1.250  observer  views    mesh      n3 dead (n1 n2 n3)",
        ])
    }
}

import Choreography
import Registers
import Testing
import World

/// What actors order of workers: a set of parts, each answered once.
@Suite struct WorkOrderTests {
    private let stage = Stage()

    private func answer(_ part: String, _ payload: [UInt8] = [1], by node: String = "n2") throws {
        try stage.change(.clerk, .answer(part: part, WorkReport(result: .done(payload), node: node)))
    }

    private func open(after part: String = "") throws -> [String] { try stage.duties(of: .clerk, after: part).orders.map(\.part) }

    @Test func everyPartIsOpenUntilItIsAnswered() throws {
        try stage.tell(.clerk, .order("b", bytes: 3), .order("a"), .order("c"))
        let orders = try stage.duties(of: .clerk).orders
        #expect(orders.map(\.part) == ["a", "b", "c"])
        #expect(orders[1].row == OrderRow(work: "count", payload: [7, 7, 7], trace: .first, cause: 1))
        try answer("b", [5])
        #expect(try open() == ["a", "c"])
        #expect(try stage.heard(.clerk) == ["b = [5] by n2"])
        #expect(try stage.header(of: .clerk).openOrders == 2)
        #expect(!stage[.clerk].rows.contains { ($0.value ?? []).contains([7, 7, 7]) }, "what was ordered is not kept any longer")
    }

    @Test func thePlaceOfAPartIsKeptForAsLongAsItIsOpen() throws {
        try stage.tell(.clerk, .order("a", place: "n3"), .order("b"))
        #expect(try stage.duties(of: .clerk).orders.map(\.row.place) == ["n3", nil])
        let placed = try #require(stage[.clerk].rows.first { ($0.value ?? []).contains(Array("n3".utf8)) })
        try answer("a")
        #expect(stage[.clerk].rows.first { $0.key == placed.key }?.value?.contains(Array("n3".utf8)) == false)
        for place in ["", String(repeating: "n", count: 129)] {
            #expect(throws: MachineRefusal.self) { try stage.tell(.clerk, .order("c", place: place)) }
        }
    }

    @Test func theSecondAnswerToAPartIsNone() throws {
        try stage.tell(.clerk, .order("a"), .order("b"))
        try answer("a", [1], by: "n2")
        let before = stage[.clerk]
        try answer("a", [2], by: "n3")
        #expect(stage[.clerk] == before)
        #expect(try stage.header(of: .clerk).openOrders == 1)
    }

    @Test func anAnswerToWhatNobodyHasOrderedIsNone() throws {
        try stage.tell(.clerk, .order("a"))
        try answer("b")
        #expect(try stage.heard(.clerk).isEmpty)
    }

    @Test func nobodyWaitsForAPartThatWasCalledOff() throws {
        try stage.tell(.clerk, .order("a"), .order("b"), .order("c"))
        try stage.tell(.clerk, .callOff("a"), .callOff("a"), .callOff("z"))
        #expect(try open() == ["b", "c"])
        try answer("a")
        #expect(try stage.heard(.clerk).isEmpty)
        try answer("b")
        try stage.tell(.clerk, .callOff("b"))
        #expect(try stage.header(of: .clerk).openOrders == 1, "what was answered is not closed again")
    }

    @Test func aPartThatIsOrderedAndCalledOffAtOnceIsClosed() throws {
        try stage.tell(.clerk, .order("a"), .callOff("a"))
        #expect(try open().isEmpty)
        #expect(try stage.header(of: .clerk).openOrders == 0)
    }

    @Test func aPartIsOrderedOnce() throws {
        try stage.tell(.clerk, .order("a"))
        let sentence = MachineRefusal("\(ActorName.clerk): part a of \(ActorName.clerk) was ordered before")
        #expect(throws: sentence) { try stage.tell(.clerk, .order("a")) }
        try answer("a")
        #expect(throws: sentence, "nor when it was answered") { try stage.tell(.clerk, .order("a")) }
        #expect(throws: MachineRefusal.self) { try stage.tell(.clerk, .order("b"), .order("b")) }
        #expect(try open().isEmpty)
    }

    @Test func aPartWhoseAnswerIsRefusedStaysOpen() throws {
        try stage.tell(.clerk, .order("a", bytes: 2))
        let before = stage[.clerk]
        #expect(throws: MachineRefusal("\(ActorName.clerk): this is no answer")) { try answer("a", [0xFF]) }
        #expect(stage[.clerk] == before)
    }

    /// They are told in portions.
    @Test func manyPartsAreAllFound() throws {
        let parts = (0..<1_300).map { String(10_000 + $0) }
        for start in stride(from: 0, to: parts.count, by: 100) {
            try stage.tell(Do(acts: parts[start..<start + 100].map { .order($0) }), to: .clerk)
        }
        for start in stride(from: 0, to: 600, by: 100) {
            try stage.tell(Do(acts: parts[start..<start + 100].map { .callOff($0) }), to: .clerk)
        }
        try stage.tell(.clerk, .say("a", box: "x"))
        #expect(try stage.duties(of: .clerk).pairs.count == 1)
        #expect(try stage.duties(of: .clerk, after: "10599").pairs.isEmpty, "letters come once")
        var found: [String] = [], after: String? = "", portions = 0
        while let part = after {
            let duties = try stage.duties(of: .clerk, after: part)
            found += duties.orders.map(\.part)
            after = duties.next
            portions += 1
        }
        #expect(found == Array(parts.dropFirst(600)))
        #expect(portions == 3)
        #expect(try stage.duties(of: .clerk, after: "10599").orders.first?.part == "10600")
    }
}

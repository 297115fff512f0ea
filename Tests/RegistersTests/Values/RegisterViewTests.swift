import Registers
import Testing
import World

@Suite struct RegisterViewTests {
    private static let operation = WorkID(milliseconds: 1_000, randomA: 1, randomB: 1)

    /// A view over a store with these rows of the machine.
    private func view(_ own: [[UInt8]: [UInt8]?], state: [UInt8] = []) throws -> RegisterView {
        var rows: [[UInt8]: StoredRow] = [:]
        for (key, value) in own {
            let key = [RegisterView.Kind.own.rawValue] + key
            rows[key] = StoredRow(key: key, value: value, changed: 1)
        }
        for index in 0..<3 {
            let key = [RegisterView.Kind.operation.rawValue] + WorkID(milliseconds: 9, randomA: 0, randomB: UInt64(index)).bytes
            rows[key] = StoredRow(key: key, value: [UInt8(index)], changed: 1)
        }
        return RegisterView(state: RegisterState(bytes: state), rows: LayeredRows(RowsStore(rows), try #require(RegisterKey("k"))))
    }

    @Test func whatWasChangedIsReadBack() throws {
        var view = try view([[1]: [10], [2]: [20]])
        view[row: [1]] = [11]
        view[row: [2]] = nil
        view[row: [3]] = []
        #expect(view[row: [1]] == [11] && view[row: [2]] == nil && view[row: [3]] == [] && view[row: [4]] == nil)
        #expect(view.rows(limit: 10).map(\.key) == [[1], [3]])
        #expect(view.rows(limit: 10).map(\.value) == [[11], []])
    }

    @Test func theLastChangeOfARowCounts() throws {
        var view = try view([[1]: [10]])
        view[row: [1]] = nil
        view[row: [1]] = [12]
        #expect(view[row: [1]] == [12])
        view[row: [1]] = nil
        #expect(view[row: [1]] == nil && view.rows(limit: 1).isEmpty)
        #expect(view.changes == [RegisterRow(key: [2, 1], value: nil)])
    }

    @Test func aRowThatWasRemovedEarlierIsNotThere() throws {
        let view = try view([[1]: nil, [2]: [20]])
        #expect(view[row: [1]] == nil)
        #expect(view.rows(limit: 10).map(\.key) == [[2]])
    }

    @Test func changesAreSortedAndKeepTheProtocolsRowsApart() throws {
        var view = try view([:])
        view[row: [9]] = [1]
        view.note(Self.operation, answer: [7])
        view[row: [3]] = nil
        view[row: []] = [2]
        #expect(view.changes == [
            RegisterRow(key: [1] + Self.operation.bytes, value: [7]), RegisterRow(key: [2], value: [2]),
            RegisterRow(key: [2, 3], value: nil), RegisterRow(key: [2, 9], value: [1]),
        ])
        #expect(view.answer(of: Self.operation) == [7])
        #expect(view.answer(of: WorkID(milliseconds: 9, randomA: 0, randomB: 2)) == [2], "one that was carried out before")
        #expect(view.answer(of: WorkID(milliseconds: 9, randomA: 0, randomB: 3)) == nil)
        #expect(view.rows(limit: 10).map(\.key) == [[], [9]], "operations are no rows of the machine")
    }

    @Test func stateAndEndAreKept() throws {
        var view = try view([:], state: [1])
        #expect(view.state == [1] && !view.isFinished)
        view.state = [2]
        view.finish()
        #expect(view.whole == RegisterState(bytes: [2], isFinished: true))
    }

    /// A machine that counts in a row, and refuses after it has changed things.
    private struct Machine: RegisterMachine {
        func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] {
            view[row: [1]] = command
            view.state += command
            view.finish()
            if command.isEmpty { throw MachineRefusal("the command is empty; give at least one byte") }
            return command
        }

        func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { view[row: query] ?? [] }
    }

    @Test func aRefusedCommandLeavesTheViewThatItWasTriedOn() throws {
        let view = try view([[1]: [10]], state: [5])
        var attempt = view
        let refusal = #expect(throws: MachineRefusal.self) { try Machine().change([], &attempt) }
        #expect(refusal?.description == "the command is empty; give at least one byte")
        #expect(view.state == [5] && !view.isFinished && view.changes.isEmpty && view[row: [1]] == [10])
        attempt = view
        #expect(try Machine().change([8], &attempt) == [8])
        #expect(try Machine().read([1], attempt) == [8])
        #expect(attempt.whole == RegisterState(bytes: [5, 8], isFinished: true))
    }

    /// Against a dictionary.
    @Test func rowsAreThoseOfTheStoreWithTheChangesOverThem() throws {
        var random = RandomStream(seed: 31)
        for _ in 0..<500 {
            var model: [[UInt8]: [UInt8]] = [:], stored: [[UInt8]: [UInt8]?] = [:]
            for _ in 0..<random.below(40) {
                let key = random.rowKey(), value = random.rowValue()
                stored[key] = .some(value)
                model[key] = value
            }
            var view = try view(stored)
            for _ in 0..<random.below(40) {
                let key = random.rowKey(), value = random.rowValue()
                view[row: key] = value
                model[key] = value
            }
            let start = random.chance(0.3) ? [] : random.rowKey(), limit = random.below(30)
            let expected = model.filter { !$0.key.lexicographicallyPrecedes(start) }
                .sorted { $0.key.lexicographicallyPrecedes($1.key) }.prefix(limit)
            let found = view.rows(from: start, limit: limit)
            #expect(found.map(\.key) == expected.map(\.key) && found.map(\.value) == expected.map(\.value))
            for key in model.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) { #expect(view[row: key] == model[key]) }
        }
    }
}

import Registers
import Testing
import World

/// The book of machines passes everything on to the machine of the kind.
@Suite struct MachineBookTests {
    /// Says what it was asked, and with what.
    private struct Echo: RegisterMachine {
        func change(_ command: [UInt8], _ view: inout RegisterView) throws(MachineRefusal) -> [UInt8] { [1] + command }
        func late(_ command: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { [2] + command }
        func read(_ query: [UInt8], _ view: RegisterView) throws(MachineRefusal) -> [UInt8] { [3] + query }
    }

    /// What comes when a register has ended, too: a letter that is delivered once more must not be refused.
    @Test func theMachineOfTheKindDecides() throws {
        let key = try #require(RegisterKey("echo/x")), book = MachineBook(machines: ["echo": Echo()])
        var view = RegisterView(state: .empty, rows: LayeredRows(MemoryStore(MemoryDisk(id: StoreID(high: 0, low: 1))), key))
        #expect(try book.change([7], &view) == [1, 7])
        #expect(try book.late([7], view) == [2, 7])
        #expect(try book.read([7], view) == [3, 7])
    }
}

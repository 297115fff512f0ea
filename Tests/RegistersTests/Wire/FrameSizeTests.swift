import Registers
import Testing
import World

/// What frames weigh.
@Suite struct FrameSizeTests {
    private let home = StoreID(high: 0x3f9a_1111_2222_3333, low: 0x4444_5555_6666_7777)

    private func bytes(_ items: [RegisterItem]) -> Int {
        RegisterFrame(sender: home, life: 12, commit: 2_000_000, items: items).packed().count
    }

    private func ballot(_ counter: UInt64) -> Ballot { Ballot(counter: counter, store: home, life: 12) }

    /// 100 accepts by one home: jobs with states of 40 bytes, one row each, a key of 17 bytes with a value of 30.
    private func accepts() -> [RegisterItem] {
        (UInt64(0)..<100).map { index in
            let key = RegisterKey(kind: "job", of: WorkID(milliseconds: 1_760_000_000_000, randomA: 7, randomB: index))
            let ballot = ballot(5_000 + index)
            let delta = RegisterDelta(
                base: RegisterVersion(number: 20, ballot: self.ballot(4_000 + index)), ballot: ballot,
                state: RegisterState(bytes: [UInt8](repeating: 1, count: 40)),
                rows: [RegisterRow(key: [UInt8](repeating: 1, count: 17), value: [UInt8](repeating: 2, count: 30))])
            let action = RegisterRequest.Action.accept(delta, next: self.ballot(6_000 + index), isRepeated: false)
            return .request(RegisterRequest(round: 100_000 + index, epoch: 3, key: key, ballot: ballot, action: action))
        }
    }

    /// The numbers of docs/WIRE.md.
    @Test func anAcceptTakes36BytesBesideWhatItCarriesAndItsAnswer7() {
        let empty = bytes([])
        #expect(empty == 28)
        let items = accepts()
        let carried = 40 + 40 + 17 + 30
        #expect(bytes(items) - bytes([]) == 2 + items.count * (carried + 36))
        let answers = (UInt64(0)..<100).map { RegisterItem.answer(RegisterAnswer(round: 100_000 + $0, body: .accepted)) }
        #expect(bytes(answers) - bytes([]) == 2 + answers.count * 7)
    }

    /// Frames are filled by the estimates of their items, so these must not promise too little by much.
    @Test func anItemIsHardlyLargerThanItsEstimate() {
        var samples = FrameSamples(seed: 8)
        for _ in 0..<20_000 {
            let item = samples.item()
            let packed = RegisterFrame(sender: home, life: 12, commit: 1, items: [item]).packed().count - 28
            #expect(packed * 4 <= item.size * 5, "\(packed) bytes, estimated as \(item.size)")
        }
    }

    /// A frame is filled up to its limit, and an item that is larger travels alone.
    @Test func theLargestFramesFitTheWorkLane() throws {
        let workLane = 1 << 20
        #expect(RegisterLimits.frameBytes * 5 / 4 <= workLane)
        let top = UInt64(Int64.max), largest = Ballot(counter: top, store: StoreID(high: .max, low: .max), life: top)
        let version = RegisterVersion(number: top, ballot: largest)
        let state = RegisterState(bytes: [UInt8](repeating: 1, count: RegisterLimits.stateBytes))
        func key(_ index: Int) -> [UInt8] { [UInt8(index >> 8), UInt8(index & 255)] }
        // Small rows have most around them: 64 for the state, 10 for a row of two bytes, or 18 for one in a store.
        let changed = (RegisterLimits.deltaBytes - state.bytes.count - 64) / 4_096 - 10
        let rows = (0..<4_096).map { RegisterRow(key: key($0), value: [UInt8](repeating: 2, count: changed)) }
        let stored = (0..<4_096).map {
            StoredRow(key: key($0), value: [UInt8](repeating: 2, count: RegisterLimits.pieceBytes / 4_096 - 18), changed: top)
        }
        let delta = RegisterDelta(base: version, ballot: largest, state: state, rows: rows)
        let piece = RegisterPiece(
            version: version, state: state, pending: delta, rows: stored,
            next: [UInt8](repeating: 255, count: RegisterLimits.rowKeyBytes))
        let frame = RegisterFrame(
            sender: home, life: top, commit: top, items: [.answer(RegisterAnswer(round: top, body: .piece(piece)))])
        let packed = frame.packed()
        #expect(delta.size > RegisterLimits.deltaBytes - 4_096)
        #expect(packed.count > RegisterLimits.frameBytes && packed.count <= workLane)
        #expect(try RegisterFrame(unpacking: packed) == frame)
    }
}

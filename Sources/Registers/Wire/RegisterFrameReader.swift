import MessagePack
import World

/// Reads a frame from bytes of which nothing is known.
struct RegisterFrameReader {
    static let fieldsOfDelta = 8

    private var reader: MessagePackReader
    /// Those whom ballots may name, by their numbers.
    private var proposers: [FrameProposer] = [.nobody]

    init(_ bytes: ArraySlice<UInt8>) { reader = MessagePackReader(bytes) }

    mutating func readFrame() throws(RegisterFormatError) -> RegisterFrame {
        let fields = try readCount()
        let kind = try read { reader throws(MessagePackError) in try reader.readInt(as: UInt8.self) }
        if kind != RegisterFrame.kind { throw .wrongKind(found: kind) }
        try check(fields, of: .frame, are: RegisterFrame.fieldCount)
        let commit = try readCounter(.commit)
        try readProposers()
        let sender = proposers[1]
        let count = try readCount(.items, max: RegisterLimits.frameItems)
        var items: [RegisterItem] = []
        for _ in 0..<count { items.append(try readItem()) }
        try read { reader throws(MessagePackError) in try reader.expectEnd() }
        return RegisterFrame(sender: sender.store, life: sender.life, commit: commit, items: items)
    }

    /// At least the sender.
    private mutating func readProposers() throws(RegisterFormatError) {
        let fields = try readCount()
        try check(fields / 2, of: .proposers, least: 1, limit: RegisterLimits.frameProposers)
        try check(fields, of: .proposers, are: fields / 2 * 2)
        for _ in 0..<fields / 2 {
            let store = try readBytes(.store, least: ProposerTable.bytesOfStore, limit: ProposerTable.bytesOfStore)
            guard let id = StoreID(bytes: store) else { throw .wrongSize(of: .store, found: store.count, least: 16, limit: 16) }
            proposers.append(FrameProposer(store: id, life: try readCounter(.life)))
        }
    }
}

// MARK: - Parts

extension RegisterFrameReader {
    mutating func readBallot() throws(RegisterFormatError) -> Ballot {
        let counter = try readCounter(.counter)
        let number = try readUInt64()
        guard number < UInt64(proposers.count) else { throw .unknownNumber(of: .proposer, found: number) }
        let proposer = proposers[Int(number)]
        return Ballot(counter: counter, store: proposer.store, life: proposer.life)
    }

    mutating func readVersion() throws(RegisterFormatError) -> RegisterVersion {
        RegisterVersion(number: try readCounter(.number), ballot: try readBallot())
    }

    mutating func readKey() throws(RegisterFormatError) -> RegisterKey {
        let name = try readBytes(.key, least: 1, limit: RegisterKey.maximumBytes)
        let hour = try readNilIfPresent() ? nil : try readHour()
        guard let key = RegisterKey(bytes: Array(name), hour: hour) else {
            throw .wrongSize(of: .key, found: name.count, least: 1, limit: RegisterKey.maximumBytes)
        }
        return key
    }

    mutating func readHour() throws(RegisterFormatError) -> CreationHour {
        let number = try readUInt64()
        guard let number = UInt32(exactly: number) else { throw .unknownNumber(of: .hour, found: number) }
        return CreationHour(number: number)
    }

    mutating func readState() throws(RegisterFormatError) -> RegisterState {
        let bytes = try readBytes(.state, limit: RegisterLimits.stateBytes)
        let course = try read { reader throws(MessagePackError) in try RegisterCourse(from: &reader) }
        if case .due(let time) = course, time >= RegisterLimits.counter { throw .absurdCounter(of: .due, found: time) }
        return RegisterState(bytes: Array(bytes), course: course)
    }

    /// What follows the ballot of a change.
    mutating func readDelta(under ballot: Ballot) throws(RegisterFormatError) -> RegisterDelta {
        let base = try readVersion()
        let state = try readState()
        let fields = try readCount()
        try check(fields / 2, of: .deltaRows, limit: RegisterLimits.deltaRows)
        try check(fields, of: .deltaRows, are: fields / 2 * 2)
        var rows: [RegisterRow] = []
        for index in 0..<fields / 2 {
            let key = try readRowKey(after: rows.last?.key, .deltaRows, index)
            rows.append(RegisterRow(key: key, value: try readRowValue()))
        }
        let delta = RegisterDelta(base: base, ballot: ballot, state: state, rows: rows)
        try check(delta.size, of: .delta, limit: RegisterLimits.deltaBytes)
        return delta
    }

    /// The rows of a piece, and where to go on.
    mutating func readStoredRows() throws(RegisterFormatError) -> (rows: [StoredRow], next: [UInt8]?) {
        let fields = try readCount()
        try check(fields / 3, of: .pieceRows, limit: RegisterLimits.pieceRows)
        try check(fields, of: .pieceRows, are: fields / 3 * 3)
        var rows: [StoredRow] = []
        var size = 0
        for index in 0..<fields / 3 {
            let key = try readRowKey(after: rows.last?.key, .pieceRows, index)
            let value = try readRowValue()
            let row = StoredRow(key: key, value: value, changed: try readCounter(.changed))
            rows.append(row)
            size += row.size
        }
        try check(size, of: .piece, limit: RegisterLimits.pieceBytes)
        let next = try readNilIfPresent() ? nil : try readRowKey(after: rows.last?.key, .next, rows.count)
        return (rows, next)
    }

    private mutating func readRowKey(
        after last: [UInt8]?, _ part: RegisterFormatError.Part, _ index: Int
    ) throws(RegisterFormatError) -> [UInt8] {
        let key = try readBytes(.rowKey, least: 1, limit: RegisterLimits.rowKeyBytes)
        if let last, !last.lexicographicallyPrecedes(key) { throw .unsorted(part, index: index) }
        return Array(key)
    }

    private mutating func readRowValue() throws(RegisterFormatError) -> [UInt8]? {
        try readNilIfPresent() ? nil : Array(try readBytes(.rowValue, limit: RegisterLimits.rowBytes))
    }
}

// MARK: - Scalars

extension RegisterFrameReader {
    mutating func readCounter(_ part: RegisterFormatError.Part) throws(RegisterFormatError) -> UInt64 {
        let value = try readUInt64()
        if value >= RegisterLimits.counter { throw .absurdCounter(of: part, found: value) }
        return value
    }

    mutating func readUInt64() throws(RegisterFormatError) -> UInt64 {
        try read { reader throws(MessagePackError) in try reader.readUInt64() }
    }

    mutating func readBool() throws(RegisterFormatError) -> Bool {
        try read { reader throws(MessagePackError) in try reader.readBool() }
    }

    mutating func readNilIfPresent() throws(RegisterFormatError) -> Bool {
        try read { reader throws(MessagePackError) in try reader.readNilIfPresent() }
    }

    /// Nothing is copied.
    mutating func readBytes(
        _ part: RegisterFormatError.Part, least: Int = 0, limit: Int
    ) throws(RegisterFormatError) -> ArraySlice<UInt8> {
        let bytes = try read { reader throws(MessagePackError) in try reader.readBinary() }
        try check(bytes.count, of: part, least: least, limit: limit)
        return bytes
    }

    /// The number of an array's elements, which is never more than the bytes that remain.
    mutating func readCount() throws(RegisterFormatError) -> Int {
        try read { reader throws(MessagePackError) in try reader.readArrayHeader() }
    }

    mutating func readCount(_ part: RegisterFormatError.Part, max limit: Int) throws(RegisterFormatError) -> Int {
        let count = try readCount()
        try check(count, of: part, limit: limit)
        return count
    }

    func check(_ size: Int, of part: RegisterFormatError.Part, least: Int = 0, limit: Int) throws(RegisterFormatError) {
        if size < least || size > limit { throw .wrongSize(of: part, found: size, least: least, limit: limit) }
    }

    func check(_ fields: Int, of part: RegisterFormatError.Part, are expected: Int) throws(RegisterFormatError) {
        if fields != expected { throw .wrongFields(of: part, expected: expected, found: fields) }
    }

    @inline(__always) mutating func read<T>(
        _ body: (inout MessagePackReader) throws(MessagePackError) -> T
    ) throws(RegisterFormatError) -> T {
        do { return try body(&reader) } catch { throw .messagePack(error) }
    }
}

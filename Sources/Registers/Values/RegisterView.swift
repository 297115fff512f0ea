import World

/// What a machine sees of a register while it carries out commands, and what it has changed so far.
///
/// Rows are read as they are asked for and never loaded whole; a register may have ten million. The first byte of a row's key in
/// the store tells what it is, so that a machine's rows and those of the protocol never meet.
public struct RegisterView {
    /// The kinds of rows.
    package enum Kind: UInt8, CaseIterable {
        /// An operation that was carried out: its id, with the answer.
        case operation = 1
        /// A machine's own.
        case own = 2

        func key(_ bytes: some Sequence<UInt8>) -> [UInt8] { [rawValue] + bytes }
    }

    /// The state, as the machine encodes it. Empty before the first change.
    public var state: [UInt8] {
        get { whole.bytes }
        set { whole.bytes = newValue }
    }

    package private(set) var whole: RegisterState
    private let rows: LayeredRows
    private var changed: [[UInt8]: [UInt8]?] = [:]

    package init(state: RegisterState, rows: LayeredRows) {
        whole = state
        self.rows = rows
    }

    /// Whether the work has ended.
    public var isFinished: Bool { whole.isFinished }

    /// Ends the work: nothing of the register will change any more, and all of it goes when its hour does.
    public mutating func finish() { whole.isFinished = true }

    /// The value of one of the machine's rows; nil when there is none. Setting nil removes it.
    public subscript(row key: [UInt8]) -> [UInt8]? {
        get { value(Kind.own.key(key)) }
        set { changed[Kind.own.key(key)] = .some(newValue) }
    }

    /// At most `limit` of the machine's rows, in the order of their keys, from `start` on.
    public func rows(from start: [UInt8] = [], limit: Int) -> [(key: [UInt8], value: [UInt8])] {
        var found: [(key: [UInt8], value: [UInt8])] = []
        let beyond: [UInt8] = [Kind.own.rawValue + 1]
        let own = LayeredRows(rows, beneath: delta(numbered: .max))
        var cursor: [UInt8]? = Kind.own.key(start)
        while let from = cursor, from.lexicographicallyPrecedes(beyond), found.count < limit {
            let run = own.run(from: from, changedAfter: 0, within: RowBound(rows: limit, bytes: RegisterLimits.pieceBytes))
            for row in run.rows where row.key.lexicographicallyPrecedes(beyond) && found.count < limit {
                if let value = row.value { found.append((Array(row.key.dropFirst()), value)) }
            }
            cursor = run.next
        }
        return found
    }

    /// The answer that was given when the operation was carried out.
    package func answer(of operation: WorkID) -> [UInt8]? { value(Kind.operation.key(operation.bytes)) }

    package mutating func note(_ operation: WorkID, answer: [UInt8]) {
        changed[Kind.operation.key(operation.bytes)] = .some(answer)
    }

    /// The rows that were changed, sorted by key.
    package var changes: [RegisterRow] {
        changed.map { RegisterRow(key: $0.key, value: $0.value) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    private func value(_ key: [UInt8]) -> [UInt8]? {
        if let value = changed[key] { return value }
        return rows.row(key)?.value
    }

    private func delta(numbered number: UInt64) -> [StoredRow] {
        changes.map { StoredRow(key: $0.key, value: $0.value, changed: number) }
    }
}

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
        /// Of a durable actor: what it has received of others, what it has yet to send them, what it has ordered, which of its steps have an
        /// effect, and its part of the causal graph.
        case inbox = 3, outbox = 4, order = 5, effect = 6, trace = 7
        /// A machine's own too, of work in other registers.
        case ofWork = 8

        /// It may be of work in other registers, and goes when that has passed everywhere.
        var isOfOthers: Bool {
            switch self {
            case .operation, .own, .order: false
            case .inbox, .outbox, .effect, .trace, .ofWork: true
            }
        }

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
    /// Bytes of the changed rows, as ``RegisterRow/size`` counts them.
    private var changedBytes = 0
    /// What the changes since the last ``mark()`` have replaced.
    private var undo: [(key: [UInt8], before: [UInt8]??)] = []
    private var marked = RegisterState.empty
    /// No operation whose row's key is above was carried out before. Nil when nothing is known.
    private let lastOperation: [UInt8]?
    /// Under which circumstances commands are carried out.
    package let circumstances: Circumstances

    package init(state: RegisterState, rows: LayeredRows, lastOperation: [UInt8]? = nil, circumstances: Circumstances = .none) {
        self.circumstances = circumstances
        whole = state
        self.rows = rows
        self.lastOperation = lastOperation
    }

    /// The register's name.
    public var key: RegisterKey { rows.key }

    /// Whether the work has ended.
    public var isFinished: Bool { whole.isFinished }

    /// Ends the work: nothing of the register will change any more, and all of it goes when its hour does.
    public mutating func finish() { (whole.isFinished, whole.due) = (true, nil) }

    /// When somebody has to look after the register. Whoever does finds it there: see ``ReplicaEffect/attend``.
    package var due: UInt64? {
        get { whole.due }
        set { whole.due = isFinished ? nil : newValue }
    }

    /// The value of one of the machine's rows; nil when there is none. Setting nil removes it.
    public subscript(row key: [UInt8]) -> [UInt8]? {
        get { value(Kind.own.key(key)) }
        set { set(Kind.own.key(key), newValue) }
    }

    /// The value of a row of that kind.
    package subscript(kind: Kind, key: [UInt8]) -> [UInt8]? {
        get { value(kind.key(key)) }
        set { set(kind.key(key), newValue) }
    }

    /// At most `limit` of the machine's rows, in the order of their keys, from `start` on.
    public func rows(from start: [UInt8] = [], limit: Int) -> [(key: [UInt8], value: [UInt8])] { rows(of: .own, from: start, limit: limit) }

    /// At most `limit` rows of a kind, in the order of their keys, from `start` on.
    package func rows(of kind: Kind, from start: [UInt8] = [], limit: Int) -> [(key: [UInt8], value: [UInt8])] {
        var found: [(key: [UInt8], value: [UInt8])] = []
        let beyond: [UInt8] = [kind.rawValue + 1]
        let own = LayeredRows(rows, beneath: delta(numbered: .max))
        var cursor: [UInt8]? = kind.key(start)
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
    package func answer(of operation: WorkID) -> [UInt8]? {
        let key = Self.key(of: operation)
        if let value = changed[key] { return value }
        if let lastOperation, lastOperation.lexicographicallyPrecedes(key) { return nil }
        return rows.row(key)?.value
    }

    /// The key of the row by which an operation is remembered. They are in the order of the ids.
    static func key(of operation: WorkID) -> [UInt8] { Kind.operation.key(operation.bytes) }

    /// The highest key of an operation's row that was changed.
    var lastChangedOperation: [UInt8]? {
        changed.keys.lazy.filter { $0.first == Kind.operation.rawValue }.max { $0.lexicographicallyPrecedes($1) }
    }

    package mutating func note(_ operation: WorkID, answer: [UInt8]) {
        set(Self.key(of: operation), answer)
    }

    /// Where ``rollBack()`` goes back to.
    package mutating func mark() {
        undo.removeAll(keepingCapacity: true)
        marked = whole
    }

    /// Takes back everything since the last ``mark()``.
    package mutating func rollBack() {
        for step in undo.reversed() {
            changedBytes -= size(step.key, changed[step.key])
            changed[step.key] = step.before
            changedBytes += size(step.key, changed[step.key])
        }
        undo.removeAll(keepingCapacity: true)
        whole = marked
    }

    /// Whether state and rows are within ``RegisterLimits``, those since the last mark one by one.
    package var isWithinLimits: Bool {
        whole.bytes.count <= RegisterLimits.stateBytes && changed.count <= RegisterLimits.deltaRows
            && changedBytes + whole.bytes.count + 64 <= RegisterLimits.deltaBytes
            && undo.allSatisfy { step in
                step.key.count <= RegisterLimits.rowKeyBytes
                    && ((changed[step.key] ?? nil)?.count ?? 0) <= RegisterLimits.rowBytes
            }
    }

    /// Whether nothing differs from what was there before.
    package func isUnchanged(from state: RegisterState) -> Bool { changed.isEmpty && whole == state }

    /// The rows that were changed, sorted by key.
    package var changes: [RegisterRow] {
        changed.map { RegisterRow(key: $0.key, value: $0.value) }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    private mutating func set(_ key: [UInt8], _ value: [UInt8]?) {
        undo.append((key, changed[key]))
        changedBytes -= size(key, changed[key])
        changed[key] = .some(value)
        changedBytes += size(key, changed[key])
    }

    private func size(_ key: [UInt8], _ value: [UInt8]??) -> Int { value.map { RegisterRow(key: key, value: $0).size } ?? 0 }

    private func value(_ key: [UInt8]) -> [UInt8]? {
        if let value = changed[key] { return value }
        return rows.row(key)?.value
    }

    private func delta(numbered number: UInt64) -> [StoredRow] {
        changes.map { StoredRow(key: $0.key, value: $0.value, changed: number) }
    }
}

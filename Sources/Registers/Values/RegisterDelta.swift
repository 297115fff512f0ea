/// A place in a register's history: how many changes led to it, and the ballot under which the last was accepted.
///
/// Ballots order versions. The number tells which rows a replica behind has not seen.
public struct RegisterVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// 0 for a register that was never written.
    public let number: UInt64
    public let ballot: Ballot

    public init(number: UInt64, ballot: Ballot) {
        self.number = number
        self.ballot = ballot
    }

    /// Of a register that was never written.
    public static let none = RegisterVersion(number: 0, ballot: .zero)

    public static func < (a: RegisterVersion, b: RegisterVersion) -> Bool { a.ballot < b.ballot }

    public var description: String { number == 0 ? "none" : "\(number)@\(ballot)" }
}

/// One change of a register: the whole new state, and the rows that differ from those of the version it builds on.
public struct RegisterDelta: Hashable, Sendable {
    /// The chosen version it builds on. A delta on any other is meaningless, and is refused.
    public let base: RegisterVersion
    /// The ballot under which it is proposed. Equal ballots name one delta.
    public let ballot: Ballot
    public let state: RegisterState
    /// Sorted by key, without repetition.
    public let rows: [RegisterRow]

    public init(base: RegisterVersion, ballot: Ballot, state: RegisterState, rows: [RegisterRow]) {
        self.base = base
        self.ballot = ballot
        self.state = state
        self.rows = rows
    }

    /// What the register is at when this is chosen.
    public var version: RegisterVersion { RegisterVersion(number: base.number + 1, ballot: ballot) }

    /// The same change under another ballot.
    public func proposed(under ballot: Ballot) -> RegisterDelta {
        RegisterDelta(base: base, ballot: ballot, state: state, rows: rows)
    }

    /// The same change, its base known by another name.
    package func proposed(on name: RegisterVersion) -> RegisterDelta {
        precondition(name.number == base.number, "\(name) is no name of \(base)")
        return RegisterDelta(base: name, ballot: ballot, state: state, rows: rows)
    }

    /// Bytes, with a small allowance for what surrounds them.
    public var size: Int { rows.reduce(state.bytes.count + 64) { $0 + $1.size } }
}

/// The part of a register that travels whole with every change.
public struct RegisterState: Hashable, Sendable {
    /// As the register's machine encodes it; empty for a register that was never written.
    public var bytes: [UInt8]
    /// The work has ended: nothing will change any more, and all of it goes when its hour does.
    public var isFinished: Bool
    /// When somebody has to look after the register, milliseconds since 1970; 0 for at once, ``someday`` when it waits for an operator. Nil
    /// while nothing is to come of itself.
    public var due: UInt64?

    public init(bytes: [UInt8] = [], isFinished: Bool = false, due: UInt64? = nil) {
        self.bytes = bytes
        self.isFinished = isFinished
        self.due = due
    }

    /// Of a register that was never written.
    public static let empty = RegisterState()

    /// The ``due`` of a register of which nothing will come of itself, and that is not done either: an operator has to see to it. Far above
    /// any time, so that no replica ever looks after it, and lists find it.
    public static let someday: UInt64 = 1 << 62
}

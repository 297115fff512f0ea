/// What a replica knows of one register, beside its rows.
public struct RegisterRecord: Hashable, Sendable {
    /// The highest ballot this replica has promised to, or accepted under. Nothing below is answered with a yes.
    public var promise: Ballot
    /// The newest version this replica knows to be chosen; its rows are those in the store.
    public var base: RegisterVersion
    /// The state of `base`.
    public var state: RegisterState
    /// The change that was accepted last on top of `base`, and that may or may not be chosen.
    public var pending: RegisterDelta?
    /// Rows of a newer version than `base` are being written piece by piece: until that ends, nothing may be read from here.
    public var isCatchingUp: Bool

    public init(
        promise: Ballot = .zero, base: RegisterVersion = .none, state: RegisterState = .empty, pending: RegisterDelta? = nil,
        isCatchingUp: Bool = false
    ) {
        self.promise = promise
        self.base = base
        self.state = state
        self.pending = pending
        self.isCatchingUp = isCatchingUp
    }

    /// When somebody has to look after the register, as far as this replica knows; see ``RegisterState/due``. Of a change that may or may
    /// not be chosen, and what it builds on, the earlier: to look once too often does no harm.
    public var due: UInt64? {
        guard let pending = pending?.state.due else { return state.due }
        return state.due.map { min($0, pending) } ?? pending
    }

    /// Whether the register is due by then only by what a change has replaced that is most likely chosen.
    func isDueByTheBaseAlone(at time: UInt64) -> Bool {
        guard let pending, let due = state.due, due <= time else { return false }
        return pending.state.due.map { $0 > time } ?? true
    }

    /// Where a store lists it. Of a change that may or may not be chosen and what it builds on, the one by which more lists show it.
    public var stage: RegisterStage {
        if state.isFinished { return .ended }
        return state.due == RegisterState.someday || pending?.state.due == RegisterState.someday ? .someday : .open
    }

    /// The highest ballot under which this replica has accepted anything.
    public var accepted: RegisterVersion { pending?.version ?? base }
}

/// How far a register has come, as far as that tells where lists find it.
public enum RegisterStage: UInt8, Hashable, Sendable, CaseIterable {
    /// The work has ended.
    case ended = 0
    /// It goes on.
    case open = 1
    /// It goes on when an operator has seen to it: see ``RegisterState/someday``.
    case someday = 2
}

import World

/// One question that a proposer has put to an electorate, and who has answered.
struct Round {
    let number: UInt64
    let electorate: Electorate
    /// When to give it up.
    let due: Instant
    private(set) var yes: Set<StoreID> = []
    private(set) var no: Set<StoreID> = []
    /// Those of `no` who have nothing of the register and will never let it be created.
    private(set) var closed: Set<StoreID> = []

    init(_ number: UInt64, _ electorate: Electorate, due: Instant) {
        self.number = number
        self.electorate = electorate
        self.due = due
    }

    mutating func agree(_ store: StoreID) { yes.insert(store) }
    mutating func refuse(_ store: StoreID) { no.insert(store) }
    mutating func close(_ store: StoreID) { closed.insert(store) }

    var isDecided: Bool { electorate.isDecided(by: yes) }
    var isHopeless: Bool { !electorate.canBeDecided(without: no) }
    /// The register does not exist and never will.
    var isClosed: Bool { !electorate.canBeDecided(without: closed) }
}

/// What a majority has said it accepted last, in answer to a prepare or a peek.
struct Promises {
    private var answers: [(store: StoreID, base: RegisterVersion, pending: RegisterVersion?)] = []

    /// The newest hour that any of them has closed.
    private(set) var closed: CreationHour?

    mutating func add(_ store: StoreID, base: RegisterVersion, pending: RegisterVersion?, closed: CreationHour? = nil) {
        guard !answers.contains(where: { $0.store == store }) else { return }
        answers.append((store, base, pending))
        self.closed = [self.closed, closed].compactMap { $0 }.max()
    }

    /// What the highest accepted ballot among the answers means.
    enum Finding: Equatable {
        /// This version is chosen, and nothing above it was.
        case chosen(RegisterVersion, at: [StoreID])
        /// This change of `base` may be chosen or not.
        case open(RegisterVersion, base: RegisterVersion, at: [StoreID])

        var version: RegisterVersion {
            switch self {
            case .chosen(let version, _), .open(let version, _, _): version
            }
        }
    }

    func finding(_ electorate: Electorate) -> Finding {
        let highest = answers.map { $0.pending ?? $0.base }.max() ?? .none
        let holders = answers.filter { ($0.pending ?? $0.base) == highest }
        let stores = holders.map(\.store)
        let isKnown = holders.contains { $0.pending == nil } || electorate.isDecided(by: Set(stores))
        guard !isKnown, let base = holders.first?.base else { return .chosen(highest, at: stores) }
        return .open(highest, base: base, at: stores)
    }

    /// The version that a majority holds as its last, if it is the same for all who answered: then it is chosen, and was the last when
    /// they answered. None when they differ.
    var agreed: RegisterVersion? {
        guard let first = answers.first.map({ $0.pending ?? $0.base }) else { return nil }
        return answers.allSatisfy { ($0.pending ?? $0.base) == first } ? first : nil
    }
}

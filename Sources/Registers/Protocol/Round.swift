import World

/// One question that a proposer has put to an electorate, and who has answered.
package struct Round {
    let number: UInt64
    let electorate: Electorate
    /// When to give it up.
    let due: Instant
    private(set) var yes: Set<StoreID> = []
    private(set) var no: Set<StoreID> = []
    /// Those of the noes that say the register may not be created any more.
    private var closed: Set<StoreID> = []

    package init(_ number: UInt64, _ electorate: Electorate, due: Instant) {
        self.number = number
        self.electorate = electorate
        self.due = due
    }

    package mutating func agree(_ store: StoreID) { yes.insert(store) }

    package mutating func refuse(_ store: StoreID, asClosed isClosed: Bool = false) {
        no.insert(store)
        if isClosed { closed.insert(store) }
    }

    package var isDecided: Bool { electorate.isDecided(by: yes) }
    package var isHopeless: Bool { !electorate.canBeDecided(without: no) }

    /// Whether it stays hopeless however often it is tried: one replica may say that the register is of a closed hour because it
    /// alone has not got it.
    package var isClosed: Bool { !electorate.canBeDecided(without: closed) }
}

/// What a majority has said it accepted last, in answer to a prepare or a peek.
package struct Promises {
    private var answers: [(store: StoreID, base: RegisterVersion, pending: RegisterVersion?)] = []

    /// The newest hour that any of them has closed.
    package private(set) var closed: CreationHour?

    package init() {}

    package mutating func add(_ store: StoreID, base: RegisterVersion, pending: RegisterVersion?, closed: CreationHour? = nil) {
        guard !answers.contains(where: { $0.store == store }) else { return }
        answers.append((store, base, pending))
        self.closed = [self.closed, closed].compactMap { $0 }.max()
    }

    /// What the highest accepted ballot among the answers means.
    package enum Finding: Equatable {
        /// This version is chosen, and nothing above it was.
        case chosen(RegisterVersion, at: [StoreID])
        /// This change of `base` may be chosen or not.
        case open(RegisterVersion, base: RegisterVersion, at: [StoreID])

        package var version: RegisterVersion {
            switch self {
            case .chosen(let version, _), .open(let version, _, _): version
            }
        }
    }

    package func finding(_ electorate: Electorate) -> Finding {
        let highest = answers.map { $0.pending ?? $0.base }.max() ?? .none
        let holders = answers.filter { ($0.pending ?? $0.base) == highest }
        let stores = holders.map(\.store)
        let isKnown = holders.contains { $0.pending == nil } || electorate.isDecided(by: Set(stores))
        guard !isKnown, let base = holders.first?.base else { return .chosen(highest, at: stores) }
        return .open(highest, base: base, at: stores)
    }

    /// The version that a majority holds as its last, if it is the same for all who answered: then it is chosen, and was the last
    /// when they answered. None when they differ.
    package var agreed: RegisterVersion? {
        guard let first = answers.first.map({ $0.pending ?? $0.base }) else { return nil }
        return answers.allSatisfy { ($0.pending ?? $0.base) == first } ? first : nil
    }
}

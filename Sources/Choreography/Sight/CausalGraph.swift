import World

// THE CAUSAL GRAPH OF A PIECE OF WORK
//
// Every reaction leaves an entry in the register that it changes, written with the change itself. So the entries of a piece of work, put
// together, are all that has happened to it, whoever died: an entry that is missing belongs to something that has not happened.
//
// An entry says what brought its event, and with that which entry it follows from:
//
//   a letter       ◀── the sender's entry that sent it, and those with which an operator had it sent again
//   a timer        ◀── the entry that set it
//   an answer      ◀── the entry that ordered the part
//   a burial       ◀── the entry that sent the letter which died, or set the timer, or ordered the part
//
// Times are those of the homes' wall clocks, which differ. So the order is by cause first, and by time only among what has no other order.

/// All that has happened to a piece of work, and what is to come.
public struct CausalGraph: Hashable, Sendable {
    /// An entry, by whose it is and its number there.
    public struct Mark: Hashable, Comparable, Sendable, CustomStringConvertible {
        public let actor: ActorName
        public let number: UInt64

        package init(_ actor: ActorName, _ number: UInt64) { (self.actor, self.number) = (actor, number) }

        public static func < (a: Mark, b: Mark) -> Bool { (a.actor, a.number) < (b.actor, b.number) }

        public var description: String { "\(actor)#\(number)" }
    }

    /// What did not go the straight way.
    public enum Detour: Hashable, Sendable {
        /// The letter came at the attempt of this number, as its courier counted.
        case attempt(UInt32)
        /// The entry before of the same actor was written by this node and life.
        case otherHome(before: String)
        /// It was an operator who did it.
        case `operator`
    }

    public struct Node: Hashable, Sendable {
        public let mark: Mark
        public let entry: TraceEntry
        /// All entries that it follows from, those that are not in the graph too; the nearest last. Empty for a beginning.
        public let causes: [Mark]
        public let detours: [Detour]
    }

    /// An actor that could not be read.
    public struct Unread: Hashable, Sendable {
        public let actor: ActorName
        public let reason: String
    }

    public let work: WorkID
    /// Causes before effects, else by time.
    public let nodes: [Node]
    /// What is to come, what is dead first.
    public let awaited: [Awaited]
    /// Actors whose part is missing, because they did not answer.
    public let unread: [Unread]
    /// More entries, actors or awaited things are there than were read.
    public let isCut: Bool

    /// - Parameters:
    ///   - entries: of each actor, in their order.
    ///   - awaited: of all of them.
    package init(
        _ work: WorkID, entries: [ActorName: [TraceEntry]], awaited: [Awaited] = [], unread: [Unread] = [], isCut: Bool = false
    ) {
        self.work = work
        self.awaited = awaited
        self.unread = unread
        self.isCut = isCut
        var layout = CausalLayout(entries)
        nodes = layout.nodes()
    }

    /// The first time that an entry tells; nil when there is none.
    public var startMs: Int64? { nodes.map(\.entry.atMs).min() }

    /// The entry that a letter, timer or part follows from; nil when it was not read.
    public func cause(of awaited: Awaited) -> Node? {
        nodes.first { $0.mark == Mark(awaited.owner, awaited.cause) }
    }
}

/// Puts entries in order and finds what each follows from.
private struct CausalLayout {
    private struct Sending: Hashable { let sender: ActorName, receiver: ActorName, sequence: UInt64 }

    private let actors: [ActorName]
    private var entries: [[TraceEntry]]
    /// Entries with which operators had letters sent again, or given up.
    private var redriven: [Sending: [CausalGraph.Mark]] = [:]
    /// How far each actor's entries have been laid.
    private var laid: [Int]
    private var isKnown: Set<CausalGraph.Mark> = []
    private var isLaid: Set<CausalGraph.Mark> = []

    init(_ all: [ActorName: [TraceEntry]]) {
        actors = all.keys.sorted()
        entries = actors.map { all[$0] ?? [] }
        laid = entries.map { _ in 0 }
        for (actor, entries) in zip(actors, entries) {
            for entry in entries {
                let mark = CausalGraph.Mark(actor, entry.number)
                isKnown.insert(mark)
                guard case .operator = entry.origin, let letter = entry.sent.first else { continue }
                redriven[Sending(sender: actor, receiver: letter.receiver, sequence: letter.sequence), default: []].append(mark)
            }
        }
    }

    mutating func nodes() -> [CausalGraph.Node] {
        var nodes: [CausalGraph.Node] = []
        while let index = next() {
            let number = laid[index], entry = entries[index][number], mark = CausalGraph.Mark(actors[index], entry.number)
            laid[index] += 1
            isLaid.insert(mark)
            let before = number > 0 ? entries[index][number - 1] : nil
            nodes.append(
                CausalGraph.Node(
                    mark: mark, entry: entry, causes: causes(of: entry, at: actors[index]),
                    detours: Self.detours(of: entry, behind: before)))
        }
        return nodes
    }

    /// Whose entry comes next: the earliest of those whose causes have been laid; the earliest of all should a damaged graph go in a
    /// circle.
    private func next() -> Int? {
        let open = actors.indices.filter { laid[$0] < entries[$0].count }
        func entry(_ index: Int) -> TraceEntry { entries[index][laid[index]] }
        let free = open.filter { index in
            causes(of: entry(index), at: actors[index]).allSatisfy { isLaid.contains($0) || !isKnown.contains($0) }
        }
        return (free.isEmpty ? open : free).min { (entry($0).atMs, $0) < (entry($1).atMs, $1) }
    }

    private func causes(of entry: TraceEntry, at actor: ActorName) -> [CausalGraph.Mark] {
        switch entry.origin {
        case .outside: []
        case .letter(let sender, let sequence, let cause, _):
            [CausalGraph.Mark(sender, cause)] + (redriven[Sending(sender: sender, receiver: actor, sequence: sequence)] ?? [])
        case .timer(_, let cause), .worker(_, _, let cause), .burial(let cause), .operator(let cause): [CausalGraph.Mark(actor, cause)]
        }
    }

    private static func detours(of entry: TraceEntry, behind before: TraceEntry?) -> [CausalGraph.Detour] {
        var detours: [CausalGraph.Detour] = []
        switch entry.origin {
        case .letter(_, _, _, let attempt) where attempt > 1: detours.append(.attempt(attempt))
        case .operator: detours.append(.operator)
        case .outside, .letter, .timer, .worker, .burial: break
        }
        if let before, before.host != entry.host { detours.append(.otherHome(before: before.host)) }
        return detours
    }
}

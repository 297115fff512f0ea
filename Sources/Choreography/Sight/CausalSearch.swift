import World

/// How much of a causal graph is read.
public struct CausalLimits: Hashable, Sendable {
    public var actors = 256
    public var entries = 4_096
    /// Of what is to come.
    public var awaited = 512

    public init() {}
}

/// Finds all actors that have had a part in a piece of work: begins at those that may have begun it, and follows the letters.
package struct CausalSearch {
    private let work: WorkID
    private let limits: CausalLimits
    private var waiting: [ActorName] = []
    /// Those that are read, or will be.
    private var known: Set<ActorName> = []
    private var entries: [ActorName: [TraceEntry]] = [:]
    private var entriesLeft: Int
    private var awaited: [Awaited] = []
    private var unread: [CausalGraph.Unread] = []
    private var isCut = false

    package init(_ work: WorkID, from beginnings: [ActorName], limits: CausalLimits = CausalLimits()) {
        self.work = work
        self.limits = limits
        entriesLeft = limits.entries
        for actor in beginnings { look(at: actor) }
    }

    /// What is to be asked of the next actor; nil when everything is read, or what may be.
    package mutating func next() -> (actor: ActorName, entries: Int, awaited: Int)? {
        guard let actor = waiting.first else { return nil }
        waiting.removeFirst()
        return (actor, entriesLeft, limits.awaited - awaited.count)
    }

    /// - Parameter entries: at least as many as were asked for, when there are more.
    package mutating func take(_ actor: ActorName, _ read: [TraceEntry], _ outline: ActorOutline) {
        guard !read.isEmpty || !outline.awaited.isEmpty else { return }
        let kept = read.prefix(entriesLeft)
        entriesLeft -= kept.count
        let room = limits.awaited - awaited.count
        isCut = isCut || kept.count < read.count || outline.isCut || outline.awaited.count > room
        entries[actor] = Array(kept)
        awaited += outline.awaited.prefix(room)
        for entry in kept {
            if case .letter(let sender, _, _, _) = entry.origin { look(at: sender) }
            for sent in entry.sent { look(at: sent.receiver) }
        }
    }

    package mutating func miss(_ actor: ActorName, _ reason: String) {
        unread.append(CausalGraph.Unread(actor: actor, reason: reason))
    }

    package var graph: CausalGraph {
        let open = awaited.filter { !hasHappened($0) }
        return CausalGraph(work, entries: entries, awaited: open, unread: unread, isCut: isCut)
    }

    /// Its owner has not heard of it, or had not when it was read.
    private func hasHappened(_ awaited: Awaited) -> Bool {
        let owner = awaited.owner
        switch awaited.what {
        case .letter(_, let receiver, let sequence, _):
            guard awaited.hindrance == nil else { return false }
            return (entries[receiver] ?? []).contains { entry in
                if case .letter(owner, sequence, _, _) = entry.origin { true } else { false }
            }
        case .timer(let name, _, _): return (entries[owner] ?? []).contains { $0.origin == .timer(name, cause: awaited.cause) }
        case .part(let part, _):
            return (entries[owner] ?? []).contains { entry in
                if case .worker(part, _, _) = entry.origin { true } else { false }
            }
        }
    }

    private mutating func look(at actor: ActorName) {
        guard !known.contains(actor) else { return }
        guard known.count < limits.actors else { return isCut = true }
        known.insert(actor)
        waiting.append(actor)
    }
}

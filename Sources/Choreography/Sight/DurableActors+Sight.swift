import MessagePack
import Registers
import World

extension DurableActors {
    /// Actors that are read at a time.
    private static let readAtOnce = 8

    /// All that has happened to a piece of work, and what is to come.
    /// - Parameter kinds: of the actors that may have begun it.
    /// - Throws: what kept the beginnings from being read; `expired` when the work's hour is closed and no beginning is there. Where only the
    ///   rest cannot be read, the graph says so.
    public func graph(
        of work: WorkID, begunBy kinds: [String], limits: CausalLimits = CausalLimits(), patience: Duration = patience
    ) async throws(RegisterError) -> CausalGraph {
        let beginnings = kinds.map { ActorName($0, of: work) }
        var search = CausalSearch(work, from: beginnings, limits: limits), failure: RegisterError?, past: RegisterError?
        while true {
            var turn: [(actor: ActorName, entries: Int, awaited: Int)] = []
            while turn.count < Self.readAtOnce, let next = search.next() { turn.append(next) }
            guard !turn.isEmpty else { break }
            for (asked, result) in zip(turn, await look(turn, of: work, patience)) {
                switch result {
                case .success(let (entries, outline)): search.take(asked.actor, entries, outline)
                // Who is not there and can never be, has not begun it.
                case .failure(let error) where error.code == .expired && beginnings.contains(asked.actor): past = error
                case .failure(let error):
                    search.miss(asked.actor, error.sentence)
                    if beginnings.contains(asked.actor) { failure = error }
                }
            }
        }
        let graph = search.graph
        if graph.nodes.isEmpty, let error = failure ?? past { throw error }
        return graph
    }

    private typealias Look = Result<([TraceEntry], ActorOutline), RegisterError>

    private func look(
        _ turn: [(actor: ActorName, entries: Int, awaited: Int)], of work: WorkID, _ patience: Duration
    ) async -> [Look] {
        await withTaskGroup(of: (Int, Look).self) { group in
            for (index, asked) in turn.enumerated() {
                group.addTask {
                    do throws(RegisterError) {
                        // The outline first: what happens in between is told by both, rather than by neither.
                        let outline = try await outline(of: asked.actor, for: work, limit: asked.awaited, patience: patience)
                        let entries = outline.entries == 0
                            ? [] : try await trace(of: work, by: asked.actor, limit: asked.entries + 1, patience: patience)
                        return (index, .success((entries, outline)))
                    } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var looks: [(index: Int, look: Look)] = []
            for await (index, look) in group { looks.append((index, look)) }
            return looks.sorted { $0.index < $1.index }.map(\.look)
        }
    }

    /// How an actor stands.
    /// - Parameters:
    ///   - work: only what is of this piece of work; nil for all.
    ///   - limit: of what is to come.
    package func outline(
        of actor: ActorName, for work: WorkID? = nil, limit: Int, patience: Duration = patience
    ) async throws(RegisterError) -> ActorOutline {
        let query = ActorQuery.outline(of: work, limit: UInt32(clamping: limit))
        let bytes = try await engine.read(actor.key, query: query.packed, patience: patience)
        return try Self.reading(actor) { try ActorOutline(packed: bytes) }
    }
}

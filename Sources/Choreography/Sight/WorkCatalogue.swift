import Registers
import World

// LISTS OF WORK
//
// Every home is asked what it has that is not over, and with each register how its actor stands, so that one round over the stores tells a
// page. That is what one replica knows of each: a list is a picture of a moment ago, and a trace is read by majority.
//
// What is stuck, is mostly stuck elsewhere: an order waits, and the account's answer to it cannot be delivered. The order itself only
// knows that nothing happens. So of those to whom nothing happens the whole graph is looked at.

/// Lists the durable work of a mesh.
package struct WorkCatalogue: Sendable {
    /// Pages of registers that are gone through for one answer.
    private static let pages = 50
    /// Pieces of work whose graphs are looked at for one answer.
    private static let looks = 32
    /// Of one actor, in a list.
    private static let awaited: UInt32 = 4, dead: UInt32 = 64

    private let actors: DurableActors
    private let catalogue: any RegisterCatalogue
    /// Those that begin work.
    private let kinds: [String]
    private let patience: Duration

    package init(actors: DurableActors, catalogue: any RegisterCatalogue, kinds: [String], patience: Duration = .seconds(2)) {
        (self.actors, self.catalogue, self.kinds, self.patience) = (actors, catalogue, kinds, patience)
    }

    // MARK: Open work

    package func open(_ listing: OpenWorkListing, now: WallTime) async -> OpenWorkList {
        let limit = min(max(listing.limit, 1), RegisterLimits.surveyedEntries)
        var rows: [OpenWork] = [], unheard: Set<String> = [], floor: WorkID?, looks = Self.looks
        for kind in kinds where listing.kind == nil || listing.kind == kind {
            let query = ActorQuery.outline(of: nil, limit: Self.awaited).packed
            var page = RegisterListing(kind: kind, which: .open, query: query, limit: limit)
            page.before = listing.before.map { ActorName(kind, of: $0).key.bytes }
            var found: [OpenWork] = []
            for turn in 1... {
                let list = await catalogue.list(page, patience: patience)
                unheard.formUnion(list.unheard)
                for row in list.entries.compactMap(OpenWork.init) {
                    if let row = await stuck(row, listing.stuckFor, now, &looks) { found.append(row) }
                }
                page.before = list.next
                guard list.next != nil, found.count < limit, turn < Self.pages else { break }
            }
            rows += found
            // Nothing may be shown that is older than what every kind has been gone through to.
            if let reached = page.before.flatMap({ ActorName.work(in: $0, ofKind: kind) }) { floor = max(floor ?? reached, reached) }
        }
        rows = rows.filter { floor == nil || $0.work >= floor! }.sorted { ($0.work, $0.actor) > ($1.work, $1.actor) }
        let next = rows.count > limit ? rows[limit - 1].work : floor
        return OpenWorkList(rows: Array(rows.prefix(limit)), unheard: unheard.sorted(), next: next)
    }

    /// The row, with what is stuck elsewhere; nil when it is not to be shown.
    private func stuck(_ row: OpenWork, _ span: Duration?, _ now: WallTime, _ looks: inout Int) async -> OpenWork? {
        guard let span, !row.isStuck(for: span, at: now) else { return row }
        guard row.isQuiet(for: span, at: now) else { return nil }
        guard looks > 0 else { return row }
        looks -= 1
        var limits = CausalLimits()
        (limits.actors, limits.entries, limits.awaited) = (32, 1_024, 32)
        guard let graph = try? await actors.graph(of: row.work, begunBy: [row.actor.kind], limits: limits, patience: patience)
        else { return row }
        let awaited = graph.awaited.sorted { ($0.hindrance == nil ? 1 : 0) < ($1.hindrance == nil ? 1 : 0) }
        let whole = OpenWork(actor: row.actor, work: row.work, word: row.word, awaited: awaited, lastMs: row.lastMs, node: row.node)
        return whole.isStuck(for: span, at: now) ? whole : nil
    }

    // MARK: What is dead

    /// - Parameters:
    ///   - before: ``DeadList/next`` of the page before.
    ///   - limit: of rows, about: an actor's are not divided.
    package func dead(before: String?, limit: Int) async -> DeadList {
        let query = ActorQuery.outline(of: nil, limit: Self.dead).packed
        // An actor that has something dead may have something else to do, too.
        var page = RegisterListing(which: .due(by: .max), before: before.map { Array($0.utf8) }, query: query)
        var dead: [Awaited] = [], unheard: Set<String> = []
        for turn in 1... {
            let list = await catalogue.list(page, patience: patience)
            unheard.formUnion(list.unheard)
            page.before = list.next
            for entry in list.entries {
                guard let outline = try? ActorOutline(packed: entry.glance.answer) else { continue }
                dead += outline.awaited.filter { $0.deathCause != nil }
                guard dead.count >= limit else { continue }
                page.before = entry.key.bytes
                break
            }
            guard page.before != nil, dead.count < limit, turn < Self.pages else { break }
        }
        return DeadList(dead: dead, unheard: unheard.sorted(), next: page.before.map { String(decoding: $0, as: UTF8.self) })
    }
}

extension OpenWork {
    /// Nil for what is no actor of a piece of work.
    fileprivate init?(_ entry: RegisterList.Entry) {
        guard let actor = ActorName(key: entry.key), let work = actor.work else { return nil }
        let outline = (try? ActorOutline(packed: entry.glance.answer)) ?? ActorOutline()
        self.init(actor: actor, work: work, word: outline.word, awaited: outline.awaited, lastMs: outline.lastMs, node: entry.node)
    }
}

extension ActorName {
    /// The piece of work that a register's name of that kind is of.
    fileprivate static func work(in name: [UInt8], ofKind kind: String) -> WorkID? {
        WorkID(String(decoding: name.dropFirst(kind.utf8.count + 1), as: UTF8.self))
    }
}

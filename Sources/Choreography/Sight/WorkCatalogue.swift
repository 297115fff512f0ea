import Registers
import World

// LISTS OF WORK
//
// Every home is asked what it has that is not over, and with each register how its actor stands, so that one round over the stores tells a
// page. That is what one replica knows of each: a list is a picture of a moment ago, and a trace is read by majority.
//
// What is stuck, is mostly stuck elsewhere: an order waits, and the account's answer to it cannot be delivered. The order itself only
// knows that nothing happens. So of those to whom nothing happens the whole graph is looked at.
//
// Lists are read when something is wrong, when stores are silent and shards have no majority. So one deadline holds for the whole answer, and what
// was not found out by then is said to be unknown.

/// Lists the durable work of a mesh.
package struct WorkCatalogue: Sendable {
    /// How long one answer may take, but for the way there and back: less than those wait who ask for it.
    package static let span = Duration.seconds(6)
    /// Pages of registers that are gone through for one answer.
    private static let pages = 50
    /// Of one actor, in a list.
    private static let dead: UInt32 = 64

    let actors: DurableActors
    private let catalogue: any RegisterCatalogue
    /// Those that begin work.
    let kinds: [String]
    let world: any World
    /// How long a register, or a store, may take to answer.
    let patience: Duration

    package init(
        actors: DurableActors, catalogue: any RegisterCatalogue, kinds: [String], world: any World, patience: Duration = .seconds(2)
    ) {
        (self.actors, self.catalogue, self.kinds, self.world, self.patience) = (actors, catalogue, kinds, world, patience)
    }

    package func open(_ listing: OpenWorkListing, now: WallTime) async -> OpenWorkList {
        var search = OpenWorkSearch(listing, in: self, now: now, until: world.now + Self.span)
        return await search.run()
    }

    /// One page of registers, for an answer with that deadline.
    func list(_ listing: RegisterListing, until deadline: Instant) async -> RegisterList {
        await catalogue.list(listing, patience: min(patience, max(deadline - world.now, .zero)))
    }

    // MARK: What is dead

    /// - Parameters:
    ///   - before: ``DeadList/next`` of the page before.
    ///   - limit: of rows, about: an actor's are not divided.
    package func dead(before: String?, limit: Int) async -> DeadList {
        let deadline = world.now + Self.span, actors = actors.until(deadline, world)
        let query = ActorQuery.outline(of: nil, limit: Self.dead).packed
        // An actor that has something dead may have something else to do, too.
        var page = RegisterListing(which: .due(by: .max), before: before.map { Array($0.utf8) }, query: query)
        var dead: [Awaited] = [], cut: [DeadList.Cut] = [], unheard: Set<String> = [], without = 0
        for turn in 1... {
            let list = await list(page, until: deadline)
            unheard.formUnion(list.unheard)
            without = max(without, list.shardsWithoutStore)
            page.before = list.next
            for entry in list.entries {
                let more = await self.dead(of: entry, actors)
                dead += more.dead
                if let one = more.cut { cut.append(one) }
                guard dead.count >= limit || world.now >= deadline else { continue }
                page.before = entry.key.bytes
                break
            }
            guard page.before != nil, dead.count < limit, turn < Self.pages, world.now < deadline else { break }
        }
        return DeadList(
            dead: dead, cut: cut, unheard: unheard.sorted(), shardsWithoutStore: without,
            next: page.before.map { String(decoding: $0, as: UTF8.self) })
    }

    /// What is dead of an actor, and whether that may not be all. What a list has no room for is read.
    private func dead(of entry: RegisterList.Entry, _ actors: DurableActors) async -> (dead: [Awaited], cut: DeadList.Cut?) {
        let told = try? ActorOutline(packed: entry.glance.answer), listed = told?.dead ?? []
        if let told, !told.mayHaveMoreDead(beyond: Int(Self.dead)) { return (listed, nil) }
        guard let actor = ActorName(key: entry.key) else { return ([], nil) }
        do throws(RegisterError) {
            let outline = try await actors.outline(of: actor, limit: ActorQuery.most, patience: patience)
            guard outline.mayHaveMoreDead(beyond: ActorQuery.most) else { return (outline.dead, nil) }
            let reason = "more of it is dead than the \(outline.dead.count) that are listed; redrive or discard some, and list again"
            return (outline.dead, DeadList.Cut(actor: actor, reason: reason))
        } catch {
            return (listed, DeadList.Cut(actor: actor, reason: "more of it may be dead: \(error.sentence)"))
        }
    }
}

extension ActorOutline {
    fileprivate var dead: [Awaited] { awaited.filter { $0.deathCause != nil } }

    /// What is dead comes first: where anything else is told, even what waits behind it, all is told that is dead.
    /// - Parameter limit: of what was asked for.
    fileprivate func mayHaveMoreDead(beyond limit: Int) -> Bool {
        isCut && awaited.count >= limit && awaited.allSatisfy { $0.deathCause != nil }
    }
}

import Registers
import World

/// Gathers one page of open work: goes through the lists of all kinds side by side, and looks at the graphs of what is quiet.
///
/// All of it ends by one deadline. What could not be looked at by then, or had no majority, is shown with that doubt, for it may be what is stuck.
struct OpenWorkSearch {
    /// One kind, as far as it has been gone through.
    private struct Course {
        let kind: String
        var page: RegisterListing
        var found: [OpenWork] = []
        var turns = 0
    }

    /// A piece of work, and the course in which it was found.
    private struct Find {
        let course: Int
        let row: OpenWork
    }

    /// Pages of registers that are gone through for one answer, of each kind.
    private static let pages = 50
    /// Pieces of work whose graphs are looked at for one answer, and how many of these at a time.
    private static let looks = 32, looksAtOnce = 8
    /// What is told of one actor.
    private static let awaited: UInt32 = 4

    private let catalogue: WorkCatalogue
    /// They keep to the deadline.
    private let actors: DurableActors
    private let deadline: Instant
    private let stuckFor: Duration?
    private let limit: Int
    private let now: WallTime
    private var courses: [Course]
    private var looksLeft = Self.looks
    private var unheard: Set<String> = []
    private var without = 0

    /// - Parameter deadline: of the answer, by the world's monotonic clock.
    init(_ listing: OpenWorkListing, in catalogue: WorkCatalogue, now: WallTime, until deadline: Instant) {
        (self.catalogue, self.now, self.deadline) = (catalogue, now, deadline)
        actors = catalogue.actors.until(deadline, catalogue.world)
        stuckFor = listing.stuckFor
        let limit = min(max(listing.limit, 1), RegisterLimits.surveyedEntries)
        self.limit = limit
        courses = catalogue.kinds.filter { listing.kind == nil || listing.kind == $0 }.map { kind in
            let query = ActorQuery.outline(of: nil, limit: Self.awaited).packed
            var page = RegisterListing(kind: kind, which: .open, query: query, limit: limit)
            page.before = listing.before.map { ActorName(kind, of: $0).key.bytes }
            return Course(kind: kind, page: page)
        }
    }

    mutating func run() async -> OpenWorkList {
        var open = Array(courses.indices)
        while !open.isEmpty {
            var finds: [Find] = []
            for (course, list) in zip(open, await lists(of: open)) {
                courses[course].page.before = list.next
                courses[course].turns += 1
                unheard.formUnion(list.unheard)
                without = max(without, list.shardsWithoutStore)
                finds += list.entries.compactMap(OpenWork.init).map { Find(course: course, row: $0) }
            }
            for find in await shown(finds) { courses[find.course].found.append(find.row) }
            open.removeAll { isOver(courses[$0]) }
        }
        return page
    }

    private func isOver(_ course: Course) -> Bool {
        course.page.before == nil || course.found.count >= limit || course.turns >= Self.pages || catalogue.world.now >= deadline
    }

    private var page: OpenWorkList {
        // Nothing may be shown that is older than what every kind has been gone through to.
        let floor = courses.compactMap { course in course.page.before.flatMap { ActorName.work(in: $0, ofKind: course.kind) } }.max()
        let rows = courses.flatMap(\.found).filter { row in floor.map { row.work >= $0 } ?? true }
            .sorted { ($0.work, $0.actor) > ($1.work, $1.actor) }
        let next = rows.count > limit ? rows[limit - 1].work : floor
        return OpenWorkList(rows: Array(rows.prefix(limit)), unheard: unheard.sorted(), shardsWithoutStore: without, next: next)
    }

    /// The next page of each of these courses, in their order.
    private func lists(of open: [Int]) async -> [RegisterList] {
        await withTaskGroup(of: (Int, RegisterList).self) { group in
            for course in open {
                let page = courses[course].page
                group.addTask { [catalogue, deadline] in (course, await catalogue.list(page, until: deadline)) }
            }
            var lists: [(course: Int, list: RegisterList)] = []
            for await (course, list) in group { lists.append((course, list)) }
            return lists.sorted { $0.course < $1.course }.map(\.list)
        }
    }

    // MARK: What is stuck

    /// Those that are to be shown. Looks are spent on the newest.
    private mutating func shown(_ finds: [Find]) async -> [Find] {
        guard let span = stuckFor else { return finds }
        let stuck = finds.filter { $0.row.isStuck(for: span, at: now) }
        let quiet = finds.filter { !$0.row.isStuck(for: span, at: now) && $0.row.isQuiet(for: span, at: now) }
            .sorted { $0.row.work > $1.row.work }
        let looked = Array(quiet.prefix(looksLeft))
        looksLeft -= looked.count
        let rest = quiet.dropFirst(looked.count).map { find in
            let doubt = "it was not looked at, for one answer looks at \(Self.looks) pieces of work: gossamer trace tells of it"
            return Find(course: find.course, row: find.row.doubted(doubt))
        }
        return await stuck + look(at: looked, for: span) + rest
    }

    private func look(at finds: [Find], for span: Duration) async -> [Find] {
        await withTaskGroup(of: (Int, OpenWork?).self) { group in
            var next = 0
            func lookAtNext() {
                guard next < finds.count else { return }
                let number = next, row = finds[number].row
                next += 1
                group.addTask { [self] in (number, await judge(row, span)) }
            }
            for _ in 0..<Self.looksAtOnce { lookAtNext() }
            var judged: [(number: Int, row: OpenWork)] = []
            for await (number, row) in group {
                if let row { judged.append((number, row)) }
                lookAtNext()
            }
            return judged.sorted { $0.number < $1.number }.map { Find(course: finds[$0.number].course, row: $0.row) }
        }
    }

    /// The row with what is stuck elsewhere, or with why that is not known; nil when nothing is.
    private func judge(_ row: OpenWork, _ span: Duration) async -> OpenWork? {
        var limits = CausalLimits()
        (limits.actors, limits.entries, limits.awaited) = (32, 1_024, 32)
        let graph: CausalGraph
        do throws(RegisterError) {
            graph = try await actors.graph(of: row.work, begunBy: [row.actor.kind], limits: limits, patience: catalogue.patience)
        } catch {
            return row.doubted(error.sentence)
        }
        let whole = row.awaiting(graph.awaited.sorted { ($0.hindrance == nil ? 1 : 0) < ($1.hindrance == nil ? 1 : 0) })
        if whole.isStuck(for: span, at: now) { return whole }
        if let unread = graph.unread.first { return row.doubted("\(unread.actor) could not be read: \(unread.reason)") }
        return graph.isCut ? row.doubted("it is larger than what one look goes through: gossamer trace tells of it") : nil
    }
}

extension OpenWork {
    /// Nil for what is no actor of a piece of work.
    fileprivate init?(_ entry: RegisterList.Entry) {
        guard let actor = ActorName(key: entry.key), let work = actor.work else { return nil }
        let outline = (try? ActorOutline(packed: entry.glance.answer)) ?? ActorOutline()
        self.init(actor: actor, work: work, word: outline.word, awaited: outline.awaited, lastMs: outline.lastMs, node: entry.node)
    }

    fileprivate func doubted(_ doubt: String) -> OpenWork {
        OpenWork(actor: actor, work: work, word: word, awaited: awaited, lastMs: lastMs, node: node, doubt: doubt)
    }

    fileprivate func awaiting(_ awaited: [Awaited]) -> OpenWork {
        OpenWork(actor: actor, work: work, word: word, awaited: awaited, lastMs: lastMs, node: node)
    }
}

extension ActorName {
    /// The piece of work that a register's name of that kind is of.
    fileprivate static func work(in name: [UInt8], ofKind kind: String) -> WorkID? {
        WorkID(String(decoding: name.dropFirst(kind.utf8.count + 1), as: UTF8.self))
    }
}

import Choreography
import Registers
import World

/// The jobs of the mesh, as one node has gathered them.
public struct MeshJobs: Sendable, Hashable {
    public let jobs: [JobSummary]
    /// Live nodes with a store that have not answered in time, sorted: their jobs are missing.
    public let unheard: [String]
    /// Shards of which no store lives: what lies there is missing.
    public let shardsWithoutStore: Int

    public init(jobs: [JobSummary], unheard: [String], shardsWithoutStore: Int = 0) {
        (self.jobs, self.unheard, self.shardsWithoutStore) = (jobs, unheard, shardsWithoutStore)
    }
}

/// Who can gather the jobs of the mesh.
public protocol JobOverview: Sendable {
    /// What runs first, then the newest.
    func survey() async -> MeshJobs
}

/// One kind of job, for who knows none of the kinds.
public struct JobKind: Sendable {
    public let name: String
    private let read: @Sendable (WorkID, [UInt8], String, WallTime) -> JobSummary?

    public init<Actor: JobActor>(_ type: Actor.Type) {
        name = Actor.kind
        read = { id, bytes, home, now in
            ActorSighting<Actor>(reading: bytes).flatMap { Actor.summary(id, $0, home: home, now: now) }?.bounded
        }
    }

    func summary(_ entry: RegisterList.Entry, now: WallTime) -> JobSummary? {
        ActorName(key: entry.key)?.work.flatMap { read($0, entry.glance.answer, entry.node, now) }
    }
}

/// Lists the jobs of a mesh from their registers.
public struct JobCatalogue: JobOverview {
    /// Jobs of an overview, and of a page.
    public static let shown = 50
    public static let pageAllowed = 1...200
    /// A store that has not answered by then is not heard.
    static let patience = Duration.milliseconds(700)
    /// How long one page of jobs may take, however many pages of registers it is gathered from.
    static let span = Duration.seconds(3)
    /// Pages of registers that one page of jobs is gathered from at most, when few of them are what is asked for.
    static let pagesTried = 8

    private let world: any World
    private let registers: any RegisterCatalogue
    private let kinds: [JobKind]

    public init(world: any World, registers: any RegisterCatalogue, kinds: [JobKind]) {
        self.world = world
        self.registers = registers
        self.kinds = kinds
    }

    /// The kinds that are listed.
    public var kindNames: [String] { kinds.map(\.name) }

    public func survey() async -> MeshJobs {
        var jobs: [WorkID: JobSummary] = [:], unheard: Set<String> = [], without = 0
        await withTaskGroup(of: (JobKind, RegisterList).self) { group in
            for kind in kinds {
                for which in [RegisterListing.Which.open, .all] {
                    group.addTask { (kind, await list(kind, which, limit: Self.shown)) }
                }
            }
            for await (kind, list) in group {
                unheard.formUnion(list.unheard)
                without = max(without, list.shardsWithoutStore)
                for summary in list.entries.compactMap({ kind.summary($0, now: world.wallTime) }) {
                    if jobs[summary.id].map({ $0.version < summary.version }) ?? true { jobs[summary.id] = summary }
                }
            }
        }
        return MeshJobs(
            jobs: Array(jobs.values.sorted(by: JobSummary.comesFirst).prefix(Self.shown)), unheard: unheard.sorted(),
            shardsWithoutStore: without)
    }

    /// One page of jobs, the newest first. Kinds are gone through side by side, and all of it ends by one deadline: then the page has fewer jobs
    /// than were asked for, and another behind it.
    /// - Parameters:
    ///   - kind: only of this one.
    ///   - status: only those that stand so, by ``JobPhase``.
    ///   - before: only those that are older than this one.
    ///   - limit: at most so many, within ``pageAllowed``.
    /// - Returns: the jobs, and whether there may be more behind the last id that was looked at.
    public func page(kind: String?, status: JobPhase?, before: WorkID?, limit: Int) async -> (jobs: MeshJobs, next: WorkID?) {
        let limit = min(max(limit, Self.pageAllowed.lowerBound), Self.pageAllowed.upperBound)
        let deadline = world.now + Self.span, kinds = kinds.filter { kind == nil || kind == $0.name }
        var found: [JobSummary] = [], unheard: Set<String> = [], without = 0, cursor = before
        for _ in 0..<Self.pagesTried {
            var seen: [JobSummary] = [], reached: WorkID?
            let which = status?.isTerminal == false ? RegisterListing.Which.open : .all
            for (one, list) in zip(kinds, await lists(kinds, which, before: cursor, limit: limit, until: deadline)) {
                unheard.formUnion(list.unheard)
                without = max(without, list.shardsWithoutStore)
                seen += list.entries.compactMap { one.summary($0, now: world.wallTime) }
                // Beyond where one kind's page ends, the others' may not be shown yet.
                if let end = list.next.flatMap({ Self.work($0) }) { reached = max(reached ?? end, end) }
            }
            let page = seen.filter { job in reached.map { job.id >= $0 } ?? true }.sorted { $0.id > $1.id }
            found += page.filter { status == nil || $0.status == status?.rawValue }
            cursor = reached
            if cursor == nil || found.count >= limit || world.now >= deadline { break }
        }
        let shown = Array(found.prefix(limit))
        let jobs = MeshJobs(jobs: shown, unheard: unheard.sorted(), shardsWithoutStore: without)
        return (jobs, found.count > limit ? shown.last?.id : cursor)
    }

    /// A page of registers of each of these kinds, in their order.
    private func lists(
        _ kinds: [JobKind], _ which: RegisterListing.Which, before: WorkID?, limit: Int, until deadline: Instant
    ) async -> [RegisterList] {
        let patience = min(Self.patience, max(deadline - world.now, .zero))
        return await withTaskGroup(of: (Int, RegisterList).self) { group in
            for (number, kind) in kinds.enumerated() {
                group.addTask { (number, await list(kind, which, before: before, limit: limit, patience: patience)) }
            }
            var lists: [(number: Int, list: RegisterList)] = []
            for await (number, list) in group { lists.append((number, list)) }
            return lists.sorted { $0.number < $1.number }.map(\.list)
        }
    }

    private func list(
        _ kind: JobKind, _ which: RegisterListing.Which, before: WorkID? = nil, limit: Int, patience: Duration = patience
    ) async -> RegisterList {
        let name = before.map { ActorName(kind.name, of: $0).key.bytes }
        let query = DurableActors.stateQuery
        return await registers.list(
            RegisterListing(kind: kind.name, which: which, before: name, query: query, limit: limit), patience: patience)
    }

    private static func work(_ name: [UInt8]) -> WorkID? {
        WorkID(String(decoding: name.drop { $0 != UInt8(ascii: "/") }.dropFirst(), as: UTF8.self))
    }
}

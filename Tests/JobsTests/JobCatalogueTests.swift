import Choreography
import Jobs
import Registers
import Synchronization
import Testing
import WorkTestSupport
import World

/// The jobs of all kinds in one list.
@Suite struct JobCatalogueTests {
    private static let kinds = [JobKind(SumJob.self), JobKind(TotalJob.self)]

    private static func engine(page: Int = 200) -> MemoryEngine {
        MemoryEngine([SumJob.self, TotalJob.self], now: WallTime(millisecondsSince1970: JobScene.startMs), page: page)
    }

    private static func catalogue(_ engine: MemoryEngine) -> JobCatalogue {
        JobCatalogue(world: SystemWorld(), registers: engine, kinds: kinds)
    }

    private static func submit(_ number: UInt64, _ kind: String, _ engine: MemoryEngine, isCancelled: Bool = false) throws {
        let actor = ActorName(kind, of: .job(number)), event = Submit(SumJob.Request(numbers: [1]), deadlineMs: .max, breadth: 1)
        try engine.tell(event, to: actor, as: .job(number))
        if isCancelled { try engine.tell(CancelJob(), to: actor, as: .job(number)) }
    }

    /// All pages, one after the other.
    private static func pages(
        _ catalogue: JobCatalogue, kind: String? = nil, status: JobPhase? = nil, limit: Int
    ) async -> [[JobSummary]] {
        var pages: [[JobSummary]] = [], before: WorkID?
        repeat {
            let (jobs, next) = await catalogue.page(kind: kind, status: status, before: before, limit: limit)
            #expect(jobs.jobs.count <= limit && jobs.unheard == ["n5"] && jobs.shardsWithoutStore == 3)
            #expect(next.map { next in before.map { next < $0 } ?? true } ?? true, "each page is of older ones")
            pages.append(jobs.jobs)
            before = next
        } while before != nil && pages.count < 500
        return pages
    }

    /// Whatever each kind has of a time: pages of all kinds together lose nothing and show nothing twice.
    @Test(arguments: 0..<60 as Range<UInt64>)
    func pagesOverKindsLoseNothing(_ seed: UInt64) async throws {
        var random = RandomStream(seed: seed)
        let engine = Self.engine(page: 1 + random.below(12)), share = random.unit(), ended = random.unit()
        var all: [(id: WorkID, kind: String, isEnded: Bool)] = []
        for number in 0..<UInt64(random.below(60)) {
            let kind = random.chance(share) ? SumJob.kind : TotalJob.kind, isEnded = random.chance(ended)
            try Self.submit(number, kind, engine, isCancelled: isEnded)
            all.append((.job(number), kind, isEnded))
        }
        all.reverse()
        let catalogue = Self.catalogue(engine), limit = 1 + random.below(15)
        #expect(await Self.pages(catalogue, limit: limit).joined().map(\.id) == all.map(\.id), "seed \(seed)")
        for kind in [SumJob.kind, TotalJob.kind] {
            let found = await Self.pages(catalogue, kind: kind, limit: limit).joined().map(\.id)
            #expect(found == all.filter { $0.kind == kind }.map(\.id), "seed \(seed)")
        }
        for status in [JobPhase.pending, .failed, .processing] {
            let found = await Self.pages(catalogue, status: status, limit: limit).joined().map(\.id)
            #expect(found == all.filter { status == ($0.isEnded ? .failed : .pending) }.map(\.id), "seed \(seed), \(status)")
        }
    }

    @Test func aPageIsAsLongAsItMayBe() async throws {
        let engine = Self.engine()
        for number in 0..<250 { try Self.submit(UInt64(number), SumJob.kind, engine) }
        for (limit, count) in [(-1, 1), (0, 1), (50, 50), (1_000, 200)] {
            #expect(await Self.catalogue(engine).page(kind: nil, status: nil, before: nil, limit: limit).jobs.jobs.count == count)
        }
        let (none, next) = await Self.catalogue(engine).page(kind: "order", status: nil, before: nil, limit: 50)
        #expect(none.jobs.isEmpty && next == nil, "no kind of job")
    }

    @Test func aJobIsToldInAFewWords() async throws {
        let engine = Self.engine()
        try Self.submit(1, SumJob.kind, engine)
        let job = try #require(await Self.catalogue(engine).page(kind: nil, status: nil, before: nil, limit: 50).jobs.jobs.first)
        #expect(job.id == .job(1) && job.kind == "sum" && job.home == "n1" && job.status == "Pending" && !job.isEnded)
        #expect(job.createdAtMs == JobScene.startMs && job.version == 1)
    }

    /// Holds lists back until those of all kinds are under way; 10 s at most.
    private final class Gate: RegisterCatalogue {
        private let engine: MemoryEngine
        private let needed: Int
        private let state = Mutex((inside: 0, most: 0))

        init(_ engine: MemoryEngine, needed: Int) { (self.engine, self.needed) = (engine, needed) }

        var most: Int { state.withLock { $0.most } }

        func list(_ listing: RegisterListing, patience: Duration) async -> RegisterList {
            state.withLock { state in
                state.inside += 1
                state.most = max(state.most, state.inside)
            }
            for _ in 0..<1_000 where most < needed { try? await SystemWorld().sleep(for: .milliseconds(10)) }
            defer { state.withLock { $0.inside -= 1 } }
            return await engine.list(listing, patience: patience)
        }
    }

    @Test func kindsAreGoneThroughSideBySide() async throws {
        let engine = Self.engine(), gate = Gate(engine, needed: 2)
        for (number, kind) in [(1, "sum"), (2, "total"), (3, "sum")] { try Self.submit(UInt64(number), kind, engine) }
        let catalogue = JobCatalogue(world: SystemWorld(), registers: gate, kinds: Self.kinds)
        let page = await catalogue.page(kind: nil, status: .pending, before: nil, limit: 50)
        #expect(page.jobs.jobs.map(\.id) == [.job(3), .job(2), .job(1)] && page.next == nil)
        #expect(gate.most == 2)
    }

    /// Stores that do not answer are waited for with each page of registers, and few of these have what is asked for.
    @Test func oneDeadlineHoldsForAPage() async throws {
        let engine = Self.engine(page: 1)
        for number in 1...20 { try Self.submit(UInt64(number), SumJob.kind, engine, isCancelled: number == 2) }
        engine.pageTime = .seconds(5)
        let catalogue = JobCatalogue(world: engine.world, registers: engine, kinds: Self.kinds)
        var found: [WorkID] = [], before: WorkID?, pages = 0
        repeat {
            let start = engine.world.now
            let (jobs, next) = await catalogue.page(kind: SumJob.kind, status: .failed, before: before, limit: 50)
            #expect(engine.world.now <= start + .seconds(3))
            found += jobs.jobs.map(\.id)
            before = next
            pages += 1
        } while before != nil && pages < 20
        #expect(found == [.job(2)] && pages > 2, "what there was no time for is on the next page")
    }

    // MARK: Overview

    @Test func theOverviewShowsWhatRunsFirstAndThenTheNewest() async throws {
        let engine = Self.engine()
        for (number, kind, isCancelled) in [(1, "sum", false), (2, "sum", true), (3, "total", false), (4, "total", true)] {
            try Self.submit(UInt64(number), kind, engine, isCancelled: isCancelled)
        }
        let survey = await Self.catalogue(engine).survey()
        #expect(survey.jobs.map(\.id) == [.job(3), .job(1), .job(4), .job(2)] && survey.unheard == ["n5"])
        #expect(survey.shardsWithoutStore == 3)
    }

    /// Behind hundreds of those that have ended.
    @Test func whatRunsIsShownHoweverManyHaveEndedSince() async throws {
        let engine = Self.engine()
        try Self.submit(1, SumJob.kind, engine)
        for number in 2...200 { try Self.submit(UInt64(number), number % 2 == 0 ? SumJob.kind : TotalJob.kind, engine, isCancelled: true) }
        let survey = await Self.catalogue(engine).survey()
        #expect(survey.jobs.count == JobCatalogue.shown && survey.jobs.first?.id == .job(1))
        #expect(survey.jobs.dropFirst().map(\.id) == (152...200).reversed().map { .job(UInt64($0)) })
    }
}

import Campaign
import Choreography
import Items
import Jobs
import Primes
import Testing
import World

/// What users have sent, at whole milliseconds.
private struct Scene {
    var log = EdgeLog()
    var books = Books()

    /// Sends something and hears the answer; nil for none.
    /// - Returns: the wish.
    @discardableResult
    mutating func send(
        _ request: EdgeRequest, key: String? = nil, at asked: Int64, _ answer: EdgeAnswer?, after wait: Int64 = 10
    ) -> Int {
        let wish = log.wish(request, key: key)
        again(wish, at: asked, answer, after: wait)
        return wish
    }

    mutating func again(_ wish: Int, at asked: Int64, _ answer: EdgeAnswer?, after wait: Int64 = 10) {
        let sending = log.send(wish, at: Self.instant(asked), wallMs: asked)
        if let answer { log.answer(sending, answer, at: Self.instant(asked + wait)) }
    }

    private static func instant(_ ms: Int64) -> Instant { Instant(nanoseconds: ms * 1_000_000) }
}

private func add(_ ids: String..., to tenant: String = "a") -> EdgeRequest { .add(ids.map { Item(id: $0, tenant: tenant) }) }

@Suite struct ItemCheckTests {
    /// One item that counts, one that does not, and one of which nobody knows.
    private func kinds(_ change: (inout Scene) -> Void) -> [Violation.Kind] {
        var scene = Scene()
        scene.send(add("1"), at: 0, .added)
        scene.send(add("2"), at: 0, .unavailable)
        scene.send(add("3"), at: 0, nil)
        scene.books.tenants["a"] = Self.tenant("1")
        change(&scene)
        return ItemCheck.judge(scene.log, scene.books).map(\.kind)
    }

    fileprivate static func tenant(_ ids: String..., count: UInt64? = nil) -> Books.Tenant {
        var tenant = Books.Tenant()
        (tenant.ids, tenant.count) = (ids, count ?? UInt64(ids.count))
        return tenant
    }

    @Test func whatWasSaidToCountCountsAndWhatNobodyKnowsMay() {
        #expect(kinds { _ in }.isEmpty)
        #expect(kinds { $0.books.tenants["a"] = Self.tenant("1", "3") }.isEmpty)
        #expect(kinds { $0.books.tenants["a"] = Self.tenant("3") } == [.lost])
        #expect(kinds { $0.books.tenants = [:] } == [.lost])
        #expect(kinds { $0.books.tenants["a"] = Self.tenant("1", "2") } == [.ghost], "all were told that it does not count")
        #expect(kinds { $0.books.tenants["a"] = Self.tenant("1", "4") } == [.future], "nobody has named it")
        #expect(kinds { $0.books.tenants["b"] = Self.tenant("5") } == [.future], "nobody has named the tenant")
    }

    @Test func eachIdCountsOnce() {
        #expect(kinds { $0.books.tenants["a"] = Self.tenant("1", count: 2) } == [.twice])
        #expect(kinds { $0.books.tenants["a"] = Self.tenant("1", "3", count: 1) } == [.mixed])
    }

    @Test func aCountTellsWhatThereWas() {
        #expect(kinds { $0.send(.count(tenant: "a"), at: 20, .count(1)) }.isEmpty)
        #expect(kinds { $0.send(.count(tenant: "a"), at: 20, .count(0)) } == [.stale])
        #expect(kinds { $0.send(.count(tenant: "a"), at: 5, .count(0)) }.isEmpty, "at the same time")
        #expect(kinds { $0.send(.count(tenant: "a"), at: 20, .count(2)) }.isEmpty, "that of which nobody knows may count")
        #expect(kinds { $0.send(.count(tenant: "a"), at: 20, .count(3)) } == [.future])
        let once = kinds { scene in
            scene.send(add("1"), at: 20, .added)
            scene.send(.count(tenant: "a"), at: 40, .count(1))
        }
        #expect(once.isEmpty, "what counts already is added without effect")
    }

    @Test func aWishThatIsSentAgainIsOne() {
        let late = kinds { scene in
            let wish = scene.send(add("4"), at: 100, nil)
            scene.again(wish, at: 200, .added)
            scene.send(.count(tenant: "a"), at: 150, .count(2))
            scene.books.tenants["a"] = Self.tenant("1", "4")
        }
        #expect(late.isEmpty, "it may have counted from the first sending on")
        #expect(kinds { $0.again(1, at: 50, .added) } == [.lost], "one sending was in vain, and the next was not")
    }

    @Test func glancesGoTogetherByTheirVersions() {
        func glances(_ told: (count: UInt64, version: UInt64)...) -> [Violation.Kind] {
            kinds { scene in
                for (count, version) in told {
                    scene.send(.glance(tenant: "a"), at: 20, .glance(ItemGlance(count: count, version: version)))
                }
            }
        }
        #expect(glances((0, 0), (1, 4), (1, 3)).isEmpty)
        #expect(glances((1, 3), (0, 4)) == [.regress])
        #expect(glances((1, 3), (0, 3)) == [.regress])
        #expect(glances((4, 3)) == [.future])
    }

    @Test func deliveriesEndAndNothingRightIsRefused() {
        let work = WorkID(milliseconds: 1, randomA: 0, randomB: 1)
        #expect(kinds { $0.books.deliveries[work] = .underWay } == [.unended])
        #expect(kinds { $0.books.deliveries[work] = .abandoned }.isEmpty)
        #expect(kinds { $0.send(.count(tenant: "a"), at: 20, .refused("no")) } == [.refused])
        #expect(kinds { $0.send(add("4"), at: 0, .refused("it takes no more parcels")) } == [.refused])
    }
}

@Suite struct JobCheckTests {
    private static let id = WorkID(milliseconds: 1_000, randomA: 0, randomB: 1)
    private static let actor = ActorName(PrimesJob.kind, of: id)
    private static let range = PrimesRequest(from: 2, to: 101, chunks: 2)

    private static func job(
        _ status: JobPhase = .completed, count: UInt64? = 26, done: Int = 2, warnings: [String] = [], version: UInt64 = 3
    ) -> PrimesStatus {
        PrimesStatus(
            jobId: id, request: range, status: status, createdAtMs: 1_000, completedAtMs: status.isTerminal ? 2_000 : nil, count: count,
            chunks: .init(total: 2, done: done, inFlight: 0, resent: 0), nodes: [.init(node: "n1", parts: 2)], warnings: warnings,
            version: version)
    }

    /// A job that was accepted and is complete.
    private func kinds(_ change: (inout Scene) -> Void) -> [Violation.Kind] {
        var scene = Scene()
        scene.send(.submit(Self.range), at: 1_000, .accepted(Self.id))
        scene.books.jobs[Self.id] = Self.job()
        scene.books.ended = [Self.actor]
        scene.books.performed = [Performance(actor: Self.actor, part: "0"), Performance(actor: Self.actor, part: "1")]
        change(&scene)
        let limits = JobLimits(deadline: .seconds(1), runningJobs: 1)
        return JobCheck(scene.log, scene.books, limits, showsTime: true).judge().map(\.kind)
    }

    private static func failed(_ warning: String) -> PrimesStatus { job(.failed, count: nil, warnings: [warning]) }

    @Test func whatWasAcceptedIsThereOnceWithTheRightResult() {
        #expect(kinds { _ in }.isEmpty)
        #expect(kinds { $0.books.jobs = [:] } == [.lost])
        #expect(kinds { $0.books.jobs[Self.id] = Self.job(count: 27) } == [.unbalanced])
        #expect(kinds { $0.books.jobs[Self.id] = Self.job(done: 1) } == [.unbalanced])
        #expect(kinds { $0.books.performed = [] } == [.ghost, .ghost], "an answer that nobody has given")
        #expect(kinds { $0.books.ended = [] } == [.unended])
        #expect(kinds { $0.books.jobs[Self.id] = Self.job(.processing, count: nil) } == [.unended])
        let second = WorkID(milliseconds: 1_000, randomA: 0, randomB: 2)
        let twice = kinds { scene in
            scene.books.jobs[second] = Self.failed(JobWarning.deadline)
            scene.books.ended.insert(ActorName(PrimesJob.kind, of: second))
        }
        #expect(twice == [.twice])
    }

    @Test func whatHasNotHappenedIsNotThere() {
        var scene = Scene()
        scene.send(.submit(Self.range), at: 1_000, .unavailable)
        scene.books.jobs[Self.id] = Self.failed(JobWarning.deadline)
        scene.books.ended = [Self.actor]
        let limits = JobLimits(deadline: .seconds(1), runningJobs: 1)
        #expect(JobCheck(scene.log, scene.books, limits, showsTime: true).judge().map(\.kind) == [.ghost])
        scene.log = EdgeLog()
        #expect(JobCheck(scene.log, scene.books, limits, showsTime: true).judge().map(\.kind) == [.future], "nobody has asked for it")
    }

    @Test func aJobFailsForAReason() {
        #expect(kinds { $0.books.jobs[Self.id] = Self.failed(JobWarning.deadline) }.isEmpty)
        #expect(kinds { $0.books.jobs[Self.id] = Self.failed("no") } == [.unbalanced])
        #expect(kinds { $0.books.jobs[Self.id] = Self.failed(JobWarning.cancelled) } == [.ghost], "nobody has cancelled it")
        let early = kinds { scene in
            scene.log = EdgeLog()
            scene.send(.submit(Self.range), at: 1_500, .accepted(Self.id))
            scene.books.jobs[Self.id] = Self.failed(JobWarning.deadline)
        }
        #expect(early == [.early])
    }

    /// Each part has deaths of its own.
    @Test func aJobIsGivenUpForTheDeathsOfOnePart() {
        func kinds(_ warning: String, deaths: [String: Int], of actor: ActorName = Self.actor) -> [Violation.Kind] {
            self.kinds { scene in
                scene.books.jobs[Self.id] = Self.failed(warning)
                for (part, count) in deaths { scene.books.partDeaths[Performance(actor: actor, part: part)] = count }
            }
        }
        let died = "part 0 (2 to 51) cannot be counted: nodes died while they had this in hand: n1, n2, n3; it is given to no other"
        #expect(kinds(died, deaths: ["0": 3]).isEmpty)
        #expect(kinds(died, deaths: ["0": 2]) == [.unbalanced])
        #expect(kinds(died, deaths: ["0": 2, "1": 2]) == [.unbalanced])
        #expect(kinds(died, deaths: [:]) == [.unbalanced])
        #expect(kinds("no", deaths: ["0": 3]) == [.unbalanced], "that is another reason")
        let other = ActorName(PrimesJob.kind, of: WorkID(milliseconds: 1_000, randomA: 0, randomB: 2))
        #expect(kinds(died, deaths: ["0": 3], of: other) == [.unbalanced], "they died with the part of another job")
    }

    @Test func oneDecides() {
        let cancelled = Self.failed(JobWarning.cancelled)
        let taken = kinds { scene in
            scene.send(.cancel(Self.id), at: 1_100, .cancelled)
            scene.books.jobs[Self.id] = cancelled
        }
        #expect(taken.isEmpty)
        #expect(kinds { $0.send(.cancel(Self.id), at: 1_100, .cancelled) } == [.unbalanced])
        #expect(kinds { $0.send(.cancel(Self.id), at: 1_100, .ended) }.isEmpty)
        #expect(kinds { $0.send(.status(Self.id), at: 1_100, .status(Self.failed(JobWarning.deadline))) } == [.twice])
    }

    @Test func aJobIsNeverToldToStandFurtherBack() {
        func looks(_ told: (at: Int64, done: Int, version: UInt64)...) -> [Violation.Kind] {
            kinds { scene in
                for look in told {
                    let status = Self.job(.processing, count: nil, done: look.done, version: look.version)
                    scene.send(.status(Self.id), at: look.at, .status(status))
                }
            }
        }
        #expect(looks((1_100, 0, 1), (1_200, 1, 2)).isEmpty)
        #expect(looks((1_100, 1, 2), (1_200, 0, 1)) == [.stale])
        #expect(looks((1_100, 1, 2), (1_105, 0, 1)).isEmpty, "at the same time")
        #expect(looks((1_100, 1, 4)) == [.future], "it ended at version 3")
        #expect(kinds { $0.send(.status(Self.id), at: 1_100, .notFound) } == [.stale])
    }
}

@Suite struct WishFiguresTests {
    @Test func eachWishIsCountedOnceByWhatItsUserKnows() {
        var scene = Scene()
        let wish = scene.send(add("1"), at: 0, nil)
        scene.again(wish, at: 50, .unknown)
        scene.again(wish, at: 100, .added)
        scene.send(add("2"), at: 0, .unavailable)
        scene.send(add("3"), at: 0, nil)
        scene.send(.count(tenant: "a"), at: 0, .unknown)
        _ = scene.log.wish(add("4"))
        let figures = WishFigures(scene.log)
        #expect((figures.asked, figures.done, figures.failed, figures.unknown) == (4, 1, 1, 2), "one was never sent")
    }
}

@Suite struct KeyCheckTests {
    private static let ids = (UInt64(1)...2).map { WorkID(milliseconds: 1_000, randomA: 0, randomB: $0) }
    private static let own = EdgeRequest.submit(PrimesRequest(from: 2, to: 101))
    private static let other = EdgeRequest.submit(PrimesRequest(from: 2, to: 102))

    private func kinds(_ body: (inout Scene) -> Void) -> [Violation.Kind] {
        var scene = Scene()
        body(&scene)
        return KeyCheck.judge(scene.log, scene.books).map(\.kind)
    }

    @Test func allWhoSendTheSameAreToldTheSame() {
        func answers(_ told: EdgeAnswer?...) -> [Violation.Kind] {
            kinds { scene in for answer in told { scene.send(Self.own, key: "k", at: 0, answer) } }
        }
        #expect(answers(.accepted(Self.ids[0]), nil, .unavailable, .unknown, .accepted(Self.ids[0])).isEmpty)
        #expect(answers(.accepted(Self.ids[0]), .accepted(Self.ids[1])) == [.twice])
    }

    @Test func aKeyBelongsToOneRequest() {
        func answers(_ first: EdgeAnswer?, _ second: EdgeAnswer?) -> [Violation.Kind] {
            kinds { scene in
                scene.send(Self.own, key: "k", at: 0, first)
                scene.send(Self.other, key: "k", at: 5, second)
            }
        }
        #expect(answers(.accepted(Self.ids[0]), .otherRequest).isEmpty)
        #expect(answers(.otherRequest, .accepted(Self.ids[0])).isEmpty)
        #expect(answers(nil, .otherRequest).isEmpty)
        #expect(answers(.accepted(Self.ids[0]), .accepted(Self.ids[1])) == [.twice])
        #expect(kinds { $0.send(Self.own, key: "k", at: 0, .otherRequest) } == [.future], "nobody has sent another")
        let both = kinds { scene in
            let wish = scene.send(Self.own, key: "k", at: 0, .accepted(Self.ids[0]))
            scene.again(wish, at: 20, .otherRequest)
            scene.send(Self.other, key: "k", at: 5, nil)
        }
        #expect(both == [.twice])
        let apart = kinds { scene in
            scene.send(Self.own, key: "k", at: 0, .accepted(Self.ids[0]))
            scene.send(Self.other, key: "l", at: 0, .accepted(Self.ids[1]))
        }
        #expect(apart.isEmpty)
    }

    /// One of its sendings has no answer, which excuses nothing once another was told whose the key is.
    @Test func whatWasEverToldThatAnotherHasTheKeyHasNoEffect() {
        var items = Scene()
        items.send(add("1"), key: "k", at: 0, .added)
        let late = items.send(add("2"), key: "k", at: 5, nil)
        items.books.tenants["a"] = ItemCheckTests.tenant("1", "2")
        #expect(ItemCheck.judge(items.log, items.books).isEmpty, "nobody knows of it")
        items.again(late, at: 100, .otherRequest)
        #expect(ItemCheck.judge(items.log, items.books).map(\.kind) == [.ghost])
        items.books.tenants["a"] = ItemCheckTests.tenant("1")
        #expect(ItemCheck.judge(items.log, items.books).isEmpty && KeyCheck.judge(items.log, items.books).isEmpty)

        var jobs = Scene()
        jobs.send(add("1"), key: "k", at: 0, .added)
        let job = jobs.send(Self.own, key: "k", at: 5, nil)
        jobs.books.jobs[Self.ids[0]] = PrimesStatus(
            jobId: Self.ids[0], request: PrimesRequest(from: 2, to: 101), status: .failed, createdAtMs: 0, completedAtMs: 2_000,
            chunks: .init(total: 1, done: 0, inFlight: 0, resent: 0), warnings: [JobWarning.deadline])
        jobs.books.ended = [ActorName(PrimesJob.kind, of: Self.ids[0])]
        func kinds() -> [Violation.Kind] {
            JobCheck(jobs.log, jobs.books, JobLimits(deadline: .seconds(1), runningJobs: 1), showsTime: true).judge().map(\.kind)
        }
        #expect(kinds().isEmpty, "nobody knows of it")
        jobs.again(job, at: 100, .otherRequest)
        #expect(kinds() == [.ghost])
    }

    @Test func oneJobComesOfAKey() {
        func jobs(_ count: Int) -> [Violation.Kind] {
            kinds { scene in
                scene.send(Self.own, key: "k", at: 0, nil)
                for id in Self.ids.prefix(count) {
                    scene.books.jobs[id] = PrimesStatus(
                        jobId: id, request: PrimesRequest(from: 2, to: 101), status: .pending, createdAtMs: 0,
                        chunks: .init(total: 1, done: 0, inFlight: 0, resent: 0))
                }
            }
        }
        #expect(jobs(0).isEmpty && jobs(1).isEmpty)
        #expect(jobs(2) == [.twice])
    }
}

import Admin
import AsyncHTTPClient
import Glibc
import JSONDocument
import Jobs
import Membership
import NIOCore
import Synchronization
import Testing
import WebTestSupport
import World

extension EventReader.Event {
    fileprivate var version: UInt64 { data["version"]?.integer(UInt64.self) ?? 0 }
}

/// Jobs that a test invents.
final class FakeJobs: JobOverview {
    let answer = Mutex(MeshJobs(jobs: [], unheard: []))
    let asked = Mutex(0)

    func survey() async -> MeshJobs {
        asked.withLock { $0 += 1 }
        return answer.withLock { $0 }
    }

    static func job(_ number: UInt8, home: String = "n1", percentage: Int, version: UInt64, isEnded: Bool = false) -> JobSummary {
        JobSummary(
            id: WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c0739\(number < 16 ? "0" : "")\(String(number, radix: 16))")!, kind: "primes", home: home,
            subject: "0 to 1000", status: isEnded ? "Completed" : "Processing", isEnded: isEnded, percentage: percentage,
            createdAtMs: 1_700_000_000_000 + Int64(number), elapsedMs: 500, shares: [.init(name: "n1", parts: percentage)], version: version)
    }
}

@Suite struct LiveEventsTests {
    private func kill(_ node: FakeNode, _ name: String) {
        let dead = node.inspectMembers().first { $0.name == name }!
        node.happen(.failed(dead)) { members in
            for index in members.indices where members[index].name == name { members[index].status = .dead }
        }
    }

    private func revive(_ node: FakeNode, _ name: String) {
        let back = node.inspectMembers().first { $0.name == name }!
        node.happen(.returned(back)) { members in
            for index in members.indices where members[index].name == name { members[index].status = .alive }
        }
    }

    @Test func theFirstEventIsTheWholePicture() async throws {
        try await withAdmin { bench in
            let events = try await EventReader.read("\(bench.network)/events") { _ in false }
            let picture = try #require(events.first)
            #expect(picture.kind == "picture")
            #expect(picture.id == "7-\(picture.version)")
            #expect(picture.data["node"]?["name"] == "n1" && picture.data["node"]?["mesh"] == "fake")
            #expect(picture.data["members"]?.elements?.map { $0["status"] } == ["alive", "dead"])
            #expect(picture.data["ring"]?["members"]?.elements?.count == 2)
            let arcs = picture.data["ring"]?["arcs"]?.elements?.compactMap { $0.integer(Int.self) } ?? []
            #expect(arcs.count > 100 && arcs.count % 2 == 0)
            let ends = stride(from: 0, to: arcs.count, by: 2).map { arcs[$0] }
            #expect(ends == ends.sorted() && ends.allSatisfy { (0...36_000).contains($0) })
            #expect(picture.data["log"]?.elements?.map { $0["word"] } == ["started"])
        }
    }

    @Test func whatHappensIsPushedAndOnlyThat() async throws {
        try await withAdmin { bench in
            var saw = false
            let events = try await EventReader.read("\(bench.network)/events") { event in
                if event.kind == "picture" { revive(bench.node, "n2") }
                saw = event.data["members"]?[0]?["name"] == "n2" && event.data["members"]?[0]?["status"] == "alive"
                return !saw
            }
            let change = try #require(events.last)
            #expect(change.kind == "change" && change.version > events[0].version)
            #expect(change.data["members"]?.elements?.count == 1, "n1 has not changed")
            #expect(change.data["ring"] == nil && change.data["node"] == nil)
            let told = events.dropFirst().flatMap { $0.data["log"]?.elements ?? [] }
            #expect(told.map { $0["text"]?.string } == ["is back: life 7 was held dead and lives"])
        }
    }

    @Test func aQuietNodeStillSaysThatItIsThere() async throws {
        try await withAdmin { bench in
            let events = try await EventReader.read("\(bench.network)/events") { $0.kind != "beat" }
            #expect(events.last?.kind == "beat" && (events.last?.data["nowMs"]?.integer(Int.self) ?? 0) > 1_600_000_000_000)
            #expect(events.last?.id == events.first?.id)
        }
    }

    @Test func whoComesAgainGetsWhatItHasMissed() async throws {
        try await withAdmin { bench in
            let first = try await EventReader.read("\(bench.network)/events") { _ in false }
            let id = try #require(first.last?.id)
            revive(bench.node, "n2")
            for way in [("\(bench.network)/events", id), ("\(bench.network)/events?last=\(id)", nil)] {
                let events = try await EventReader.read(way.0, lastEventID: way.1) { $0.data["members"] == nil }
                #expect(events.allSatisfy { $0.kind != "picture" }, "\(events)")
                #expect(events.last?.data["members"]?.elements?.map { $0["name"] } == ["n2"])
                #expect(events.last?.data["log"]?.elements?.count == 1 || events.dropLast().contains { $0.data["log"] != nil })
            }
            // What is no id of this life counts as none.
            for stale in ["6-3", "nonsense", "7-999999", "7-x", "7-0"] {
                let events = try await EventReader.read("\(bench.network)/events", lastEventID: stale) { _ in false }
                #expect(events.first?.kind == "picture", "\(stale)")
            }
        }
    }

    @Test func theLogTellsWhenAClockIsOffAndWhenItIsRightAgain() async throws {
        try await withAdmin { bench in
            let right = bench.node.inspectMembers()[0]
            var off = right
            off.metadata.labels[ClockWatch.label] = "ahead"
            let ends = [off, right]
            var lines: [JSON] = []
            _ = try await EventReader.read("\(bench.network)/events") { event in
                let new = (event.data["log"]?.elements ?? []).filter { $0["word"] == "clock" }
                if event.kind == "picture" {
                    bench.node.happen(.updated(old: right, new: off)) { $0[0] = ends[0] }
                    bench.node.happen(.updated(old: off, new: right)) { $0[0] = ends[1] }
                }
                lines += new
                return lines.count < 2
            }
            #expect(lines.map { $0["weight"] } == ["warning", "good"] && lines.allSatisfy { $0["node"] == "n1" })
            #expect(lines.first?["text"]?.string?.contains("ahead of the others': it fires no timers") == true, "\(lines)")
        }
    }

    /// More rows go than a node remembers to have gone: then the difference cannot be told, and the whole is.
    @Test func whoHasMissedTooMuchGetsTheWholePictureAgain() async throws {
        try await withAdmin { bench in
            let two = bench.node.inspectMembers()
            let events = try await EventReader.read("\(bench.network)/events") { event in
                let count = event.data["members"]?.elements?.count ?? 0
                if event.kind == "picture", event.data["log"]?.elements?.count == 1 {
                    bench.node.happen(.health(1)) { members in
                        members += (100..<400).map { number in
                            var member = two[0]
                            member.identity = NodeIdentity(name: "m\(number)", life: 1)
                            return member
                        }
                    }
                } else if count == 300 {
                    bench.node.happen(.health(2)) { $0 = two }
                } else if event.kind == "picture" {
                    #expect(count == 2)
                    return false
                }
                return true
            }
            #expect(events.filter { $0.kind != "beat" && $0.data["members"] != nil }.map(\.kind) == ["picture", "change", "picture"])
        }
    }

    @Test func aNodeThatHearsNobodySaysSinceWhen() async throws {
        try await withAdmin { bench in
            var told: [JSON] = []
            let events = try await EventReader.read("\(bench.network)/events") { event in
                if let node = event.data["node"] { told.append(node["lonelySinceAtMs"] ?? "missing") }
                if event.kind == "picture" {
                    bench.node.state.withLock { ($0.lonelySince, $0.readiness) = (Instant(nanoseconds: 7_000_000_000), .degraded) }
                    bench.node.happen(.lonely(true))
                } else if event.kind == "beat", told.count == 2 {
                    bench.node.state.withLock { ($0.lonelySince, $0.readiness) = (nil, .healthy) }
                    bench.node.happen(.lonely(false))
                }
                return told.count < 3
            }
            #expect(told.first == .null && told.last == .null && told.count == 3, "\(told)")
            let change = try #require(events.first { $0.data["node"]?["readiness"] == "Degraded" })
            let age = (change.data["nowMs"]?.integer(Int.self) ?? 0) - (told[1].integer(Int.self) ?? 0)
            #expect((3_000..<60_000).contains(age), "3 s by the node's clock, said \(age) ms")
        }
    }

    /// In virtual time: a beat comes where there has been nothing to tell for its time, and nowhere else.
    @Test func aBeatIsToldOnlyWhereNothingElseIs() throws {
        let jobs = FakeJobs()
        let simulation = Simulation(seed: 1)
        let world = SimulatedWorld(simulation, name: "n1")
        let told = try simulation.run(in: world) {
            let feed = LiveFeed(node: FakeNode(), jobs: jobs, world: world, readers: 1)
            let seat = feed.seats.take()
            var told: [(kind: String, at: Instant)] = []
            var seen: UInt64?
            while told.count < 20 {
                // A job that goes on for some seconds, and then stands.
                let percentage = min(told.count, 10)
                jobs.answer.withLock {
                    $0 = MeshJobs(jobs: [FakeJobs.job(1, percentage: percentage, version: UInt64(percentage + 1))], unheard: [])
                }
                switch await feed.next(after: seen) {
                case .whole(_, let version): (seen, told) = (version, told + [("picture", world.now)])
                case .changes(_, let version): (seen, told) = (version, told + [("change", world.now)])
                case .beat(_, let version): (seen, told) = (version, told + [("beat", world.now)])
                case .over: return told
                }
            }
            withExtendedLifetime(seat) {}
            return told
        }
        let kinds = told.map(\.kind)
        let changes = kinds.count { $0 == "change" }
        #expect(changes >= 10 && kinds == ["picture"] + Array(repeating: "change", count: changes)
            + Array(repeating: "beat", count: 19 - changes), "\(kinds)")
        for (before, event) in zip(told, told.dropFirst()) where event.kind == "beat" { #expect(event.at - before.at == LiveFeed.beat) }
    }

    @Test func jobsAreGatheredOnlyWhileSomebodyLooks() async throws {
        let jobs = FakeJobs()
        try await withAdmin(jobs: jobs) { bench in
            let world = SystemWorld()
            try await world.sleep(for: .milliseconds(1_500))
            #expect(jobs.asked.withLock { $0 } == 0)
            jobs.answer.withLock { $0 = MeshJobs(jobs: [FakeJobs.job(1, percentage: 10, version: 2)], unheard: ["n9"], shardsWithoutStore: 4) }
            let events = try await EventReader.read("\(bench.network)/events") { event in
                let job = event.data["jobs"]?[0]
                if job?["completionPercentage"] == 10 {
                    jobs.answer.withLock { $0 = MeshJobs(jobs: [FakeJobs.job(1, percentage: 60, version: 3)], unheard: []) }
                }
                return job?["completionPercentage"] != 60
            }
            let told = events.compactMap { $0.data["jobs"]?[0] }
            #expect(told.map { $0["completionPercentage"] } == [10, 60])
            #expect(told[0]["shares"]?["n1"] == 10 && told[0]["standing"] == "told")
            #expect(events.contains { $0.data["survey"]?["unheard"] == ["n9"] && $0.data["survey"]?["shardsWithoutStore"] == 4 })
            // A reader that has gone is noticed at the latest when something is written to it.
            let deadline = world.now + .seconds(30)
            var asked = -1
            while world.now < deadline, jobs.asked.withLock({ $0 }) != asked {
                asked = jobs.asked.withLock { $0 }
                try await world.sleep(for: .milliseconds(2_500))
            }
            #expect(jobs.asked.withLock { $0 } == asked, "still asked with no page open")
        }
    }

    @Test func aJobWhoseHomeDoesNotAnswerDoesNotVanish() async throws {
        let jobs = FakeJobs()
        let running = FakeJobs.job(2, home: "n2", percentage: 30, version: 5)
        let next = FakeJobs.job(2, home: "n1", percentage: 40, version: 6)
        jobs.answer.withLock { $0 = MeshJobs(jobs: [running], unheard: []) }
        try await withAdmin(jobs: jobs) { bench in
            bench.node.state.withLock { $0.members[1].status = .alive }
            var standings: [String] = []
            try await EventReader.read("\(bench.network)/events") { event in
                for job in event.data["jobs"]?.elements ?? [] where job["jobId"]?.string == "\(running.id)" {
                    standings.append("\(job["standing"]?.string ?? "") by \(job["home"]?.string ?? "")")
                    switch standings.count {
                    case 1: jobs.answer.withLock { $0 = MeshJobs(jobs: [], unheard: ["n2"]) }
                    case 2:
                        kill(bench.node, "n2")
                        jobs.answer.withLock { $0 = MeshJobs(jobs: [next], unheard: []) }
                    default: break
                    }
                }
                #expect(event.data["jobsGone"] == nil)
                return standings.count < 3
            }
            #expect(standings == ["told by n2", "unheard by n2", "told by n1"])
        }
    }

    @Test func jobsAreToldToProgramsToo() async throws {
        let jobs = FakeJobs()
        jobs.answer.withLock { $0 = MeshJobs(jobs: [FakeJobs.job(1, percentage: 10, version: 2)], unheard: ["n3"]) }
        try await withAdmin(jobs: jobs) { bench in
            let answer = try #require(try await ask("GET", "\(bench.network)/jobs").json)
            #expect(answer["jobs"]?[0]?["status"] == "Processing" && answer["jobs"]?[0]?["createdAt"] == "2023-11-14T22:13:20.001Z")
            #expect(answer["unheard"] == ["n3"])
        }
    }

    @Test func morePagesThanThereAreSeatsAreRefusedAndComeInLater() async throws {
        try await withAdmin(readers: 2) { bench in
            let url = "\(bench.network)/events"
            try await EventReader.read(url) { _ in
                try await EventReader.read(url) { _ in
                    let refused = try await ask("GET", url)
                    #expect(refused.status == 503 && refused.headers["retry-after"] == "5")
                    #expect(refused.headers["content-type"] == "application/problem+json")
                    return false
                }
                return false
            }
            // A seat is free again when its reader has gone, and a question for the head alone takes none.
            let world = SystemWorld()
            let deadline = world.now + .seconds(30)
            var status = 503
            while status == 503, world.now < deadline {
                status = try await ask("HEAD", url).status
                try await world.sleep(for: .milliseconds(100))
            }
            #expect(status == 200)
            try await EventReader.read(url) { _ in false }
        }
    }

    /// The reader takes nothing in while the mesh changes 40,000 times over, far more than any buffer on the way holds.
    @Test func aReaderThatIsSlowGetsTheNewestAndNotAllThatWas() async throws {
        try await withAdmin { bench in
            let label = String(repeating: "x", count: 4_000)
            bench.node.state.withLock { state in
                for number in 0..<50 {
                    var member = state.members[0]
                    member.identity = NodeIdentity(name: "m\(100 + number)", life: 1)
                    member.metadata.labels = ["text": label]
                    state.members.append(member)
                }
            }
            let world = SystemWorld()
            var pictures = 0
            let events = try await EventReader.read("\(bench.network)/events") { event in
                pictures += 1
                if pictures == 1 {
                    for round in 1...80 {
                        bench.node.happen(.health(round)) { members in
                            for index in members.indices { members[index].incarnation = UInt64(round) }
                        }
                        try await world.sleep(for: .milliseconds(60))
                    }
                }
                return event.data["members"]?.elements?.last?["incarnation"] != 80
            }
            #expect(events.last?.data["members"]?.elements?.count == 52)
            // Each change of all rows is over 200 kB; those on their way when the reader stopped taking are all it can have got.
            #expect(events.count < 60, "\(events.count) events for 80 changes")
            let versions = events.map(\.version).filter { $0 > 0 }
            #expect(versions == versions.sorted())
        }
    }
}

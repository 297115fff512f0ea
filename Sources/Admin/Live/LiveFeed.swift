import JSONDocument
import Jobs
import Membership
import World

// WHO KEEPS THE PICTURE
//
// The event log is kept from the node's first moment. Everything else is looked at only while somebody reads: then membership's
// events mark the picture as old, and a moment later, when the burst is over and the node's view stands, it is drawn anew
// once for all readers. When readers have been told nothing for a while, a beat draws it too (the net under the events), tells
// them that the node is there, and lets them see that the server stops. The survey of jobs goes round once a second beside
// the beat, so that a silent node delays nobody's heartbeat; whatever is told, the whole picture is drawn first, so that
// news of jobs does not hold up what only a look would find.

/// The picture of a node and its mesh, and those who wait for it to change.
package actor LiveFeed {
    /// After what silence readers hear from the node though nothing has changed. Longer than ``surveyInterval``: where jobs go on, the
    /// news of them is the sign of life.
    package static let beat = Duration.milliseconds(1_200)
    /// How often the boards of the mesh are asked while somebody reads.
    static let surveyInterval = Duration.seconds(1)
    /// From an event to the picture that shows it: several come together, and the node's view follows its events.
    static let settling = Duration.milliseconds(40)
    /// Jobs that a picture shows.
    static let jobsShown = JobCatalogue.shown

    /// What a reader is told.
    package enum News: Sendable {
        case whole(JSON, version: UInt64)
        case changes(JSON, version: UInt64)
        /// Nothing new; the node is there.
        case beat(JSON, version: UInt64)
        case over
    }

    package nonisolated let seats: LiveSeats
    nonisolated let life: UInt64

    private let node: any NodeInspection
    private let jobs: (any JobOverview)?
    private let world: any World
    private let executor: any ActorExecutor
    private let startedAtMs: Int64
    private var picture = LivePicture()
    private var health = 0
    /// When readers were last told something.
    private var toldAt: Instant
    /// Since when the node hears nobody, and that moment on its wall clock: measured once, so that it does not waver.
    private var lonely: (since: Instant, atMs: Int64)?
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var isFlushing = false
    private var isBeating = false
    private var isSurveying = false
    private var isOver = false

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameters:
    ///   - jobs: who gathers the jobs of the mesh; nil shows none.
    ///   - readers: who may read at a time.
    package init(node: any NodeInspection, jobs: (any JobOverview)?, world: any World, readers: Int) {
        self.node = node
        self.jobs = jobs
        self.world = world
        seats = LiveSeats(limit: readers)
        life = node.identity.life
        startedAtMs = world.wallTime.millisecondsSince1970
        toldAt = world.now
        executor = world.makeExecutor("admin.live")
        let first = EventWords(.info, "started", node.identity.name, "has started, life \(node.identity.life)")
        picture.append(line: first.json(atMs: startedAtMs))
        let events = node.membershipEvents()
        world.spawn("admin.live.events", on: executor) { [weak self] in
            for await event in events { await self?.take(event) }
            await self?.end()
        }
    }

    // MARK: Reading

    /// What a reader is to be told who has seen `seen` (nil: nothing yet). Waits for a change, a beat at most.
    package func next(after seen: UInt64?) async -> News {
        if isOver { return .over }
        keepLooking()
        if seen == nil { redraw() }
        if let seen, seen == picture.version {
            await withCheckedContinuation { waiting.append($0) }
            if isOver { return .over }
        }
        let nowMs = nowMs, version = picture.version
        guard let seen, seen <= version, let changes = picture.changes(since: seen, nowMs: nowMs) else {
            return .whole(picture.whole(nowMs: nowMs), version: version)
        }
        return seen == version ? .beat(["nowMs": .number(nowMs)], version: version) : .changes(changes, version: version)
    }

    /// Ends all readers' streams.
    func end() {
        isOver = true
        wakeReaders()
    }

    private func wakeReaders() {
        let readers = waiting
        waiting = []
        toldAt = world.now
        for reader in readers { reader.resume() }
    }

    // MARK: Looking

    private func take(_ event: MembershipEvent) {
        if case .health(let score) = event { health = score }
        if let words = EventWords(event) { picture.append(line: words.json(atMs: nowMs)) }
        guard seats.count > 0, !isFlushing else { return }
        isFlushing = true
        world.spawn("admin.live.flush", on: executor) { [weak self, world] in
            try? await world.sleep(for: Self.settling)
            await self?.settle()
        }
    }

    private func settle() {
        isFlushing = false
        flush()
    }

    private func flush() {
        redraw()
        wakeReaders()
    }

    /// Two tasks, only while there are readers.
    private func keepLooking() {
        if !isBeating {
            isBeating = true
            toldAt = world.now
            world.spawn("admin.live.beat", on: executor) { [weak self, world] in
                while let due = await self?.strike() {
                    do { try await world.sleep(until: due) } catch {
                        await self?.end()
                        return
                    }
                }
            }
        }
        guard let jobs, !isSurveying else { return }
        isSurveying = true
        world.spawn("admin.live.survey", on: executor) { [weak self, world] in
            while await self?.isWatched() ?? false {
                let next = world.now + Self.surveyInterval
                let survey = await jobs.survey()
                await self?.take(survey)
                do { try await world.sleep(until: next) } catch { return }
            }
        }
    }

    /// Wakes the readers unless they have been told something within the last beat. Returns when to ask again; nil when nobody reads any
    /// more.
    private func strike() -> Instant? {
        isBeating = seats.count > 0 && !isOver
        guard isBeating else {
            wakeReaders()
            return nil
        }
        if world.now >= toldAt + Self.beat { flush() }
        return toldAt + Self.beat
    }

    private func isWatched() -> Bool {
        isSurveying = seats.count > 0 && !isOver
        return isSurveying
    }

    private func take(_ survey: MeshJobs) {
        let before = picture.version
        let live = Set(node.inspectMembers().filter(\.status.isLive).map(\.name))
        let nowMs = nowMs
        let rows = JobRow.merge(survey, before: picture.jobRows, live: live, nowMs: nowMs, limit: Self.jobsShown)
        let document: JSON = [
            "unheard": .array(survey.unheard.map { .string($0) }), "shardsWithoutStore": .number(survey.shardsWithoutStore),
        ]
        picture.setJobs(rows, survey: document) { $0.json }
        if picture.version != before { flush() }
    }

    private func redraw() {
        let now = node.clock, nowMs = nowMs
        let ring = node.inspectRing()
        let rows = node.inspectMembers().map { MemberRow(member: $0, isPlaced: ring.member(named: $0.name) != nil) }
        picture.setMembers(rows) { row in
            let sinceMs = max(.zero, now - row.member.since).milliseconds
            return .object(row.member.jsonMembers(isPlaced: row.isPlaced) + [.init("sinceAtMs", .number(nowMs - sinceMs))])
        }
        picture.setRing(RingPicture.json(ring))
        picture.setNode([
            "mesh": .string(node.meshName), "name": .string(node.identity.name), "life": .number(life),
            "startedAtMs": .number(startedAtMs), "health": .number(health), "readiness": .string(node.readiness().rawValue),
            "lonelySinceAtMs": lonelySinceAtMs(now: now, nowMs: nowMs).map { .number($0) } ?? .null,
            "callsInHand": .number(node.inspectActors().reduce(0) { $0 + $1.unfinishedCalls }),
        ])
    }

    private func lonelySinceAtMs(now: Instant, nowMs: Int64) -> Int64? {
        let since = node.lonelySince
        if lonely?.since != since { lonely = since.map { ($0, nowMs - max(.zero, now - $0).milliseconds) } }
        return lonely?.atMs
    }

    private var nowMs: Int64 { world.wallTime.millisecondsSince1970 }
}

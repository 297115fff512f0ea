import Placement
import World

/// Who can count, in one decided view of the mesh.
public struct PrimesView: Sendable {
    public let seats: [PrimesWorkerSeat]
    public let ring: HashRing

    public init(seats: [PrimesWorkerSeat], ring: HashRing) {
        self.seats = seats
        self.ring = ring
    }
}

/// What a home needs of the mesh.
public protocol PrimesCrew: Sendable {
    /// Has the worker on `node` count the part of this job; returns or throws at the latest when `patience` is over, and soon after the
    /// node has been declared dead.
    func count(
        _ part: PrimesPart, of job: WorkID, on node: NodeIdentity, patience: Duration
    ) async throws(PrimesCallFailure) -> PrimesPartResult

    /// Tells the home on `node` about a job of this one; gives up after a moment.
    func tell(_ note: PrimesNote, to node: NodeIdentity) async

    /// The view now and after every change. Ends with the node.
    func views() -> AsyncStream<PrimesView>
}

/// What the neighbour of a home remembers of a job, so that someone can say what became of it when the home has died.
public struct PrimesNote: Codable, Hashable, Sendable {
    /// The home's name and life.
    public let homeName: String
    public let homeLife: UInt64
    /// The job's document at acceptance.
    public let accepted: PrimesStatus

    public init(home: NodeIdentity, accepted: PrimesStatus) {
        homeName = home.name
        homeLife = home.life
        self.accepted = accepted
    }

    public var home: NodeIdentity { NodeIdentity(name: homeName, life: homeLife) }
}

/// What a home knows of an id: the job's document, or whose job it is, or nothing.
public struct PrimesAnswer: Codable, Hashable, Sendable {
    public let status: PrimesStatus?
    public let note: PrimesNote?

    public init(status: PrimesStatus? = nil, note: PrimesNote? = nil) {
        self.status = status
        self.note = note
    }
}

/// The jobs whose home this node is: carries inputs into each ``PrimesJob`` and its effects out.
public actor PrimesDesk {
    /// How long a reader may wait for a change.
    public static let longestPatience = Duration.seconds(2)
    /// Readers that wait at a time; a further one is answered at once.
    static let readersAllowed = 10_000
    /// Notes about the jobs of others.
    static let notesKept = 10_000

    private struct Reader {
        let seen: UInt64
        let until: Instant
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Running {
        var job: PrimesJob
        var calls: [Call: SpawnedTask] = [:]
        var readers: [Reader] = []
    }

    private struct Call: Hashable {
        let parts: Range<Int>
        let node: NodeIdentity
    }

    private let world: any World
    private let crew: any PrimesCrew
    private let identity: NodeIdentity
    private let limits: PrimesLimits
    private let executor: any ActorExecutor
    private var view = PrimesView(seats: [], ring: HashRing([]))
    private var running: [WorkID: Running] = [:]
    private var ended: BoundedTable<PrimesStatus>
    private var notes = BoundedTable<PrimesNote>(limit: PrimesDesk.notesKept)
    private var readerCount = 0
    private var isTicking = false
    private var accepted: UInt64 = 0
    private var resentOfEnded: UInt64 = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter identity: of this node, for notes and for the ring's choice of a neighbour.
    public init(world: any World, crew: any PrimesCrew, identity: NodeIdentity, limits: PrimesLimits = PrimesLimits()) {
        self.world = world
        self.crew = crew
        self.identity = identity
        self.limits = limits
        ended = BoundedTable(limit: limits.endedJobs)
        executor = world.makeExecutor("primes.desk")
        world.spawn("primes.views", on: executor) { [weak self] in
            for await view in crew.views() { await self?.take(view) }
        }
    }

    // MARK: What others ask

    /// Accepts a job. The same id once more gives the document of the job that is there.
    ///
    /// Returns when the neighbour has been told, or was silent, so that whoever learns of the job can learn of its home's death.
    /// - Throws: ``PrimesError`` `invalid` or `overloaded`; then nothing was begun.
    public func submit(_ request: PrimesRequest, id: WorkID) async throws(PrimesError) -> PrimesStatus {
        if let known = status(of: id) {
            guard known.request == request else {
                throw PrimesError(.invalid, "job \(id) is there already, for another range")
            }
            return known
        }
        guard request.isSound else { throw PrimesError(.invalid, "no range: \(request.from) to \(request.to)") }
        guard running.count < limits.runningJobs else {
            throw PrimesError(.overloaded, "\(running.count) jobs run already, the limit of this home; try again later")
        }
        let now = world.now
        let job = PrimesJob(
            id: id, request: request, createdAtMs: world.wallTime.millisecondsSince1970, now: now, deadline: limits.deadline)
        let document = job.status(now: now)
        running[id] = Running(job: job)
        accepted += 1
        let note = tellNeighbour(document)
        handle(.workers(view.seats, view.ring), id)
        startTicking()
        await note?.finished()
        return document
    }

    /// What is known of the job; when that is its version `seen`, waits for a change, but no longer than `patience`.
    public func status(_ id: WorkID, seen: UInt64? = nil, patience: Duration = .zero) async -> PrimesAnswer {
        let patience = min(patience, Self.longestPatience)
        if let seen, patience > .zero, running[id] != nil {
            readerCount += 1
            await withCheckedContinuation { continuation in
                // The job may have changed, even ended, since it was looked at: only this body is sure to run in one go.
                guard let version = running[id]?.job.version, version <= seen, readerCount <= Self.readersAllowed else {
                    return continuation.resume()
                }
                let reader = Reader(seen: seen, until: world.now + patience, continuation: continuation)
                running[id]?.readers.append(reader)
            }
            readerCount -= 1
        }
        if let status = status(of: id) { return PrimesAnswer(status: status) }
        return PrimesAnswer(note: notes[id])
    }

    /// Ends the job as failed, with the warning `cancelled`.
    /// - Throws: ``PrimesError`` `unknownJob`; `alreadyEnded`.
    public func cancel(_ id: WorkID) throws(PrimesError) -> PrimesStatus {
        if running[id] != nil {
            handle(.cancel, id)
            if let status = ended[id] { return status }
        }
        if let status = ended[id] {
            throw PrimesError(.alreadyEnded, "job \(id) has ended already: \(status.status.rawValue)")
        }
        throw PrimesError(.unknownJob, "job \(id) is not known here")
    }

    /// Remembers another home's job.
    public func remember(_ note: PrimesNote) { notes.insert(note, for: note.accepted.jobId) }

    /// Jobs that run here now.
    public var runningCount: Int { running.count }

    /// Jobs accepted and parts sent again, since the start.
    public var totals: (accepted: UInt64, resent: UInt64) {
        (accepted, running.values.reduce(resentOfEnded) { $0 + UInt64($1.job.status(now: world.now).chunks.resent) })
    }

    private func status(of id: WorkID) -> PrimesStatus? { running[id]?.job.status(now: world.now) ?? ended[id] }

    // MARK: What happens

    private func take(_ view: PrimesView) {
        self.view = view
        for id in running.keys.sorted() { handle(.workers(view.seats, view.ring), id) }
    }

    private func handle(_ input: PrimesJob.Input, _ id: WorkID) {
        guard let effects = running[id]?.job.handle(input, now: world.now) else { return }
        for effect in effects {
            switch effect {
            case .send(let part, let node): send(part, to: node, of: id)
            case .callOff(let parts, let node):
                running[id]?.calls.removeValue(forKey: Call(parts: parts, node: node))?.cancel()
            case .ended: close(id)
            }
        }
    }

    private func send(_ part: PrimesPart, to node: NodeIdentity, of id: WorkID) {
        let crew = crew
        let patience = limits.deadline
        let call = Call(parts: part.number..<part.number + part.parts, node: node)
        let task = world.spawn("primes.part", on: executor) { [weak self] in
            let input: PrimesJob.Input
            do throws(PrimesCallFailure) {
                let result = try await crew.count(part, of: id, on: node, patience: patience)
                // A worker that answers for another part has not answered this one.
                input = result.part == part.number
                    ? .answered(call.parts, by: node, count: result.count)
                    : .lost(call.parts, by: node, .failed("answered for part \(result.part)"))
            } catch {
                input = .lost(call.parts, by: node, PrimesJob.Loss(error))
            }
            guard !Task.isCancelled else { return }
            await self?.finish(call, of: id, input)
        }
        running[id]?.calls[call] = task
    }

    private func finish(_ call: Call, of id: WorkID, _ input: PrimesJob.Input) {
        guard running[id]?.calls.removeValue(forKey: call) != nil else { return }
        handle(input, id)
    }

    private func close(_ id: WorkID) {
        guard let entry = running.removeValue(forKey: id) else { return }
        let last = entry.job.status(now: world.now)
        resentOfEnded += UInt64(last.chunks.resent)
        ended.insert(last, for: id)
        for reader in entry.readers { reader.continuation.resume() }
    }

    /// The next on the job's ring after this node hears of it.
    private func tellNeighbour(_ accepted: PrimesStatus) -> SpawnedTask? {
        let owners = view.ring.owners(of: accepted.jobId.description, count: 2, role: PrimesJob.role)
        guard let name = owners.first(where: { $0.name != identity.name })?.name,
            let neighbour = view.seats.first(where: { $0.node.name == name })?.node
        else { return nil }
        let note = PrimesNote(home: identity, accepted: accepted)
        let crew = crew
        return world.spawn("primes.note", on: executor) { await crew.tell(note, to: neighbour) }
    }

    // MARK: Time

    /// One task for all jobs, only while there are any. Progress reaches readers at its beat, the end of a job at once.
    private func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        world.spawn("primes.tick", on: executor) { [weak self, world] in
            while await self?.tick() ?? false {
                do { try await world.sleep(for: PrimesJob.tickInterval) } catch { return }
            }
        }
    }

    /// False when there is nothing left to tick for.
    private func tick() -> Bool {
        for id in running.keys.sorted() {
            handle(.tick, id)
            answerReaders(of: id)
        }
        isTicking = !running.isEmpty
        return isTicking
    }

    private func answerReaders(of id: WorkID) {
        guard let entry = running[id], !entry.readers.isEmpty else { return }
        let now = world.now
        let (due, waiting) = entry.readers.partitioned { entry.job.version > $0.seen || now >= $0.until }
        running[id]?.readers = waiting
        for reader in due { reader.continuation.resume() }
    }
}

extension PrimesJob.Loss {
    init(_ failure: PrimesCallFailure) {
        switch failure {
        case .nodeDown: self = .nodeDown
        case .overloaded, .absent: self = .overloaded
        case .silent: self = .silent
        case .refused(let error): self = error.code == .overloaded ? .overloaded : .failed(error.message)
        case .failed(let reason): self = .failed(reason)
        }
    }
}

extension Array {
    /// The elements that satisfy the predicate, and the others, both in order.
    fileprivate func partitioned(_ predicate: (Element) -> Bool) -> ([Element], [Element]) {
        reduce(into: ([], [])) { lists, element in
            if predicate(element) { lists.0.append(element) } else { lists.1.append(element) }
        }
    }
}

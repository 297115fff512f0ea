import Placement
import World

/// Who can work, in one decided view of the mesh.
public struct CrewView: Sendable {
    public let seats: [WorkerSeat]
    public let ring: HashRing

    public init(seats: [WorkerSeat], ring: HashRing) {
        self.seats = seats
        self.ring = ring
    }
}

/// What a home needs of the mesh.
public protocol JobCrew<Machine>: Sendable {
    associatedtype Machine: JobMachine

    /// Has the worker on `node` do a part of this job; returns or throws at the latest when `patience` is over, and soon after the
    /// node has been declared dead.
    func perform(
        _ order: Machine.Order, of job: WorkID, on node: NodeIdentity, patience: Duration
    ) async throws(JobCallFailure) -> Machine.Answer

    /// Whether the mesh holds the node for dead: not one that has left, and not one that is merely out of reach.
    func hasDied(_ node: NodeIdentity) -> Bool

    /// Tells the home on `node` about a job of this one; gives up after a moment.
    /// - Returns: whether it has been taken.
    func tell(_ note: JobNote<Machine.Document>, to node: NodeIdentity) async -> Bool

    /// The view now and after every change. Ends with the node.
    func views() -> AsyncStream<CrewView>
}

/// The jobs of one kind whose home this node is: carries inputs into each ``JobMachine`` and its effects out.
public actor JobDesk<Machine: JobMachine> {
    public typealias Document = Machine.Document

    /// How long a reader may wait for a change.
    public static var longestPatience: Duration { .seconds(2) }
    /// Readers that wait at a time; a further one is answered at once.
    static var readersAllowed: Int { 10_000 }
    /// Notes about the jobs of others.
    static var notesKept: Int { 10_000 }
    /// Neighbours that are told of a job's end, in turn, until one takes it.
    static var neighboursTold: Int { 3 }

    private struct Reader {
        let seen: UInt64
        let until: Instant
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct Running {
        var job: Machine
        var calls: [Call: SpawnedTask] = [:]
        var readers: [Reader] = []
    }

    private struct Call: Hashable {
        let key: Machine.Order.Key
        let node: NodeIdentity
    }

    private let world: any World
    private let crew: any JobCrew<Machine>
    private let identity: NodeIdentity
    private let limits: JobLimits
    private let executor: any ActorExecutor
    private var view = CrewView(seats: [], ring: HashRing([]))
    private var running: [WorkID: Running] = [:]
    private var ended: BoundedTable<Document>
    private var notes = BoundedTable<JobNote<Document>>(limit: notesKept)
    private var readerCount = 0
    private var isTicking = false
    private var tellingEnds = 0
    private var accepted: UInt64 = 0
    private var resentOfEnded: UInt64 = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter identity: of this node, for notes and for the ring's choice of a neighbour.
    public init(world: any World, crew: any JobCrew<Machine>, identity: NodeIdentity, limits: JobLimits) {
        self.world = world
        self.crew = crew
        self.identity = identity
        self.limits = limits
        ended = BoundedTable(limit: limits.endedJobs)
        executor = world.makeExecutor("\(Machine.role).desk")
        world.spawn("\(Machine.role).views", on: executor) { [weak self] in
            for await view in crew.views() { await self?.take(view) }
        }
    }

    // MARK: What others ask

    /// Accepts a job. The same id once more gives the document of the job that is there.
    ///
    /// Returns when the neighbour has been told, or was silent, so that whoever learns of the job can learn of its home's death.
    /// - Throws: ``JobError`` `invalid` or `overloaded`; then nothing was begun.
    public func submit(_ request: Document.Request, id: WorkID) async throws(JobError) -> Document {
        if let known = status(of: id) {
            guard known.request == request else {
                throw JobError(.invalid, "job \(id) is there already, for another request")
            }
            return known
        }
        if let objection = request.objection { throw JobError(.invalid, objection) }
        guard running.count < limits.runningJobs else {
            throw JobError(.overloaded, "\(running.count) jobs run already, the limit of this home; try again later")
        }
        let now = world.now
        let job = Machine(
            id: id, request: request, createdAtMs: world.wallTime.millisecondsSince1970, now: now, deadline: limits.deadline,
            resends: !world.isMutated(.noResend))
        let document = job.document(now: now)
        running[id] = Running(job: job)
        accepted += 1
        let note = tellNeighbour(document)
        handle(.workers(view.seats, view.ring), id)
        startTicking()
        await note?.finished()
        return document
    }

    /// What is known of the job; when that is its version `seen`, waits for a change, but no longer than `patience`.
    public func status(_ id: WorkID, seen: UInt64? = nil, patience: Duration = .zero) async -> JobAnswer<Document> {
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
        if let status = status(of: id) { return JobAnswer<Document>(status: status) }
        return JobAnswer<Document>(note: notes[id])
    }

    /// Ends the job as failed, with the warning `cancelled`.
    /// - Throws: ``JobError`` `unknownJob`; `alreadyEnded`.
    public func cancel(_ id: WorkID) throws(JobError) -> Document {
        if running[id] != nil {
            handle(.cancel, id)
            if let status = ended[id] { return status }
        }
        if let status = ended[id] {
            throw JobError(.alreadyEnded, "job \(id) has ended already: \(status.status.rawValue)")
        }
        throw JobError(.unknownJob, "job \(id) is not known here")
    }

    /// Remembers another home's job.
    public func remember(_ note: JobNote<Document>) {
        // That of the acceptance may come after that of the end.
        if let known = notes[note.last.jobId], known.last.version > note.last.version { return }
        notes.insert(note, for: note.last.jobId)
    }

    /// Jobs that run here now.
    public var runningCount: Int { running.count }

    /// Jobs that run here, and ends that no neighbour has been told of yet: while there are any, this node should not leave.
    public var unfinishedCount: Int { running.count + tellingEnds }

    /// Jobs accepted and orders sent again, since the start.
    public var totals: (accepted: UInt64, resent: UInt64) {
        (accepted, running.values.reduce(resentOfEnded) { $0 + UInt64($1.job.resent) })
    }

    private func status(of id: WorkID) -> Document? { running[id]?.job.document(now: world.now) ?? ended[id] }

    // MARK: What happens

    private func take(_ view: CrewView) {
        let living = Set(view.seats.map(\.node))
        let dead = self.view.seats.map(\.node).filter { !living.contains($0) && crew.hasDied($0) }
        self.view = view
        for id in running.keys.sorted() {
            for node in dead { handle(.died(node), id) }
            handle(.workers(view.seats, view.ring), id)
        }
    }

    private func handle(_ input: JobInput<Machine.Order.Key, Machine.Answer>, _ id: WorkID) {
        guard let effects = running[id]?.job.handle(input, now: world.now) else { return }
        for effect in effects {
            switch effect {
            case .send(let part, let node): send(part, to: node, of: id)
            case .callOff(let key, let node):
                running[id]?.calls.removeValue(forKey: Call(key: key, node: node))?.cancel()
            case .ended: close(id)
            }
        }
    }

    private func send(_ order: Machine.Order, to node: NodeIdentity, of id: WorkID) {
        let crew = crew
        let patience = limits.deadline
        let call = Call(key: order.key, node: node)
        let task = world.spawn("\(Machine.role).part", on: executor) { [weak self] in
            let input: JobInput<Machine.Order.Key, Machine.Answer>
            do throws(JobCallFailure) {
                input = .answered(call.key, by: node, try await crew.perform(order, of: id, on: node, patience: patience))
            } catch {
                input = .lost(call.key, by: node, JobLoss(error, hasDied: crew.hasDied(node)))
            }
            guard !Task.isCancelled else { return }
            await self?.finish(call, of: id, input)
        }
        precondition(running[id]?.calls.updateValue(task, forKey: call) == nil, "a node is asked for one thing twice")
    }

    private func finish(_ call: Call, of id: WorkID, _ input: JobInput<Machine.Order.Key, Machine.Answer>) {
        guard running[id]?.calls.removeValue(forKey: call) != nil else { return }
        handle(input, id)
    }

    private func close(_ id: WorkID) {
        guard let entry = running.removeValue(forKey: id) else { return }
        let last = entry.job.document(now: world.now)
        resentOfEnded += UInt64(entry.job.resent)
        ended.insert(last, for: id)
        for reader in entry.readers { reader.continuation.resume() }
        tellEnd(last)
    }

    // MARK: Neighbours

    /// Who comes after this node on the job's ring, nearest first: where whoever asks for the job looks when this node has gone.
    private func neighbours(of id: WorkID) -> [NodeIdentity] {
        let owners = view.ring.owners(of: id.description, count: Self.neighboursTold + 1, role: Machine.role)
        let names = owners.map(\.name).filter { $0 != identity.name }.prefix(Self.neighboursTold)
        return names.compactMap { name in view.seats.first { $0.node.name == name }?.node }
    }

    /// The next on the job's ring hears that the job is here.
    private func tellNeighbour(_ accepted: Document) -> SpawnedTask? {
        guard let neighbour = neighbours(of: accepted.jobId).first else { return nil }
        let note = JobNote(home: identity, last: accepted)
        let crew = crew
        return world.spawn("\(Machine.role).note", on: executor) { _ = await crew.tell(note, to: neighbour) }
    }

    /// The first neighbour that listens hears how the job has ended, so that its answer stays the same when this node has gone.
    private func tellEnd(_ last: Document) {
        let neighbours = neighbours(of: last.jobId)
        guard !neighbours.isEmpty else { return }
        let note = JobNote(home: identity, last: last)
        let crew = crew
        tellingEnds += 1
        world.spawn("\(Machine.role).end", on: executor) { [weak self] in
            for neighbour in neighbours where await crew.tell(note, to: neighbour) { break }
            await self?.endTold()
        }
    }

    private func endTold() { tellingEnds -= 1 }

    // MARK: Time

    /// One task for all jobs, only while there are any. Progress reaches readers at its beat, the end of a job at once.
    private func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        world.spawn("\(Machine.role).tick", on: executor) { [weak self, world] in
            while await self?.tick() ?? false {
                do { try await world.sleep(for: Machine.tickInterval) } catch { return }
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

extension JobDesk: JobLister {
    public func summaries(limit: Int) -> [JobSummary] {
        let now = world.now, wallTime = world.wallTime
        let documents = running.values.map { $0.job.document(now: now) } + ended.newest(limit)
        let summaries = documents.map { JobSummary($0, kind: Machine.role, home: identity.name, now: wallTime) }
        return Array(summaries.sorted(by: JobSummary.comesFirst).prefix(limit))
    }
}

extension JobLoss {
    init(_ failure: JobCallFailure, hasDied: Bool) {
        switch failure {
        case .nodeDown where hasDied, .silent where hasDied: self = .died
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

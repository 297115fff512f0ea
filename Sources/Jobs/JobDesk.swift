import Placement
import World

/// The jobs of one kind whose home this node is: carries inputs into each ``JobMachine`` and its effects out.
public actor JobDesk<Machine: JobMachine> {
    public typealias Document = Machine.Document

    /// How long a reader may wait for a change.
    public static var longestPatience: Duration { .seconds(2) }
    /// Readers that wait at a time; a further one is answered at once.
    static var readersAllowed: Int { 10_000 }
    /// Notes about the jobs of others, and the bytes of them.
    static var notesKept: Int { 10_000 }
    static var noteBytesKept: Int { 32 << 20 }
    /// Neighbours that are told of a job's end, in turn, until one takes it.
    static var neighboursTold: Int { 3 }

    struct Reader {
        let seen: UInt64
        let until: Instant
        let continuation: CheckedContinuation<Void, Never>
    }

    struct Running {
        var job: Machine
        var calls: [Call: SpawnedTask] = [:]
        var readers: [Reader] = []
    }

    struct Call: Hashable {
        let key: Machine.Order.Key
        let node: NodeIdentity
    }

    let world: any World
    let crew: any JobCrew<Machine>
    let identity: NodeIdentity
    private let limits: JobLimits
    let executor: any ActorExecutor
    var view = CrewView(seats: [], ring: HashRing([]))
    var running: [WorkID: Running] = [:]
    private var ended: BoundedTable<Document>
    var notes = BoundedTable<JobNote<Document>>(limit: notesKept, byteLimit: noteBytesKept) { $0.last.approximateBytes }
    var readerCount = 0
    var isTicking = false
    var tellingEnds = 0
    private var accepted: UInt64 = 0
    private var resentOfEnded: UInt64 = 0

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// - Parameter identity: of this node, for notes and for the ring's choice of a neighbour.
    public init(world: any World, crew: any JobCrew<Machine>, identity: NodeIdentity, limits: JobLimits) {
        self.world = world
        self.crew = crew
        self.identity = identity
        self.limits = limits
        ended = BoundedTable(limit: limits.endedJobs, byteLimit: limits.endedBytes) { $0.approximateBytes }
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
        if let seen { await waitForChange(of: id, from: seen, patience: patience) }
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

    func handle(_ input: JobInput<Machine.Order.Key, Machine.Answer>, _ id: WorkID) {
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
}

extension JobDesk: JobLister {
    public func summaries(limit: Int) -> [JobSummary] {
        let now = world.now, wallTime = world.wallTime
        let documents = running.values.map { $0.job.document(now: now) } + ended.newest(limit)
        let summaries = documents.map { JobSummary($0, kind: Machine.role, home: identity.name, now: wallTime) }
        return Array(summaries.sorted(by: JobSummary.comesFirst).prefix(limit))
    }
}

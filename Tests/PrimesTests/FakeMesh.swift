import Jobs
import Placement
import Primes
import Synchronization
import World

/// Nodes with desks and workers in one simulated process. Calls take a millisecond each way; a dead node's calls fail when the
/// death is known, half a second later; a paused node's calls end by their patience.
final class FakeMesh: JobCrew, JobHomes {
    typealias Machine = PrimesJob
    typealias Document = PrimesStatus

    /// `deaf` lives, and every session with it ends; `severed` does what it is told, and its sessions end before the answer.
    enum Condition: Sendable { case well, severed, paused, deaf, dying, dead }

    struct Member: Sendable {
        let identity: NodeIdentity
        var condition = Condition.well
        var desk: JobDesk<PrimesJob>?
    }

    private struct State {
        var members: [String: Member] = [:]
        var watchers: [AsyncStream<CrewView>.Continuation] = []
        var counted = 0
    }

    static let detection = Duration.milliseconds(500)
    static let callPatience = Duration.milliseconds(800)

    let world: SimulatedWorld
    private let state = Mutex(State())
    /// How long a worker takes for a part.
    let partDuration: Duration

    init(_ world: SimulatedWorld, nodes: Int, partDuration: Duration = .milliseconds(5), limits: JobLimits = PrimesRequest.defaultLimits) {
        self.world = world
        self.partDuration = partDuration
        for index in 1...max(nodes, 1) where nodes > 0 {
            let identity = NodeIdentity(name: "n\(index)", life: 1)
            state.withLock { $0.members[identity.name] = Member(identity: identity) }
        }
        for identity in living { // The desks ask for views at once, so all members must be there.
            let desk = JobDesk<PrimesJob>(world: world, crew: self, identity: identity, limits: limits)
            state.withLock { $0.members[identity.name]?.desk = desk }
        }
    }

    /// Parts that workers have counted to the end.
    var counted: Int { state.withLock { $0.counted } }

    var living: [NodeIdentity] {
        state.withLock { $0.members.values.filter { $0.condition != .dead }.map(\.identity).sorted() }
    }

    private var view: CrewView {
        let seats = living.map { WorkerSeat(node: $0, credits: 2) }
        return CrewView(
            seats: seats, ring: HashRing(living.map { RingMember(name: $0.name, roles: [PrimesJob.role]) }))
    }

    func set(_ name: String, _ condition: Condition) {
        state.withLock { $0.members[name]?.condition = condition }
        let view = view
        for watcher in state.withLock({ $0.watchers }) { watcher.yield(view) }
    }

    /// The node lives again in its next life, and knows nothing of its former one.
    func restart(_ name: String) {
        guard let former = state.withLock({ $0.members[name]?.identity }) else { return }
        let identity = NodeIdentity(name: name, life: former.life + 1)
        let desk = JobDesk<PrimesJob>(world: world, crew: self, identity: identity, limits: PrimesRequest.defaultLimits)
        state.withLock { $0.members[name] = Member(identity: identity, desk: desk) }
        set(name, .well)
    }

    func kill(_ name: String) {
        set(name, .dying)
        world.spawn("detector") { [self] in
            try? await world.sleep(for: Self.detection)
            set(name, .dead)
        }
    }

    func desk(_ name: String) -> JobDesk<PrimesJob>? { state.withLock { $0.members[name]?.desk } }

    private func member(_ node: NodeIdentity) -> Member? { state.withLock { $0.members[node.name] } }

    /// Waits for the node to answer, as a call does.
    private func reach(_ node: NodeIdentity, patience: Duration) async throws(JobCallFailure) -> JobDesk<PrimesJob> {
        let until = world.now + patience
        while world.now < until, !Task.isCancelled {
            guard let member = member(node), member.identity == node, member.condition != .dead, member.condition != .deaf else { throw .nodeDown }
            if member.condition == .well || member.condition == .severed, let desk = member.desk {
                await sleep(.milliseconds(1))
                return desk
            }
            await sleep(.milliseconds(10))
        }
        throw .silent
    }

    private func sleep(_ duration: Duration) async { try? await world.sleep(for: duration) }

    // MARK: PrimesCrew

    func perform(
        _ part: PrimesPart, of job: WorkID, on node: NodeIdentity, patience: Duration
    ) async throws(JobCallFailure) -> PrimesPartResult {
        _ = try await reach(node, patience: patience)
        await sleep(partDuration)
        _ = try await reach(node, patience: patience)
        guard !Task.isCancelled else { throw .failed("cancelled") }
        state.withLock { $0.counted += part.parts }
        return PrimesPartResult(part: part.number, count: JobBench.count(part))
    }

    func tell(_ note: JobNote<PrimesStatus>, to node: NodeIdentity) async -> Bool {
        guard member(note.home)?.condition == .well, let desk = try? await reach(node, patience: Self.callPatience) else { return false }
        await desk.remember(note)
        return true
    }

    func views() -> AsyncStream<CrewView> {
        let (stream, continuation) = AsyncStream.makeStream(of: CrewView.self)
        state.withLock { $0.watchers.append(continuation) }
        continuation.yield(view)
        return stream
    }

    // MARK: PrimesHomes

    func candidates(for id: WorkID) -> [NodeIdentity] {
        let living = living
        return view.ring.owners(of: id.description, count: living.count, role: PrimesJob.role).compactMap { member in
            living.first { $0.name == member.name }
        }
    }

    func isDead(_ node: NodeIdentity) -> Bool { member(node).map { $0.identity != node || $0.condition == .dead } ?? true }

    func hasDied(_ node: NodeIdentity) -> Bool { member(node)?.condition == .dead }

    func submit(
        _ request: PrimesRequest, id: WorkID, to node: NodeIdentity
    ) async throws(JobCallFailure) -> PrimesStatus {
        let desk = try await reach(node, patience: Self.callPatience)
        let accepted: PrimesStatus
        do throws(JobError) { accepted = try await desk.submit(request, id: id) } catch { throw .refused(error) }
        if member(node)?.condition == .severed { throw .cutOff }
        return accepted
    }

    func status(
        _ id: WorkID, seen: UInt64?, patience: Duration, on node: NodeIdentity
    ) async throws(JobCallFailure) -> JobAnswer<PrimesStatus> {
        let desk = try await reach(node, patience: Self.callPatience)
        let answer = await desk.status(id, seen: seen, patience: patience)
        _ = try await reach(node, patience: Self.callPatience)
        return answer
    }

    func cancel(_ id: WorkID, on node: NodeIdentity) async throws(JobCallFailure) -> PrimesStatus {
        let desk = try await reach(node, patience: Self.callPatience)
        do throws(JobError) { return try await desk.cancel(id) } catch { throw .refused(error) }
    }
}

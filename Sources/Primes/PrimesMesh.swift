import Jobs
import Membership
import Mesh
import Placement
import World

/// The mesh as the primes room uses it: the only file that makes calls between nodes.
public struct PrimesMesh: JobCrew, JobHomes {
    public typealias Machine = PrimesJob
    public typealias Document = PrimesStatus

    private let node: Node
    private let mesh: JobMesh
    /// Processors of this machine, among which the nodes on it divide themselves.
    private let processors: Int

    public init(node: Node, processors: Int) {
        self.node = node
        mesh = JobMesh(node: node, role: PrimesJob.role)
        self.processors = max(1, processors)
    }

    // MARK: The view

    /// The threads that a node gives to counting: one for each hundred of its capacity, the weight that it has on the ring.
    static func threads(capacity: UInt32) -> Int { max(1, Int(clamping: capacity) / RingMember.ordinaryCapacity) }

    public func views() -> AsyncStream<CrewView> {
        mesh.views { PrimesJob.credits(processors: Self.threads(capacity: $0.metadata.capacity)) }
    }

    /// Threads of all who count; those on this machine are no more than its processors.
    public func workers() -> Int {
        let host = node.configuration.address.host
        var here = 0, elsewhere = 0
        for member in mesh.members {
            let threads = Self.threads(capacity: member.metadata.capacity)
            if member.address.host == host { here += threads } else { elsewhere += threads }
        }
        return max(1, min(here, processors) + elsewhere)
    }

    public func candidates(for id: WorkID) -> [NodeIdentity] { mesh.candidates(for: id) }

    public func isDead(_ identity: NodeIdentity) -> Bool { mesh.isDead(identity) }

    public func hasDied(_ node: NodeIdentity) -> Bool { mesh.hasDied(node) }

    // MARK: Calls

    public func perform(
        _ part: PrimesPart, of job: WorkID, on node: NodeIdentity, patience: Duration
    ) async throws(JobCallFailure) -> PrimesPartResult {
        try await mesh.call(patience) { try await $0.singleton(PrimesWorker.self, on: node).count(part, of: job) }
    }

    public func tell(_ note: JobNote<PrimesStatus>, to node: NodeIdentity) async -> Bool {
        do throws(JobCallFailure) {
            try await mesh.call(JobMesh.notePatience) { try await $0.singleton(PrimesHome.self, on: node).remember(note) }
            return true
        } catch {
            return false
        }
    }

    public func submit(
        _ request: PrimesRequest, id: WorkID, to node: NodeIdentity
    ) async throws(JobCallFailure) -> PrimesStatus {
        try await mesh.call(JobMesh.submitPatience) { try await $0.singleton(PrimesHome.self, on: node).submit(request, id) }
    }

    public func status(
        _ id: WorkID, seen: UInt64?, patience: Duration, on node: NodeIdentity
    ) async throws(JobCallFailure) -> JobAnswer<PrimesStatus> {
        let query = JobQuery(id: id, seen: seen, patience: patience)
        return try await mesh.call(patience + JobMesh.answerPatience) {
            try await $0.singleton(PrimesHome.self, on: node).status(query)
        }
    }

    public func cancel(_ id: WorkID, on node: NodeIdentity) async throws(JobCallFailure) -> PrimesStatus {
        try await mesh.call(JobMesh.submitPatience) { try await $0.singleton(PrimesHome.self, on: node).cancel(id) }
    }
}

import Membership
import Mesh
import Placement
import World

/// The mesh as the primes room uses it: the only file that makes calls between nodes.
public struct PrimesMesh: PrimesCrew, PrimesHomes {
    /// A home that has not accepted a job by then is treated as silent.
    static let submitPatience = Duration.milliseconds(1_500)
    /// What an answer may take, on top of what the home itself may wait.
    static let answerPatience = Duration.milliseconds(700)

    /// A neighbour that does not take a note by then does not get it: the submission waits for this.
    static let notePatience = Duration.milliseconds(300)

    private let node: Node
    /// Processors of this machine, among which the nodes on it divide themselves.
    private let processors: Int

    public init(node: Node, processors: Int) {
        self.node = node
        self.processors = max(1, processors)
    }

    // MARK: The view

    /// The decided members that count primes.
    private var members: [Member] { node.decidedMembers.filter { $0.metadata.roles.contains(PrimesJob.role) } }

    /// The threads that a node gives to counting: one for each hundred of its capacity, the weight that it has on the ring.
    static func threads(capacity: UInt32) -> Int { max(1, Int(clamping: capacity) / RingMember.ordinaryCapacity) }

    private var view: PrimesView {
        PrimesView(
            seats: members.map { member in
                PrimesWorkerSeat(
                    node: member.identity,
                    credits: PrimesWorkerSeat.credits(processors: Self.threads(capacity: member.metadata.capacity)))
            }, ring: node.ring)
    }

    public func views() -> AsyncStream<PrimesView> {
        let (stream, continuation) = AsyncStream.makeStream(of: PrimesView.self, bufferingPolicy: .bufferingNewest(1))
        let events = node.membershipEvents()
        continuation.yield(view)
        node.world.spawn("primes.membership") {
            for await event in events {
                if case .decided = event { continuation.yield(view) }
            }
            continuation.finish()
        }
        return stream
    }

    public func candidates(for id: WorkID) -> [NodeIdentity] {
        let identities = Dictionary(members.map { ($0.name, $0.identity) }, uniquingKeysWith: { first, _ in first })
        return node.ring.owners(of: id.description, count: identities.count, role: PrimesJob.role)
            .compactMap { identities[$0.name] }
    }

    /// Threads of all who count; those on this machine are no more than its processors.
    public func workers() -> Int {
        let host = node.configuration.address.host
        var here = 0, elsewhere = 0
        for member in members {
            let threads = Self.threads(capacity: member.metadata.capacity)
            if member.address.host == host { here += threads } else { elsewhere += threads }
        }
        return max(1, min(here, processors) + elsewhere)
    }

    public func isDead(_ identity: NodeIdentity) async -> Bool {
        guard let member = node.members.member(named: identity.name) else { return true }
        return member.identity.life > identity.life || (member.identity == identity && !member.status.isLive)
    }

    // MARK: Calls

    public func count(
        _ part: PrimesPart, of job: WorkID, on node: NodeIdentity, patience: Duration
    ) async throws(PrimesCallFailure) -> PrimesPartResult {
        try await call(patience) { try await $0.singleton(PrimesWorker.self, on: node).count(part, of: job) }
    }

    public func tell(_ note: PrimesNote, to node: NodeIdentity) async {
        _ = try? await call(Self.notePatience) { try await $0.singleton(PrimesHome.self, on: node).remember(note) }
    }

    public func submit(
        _ request: PrimesRequest, id: WorkID, to node: NodeIdentity
    ) async throws(PrimesCallFailure) -> PrimesStatus {
        try await call(Self.submitPatience) { try await $0.singleton(PrimesHome.self, on: node).submit(request, id) }
    }

    public func status(
        _ id: WorkID, seen: UInt64?, patience: Duration, on node: NodeIdentity
    ) async throws(PrimesCallFailure) -> PrimesAnswer {
        let query = PrimesQuery(id: id, seen: seen, patience: patience)
        return try await call(patience + Self.answerPatience) {
            try await $0.singleton(PrimesHome.self, on: node).status(query)
        }
    }

    public func cancel(_ id: WorkID, on node: NodeIdentity) async throws(PrimesCallFailure) -> PrimesStatus {
        try await call(Self.submitPatience) { try await $0.singleton(PrimesHome.self, on: node).cancel(id) }
    }

    private func call<Value: Sendable>(
        _ patience: Duration, _ body: @Sendable (MeshActorSystem) async throws -> Value
    ) async throws(PrimesCallFailure) -> Value {
        do {
            let system = node.system
            return try await system.withDeadline(patience) { try await body(system) }
        } catch {
            throw PrimesCallFailure(error)
        }
    }
}

extension PrimesCallFailure {
    init(_ error: any Error) {
        switch error {
        case let error as PrimesError: self = .refused(error)
        case let error as MeshError:
            switch error.code {
            case .nodeDown: self = .nodeDown
            case .overloaded: self = .overloaded
            // Called off by the callee's side: its session ended, so nobody knows how far it came.
            case .unknown, .cancelled: self = .silent
            case .noSuchActor: self = .absent
            case .incompatible, .tooLarge, .calleeFailed: self = .failed(error.message)
            }
        default: self = .failed("\(error)")
        }
    }
}

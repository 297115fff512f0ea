import Membership
import Mesh
import Placement
import World

/// The mesh as the homes and clients of one kind of work see it.
public struct JobMesh: Sendable {
    /// A home that has not accepted a job by then is treated as silent.
    public static let submitPatience = Duration.milliseconds(1_500)
    /// What an answer may take, on top of what the home itself may wait.
    public static let answerPatience = Duration.milliseconds(700)
    /// A neighbour that does not take a note by then does not get it: the submission waits for this.
    public static let notePatience = Duration.milliseconds(300)

    private let node: Node
    private let role: String

    /// - Parameter role: of the nodes that are homes and workers.
    public init(node: Node, role: String) {
        self.node = node
        self.role = role
    }

    /// The decided members with the role.
    public var members: [Member] { node.decidedMembers.filter { $0.metadata.roles.contains(role) } }

    /// The view now and after every change. Ends with the node.
    /// - Parameter credits: orders that a member may hold at a time.
    public func views(credits: @escaping @Sendable (Member) -> Int) -> AsyncStream<CrewView> {
        let (stream, continuation) = AsyncStream.makeStream(of: CrewView.self, bufferingPolicy: .bufferingNewest(1))
        let events = node.membershipEvents()
        @Sendable func view() -> CrewView {
            CrewView(seats: members.map { WorkerSeat(node: $0.identity, credits: credits($0)) }, ring: node.ring)
        }
        continuation.yield(view())
        node.world.spawn("\(role).membership") {
            for await event in events {
                if case .decided = event { continuation.yield(view()) }
            }
            continuation.finish()
        }
        return stream
    }

    /// See ``JobHomes/candidates(for:)``.
    public func candidates(for id: WorkID) -> [NodeIdentity] {
        let identities = Dictionary(members.map { ($0.name, $0.identity) }, uniquingKeysWith: { first, _ in first })
        return node.ring.owners(of: id.description, count: identities.count, role: role).compactMap { identities[$0.name] }
    }

    /// See ``JobHomes/isDead(_:)``.
    public func isDead(_ identity: NodeIdentity) -> Bool {
        guard let member = node.members.member(named: identity.name) else { return true }
        return member.identity.life > identity.life || (member.identity == identity && !member.status.isLive)
    }

    /// See ``JobCrew/hasDied(_:)``. Of a life that another one follows nobody remembers whether it said goodbye: it counts as
    /// dead.
    public func hasDied(_ identity: NodeIdentity) -> Bool {
        guard let member = node.members.member(named: identity.name) else { return false }
        return member.identity.life > identity.life || (member.identity == identity && member.status == .dead)
    }

    /// Makes a call to another node's actor that ends by `patience`.
    public func call<Value: Sendable>(
        _ patience: Duration, _ body: @Sendable (MeshActorSystem) async throws -> Value
    ) async throws(JobCallFailure) -> Value {
        do {
            let system = node.system
            return try await system.withDeadline(patience) { try await body(system) }
        } catch {
            throw JobCallFailure(error)
        }
    }
}

extension JobCallFailure {
    /// What the error of a call means. Whatever the code, what may have run is never one of the cases that say it has not.
    package init(_ error: any Error) {
        switch error {
        case let error as JobError: self = .refused(error)
        case let error as MeshError:
            let isCertain = error.outcome == .failed
            switch error.code {
            case .nodeDown: self = isCertain ? .nodeDown : .cutOff
            case .overloaded: self = isCertain ? .overloaded : .silent
            // Called off by the callee's side: its session ended, so nobody knows how far it came.
            case .unknown, .cancelled: self = .silent
            case .noSuchActor: self = isCertain ? .absent : .silent
            case .incompatible, .tooLarge, .calleeFailed: self = isCertain ? .failed(error.message) : .broken(error.message)
            }
        default: self = .broken("\(error)")
        }
    }
}

extension JobDesk {
    /// What this home has done, for the metrics.
    public var metrics: [MetricSample] {
        let totals = totals, kind = Machine.role
        return [
            MetricSample(
                "gossamer_\(kind)_jobs_running", .gauge, Double(runningCount), help: "Jobs of the kind \(kind) whose home this node is."),
            MetricSample(
                "gossamer_\(kind)_jobs_accepted_total", .counter, Double(totals.accepted),
                help: "Jobs of the kind \(kind) accepted by this home."),
            MetricSample(
                "gossamer_\(kind)_parts_resent_total", .counter, Double(totals.resent),
                help: "Parts of \(kind) jobs that this home has sent once more, because a worker died or was silent."),
        ]
    }
}

import Choreography
import Membership
import Mesh
import Placement
import World

/// Who does work in the mesh, as one node sees it.
struct WorkCrews: Sendable {
    /// A node that answers no call for so long has lost it.
    static let patience = Duration.seconds(3_600)

    let node: Node
    let kinds: [WorkKind]

    /// The view now and after every change, as the dispatcher wants it. Ends with the node.
    func views() -> AsyncStream<[WorkDispatcher.Input]> {
        let (stream, continuation) = AsyncStream.makeStream(of: [WorkDispatcher.Input].self, bufferingPolicy: .bufferingNewest(1))
        let events = node.membershipEvents()
        node.world.spawn("work.crews") {
            var before: [String: [NodeIdentity]] = [:]
            continuation.yield(view(&before))
            for await event in events {
                if case .decided = event { continuation.yield(view(&before)) }
            }
            continuation.finish()
        }
        return stream
    }

    private func view(_ before: inout [String: [NodeIdentity]]) -> [WorkDispatcher.Input] {
        let members = node.decidedMembers
        return kinds.map { kind in
            let seats = members.filter { $0.metadata.roles.contains(kind.name) }.map { WorkerSeat(node: $0.identity, credits: kind.credits($0)) }
            let living = Set(seats.map(\.node))
            let dead = (before[kind.name] ?? []).filter { !living.contains($0) && hasDied($0) }
            // One that is gone and not known to be dead may be, a view later.
            before[kind.name] = seats.map(\.node) + (before[kind.name] ?? []).filter { !living.contains($0) && !hasDied($0) }.suffix(64)
            return .crew(work: kind.name, seats, node.ring, died: dead)
        }
    }

    /// Whether the mesh holds the node for dead: not one that has left, and not one that is merely out of reach. Of a life that another one
    /// follows nobody remembers whether it said goodbye: it counts as dead.
    private func hasDied(_ identity: NodeIdentity) -> Bool {
        guard let member = node.members.member(named: identity.name) else { return false }
        return member.identity.life > identity.life || (member.identity == identity && member.status == .dead)
    }

    /// Has the worker on a node do a part. Returns soon after the node was declared dead.
    func call(_ assignment: WorkDispatcher.Assignment, _ task: WorkTask) async -> WorkDispatcher.Input {
        let system = node.system
        do {
            let result = try await system.withDeadline(Self.patience) {
                try await system.singleton(NodeWorker.self, on: assignment.node).perform(assignment.work, task)
            }
            return .answered(assignment, result)
        } catch {
            return .lost(assignment, WorkLoss(error, hasDied: hasDied(assignment.node)))
        }
    }
}

extension WorkKind {
    /// Parts of one actor that a node may have: one for each hundred of its capacity, the weight that it has on the ring, and one that waits.
    func credits(_ member: Member) -> Int {
        isRationed ? min(max(Int(clamping: member.metadata.capacity) / RingMember.ordinaryCapacity, 1), 1_024) + 1 : .max
    }
}

extension WorkLoss {
    /// What the error of a call means.
    package init(_ error: any Error, hasDied: Bool) {
        switch error {
        case let refusal as WorkRefusal:
            self =
                switch refusal.code {
                case .overloaded: .overloaded
                case .cannotWork: .failed(refusal.message)
                case .invalid: .invalid(refusal.message)
                }
        case let error as MeshError:
            switch error.code {
            case .nodeDown: self = hasDied ? .died : .nodeDown
            // A node that starts or drains has not opened its door.
            case .overloaded, .noSuchActor: self = error.outcome == .failed ? .overloaded : .silent
            // Called off by the callee's side: its session ended, so nobody knows how far it came.
            case .unknown, .cancelled: self = hasDied ? .died : .silent
            case .incompatible, .tooLarge, .calleeFailed: self = .failed(error.message)
            }
        default: self = .failed("\(error)")
        }
    }
}

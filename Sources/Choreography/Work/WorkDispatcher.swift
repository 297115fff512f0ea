import Placement
import World

/// Has the parts done that actors of this node's registers have ordered: a ``Scatter`` for each actor and kind of work.
package struct WorkDispatcher: Sendable {
    /// A part of an actor's work on a node.
    package struct Assignment: Hashable, Sendable {
        package let actor: ActorName
        package let work: String
        package let part: String
        package let node: NodeIdentity

        package init(_ actor: ActorName, work: String, part: String, on node: NodeIdentity) {
            (self.actor, self.work, self.part, self.node) = (actor, work, part, node)
        }
    }

    package enum Input: Sendable {
        /// See ``CourierEffect/perform(_:work:_:)``.
        case perform(ActorName, work: String, Scatter.Part)
        /// See ``CourierEffect/callOff(_:work:part:)``.
        case callOff(ActorName, work: String, part: String)
        /// Who does a kind of work in the present view, and the nodes that the mesh holds for dead since the one before.
        case crew(work: String, [WorkerSeat], HashRing, died: [NodeIdentity])
        case answered(Assignment, WorkResult)
        case lost(Assignment, WorkLoss)
        /// Due every ``Scatter/tickInterval`` unless ``WorkDispatcher/isIdle``.
        case tick
    }

    package enum Effect: Hashable, Sendable {
        /// Have the worker on the node do the part, and say `answered` or `lost`.
        case call(Assignment, WorkTask)
        /// End the call, and say nothing.
        case callOff(Assignment)
        /// Tell the courier.
        case ended(ActorName, part: String, WorkReport)
        case silent(ActorName, part: String, cause: String)
    }

    fileprivate struct Key: Hashable, Comparable {
        let actor: ActorName
        let work: String

        static func < (a: Key, b: Key) -> Bool { (a.actor, a.work) < (b.actor, b.work) }
    }

    private struct Crew {
        var seats: [WorkerSeat] = []
        var ring = HashRing([])
    }

    private let kinds: [String: WorkKind]
    private let resends: Bool
    private var scatters: [Key: Scatter] = [:]
    private var crews: [String: Crew] = [:]
    private var now = Instant.zero
    private var effects: [Effect] = []

    /// - Parameter resends: whether parts are sent again when their worker is lost. Always, but for ``World/Mutation/noResend``.
    package init(kinds: [WorkKind], resends: Bool = true) {
        self.kinds = Dictionary(kinds.map { ($0.name, $0) }) { first, _ in first }
        self.resends = resends
    }

    /// Nobody waits for anything.
    package var isIdle: Bool { scatters.isEmpty }

    /// Actors that wait for parts.
    package var count: Int { scatters.count }

    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        self.now = max(self.now, now)
        switch input {
        case .perform(let actor, let work, let part): perform(part, Key(actor: actor, work: work))
        case .callOff(let actor, let work, let part): give(.unwanted(part), Key(actor: actor, work: work))
        case .crew(let work, let seats, let ring, let dead):
            crews[work] = Crew(seats: seats, ring: ring)
            for key in scatters.keys.sorted() where key.work == work {
                for node in dead { give(.died(node), key) }
                give(.workers(seats, ring), key)
            }
        case .answered(let assignment, let result): give(.answered(assignment.part, by: assignment.node, result), assignment.key)
        case .lost(let assignment, let loss): give(.lost(assignment.part, by: assignment.node, loss), assignment.key)
        case .tick: for key in scatters.keys.sorted() { give(.tick, key) }
        }
        var out: [Effect] = []
        swap(&out, &effects)
        return out
    }

    private mutating func perform(_ part: Scatter.Part, _ key: Key) {
        guard let kind = kinds[key.work] else {
            let cause = "this program knows no work of the kind \(key.work); update it"
            return effects.append(.silent(key.actor, part: part.name, cause: cause))
        }
        if scatters[key] == nil {
            let crew = crews[key.work] ?? Crew()
            scatters[key] = Scatter(work: key.actor.work.map { "\($0)" } ?? "\(key.actor)", kind: kind, resends: resends)
            give(.workers(crew.seats, crew.ring), key)
        }
        give(.wanted(part), key)
    }

    private mutating func give(_ input: Scatter.Input, _ key: Key) {
        guard let done = scatters[key]?.handle(input, now: now) else { return }
        for effect in done {
            switch effect {
            case .send(let part, let node):
                let task = WorkTask(actor: key.actor, part: part.name, payload: part.payload)
                effects.append(.call(Assignment(key.actor, work: key.work, part: part.name, on: node), task))
            case .callOff(let name, let node): effects.append(.callOff(Assignment(key.actor, work: key.work, part: name, on: node)))
            case .ended(let name, let report): effects.append(.ended(key.actor, part: name, report))
            case .silent(let name, let cause): effects.append(.silent(key.actor, part: name, cause: cause))
            }
        }
        if scatters[key]?.isIdle == true, input.mayEnd { scatters[key] = nil }
    }
}

extension WorkDispatcher.Assignment {
    fileprivate var key: WorkDispatcher.Key { WorkDispatcher.Key(actor: actor, work: work) }
}

extension Scatter.Input {
    /// Whether a scatter that is idle afterwards is over.
    fileprivate var mayEnd: Bool {
        switch self {
        case .workers, .wanted: false
        case .unwanted, .answered, .lost, .died, .tick: true
        }
    }
}

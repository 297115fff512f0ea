import Placement
import World

// GIVING PARTS TO WORKERS
//
// An actor orders parts of a kind of work; they stand in its register as open until an answer is applied. Whoever looks after the actor
// has them done, by one of these values for each actor and kind. It lives in memory and owns nothing: when it dies with its node, that of
// the next replica reads the same orders and begins anew, and what workers did for the first counts as well as what they do for the
// second. So nothing here has to be right for the result to be; only for it to come soon, and once the trouble it costs.
//
// Placing. Part 17 of work W belongs to the ring's owner of "W/17" among the nodes that do this kind of work. Where parts are rationed a
// node has credits: it holds at most so many parts of the actor at a time, one on each of its processors and one that waits so that none
// idles while an answer travels. A node with a free credit takes the first waiting part that it owns; when it owns none, the first of
// the node with the longest queue. The ring thus decides in the long run who does what, yet a slow node never hoards.
// Where they are not, workers bound what they take: a part goes to its owner, and on to the next of the ring when that has no room.
// Parts of whichever work that are about the same (WorkKind.subject) have the same owner, who may have the answer at hand.
//
// Sending again. A part goes to another node when its worker's node died (known at once, by membership), when the call was lost, or when
// it is silent for much longer than parts have taken so far; in that case the first keeps it too. When nothing waits any more and
// nodes idle, they are given the oldest parts in flight as well (the backup tasks of Dean and Ghemawat, "MapReduce", OSDI 2004, 3.6),
// where the kind of work allows it. Whoever answers first counts, and the others are called off.
//
// A part that has a place goes to that node alone: Scatter+Places.swift.
//
// Giving up. A part with which three nodes have died may be what kills them, and is given to no other (PartDeaths); one that workers have
// reported as impossible four times has failed. Both are answers, and the actor decides what they mean. A part that all who may have it
// are silent about is not answered: an operator is told, and an answer that comes after all still counts.
//
// Where we depart from the design: workers do not report the ids that they have in hand every second. A call to a worker ends with the
// session, so that a death is seen in the same turn, and silence is measured against what parts have taken.

/// Has one actor's parts of one kind of work done.
package struct Scatter: Sendable {
    /// A part that is to be done.
    package struct Part: Hashable, Sendable {
        package let name: String
        package let payload: [UInt8]
        /// About how long it takes; zero when nobody knows.
        package let expected: Duration
        /// The only node that may have it, by name; nil for whichever the ring names.
        package let place: String?

        package init(_ name: String, _ payload: [UInt8], expected: Duration = .zero, place: String? = nil) {
            (self.name, self.payload, self.expected, self.place) = (name, payload, expected, place)
        }
    }

    package enum Input: Sendable {
        /// Who can work now, and the ring of the same view.
        case workers([WorkerSeat], HashRing)
        /// The part is to be done. Of one that is known, it is to be begun anew.
        case wanted(Part)
        /// Nobody waits for the part any longer.
        case unwanted(String)
        /// A worker has done the part.
        case answered(String, by: NodeIdentity, WorkResult)
        /// The part will not be answered by this worker.
        case lost(String, by: NodeIdentity, WorkLoss)
        /// The mesh holds this node for dead. What it had has been or will be reported as lost all the same.
        case died(NodeIdentity)
        /// Time has passed. Due every ``tickInterval`` while anything is wanted.
        case tick
    }

    package enum Effect: Hashable, Sendable {
        /// Ask the worker on this node, and report the end as `answered` or `lost`.
        case send(Part, to: NodeIdentity)
        /// Call off what was sent; nothing need be reported.
        case callOff(String, on: NodeIdentity)
        /// The part has come to an end, and is forgotten.
        case ended(String, WorkReport)
        /// All who may have the part are silent about it: why it is not expected to be answered any more.
        case silent(String, String)
    }

    package static let tickInterval = Duration.milliseconds(100)
    /// Workers that may have one part at the same time.
    static let copiesAllowed = 3
    /// A part that workers have reported as impossible this often has failed.
    static let failuresAllowed = 4

    /// What the places of parts on the ring are reckoned from, with their names.
    let work: String
    let kind: WorkKind
    /// Whether parts are sent again when their worker is lost. Always, but for ``World/Mutation/noResend``.
    let resends: Bool
    var parts: [String: Entry] = [:]
    /// Those that are to be sent, in order.
    var waiting: [String] = []
    /// Sorted by identity.
    var seats: [Seat] = []
    var ring = HashRing([])
    var latency = PartLatency()

    package init(work: String, kind: WorkKind, resends: Bool = true) {
        (self.work, self.kind, self.resends) = (work, kind, resends)
    }

    /// Nothing is wanted.
    package var isIdle: Bool { parts.isEmpty }

    /// Takes in what has happened; returns what must be done, in this order.
    package mutating func handle(_ input: Input, now: Instant) -> [Effect] {
        var effects: [Effect] = []
        switch input {
        case .workers(let workers, let ring): take(workers, ring)
        case .wanted(let part): want(part, &effects)
        case .unwanted(let name): forget(name, except: nil, &effects)
        case .answered(let name, let node, let result): answered(name, node, result, now, &effects)
        case .lost(let name, let node, let loss): lost(name, node, loss, now, &effects)
        case .died(let node):
            for name in parts.keys.sorted() {
                parts[name]?.deaths.confirm(node)
                parts[name]?.noteDeath(of: node)
                giveUpAfterDeaths(name, node, &effects)
            }
        case .tick:
            giveUpAbsentPlaces(now, &effects)
            callAgain(now, &effects)
        }
        dispatch(now, &effects)
        precondition(seats.allSatisfy { $0.inFlight >= 0 }, "a credit came back twice")
        precondition(waiting.count <= parts.count, "a part waits twice")
        return effects
    }

    // MARK: Wanting

    private mutating func want(_ part: Part, _ effects: inout [Effect]) {
        forget(part.name, except: nil, &effects)
        parts[part.name] = Entry(part: part)
        enqueue(part.name)
    }

    mutating func forget(_ name: String, except node: NodeIdentity?, _ effects: inout [Effect]) {
        guard let entry = parts.removeValue(forKey: name) else { return }
        waiting.removeAll { $0 == name }
        for flight in entry.flights {
            release(flight.node)
            if flight.node != node { effects.append(.callOff(name, on: flight.node)) }
        }
    }

    // MARK: Gathering

    private mutating func answered(_ name: String, _ node: NodeIdentity, _ result: WorkResult, _ now: Instant, _ effects: inout [Effect]) {
        guard let entry = parts[name], let flight = entry.flights.first(where: { $0.node == node }) else { return }
        latency.record(now - flight.sentAt)
        if let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].refusals = 0 }
        for other in entry.flights where other.node != node {
            // Slower than someone who began later: perhaps it hangs, so its credit does not draw new parts at once.
            if let seat = seats.firstIndex(where: { $0.node == other.node }) { seats[seat].close(after: .silent, now: now) }
        }
        end(name, result, node, &effects)
    }

    private mutating func end(_ name: String, _ result: WorkResult, _ node: NodeIdentity, _ effects: inout [Effect]) {
        let resent = parts[name]?.resent ?? 0
        forget(name, except: node, &effects)
        effects.append(.ended(name, WorkReport(result: result, node: node.name, resent: resent)))
    }

    // MARK: Losing

    private mutating func lost(_ name: String, _ node: NodeIdentity, _ loss: WorkLoss, _ now: Instant, _ effects: inout [Effect]) {
        guard let flight = parts[name]?.flights.firstIndex(where: { $0.node == node }) else { return }
        parts[name]?.flights.remove(at: flight)
        release(node)
        if let seat = seats.firstIndex(where: { $0.node == node }) { seats[seat].close(after: loss, now: now) }
        parts[name]?.tried.insert(node.name)
        switch loss {
        case .died:
            parts[name]?.deaths.insert(node)
            parts[name]?.noteDeath(of: node)
            giveUpAfterDeaths(name, node, &effects)
        case .nodeDown, .silent: parts[name]?.deaths.miss(node)
        case .overloaded: parts[name]?.pause(now)
        case .failed(let reason):
            parts[name]?.failures += 1
            if parts[name]?.failures ?? 0 >= Self.failuresAllowed { end(name, .failed(reason), node, &effects) }
        case .invalid(let reason): end(name, .failed(reason), node, &effects)
        }
        guard let entry = parts[name], entry.flights.isEmpty, resends || loss == .overloaded else { return }
        if loss != .overloaded {
            parts[name]?.isResend = true
            // The next has failed it before; one that is out of reach would fail it again in the same moment.
            if entry.part.place != nil || seats.allSatisfy({ entry.tried.contains($0.node.name) }) { parts[name]?.pause(now) }
        }
        enqueue(name)
    }

    private mutating func giveUpAfterDeaths(_ name: String, _ node: NodeIdentity, _ effects: inout [Effect]) {
        guard let entry = parts[name], entry.deaths.isOver else { return }
        end(name, .failed("nodes died while they had this in hand: \(entry.deaths.names); it is given to no other"), node, &effects)
    }

    // MARK: Silence

    /// Gives what is silent for too long to another as well, its worker keeping it.
    private mutating func callAgain(_ now: Instant, _ effects: inout [Effect]) {
        guard resends else { return }
        let idles = kind.hasBackups && waiting.isEmpty && seats.contains { $0.isFree(now) }
        for name in parts.keys.sorted() {
            guard let entry = parts[name], let last = entry.flights.last, !entry.isGivenUp, !waiting.contains(name) else { continue }
            let silence = silenceLimit(entry.part), span = now - last.sentAt
            guard span > (idles ? min(stragglerLimit ?? silence, silence) : silence) else { continue }
            if entry.flights.count < copiesAllowed(entry.part) {
                parts[name]?.isResend = true
                for flight in entry.flights { parts[name]?.tried.insert(flight.node.name) }
                enqueue(name)
            } else if span > silence {
                parts[name]?.isGivenUp = true
                let names = entry.flights.map(\.node.name).joined(separator: ", ")
                effects.append(.silent(name, "no answer from \(names), to whom it was given, for \(span.wholeSeconds) s"))
            }
        }
    }

    private func copiesAllowed(_ part: Part) -> Int { part.place == nil ? max(1, min(Self.copiesAllowed, seats.count)) : 1 }

    /// Eight times the longest so far, or twenty times what is expected while nothing is known; at least what the kind of work says.
    private func silenceLimit(_ part: Part) -> Duration {
        max(latency.average == nil ? part.expected * 20 : latency.longest * 8, kind.shortestSilence)
    }

    /// While nodes idle: three times the average, at least 100 ms.
    private var stragglerLimit: Duration? { latency.average.map { max($0 * 3, .milliseconds(100)) } }
}

extension Duration {
    fileprivate var wholeSeconds: Int64 { milliseconds / 1_000 }
}

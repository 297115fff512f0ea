import Choreography
import Placement
import World

/// A scatter and workers that do what the test says, in virtual time.
struct ScatterBench {
    /// As counting primes is: rationed, and idle nodes help.
    static let counting = WorkKind("count", isRationed: true, shortestSilence: .seconds(5), hasBackups: true)
    /// As lookups are: workers bound what they take, and nothing is done twice without need.
    static let looking = WorkKind("look", isRationed: false, shortestSilence: .seconds(20), hasBackups: false)

    /// As those, about what the order says.
    static let repeating = WorkKind("repeat", isRationed: false, shortestSilence: .seconds(20), hasBackups: false) { order in
        order.isEmpty ? nil : String(decoding: order, as: UTF8.self)
    }

    struct Call: Hashable {
        let part: Scatter.Part
        let node: NodeIdentity
    }

    private var scatter: Scatter
    let kind: WorkKind
    var now = Instant(nanoseconds: 1_000_000_000)
    /// What has been sent and neither answered nor called off.
    var underWay: [Call] = []
    private(set) var calledOff: [Call] = []
    /// Everything that was sent, in order.
    private(set) var sent: [Call] = []
    private(set) var ends: [(part: String, report: WorkReport)] = []
    private(set) var silences: [(part: String, cause: String)] = []

    init(_ kind: WorkKind = counting, work: String = "w", resends: Bool = true) {
        self.kind = kind
        scatter = Scatter(work: work, kind: kind, resends: resends)
    }

    var isIdle: Bool { scatter.isIdle }

    func ends(of part: String) -> [WorkReport] { ends.filter { $0.part == part }.map(\.report) }

    func nodes(with part: String) -> [String] { underWay.filter { $0.part.name == part }.map(\.node.name) }

    func count(at node: String) -> Int { underWay.count { $0.node.name == node } }

    static func ring(_ names: [String], _ kind: WorkKind = counting) -> HashRing {
        HashRing(names.map { RingMember(name: $0, roles: [kind.name]) })
    }

    // MARK: What happens

    mutating func handle(_ input: Scatter.Input) {
        for effect in scatter.handle(input, now: now) {
            switch effect {
            case .send(let part, let node):
                underWay.append(Call(part: part, node: node))
                sent.append(Call(part: part, node: node))
            case .callOff(let name, let node):
                calledOff += underWay.filter { $0.part.name == name && $0.node == node }
                underWay.removeAll { $0.part.name == name && $0.node == node }
            case .ended(let name, let report): ends.append((name, report))
            case .silent(let name, let cause): silences.append((name, cause))
            }
        }
    }

    mutating func want(_ names: [String], expected: Duration = .zero, at place: String? = nil) {
        for name in names { handle(.wanted(Scatter.Part(name, Array(name.utf8), expected: expected, place: place))) }
    }

    mutating func workers(_ names: [String], credits: Int = 2) { workers(names.map { NodeIdentity(name: $0, life: 1) }, credits: credits) }

    mutating func workers(_ nodes: [NodeIdentity], credits: Int = 2) {
        handle(.workers(nodes.map { WorkerSeat(node: $0, credits: credits) }, Self.ring(nodes.map(\.name), kind)))
    }

    mutating func tick(after duration: Duration) {
        now = now + duration
        handle(.tick)
    }

    /// Time passes in steps of a tick, as it does for a dispatcher.
    mutating func wait(_ duration: Duration) {
        let end = now + duration
        while now < end { tick(after: Scatter.tickInterval) }
    }

    mutating func answer(_ index: Int, _ result: WorkResult = .done([1])) {
        let call = underWay.remove(at: index)
        handle(.answered(call.part.name, by: call.node, result))
    }

    /// A node's oldest call is answered; false when it has none.
    @discardableResult
    mutating func answer(by node: String) -> Bool {
        guard let index = underWay.firstIndex(where: { $0.node.name == node }) else { return false }
        answer(index)
        return true
    }

    mutating func answerAll() { while !underWay.isEmpty { answer(0) } }

    mutating func lose(_ index: Int, _ loss: WorkLoss) {
        let call = underWay.remove(at: index)
        handle(.lost(call.part.name, by: call.node, loss))
    }

    /// The node is dead: first its calls end, then the view is without it. Gives what it had.
    @discardableResult
    mutating func die(_ node: NodeIdentity, leaving others: [NodeIdentity]) -> [Call] {
        let had = underWay.filter { $0.node == node }
        underWay.removeAll { $0.node == node }
        for call in had { handle(.lost(call.part.name, by: node, .died)) }
        workers(others)
        return had
    }
}

/// The names of many parts.
func parts(_ count: Int) -> [String] { (0..<count).map { "p\($0)" } }

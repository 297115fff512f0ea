/// The steps of a choreography, and which lead to which.
struct StepGraph {
    struct Node: Hashable, Comparable, CustomStringConvertible {
        let kind: String
        let event: String

        static func < (a: Node, b: Node) -> Bool { (a.kind, a.event) < (b.kind, b.event) }
        var description: String { "\(kind) on \(event)" }
    }

    private let steps: [Node: Step]
    private let order: [Node]
    private let doubled: [Node]

    init(_ steps: [Step]) {
        let nodes = steps.map { Node(kind: $0.kind, event: $0.event) }
        self.steps = Dictionary(zip(nodes, steps)) { first, _ in first }
        order = self.steps.keys.sorted()
        doubled = order.filter { node in nodes.count { $0 == node } > 1 }
    }

    var findings: [String] {
        let sent = sentences
        // What is not known leads nowhere, and would only be told twice.
        return sent + longNames + doubled.map { "\($0) is declared twice" } + unreached + circles + withoutWayBack
    }

    /// The steps that may follow at once.
    private func next(_ node: Node) -> [Node] {
        guard let step = steps[node] else { return [] }
        let sent = step.sends.map { Node(kind: $0.kind, event: $0.event) }
        let own = step.timers + (step.orders.isEmpty ? [] : [WorkAnswer.name])
        return (sent + own.map { Node(kind: node.kind, event: $0) }).filter { steps[$0] != nil }.sorted()
    }

    // MARK: Events

    private var sentences: [String] {
        order.flatMap { node -> [String] in
            guard let step = steps[node] else { return [] }
            let sent = step.sends.sorted().compactMap { sending -> String? in
                let receiver = Node(kind: sending.kind, event: sending.event)
                if steps[receiver] == nil { return "\(node) sends \(sending), which has no reaction to it" }
                return steps[receiver]?.origins.contains(.actors) == true ? nil : "\(node) sends \(sending), which does not take it from actors"
            }
            let timers = step.timers.filter { steps[Node(kind: node.kind, event: $0)]?.origins.contains(.timer) != true }
                .map { "\(node) sets a timer for \($0), to which \(node.kind) has no reaction from a timer" }
            let isAnswered = steps[Node(kind: node.kind, event: WorkAnswer.name)]?.origins.contains(.worker) == true
            let orders = isAnswered ? [] : step.orders.map { "\(node) orders \($0), to whose answers \(node.kind) has no reaction" }
            return sent + timers + orders
        }
    }

    private var longNames: [String] {
        order.filter { !(1...ChoreographyLimits.nameBytes).contains($0.event.utf8.count) }
            .map { "\($0) has a name of \($0.event.utf8.count) bytes; give 1 to \(ChoreographyLimits.nameBytes)" }
    }

    private var unreached: [String] {
        let reached = reached { _ in true }
        return order.filter { !reached.contains($0) }.map { "nothing leads to \($0)" }
    }

    // MARK: Circles

    /// Circles of steps none of which is limited. Without those that are, what is left must have no circle.
    private var circles: [String] {
        var isDone: Set<Node> = [], found: [String] = []
        for start in order where steps[start]?.limit == nil {
            var path: [Node] = []
            look(from: start, &path, &isDone, &found)
        }
        return found
    }

    private func look(from node: Node, _ path: inout [Node], _ isDone: inout Set<Node>, _ found: inout [String]) {
        if let first = path.firstIndex(of: node) {
            let circle = path[first...].map(\.description) + ["\(node)"]
            found.append("\(circle.joined(separator: " -> ")) goes round without a limit")
            return
        }
        guard !isDone.contains(node) else { return }
        path.append(node)
        for next in next(node) where steps[next]?.limit == nil { look(from: next, &path, &isDone, &found) }
        path.removeLast()
        isDone.insert(node)
    }

    // MARK: Ways back

    private var withoutWayBack: [String] {
        // The steps that may come without a pivot before them.
        let free = reached { steps[$0]?.nature != .pivot }
        return order.flatMap { node -> [String] in
            switch steps[node]?.nature {
            case .compensable(let undoing):
                let back = Node(kind: node.kind, event: undoing)
                guard let step = steps[back] else { return ["\(node) is undone by \(undoing), to which \(node.kind) has no reaction"] }
                return step.nature == .compensation(of: node.event) ? [] : ["\(node) is undone by \(undoing), which does not say so"]
            case .compensation(let undone):
                let forward = Node(kind: node.kind, event: undone)
                return steps[forward]?.nature == .compensable(by: node.event)
                    ? [] : ["\(node) undoes \(undone), which is no step of \(node.kind) that says so"]
            case .retriable: return free.contains(node) ? ["\(node) can be undone by nothing, and may come before the pivot"] : []
            case .note, .pivot, nil: return []
            }
        }
    }

    /// The steps to which events from outside may lead, through those that let them pass.
    private func reached(through passes: (Node) -> Bool) -> Set<Node> {
        var found: Set<Node> = [], left = order.filter { steps[$0]?.origins.contains(.outside) == true }
        while let node = left.popLast() {
            guard found.insert(node).inserted, passes(node) else { continue }
            left += next(node)
        }
        return found
    }
}

/// What all nodes have said of one another when they were asked at the same time. It stays true until the next one.
struct Look: Sendable {
    /// When the first was asked, and when the last had answered.
    let callNs: Int64
    let returnNs: Int64
    /// By node, statuses by name; nil for a node that did not answer.
    let views: [String: [String: String]?]

    /// True when every node that runs answers, sees those that run alive and nobody else.
    func isEqual(running: Set<String>) -> Bool { disagreement(running: running) == nil }

    /// What keeps the views from being equal; nil when they are.
    func disagreement(running: Set<String>) -> String? {
        for node in running.sorted() {
            guard let view = views[node] ?? nil else { return "\(node) did not answer" }
            for member in Set(view.keys).union(running).sorted() {
                let status = view[member] ?? "unknown"
                if (status == "alive") != running.contains(member) || status == "suspect" { return "\(node) saw \(member) as \(status)" }
            }
        }
        return nil
    }
}

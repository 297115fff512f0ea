import World

/// A table by id of work that never holds more than its limit: the oldest insertion goes first.
package struct BoundedTable<Value: Sendable>: Sendable {
    package let limit: Int
    private var values: [WorkID: Value] = [:]
    /// In order of insertion, with the part before `head` gone.
    private var order: [WorkID] = []
    private var head = 0

    package init(limit: Int) {
        precondition(limit > 0, "a table that may hold nothing")
        self.limit = limit
    }

    package var count: Int { values.count }

    package subscript(id: WorkID) -> Value? { values[id] }

    /// The latest insertions, the newest first.
    func newest(_ count: Int) -> [Value] { order.suffix(from: head).suffix(count).reversed().compactMap { values[$0] } }

    /// Adds or replaces. A replaced value keeps its place in the order.
    package mutating func insert(_ value: Value, for id: WorkID) {
        if values.updateValue(value, forKey: id) != nil { return }
        order.append(id)
        guard values.count > limit else { return }
        values[order[head]] = nil
        head += 1
        if head > limit {
            order.removeFirst(head)
            head = 0
        }
    }
}

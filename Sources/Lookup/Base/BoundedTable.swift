import World

/// A table by id of work that never holds more than its limits, of values and of their bytes: the oldest insertion goes first.
package struct BoundedTable<Value: Sendable>: Sendable {
    package let limit: Int
    /// Of all values together. A value that alone is larger is held all the same, and alone.
    package let byteLimit: Int
    private let size: @Sendable (Value) -> Int
    private var values: [WorkID: Value] = [:]
    /// In order of insertion, with the part before `head` gone.
    private var order: [WorkID] = []
    private var head = 0
    /// Of all values that are held.
    package private(set) var bytes = 0

    /// - Parameters:
    ///   - limit: of values; at least 1.
    ///   - byteLimit: see ``byteLimit``; at least 1.
    ///   - size: about how many bytes of memory a value takes, always the same for the same value.
    package init(limit: Int, byteLimit: Int = .max, size: @escaping @Sendable (Value) -> Int = { _ in 0 }) {
        precondition(limit > 0 && byteLimit > 0, "a table that may hold nothing")
        self.limit = limit
        self.byteLimit = byteLimit
        self.size = size
    }

    package var count: Int { values.count }

    package subscript(id: WorkID) -> Value? { values[id] }

    /// Adds or replaces. A replaced value keeps its place in the order.
    package mutating func insert(_ value: Value, for id: WorkID) {
        bytes += size(value)
        if let old = values.updateValue(value, forKey: id) { bytes -= size(old) } else { order.append(id) }
        while values.count > 1, values.count > limit || bytes > byteLimit { removeOldest() }
    }

    private mutating func removeOldest() {
        if let old = values.removeValue(forKey: order[head]) { bytes -= size(old) }
        head += 1
        guard head > order.count / 2 else { return }
        order.removeFirst(head)
        head = 0
    }
}

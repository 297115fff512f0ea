import Choreography

/// The calls of workers that are under way, by what they are for. Each has a number of its own: one that was called off may come back after
/// all, when its successor is under way, and is not taken for that.
package struct WorkCalls<Call: Sendable>: Sendable {
    private var open: [WorkDispatcher.Assignment: (number: UInt64, call: Call)] = [:]
    private var last: UInt64 = 0

    package init() {}

    /// Begins a call for which none is under way.
    /// - Parameter make: gets the number of the call, by which it is to ``end(_:number:)``.
    package mutating func begin(_ assignment: WorkDispatcher.Assignment, _ make: (_ number: UInt64) -> Call) {
        last += 1
        let call = make(last)
        precondition(open.updateValue((last, call), forKey: assignment) == nil, "a node is asked for one part twice")
    }

    /// A call has come back.
    /// - Returns: whether that is the one that is waited for.
    package mutating func end(_ assignment: WorkDispatcher.Assignment, number: UInt64) -> Bool {
        guard open[assignment]?.number == number else { return false }
        open[assignment] = nil
        return true
    }

    /// Nobody waits for the call any longer.
    package mutating func callOff(_ assignment: WorkDispatcher.Assignment) -> Call? { open.removeValue(forKey: assignment)?.call }
}

import World

/// Keeps results that are too large for registers. What is announced lies on two nodes before, as far as two are there.
public protocol ResultStore: Sendable {
    /// Keeps the bytes here and on another node, and says where. The same bytes once more are the same result.
    /// - Parameter work: the piece of work that they are of; with its hour they go.
    /// - Throws: ``WorkRefusal`` `overloaded` when they cannot be kept now, with the reason.
    func save(_ bytes: [UInt8], of work: WorkID) async throws(WorkRefusal) -> ResultLocation

    /// The bytes, from here or from another node; nil when nobody who has them answers.
    func read(_ location: ResultLocation) async -> [UInt8]?
}

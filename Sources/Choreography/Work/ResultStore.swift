import World

/// Keeps results that are too large for registers. What is announced lies on two nodes before, as far as two are there.
///
/// This is the seam for other stores, such as one of objects over HTTP (S3 and its like): the digest in a ``ResultLocation`` is a name that
/// any of them can bear, and `nodes` may be empty for one that is no node's.
public protocol ResultStore: Sendable {
    /// Keeps the bytes here and on another node, and says where. The same bytes once more are the same result.
    /// - Parameter work: the piece of work that they are of; they stay for as long as it does.
    /// - Throws: ``WorkRefusal`` `overloaded` when they cannot be kept now, `invalid` when they never can, with the reason.
    func save(_ bytes: [UInt8], of work: WorkID) async throws(WorkRefusal) -> ResultLocation

    /// The bytes, from here or from another node; nil when nobody who has them answers.
    func read(_ location: ResultLocation) async -> [UInt8]?

    /// Begins to take away, now and then, what is of work that is over; goes on until the node ends. What is of other work stays.
    /// - Parameter isOver: whether no actor of the piece of work is there any more; nil when that cannot be said now.
    func start(isOver: @escaping @Sendable (WorkID) async -> Bool?)
}

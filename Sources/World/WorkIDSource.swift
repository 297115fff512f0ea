import Synchronization

/// Where ids of work come from.
public protocol WorkIDSource: Sendable {
    func next() -> WorkID
}

extension WorkIDGenerator: WorkIDSource {}

/// The ids that follow from one, the same ones and in the same order for whoever begins with it: what was begun under them by somebody who
/// died is begun again by somebody else, and is the same work.
///
/// All have the time of the first, so that they are of one hour with it.
public final class WorkIDSeries: WorkIDSource {
    /// Odd, so that all 2^62 numbers come before one comes again; and far from the small steps of a ``WorkIDGenerator``. It is part of what
    /// nodes of different releases have to agree on.
    private static let step: UInt64 = 0x1E37_79B9_7F4A_7C15

    private let first: WorkID
    private let count = Atomic<UInt64>(0)

    /// - Parameter first: what ``next()`` gives first.
    public init(from first: WorkID) { self.first = first }

    public func next() -> WorkID {
        let number = count.wrappingAdd(1, ordering: .relaxed).oldValue
        return WorkID(
            milliseconds: UInt64(first.millisecondsSince1970), randomA: first.high, randomB: first.low &+ number &* Self.step)
    }
}

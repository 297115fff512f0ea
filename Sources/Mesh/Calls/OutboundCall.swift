import Synchronization
import World

/// A call on its way to another node.
struct OutboundCall: Sendable {
    let callee: MeshActorID
    let target: String
    let arguments: [UInt8]
    let deadline: Instant
    let isOneWay: Bool
    let ticket = CallTicket()
}

/// Lets a cancelled task find its call, even when it is cancelled before the call has begun.
final class CallTicket: Sendable {
    private static let cancelled = UInt64.max
    private let state = Atomic<UInt64>(0)

    /// Notes the id of the call, which is never 0.
    /// - Returns: false when the task has been cancelled before.
    func begin(_ id: UInt64) -> Bool {
        state.compareExchange(expected: 0, desired: id, ordering: .acquiringAndReleasing).exchanged
    }

    /// - Returns: the id of the call, if it has begun.
    func cancel() -> UInt64? {
        let id = state.exchange(Self.cancelled, ordering: .acquiringAndReleasing)
        return id == 0 || id == Self.cancelled ? nil : id
    }
}

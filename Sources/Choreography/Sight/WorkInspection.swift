import Registers
import World

/// Durable work, as operators look at it and help it along.
public protocol WorkInspection: Sendable {
    /// All that has happened to a piece of work, what is to come, and what is done about it. Empty for one that nobody knows.
    func picture(of work: WorkID, limits: CausalLimits) async throws(RegisterError) -> WorkPicture
    /// The kinds that begin work.
    var kinds: [String] { get }
    /// A page of the work that is not over.
    func open(_ listing: OpenWorkListing) async -> OpenWorkList
    /// A page of what is dead.
    func dead(before: String?, limit: Int) async -> DeadList
    /// What is dead, with its payload; nil when it is not dead, or not any more.
    func dead(_ id: DeadID) async throws(RegisterError) -> DeadDetail?
    /// Has what is dead tried again. False when it is not dead, or not any more.
    func redrive(_ id: DeadID, operation: WorkID) async throws(RegisterError) -> Bool
    /// Gives up what is dead. False when it is not dead, or not any more.
    func discard(_ id: DeadID, operation: WorkID) async throws(RegisterError) -> Bool
}

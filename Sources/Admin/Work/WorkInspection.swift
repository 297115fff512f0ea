import Choreography
import Registers
import Truth
import World

/// What the admin port reads of durable work, and how operators help it along. ``Truth/WorkDesk`` is one.
public protocol WorkInspection: Sendable {
    /// All that has happened to a piece of work, what is to come, and what is done about it. Empty for one that nobody knows.
    func picture(of work: WorkID, limits: CausalLimits) async throws(RegisterError) -> WorkPicture
}

extension WorkDesk: WorkInspection {}

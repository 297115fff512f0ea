import Choreography
import Registers
import World

/// Gives a test the hands of a reaction.
enum Probe {
    static func reaction(on step: Step) -> Reaction {
        let disk = MemoryStore(MemoryDisk(id: StoreID(high: 0, low: 1)))
        return Reaction(
            .clerk, step, trace: .first, sender: nil,
            view: RegisterView(state: .empty, rows: LayeredRows(disk, ActorName.clerk.key, isBare: true)))
    }
}

extension Step {
    /// May say something to a box and set a timer.
    static let say = Step(
        kind: Clerk.kind, event: Do.name, nature: .note, origins: [.outside], sends: [.to(Box.self, Say.self)], orders: [],
        timers: [Ring.name],
        limit: nil)
}

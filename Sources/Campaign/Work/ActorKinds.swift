import Choreography
import Items
import Orders
import Primes
import Registers
import Truth
import World

/// The machines of all registers of a campaign.
enum ActorKinds {
    /// Durable actors: those of the product, and those that were made to try out what these do not do.
    static let all: [any DurableActor.Type] =
        Choreography.orderActors + Choreography.itemActors + [PrimesJob.self] + [Trip.self, Agent.self, Hotel.self, Gather.self]

    /// The kinds of work that these order.
    static let work = [Gather.work, PrimesJob.work]

    static func machines(_ mutations: Set<Mutation>) -> MachineBook {
        var machines: [String: any RegisterMachine] = [IdempotencyMachine.kind: IdempotencyMachine(mutations: mutations)]
        for kind in ["set", "value", "work"] { machines[kind] = CampaignMachine() }
        for actor in all { machines[actor.kind] = actor.machine(mutations) }
        return MachineBook(machines: machines)
    }
}

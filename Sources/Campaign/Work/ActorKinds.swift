import Choreography
import Orders
import Registers
import World

/// The machines of all registers of a campaign.
enum ActorKinds {
    /// Durable actors: those of the product, and those that were made to try out what these do not do.
    static let all: [any DurableActor.Type] = Choreography.orderActors + [Trip.self, Agent.self, Hotel.self, Gather.self]

    static func machines(_ mutations: Set<Mutation>) -> MachineBook {
        var machines: [String: any RegisterMachine] = [:]
        for kind in ["set", "value", "work"] { machines[kind] = CampaignMachine() }
        for actor in all { machines[actor.kind] = actor.machine(mutations) }
        return MachineBook(machines: machines)
    }
}

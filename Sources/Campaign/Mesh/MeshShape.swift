import Membership
import Placement
import Registers
import World

/// What a simulated mesh is made of.
struct MeshShape: Sendable {
    /// Machines with the store role: 3, 5 or 7.
    var stores = 5
    /// Machines with the store role that the first map does not name.
    var spares = 0
    /// Machines without it, which forward only.
    var others = 0
    var membership = MembershipConfiguration.local
    var replica = ReplicaConfiguration()
    /// How often a node looks for newer configurations.
    var lookInterval: Duration = .milliseconds(250)
    /// How long inputs gather before a replica handles them together; zero hands each over at once.
    var turnTime: Duration = .zero
    /// The mean time in which a disk writes a commit.
    var commitTime: Duration = .microseconds(600)
    /// How long a node waits for a home before it asks the next.
    var forwardPatience: Duration = .milliseconds(700)

    var count: Int { stores + spares + others }

    static func storeID(_ machine: Int) -> StoreID { StoreID(volatileStoreOf: "n\(machine + 1)", mesh: "campaign") }

    /// The map that is written down for so many stores.
    static func map(stores: Int) -> ReplicaMap {
        switch stores {
        case 3: three
        case 7: seven
        default: five
        }
    }

    // Made once: spreading 1,024 shards takes longer than most of a run.
    private static let three = made(3), five = made(5), seven = made(7)

    private static func made(_ count: Int) -> ReplicaMap {
        let stores = (0..<count).map { ShardStore(id: storeID($0), name: "n\($0 + 1)") }
        do {
            let map = try ShardMap.genesis(of: stores)
            return ReplicaMap(replicas: map.replicaIDs)
        } catch { preconditionFailure("\(count) stores have no map: \(error)") }
    }
}

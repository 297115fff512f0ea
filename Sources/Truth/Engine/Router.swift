import Registers
import World

/// Whom to ask for a key: the stores of its shard that live, in the order in which they are home, then the others, because gossip may be
/// wrong. A hint and never a right: any replica may propose, and the ballot decides.
package struct Router {
    let map: ReplicaMap
    let live: Set<StoreID>

    package init(map: ReplicaMap, live: Set<StoreID>) {
        self.map = map
        self.live = live
    }

    package func candidates(for key: RegisterKey) -> [StoreID] {
        let replicas = map.electorate(of: key.shard).members
        return replicas.filter(live.contains) + replicas.filter { !live.contains($0) }
    }

    /// The home: the first live replica.
    package func home(of key: RegisterKey) -> StoreID? { map.electorate(of: key.shard).members.first(where: live.contains) }
}

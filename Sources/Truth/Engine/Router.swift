import Registers
import World

/// Whom to ask for a key: the stores of its shard that live, in the order in which they are home, then the others, because gossip may be
/// wrong. Those whose wall clocks are off stand behind those that are right. A hint and never a right: any replica may propose, and the ballot decides.
package struct Router {
    let map: ReplicaMap
    let live: Set<StoreID>
    let astray: Set<StoreID>

    package init(map: ReplicaMap, live: Set<StoreID>, astray: Set<StoreID> = []) {
        self.map = map
        self.live = live
        self.astray = astray
    }

    package func candidates(for key: RegisterKey) -> [StoreID] {
        let replicas = map.electorate(of: key.shard).members, living = replicas.filter(live.contains)
        return living.filter { !astray.contains($0) } + living.filter(astray.contains) + replicas.filter { !live.contains($0) }
    }

    /// The home: the first live replica whose clock is right, or the first live one where none is.
    package func home(of key: RegisterKey) -> StoreID? { candidates(for: key).first.flatMap { live.contains($0) ? $0 : nil } }
}

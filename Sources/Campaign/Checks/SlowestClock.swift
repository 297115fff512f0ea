import Registers
import World

extension SimulatedMesh {
    /// What the wall clock shows that is furthest behind among those of a register's replicas: an hour passes when it is over by
    /// all of them.
    func slowestClock(of key: RegisterKey) -> WallTime? {
        map.electorate(of: key.shard).members.compactMap { id in
            machines.firstIndex { ($0.process?.store?.id ?? $0.disk?.id) == id }.map(wall)
        }.min()
    }
}

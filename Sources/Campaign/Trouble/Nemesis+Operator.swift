import Registers
import World

extension Nemesis {
    /// Does what an operator may do: replaces a store by a spare, adds one, removes one, or takes back what is under way.
    func reconfigure() {
        guard let process = random.pick(mesh.running) else { return }
        let map = mesh.machines[process.machine].map
        let next: ReplicaMap?
        if map.isJoint {
            next = random.chance(0.15) ? map.abandoned() : nil
        } else {
            next = target(map).map { map.joint(with: $0, keepers: keepers($0, map), mutations: mesh.mutations) }
        }
        guard let next else { return }
        let text = map.isJoint ? "back to the old stores" : "to the stores \(next.stores.map(\.short).joined(separator: " "))"
        mesh.trace.note(mesh.now, process.machine, .trouble, next.epoch, "epoch \(next.epoch) is wanted: \(text)")
        mesh.propose(next, to: process)
    }

    /// For every shard the stores that are to hold it.
    private func target(_ map: ReplicaMap) -> [[StoreID]]? {
        let present = (0..<Shard.count).map { map.electorate(of: $0).members }, stores = Set(present.joined()).sorted()
        let spare = random.pick(mesh.machines.compactMap { $0.process?.store?.id }.filter { !map.stores.contains($0) })
        // Those that lost their disks first, or no mesh would outlive many of these.
        let lost = stores.filter { store in !mesh.machines.contains { ($0.process?.store?.id ?? $0.disk?.id) == store } }
        guard let leaving = random.pick(lost) ?? random.pick(stores) else { return nil }
        if let spare, lost.isEmpty, random.chance(0.3) {
            return present.enumerated().map { shard, list in
                guard shard % (stores.count + 1) < list.count else { return list }
                var list = list
                list[shard % (stores.count + 1)] = spare
                return list
            }
        }
        if let spare, !lost.isEmpty || random.chance(0.8) { return present.map { $0.map { $0 == leaving ? spare : $0 } } }
        guard stores.count > 3 else { return nil }
        return present.enumerated().map { shard, list in
            let others = stores.filter { $0 != leaving && !list.contains($0) }
            return list.map { $0 == leaving ? others[shard % others.count] : $0 }
        }
    }

    private func keepers(_ target: [[StoreID]], _ map: ReplicaMap) -> [StoreID] {
        let stores = Set(target.joined()), present = map.electorate(of: Shard.configuration).members
        return ReplicaMap.keepers(among: present.filter(stores.contains) + stores.subtracting(present).sorted())
    }
}

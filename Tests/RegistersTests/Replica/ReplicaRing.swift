import Registers
import World

/// Several replicas on stores in memory, all of which hold the shards that their map gives them; what they tell each other arrives at once.
final class ReplicaRing {
    private var replicas: [StoreID: LoneReplica] = [:]
    /// What they say is not heard, and they hear nothing.
    var deaf: Set<StoreID> = []
    let stores: [StoreID]
    let map: ReplicaMap

    /// - Parameter lists: for each shard, by its number, who holds it.
    init(_ stores: [StoreID], configuration: ReplicaConfiguration, holders: (Int) -> [StoreID]) {
        self.stores = stores
        map = ReplicaMap(replicas: (0..<Shard.count).map(holders), keepers: Array(stores.prefix(3)))
        for store in stores { replicas[store] = LoneReplica(MemoryDisk(id: store), map: map, configuration: configuration) }
        for store in stores { self[store].give(.seen(live: stores, gone: [])) }
        carry()
        wait(.milliseconds(300))
    }

    subscript(store: StoreID) -> LoneReplica {
        guard let replica = replicas[store] else { preconditionFailure("\(store) is none of the ring") }
        return replica
    }

    /// Time passes, in steps, and everybody is heard by everybody else.
    func wait(_ time: Duration, steps: Int = 1) {
        for _ in 0..<steps {
            for store in stores { self[store].wait(time) }
            carry()
        }
    }

    /// Carries out a command; gives the answer.
    @discardableResult
    func change(_ key: RegisterKey, _ command: [UInt8], at store: StoreID? = nil) -> Result<[UInt8], RegisterError>? {
        let home = self[store ?? map.electorate(of: key.shard).members[0]]
        let token = home.wish(.change(operation: nil, command: command), of: key)
        carry()
        return home.answers[token]
    }

    /// Takes what was said to where it is to be heard, until nobody says anything any more.
    func carry() {
        for _ in 0..<10_000 {
            var isQuiet = true
            for store in stores {
                for word in self[store].takeSent() where !deaf.contains(store) && !deaf.contains(word.peer) {
                    isQuiet = false
                    self[word.peer].hear(word.item, from: store, commit: word.commit)
                }
            }
            if isQuiet { return }
        }
        preconditionFailure("they go on talking for ever")
    }
}

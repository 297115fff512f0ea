import Placement
import World

/// Members and stores for the tests, drawn from a seeded stream.
enum Meshes {
    static func members(_ count: Int, zones: Int = 1, roles: [String] = ["primes"]) -> [RingMember] {
        (1 ... count).map { RingMember(name: "n\($0)", zone: zones > 1 ? "z\($0 % zones)" : "", roles: roles) }
    }

    static func stores(_ count: Int, zones: Int = 1) -> [ShardStore] {
        (1 ... count).map { store("n\($0)", zone: zones > 1 ? "z\($0 % zones)" : "") }
    }

    static func store(_ name: String, capacity: Int = 100, zone: String = "") -> ShardStore {
        ShardStore(id: StoreID(volatileStoreOf: name, mesh: "test"), name: name, capacity: capacity, zone: zone)
    }

    static func keys(_ count: Int) -> [String] { (0 ..< count).map { "key-\($0)" } }
}

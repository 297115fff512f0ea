import JSONDocument
import Placement
import Registers
import Truth
import Web

/// `GET /stores`: who holds what, by the configuration that this node goes by, and what changes. `GET /stores/where/{key}`: the replicas of a key.
struct StoreRoutes: RouteGroup {
    let truth: (any TruthInspection)?

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/stores") { _ in
                let truth = try known()
                return .json(Self.stores(truth, await truth.progress()))
            },
            WebRoute(.get, "/stores/where/{key}") { request in
                let truth = try known()
                let name = try request.name("key")
                guard let key = RegisterKey(name), let explanation = truth.explain(key) else {
                    throw Problem.unavailable("this node knows no replica map yet, or \"\(name.prefix(64))\" is no name", retryAfter: 1)
                }
                return .json(Self.place(explanation))
            },
        ]
    }

    private func known() throws(Problem) -> any TruthInspection {
        guard let truth else { throw .notFound("this node has no part in registers") }
        return truth
    }

    private static func stores(_ truth: any TruthInspection, _ progress: ReconfigurationProgress?) -> JSON {
        guard let configuration = truth.configuration else {
            return ["mesh": nil, "epoch": 0, "own": nil, "stores": .array([]), "obstacle": .text(truth.obstacle)]
        }
        let change = configuration.change
        func row(_ load: (store: ShardStore, replicas: Int, homes: Int), _ state: String) -> JSON {
            [
                "name": .string(load.store.name), "store": .string(load.store.id.description),
                "live": .bool(truth.node(of: load.store.id) != nil), "state": .string(state), "shards": .number(load.replicas),
                "homes": .number(load.homes), "schema": truth.newestSchema(of: load.store.id).map { .number($0) } ?? nil,
                "capacity": .number(Double(load.store.capacity) / 100), "zone": .string(load.store.zone),
            ]
        }
        let rows = configuration.shards.loads.map { row($0, change?.joining.contains($0.store) == true ? "joining" : "holding") }
        let leaving = (configuration.before?.loads ?? []).filter { change?.leaving.contains($0.store) == true }.map { row($0, "leaving") }
        return [
            "mesh": .string(configuration.meshID.description), "epoch": .number(Int(clamping: configuration.epoch)),
            "replication": .number(configuration.shards.replication), "schema": .number(configuration.schema),
            "own": .text(own(truth, configuration)),
            "stores": .array(rows + leaving), "change": change.map { Self.change($0, progress) } ?? nil,
        ]
    }

    /// A change that is under way, and how far it is as far as that is known.
    static func change(_ change: PendingChange, _ progress: ReconfigurationProgress?) -> JSON {
        let progress = progress.flatMap { $0.epoch == change.epoch ? $0 : nil }
        func stores(_ stores: [ShardStore]) -> JSON {
            .array(stores.map { ["name": .string($0.name), "store": .string($0.id.description)] })
        }
        return [
            "change": .string(change.description), "epoch": .number(Int(clamping: change.epoch)), "joining": stores(change.joining),
            "leaving": stores(change.leaving), "moving": .number(change.moving), "carried": progress.map { .number($0.carried) } ?? nil,
            "registers": progress.map { .number($0.registers) } ?? nil,
        ]
    }

    /// A store that the configuration does not name holds nothing, however well it is.
    private static func own(_ truth: any TruthInspection, _ configuration: MeshConfiguration) -> String? {
        guard let store = truth.store else { return nil }
        return configuration.names(store) ? truth.standing?.word : "spare"
    }

    private static func place(_ explanation: KeyExplanation) -> JSON {
        [
            "key": .string(explanation.key), "shard": .number(explanation.shard), "epoch": .number(Int(clamping: explanation.epoch)),
            "home": .text(explanation.home?.name), "hasMajority": .bool(explanation.hasMajority),
            "replicas": .array(explanation.replicas.map { ["name": .string($0.store.name), "live": .bool($0.isLive)] }),
        ]
    }
}

import Choreography
import Placement
import Registers

extension StoreJudge {
    /// Every store has to be heard, and to know the schema: whichever is home writes it, and each of the others may be home next.
    func raise(to schema: UInt32) throws(StoreChangeRefusal) -> StoreChange.Verdict {
        let active = configuration.schema
        if let pending = configuration.change { throw underWay(pending) }
        if schema == active { return .nothing("schema \(active) is active already, in epoch \(configuration.epoch)") }
        guard schema > active else {
            throw StoreChangeRefusal(
                .schema, "schema \(schema) is below the active one, \(active), which is never lowered: states are written in it by now")
        }
        let seen = configuration.shards.stores.map { store in
            (store.name, schemas: nodes.first { $0.store == store.id && $0.isLive }?.schemas)
        }
        let silent = seen.filter { $0.schemas == nil }.map(\.0)
        guard silent.isEmpty else {
            throw StoreChangeRefusal(
                .notLive,
                "schema \(schema) is not raised before every store says that it knows it; not heard: \(silent.joined(separator: ", ")). "
                    + "Start them, or replace or remove their stores, and try again")
        }
        let old = seen.filter { $0.schemas?.contains(schema) == false }.map { "\($0.0) (\($0.schemas?.description ?? ""))" }
        guard old.isEmpty else {
            throw StoreChangeRefusal(
                .schema,
                "schema \(schema) is not known to every store, and these know only: \(old.joined(separator: ", ")). Update their programs, "
                    + "and try again")
        }
        return .write(try written { () throws(ShardMapError) in try configuration.raised(to: schema) })
    }
}

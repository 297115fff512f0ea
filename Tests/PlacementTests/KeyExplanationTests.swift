import Placement
import Testing

@Suite struct KeyExplanationTests {
    let map: ShardMap
    let names: [String]

    init() throws {
        map = try ShardMap.genesis(of: Meshes.stores(5))
        names = map.replicas(ofKey: "tenant/blue").map(\.name)
    }

    func explain(live: Set<String>) -> KeyExplanation {
        KeyExplanation(key: "tenant/blue", map: map) { live.contains($0.name) }
    }

    @Test func whoseClockIsOffIsHomeOnlyWhereNoOtherLives() {
        let all = KeyExplanation(key: "tenant/blue", map: map) { _ in true }
        guard let first = all.home, let second = all.successors.first else {
            Issue.record("\(all)")
            return
        }
        let one = KeyExplanation(key: "tenant/blue", map: map, isLive: { _ in true }, isAstray: { $0 == first })
        #expect(one.home == second && one.successors.last == first && one.hasMajority)
        #expect(one.description.contains("\(first.name)  stands by") && one.description.contains("its wall clock is off"))
        let none = KeyExplanation(key: "tenant/blue", map: map, isLive: { $0 == first }, isAstray: { $0 == first })
        #expect(none.home == first)
    }

    @Test func theFirstLiveReplicaIsHomeAndTheNextTakesOver() {
        let all = explain(live: Set(names))
        #expect(all.home?.name == names[0])
        #expect(all.successors.map(\.name) == [names[1], names[2]])
        #expect(all.epoch == 1 && all.shard == ShardMap.shard(of: "tenant/blue"))
        #expect(all.description.contains("if the home fails, \(names[1]) takes over"))

        let without = explain(live: [names[1], names[2]])
        #expect(without.home?.name == names[1])
        #expect(without.successors.map(\.name) == [names[2]])
        #expect(without.hasMajority)
    }

    @Test func withoutAMajorityTheKeyIsSaidToBeUnavailable() {
        let one = explain(live: [names[2]])
        #expect(one.home?.name == names[2] && !one.hasMajority)
        #expect(one.description.contains("no majority"))
        let none = explain(live: [])
        #expect(none.home == nil && none.successors.isEmpty && !none.hasMajority)
    }

    @Test func aMeshOfOneStoreHasNobodyToTakeOver() throws {
        let single = try ShardMap.genesis(of: Meshes.stores(1))
        let explanation = KeyExplanation(key: "k", map: single) { _ in true }
        #expect(explanation.hasMajority && explanation.successors.isEmpty)
        #expect(explanation.description.contains("nobody would take over"))
    }
}

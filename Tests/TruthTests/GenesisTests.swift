import Choreography
import MessagePack
import Placement
import Testing
import Truth
import World

/// Who may begin a mesh, and when.
@Suite struct GenesisTests {
    private static let mesh = StoreID(high: 7, low: 7)
    private let genesis = Genesis(listed: ["a", "b", "c"].map { StoreListing(name: $0, capacity: 100, zone: "z-" + $0) })

    private static func id(_ number: UInt64) -> StoreID { StoreID(high: number, low: number) }

    private func empty(_ name: String, _ number: UInt64) -> StoreReport {
        StoreReport(name: name, store: Self.id(number).description, isEmpty: true, meshID: nil)
    }

    @Test func allListedStoresMustHaveAnswered() {
        #expect(genesis.judge([], meshID: Self.mesh) == .missing(["a", "b", "c"]))
        #expect(genesis.judge([empty("b", 2)], meshID: Self.mesh) == .missing(["a", "c"]))
        // Who is not listed counts for nothing.
        #expect(genesis.judge([empty("a", 1), empty("b", 2), empty("x", 9)], meshID: Self.mesh) == .missing(["c"]))
    }

    @Test func aMeshOfEmptyStoresHasAllOfThemAndTheFirstEpoch() throws {
        let verdict = genesis.judge([empty("c", 3), empty("a", 1), empty("b", 2)], meshID: Self.mesh)
        guard case .configuration(let configuration) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(configuration.meshID == Self.mesh && configuration.epoch == 1)
        #expect(configuration.shards.stores.map(\.name) == ["a", "b", "c"])
        #expect(configuration.shards.stores.map(\.id) == [1, 2, 3].map(Self.id))
        #expect(configuration.shards.stores.map(\.zone) == ["z-a", "z-b", "z-c"])
        #expect(configuration.shards.replicaIDs.allSatisfy { Set($0).count == 3 })
    }

    @Test func aMeshBeginsWithTheOldestSchemaThatAllKnow() {
        func judge(_ schemas: StateSchemas...) -> Genesis.Verdict {
            genesis.judge(zip(["a", "b", "c"], schemas).enumerated().map { number, known in
                StoreReport(name: known.0, store: Self.id(UInt64(number + 1)).description, isEmpty: true, meshID: nil, schemas: known.1)
            }, meshID: Self.mesh)
        }
        guard case .configuration(let configuration) = judge(StateSchemas(1, 3), StateSchemas(2, 3), StateSchemas(2, 4)) else {
            Issue.record("no mesh begins")
            return
        }
        #expect(configuration.schema == 2)
        guard case .refused(let reason) = judge(StateSchemas(1, 1), StateSchemas(2, 3), StateSchemas(1, 2)) else {
            Issue.record("a mesh begins whose stores cannot read each other")
            return
        }
        #expect(reason.contains("no schema of states in common: 1; 2 to 3; 1 to 2"), "\(reason)")
    }

    /// It is one that knows 1.
    @Test func aReportOfAReleaseWithoutSchemasIsRead() throws {
        struct Older: Codable {
            let name: String, store: String?, isEmpty: Bool, meshID: String?
        }
        let older = Older(name: "a", store: Self.id(1).description, isEmpty: true, meshID: nil)
        let report = try MessagePackDecoder().decode(StoreReport.self, from: MessagePackEncoder().encode(older))
        #expect(report.newestSchema == nil)
        let verdict = Genesis(listed: [StoreListing(name: "a", capacity: 100, zone: "")]).judge([report], meshID: Self.mesh)
        guard case .configuration(let configuration) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(configuration.schema == 1)
    }

    @Test func theOrderOfAnswersMakesNoDifference() {
        let reports = [empty("a", 1), empty("b", 2), empty("c", 3)]
        #expect(genesis.judge(reports, meshID: Self.mesh) == genesis.judge(reports.reversed(), meshID: Self.mesh))
    }

    @Test func oneStoreThatIsNotEmptyIsNamedAndPreventsIt() {
        let known = StoreReport(name: "b", store: Self.id(2).description, isEmpty: false, meshID: Self.id(9).description)
        for reports in [[empty("a", 1), known, empty("c", 3)], [empty("a", 1), known]] {
            guard case .refused(let reason) = genesis.judge(reports, meshID: Self.mesh) else {
                Issue.record("a mesh began over another, or waits for it to vanish")
                return
            }
            #expect(reason.contains("the store of b is not empty") && reason.contains(Self.id(9).description))
        }
        // Written to, though its configuration was lost.
        let lost = StoreReport(name: "b", store: Self.id(2).description, isEmpty: false, meshID: nil)
        guard case .refused(let reason) = genesis.judge([empty("a", 1), lost, empty("c", 3)], meshID: Self.mesh) else {
            Issue.record("a mesh began over a store that holds something")
            return
        }
        #expect(reason.contains("the store of b is not empty"))
    }

    @Test(arguments: [nil, "", "no id", String(repeating: "f", count: 31)])
    func aListedNodeWithoutAStoreIsNamed(store: String?) {
        let reports = [empty("a", 1), empty("b", 2), StoreReport(name: "c", store: store, isEmpty: true, meshID: nil)]
        guard case .refused(let reason) = genesis.judge(reports, meshID: Self.mesh) else {
            Issue.record("a mesh began with a store that is none")
            return
        }
        #expect(reason.contains("c is listed as a store and has none"))
    }

    /// A copied data directory: two nodes with one store would be counted twice.
    @Test func twoNodesWithOneStoreAreNoMesh() {
        guard case .refused = genesis.judge([empty("a", 1), empty("b", 1), empty("c", 3)], meshID: Self.mesh) else {
            Issue.record("a mesh began with one store under two names")
            return
        }
    }

    @Test func aMeshWithoutStoresNeverBegins() {
        guard case .refused = Genesis(listed: []).judge([], meshID: Self.mesh) else {
            Issue.record("a mesh began without a store")
            return
        }
    }
}

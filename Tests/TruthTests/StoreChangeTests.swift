import Choreography
import Placement
import Registers
import Testing
import Truth
import World

/// What is made of an operator's wish for other stores.
@Suite struct StoreChangeTests {
    /// Stores 1 to `stores` under the names s1 and on; the nodes of these live, and so do `spares` behind them, s9 and on.
    private struct Scene {
        var configuration: MeshConfiguration
        var nodes: [StoreSight]

        init(_ stores: Int = 5, spares: Int = 0) throws {
            let all = (1...stores).map { ShardStore(id: storeID(UInt64($0)), name: "s\($0)", zone: "z\($0 % 2)") }
            configuration = MeshConfiguration(meshID: storeID(99), shards: try ShardMap.genesis(of: all))
            nodes = all.map { StoreSight(name: $0.name, isLive: true, store: $0.id, capacity: $0.capacity, zone: $0.zone) }
            for number in 9..<9 + spares {
                nodes.append(StoreSight(name: "s\(number)", isLive: true, store: storeID(UInt64(number)), zone: "z1"))
            }
        }

        func judge(_ wish: StoreChange) -> StoreChange.Verdict { wish.judge(configuration, nodes) }

        /// Another look of a node.
        mutating func see(
            _ name: String, isLive: Bool = true, hasRole: Bool = true, store: UInt64?, zone: String? = nil, schemas: StateSchemas? = nil
        ) {
            let old = nodes.first { $0.name == name }
            nodes.removeAll { $0.name == name }
            nodes.append(
                StoreSight(
                    name: name, isLive: isLive, hasRole: hasRole, store: store.map(storeID), capacity: old?.capacity ?? 100,
                    zone: zone ?? old?.zone ?? "", schemas: schemas))
        }

        /// Every store says that its program knows these schemas.
        mutating func know(_ schemas: StateSchemas) {
            for store in configuration.shards.stores { see(store.name, store: UInt64(store.name.dropFirst()), schemas: schemas) }
        }

        /// Writes what the wish leads to.
        @discardableResult
        mutating func write(_ wish: StoreChange, _ place: SourceLocation = #_sourceLocation) throws -> MeshConfiguration {
            guard case .write(let next) = judge(wish) else {
                Issue.record("\(wish) leads to \(judge(wish))", sourceLocation: place)
                return configuration
            }
            #expect(next.epoch == configuration.epoch + 1, sourceLocation: place)
            #expect(next.meshID == configuration.meshID, sourceLocation: place)
            #expect(MeshConfiguration(document: next.document) == next, "it survives its document", sourceLocation: place)
            configuration = next
            return next
        }

        func expect(
            _ wish: StoreChange, isRefusedAs code: StoreChangeRefusal.Code, _ words: String..., place: SourceLocation = #_sourceLocation
        ) {
            guard case .refused(let refusal) = judge(wish) else {
                Issue.record("\(wish) leads to \(judge(wish))", sourceLocation: place)
                return
            }
            #expect(refusal.code == code, sourceLocation: place)
            for word in words { #expect(refusal.sentence.contains(word), "\(refusal.sentence)", sourceLocation: place) }
        }

        func expectNothing(_ wish: StoreChange, _ words: String, place: SourceLocation = #_sourceLocation) {
            guard case .nothing(let why) = judge(wish) else {
                Issue.record("\(wish) leads to \(judge(wish))", sourceLocation: place)
                return
            }
            #expect(why.contains(words), "\(why)", sourceLocation: place)
        }
    }

    // MARK: Schema

    @Test func theSchemaIsRaisedWhenEveryStoreKnowsIt() throws {
        var scene = try Scene()
        scene.know(StateSchemas(1, 3))
        let before = scene.configuration
        let raised = try scene.write(.schema(2))
        #expect(raised.schema == 2 && raised.change == nil && raised.shards.stores == before.shards.stores)
        #expect(raised.map.seatings == before.map.seatings)
        scene.expectNothing(.schema(2), "schema 2 is active already, in epoch 2")
        scene.expect(.schema(1), isRefusedAs: .schema, "schema 1 is below the active one, 2", "never lowered")
        #expect(try scene.write(.schema(3)).schema == 3)
        // It stays, whatever becomes of the stores.
        scene.see("s9", store: 9, schemas: StateSchemas(2, 3))
        #expect(try scene.write(.replace("s2", with: "s9")).schema == 3)
        #expect(scene.configuration.settled().schema == 3)
        scene.expect(.schema(4), isRefusedAs: .underWay, "another change is under way")
        #expect(try scene.write(.cancel(nil)).schema == 3)
    }

    @Test func thoseThatAreInTheWayAreNamed() throws {
        var scene = try Scene()
        scene.know(StateSchemas(1, 2))
        scene.see("s2", store: 2, schemas: StateSchemas(1, 1))
        scene.see("s4", store: 4, schemas: StateSchemas(1, 1))
        scene.expect(.schema(2), isRefusedAs: .schema, "s2 (1), s4 (1)", "Update their programs")
        scene.see("s4", store: 4)
        scene.see("s5", isLive: false, store: 5, schemas: StateSchemas(1, 2))
        scene.see("s3", store: 30, schemas: StateSchemas(1, 2))
        scene.expect(.schema(2), isRefusedAs: .notLive, "not heard: s3, s4, s5")
        #expect(scene.configuration.schema == 1)
    }

    @Test func aStoreThatDoesNotKnowTheActiveSchemaIsNotTakenIn() throws {
        var scene = try Scene(spares: 1)
        scene.know(StateSchemas(1, 2))
        try scene.write(.schema(2))
        for schemas in [StateSchemas(1, 1), StateSchemas(3, 4)] {
            scene.see("s9", store: 9, schemas: schemas)
            for wish in [StoreChange.add("s9"), .replace("s1", with: "s9")] {
                scene.expect(wish, isRefusedAs: .schema, "schema 2", "the program of s9 knows \(schemas)")
            }
        }
        scene.see("s9", store: 9, schemas: StateSchemas(2, 2))
        try scene.write(.add("s9"))
    }

    // MARK: Add

    @Test func aSpareStoreIsAddedWithFewMoves() throws {
        var scene = try Scene(spares: 1)
        let before = scene.configuration
        let joint = try scene.write(.add("s9"))
        #expect(joint.map.isJoint && joint.change?.description == "add s9")
        #expect(joint.change?.joining.map(\.id) == [storeID(9)] && joint.change?.leaving == [])
        #expect(joint.change?.moving == joint.map.moving.count && joint.before?.stores == before.shards.stores)
        #expect(joint.before?.holders == before.shards.holders, "who was home may change, and who holds a shard stays")
        #expect(joint.shards.stores.count == 6 && joint.shards.loads.allSatisfy { $0.replicas > 400 })
        #expect(joint.map.moving.count < Shard.count * 2 / 3)
        // The first five keep the configuration as they did.
        #expect(joint.map.electorate(of: Shard.configuration).sets == before.map.electorate(of: Shard.configuration).sets)
        let settled = joint.settled()
        #expect(settled.epoch == 3 && settled.change == nil && settled.before == nil && settled.shards.stores == joint.shards.stores)
        #expect(MeshConfiguration(document: settled.document) == settled)
        scene.configuration = settled
        scene.expectNothing(.add("s9"), "holds shards already")
    }

    @Test func whoCannotBeAddedIsRefusedWithTheReason() throws {
        var scene = try Scene(spares: 1)
        scene.expect(.add("s8"), isRefusedAs: .unknownNode, "\"s8\"", "gossamer members")
        scene.see("s9", isLive: false, store: 9)
        scene.expect(.add("s9"), isRefusedAs: .notLive, "s9", "start it")
        scene.see("s9", hasRole: false, store: nil)
        scene.expect(.add("s9"), isRefusedAs: .noStore, "s9", "role \"store\"")
        scene.see("s9", store: nil)
        scene.expect(.add("s9"), isRefusedAs: .noStore, "s9", "try again")
        // A copied data directory.
        scene.see("s9", store: 3)
        scene.expect(.add("s9"), isRefusedAs: .holdsShards, "s9", "s3")
        scene.expectNothing(.add("s3"), "s3 holds shards already")
        scene.see("s3", store: 30)
        scene.expect(.add("s3"), isRefusedAs: .otherStore, "\(storeID(3))", "gossamer store replace s3")
    }

    @Test func theThirdStoreBringsThreeCopies() throws {
        var scene = try Scene(2, spares: 1)
        #expect(scene.configuration.map.electorate(of: Shard.configuration).sets == [[storeID(1)]])
        let joint = try scene.write(.add("s9"))
        #expect(joint.shards.replication == 3 && joint.map.moving.count == Shard.count + 1)
        #expect(joint.map.electorate(of: Shard.configuration).sets.last == [1, 2, 9].map(storeID))
        #expect(joint.settled().shards.replicaIDs.allSatisfy { Set($0).count == 3 })
    }

    // MARK: Remove

    @Test func aStoreIsRemovedDeadOrAlive() throws {
        for isLive in [true, false] {
            var scene = try Scene()
            scene.see("s2", isLive: isLive, store: 2)
            let joint = try scene.write(.remove("s2", allowsOneCopy: false))
            #expect(joint.change?.description == "remove s2" && joint.change?.leaving.map(\.id) == [storeID(2)])
            #expect(joint.shards.stores.map(\.name) == ["s1", "s3", "s4", "s5"])
            // Four stores: three keep the configuration, who did before.
            #expect(joint.map.seatings[Shard.configuration].seats.map(\.store) == [1, 3, 4].map(storeID))
            #expect(joint.names(storeID(2)), "while it leaves it is none that is spare")
            scene.configuration = joint.settled()
            #expect(!scene.configuration.names(storeID(2)))
            scene.expectNothing(.remove("s2", allowsOneCopy: false), "no store of s2 holds shards")
        }
    }

    @Test func oneCopyHasToBeWanted() throws {
        var scene = try Scene(3)
        scene.expect(.remove("s2", allowsOneCopy: false), isRefusedAs: .oneCopy, "2 stores", "--allow-one-copy")
        try scene.write(.remove("s2", allowsOneCopy: true))
        #expect(scene.configuration.shards.replication == 1 && scene.configuration.map.moving.count == Shard.count + 1)
        scene.configuration = scene.configuration.settled()
        try scene.write(.remove("s1", allowsOneCopy: false))
        scene.configuration = scene.configuration.settled()
        scene.expect(.remove("s3", allowsOneCopy: true), isRefusedAs: .lastStore, "s3", "gossamer store add")
        scene.expect(.remove("s7", allowsOneCopy: true), isRefusedAs: .unknownNode, "\"s7\"")
    }

    // MARK: Replace

    @Test func aReplacedStoreIsSwappedInAllPlaces() throws {
        for stores in [3, 5, 9] {
            var scene = try Scene(stores)
            let before = scene.configuration
            scene.see("s3", store: 30)
            let joint = try scene.write(.replace("s3", with: nil))
            #expect(joint.change?.description == "replace s3")
            #expect(joint.shards.replicaIDs == before.shards.replicaIDs.map { $0.map { $0 == storeID(3) ? storeID(30) : $0 } })
            for (old, new) in zip(before.map.seatings, joint.map.seatings) {
                #expect(new.seats.map(\.store) == old.seats.map { $0.store == storeID(3) ? storeID(30) : $0.store })
                #expect(new.before.map { $0.map(\.store).contains(storeID(3)) } ?? !old.seats.map(\.store).contains(storeID(3)))
            }
            scene.configuration = joint.settled()
            scene.expectNothing(.replace("s3", with: nil), "the shards are those of the store that s3 has")
            #expect(scene.configuration.shards.stores.count == stores)
        }
    }

    @Test func aSpareNodeTakesAnothersPlace() throws {
        var scene = try Scene(spares: 2)
        scene.see("s2", isLive: false, store: 2)
        scene.see("s9", store: 9, zone: "z0")
        let before = scene.configuration
        let joint = try scene.write(.replace("s2", with: "s9"))
        #expect(joint.change?.description == "replace s2 --with s9")
        #expect(joint.shards.stores.map(\.name) == ["s1", "s3", "s4", "s5", "s9"])
        #expect(joint.shards.replicaIDs == before.shards.replicaIDs.map { $0.map { $0 == storeID(2) ? storeID(9) : $0 } })
        scene.configuration = joint.settled()
        scene.expectNothing(.replace("s2", with: "s9"), "s9 holds shards already, and s2 holds none")
        scene.expect(.replace("s2", with: nil), isRefusedAs: .noStore, "gossamer store add s2")
    }

    /// One that stands elsewhere may not take the place of the old one everywhere.
    @Test func aSpareNodeOfAnotherZoneIsPlacedAsZonesWantIt() throws {
        let all = (1...6).map { ShardStore(id: storeID(UInt64($0)), name: "s\($0)", zone: "z\($0 % 3)") }
        let configuration = MeshConfiguration(meshID: storeID(99), shards: try ShardMap.genesis(of: all))
        let spare = StoreSight(name: "s9", isLive: true, store: storeID(9), zone: "z1")
        guard case .write(let joint) = StoreChange.replace("s2", with: "s9").judge(configuration, [spare]) else {
            Issue.record("it was refused")
            return
        }
        #expect(joint.shards.stores.contains { $0.id == storeID(9) } && !joint.shards.stores.contains { $0.id == storeID(2) })
        for shard in 0..<Shard.count { #expect(Set(joint.shards.replicas(of: shard).map(\.zone)).count == 3) }
    }

    @Test func whatCannotBeReplacedIsRefusedWithTheReason() throws {
        var scene = try Scene(spares: 1)
        scene.expectNothing(.replace("s2", with: nil), "s2")
        scene.expect(.replace("s2", with: "s3"), isRefusedAs: .holdsShards, "s3", "gossamer store remove s2")
        scene.expect(.replace("s7", with: nil), isRefusedAs: .unknownNode, "\"s7\"")
        scene.expect(.replace("s2", with: "s7"), isRefusedAs: .unknownNode, "\"s7\"")
        scene.expect(.replace("s9", with: nil), isRefusedAs: .noStore, "gossamer store add s9")
        // Whose disk may be lost, and who was not started again yet.
        scene.see("s2", isLive: false, store: 2)
        scene.expect(.replace("s2", with: nil), isRefusedAs: .notLive, "s2", "start it")
        scene.see("s2", isLive: false, store: 20)
        scene.expect(.replace("s2", with: nil), isRefusedAs: .notLive, "s2", "start it")
        scene.see("s2", store: nil)
        scene.expect(.replace("s2", with: nil), isRefusedAs: .noStore, "s2")
    }

    // MARK: Under way

    @Test func theSameWishJoinsWhatIsUnderWayAndAnotherIsTold() throws {
        var scene = try Scene(spares: 2)
        scene.see("s3", store: 30)
        try scene.write(.replace("s3", with: nil))
        guard let pending = scene.configuration.change else {
            Issue.record("nothing is under way")
            return
        }
        #expect(scene.judge(.replace("s3", with: nil)) == .joined(pending))
        #expect(scene.judge(.replace("s3", with: "s3")) == .joined(pending))
        // The newcomer died.
        scene.see("s3", isLive: false, store: 30)
        #expect(scene.judge(.replace("s3", with: nil)) == .joined(pending))
        let others: [StoreChange] = [
            .add("s9"), .add("s3"), .remove("s3", allowsOneCopy: false), .remove("s2", allowsOneCopy: false), .replace("s2", with: nil),
            .replace("s3", with: "s9"), .add("nobody"),
        ]
        for wish in others {
            scene.expect(wish, isRefusedAs: .underWay, "replace s3", "epoch 2", "\(pending.moving) shards", "gossamer store cancel")
            guard case .refused(let refusal) = scene.judge(wish) else { continue }
            #expect(refusal.pending == pending)
        }
        // Wiped once more, it is another store than the one that joins.
        scene.see("s3", store: 31)
        scene.expect(.replace("s3", with: nil), isRefusedAs: .underWay, "gossamer store cancel")
    }

    @Test func addAndRemoveAreJoinedAsWell() throws {
        var scene = try Scene(spares: 1)
        let settled = scene.configuration
        try scene.write(.add("s9"))
        #expect(scene.judge(.add("s9")) == scene.configuration.change.map { .joined($0) })
        scene.expect(.remove("s9", allowsOneCopy: false), isRefusedAs: .underWay, "add s9")
        scene.configuration = settled
        try scene.write(.remove("s4", allowsOneCopy: false))
        #expect(scene.judge(.remove("s4", allowsOneCopy: true)) == scene.configuration.change.map { .joined($0) })
        scene.expect(.replace("s4", with: nil), isRefusedAs: .underWay, "remove s4")
    }

    @Test func whatIsUnderWayIsTakenBack() throws {
        var scene = try Scene(spares: 1)
        let before = scene.configuration
        scene.expectNothing(.cancel(nil), "no change of stores is under way")
        try scene.write(.replace("s2", with: "s9"))
        scene.expect(.cancel("s3"), isRefusedAs: .underWay, "does not concern s3")
        for name in ["s2", "s9", nil] {
            var scene = scene
            let back = try scene.write(.cancel(name))
            #expect(back.epoch == 3 && !back.map.isJoint && back.change == nil)
            #expect(back.shards.stores == before.shards.stores && back.shards.holders == before.shards.holders)
            #expect(zip(back.map.seatings, before.map.seatings).allSatisfy { Set($0.seats) == Set($1.seats) && $0.before == nil })
            scene.expectNothing(.cancel(name), "epoch 3")
            // And begun again.
            let again = try scene.write(.replace("s2", with: "s9"))
            #expect(again.epoch == 4 && again.map.isJoint)
        }
    }

    // MARK: Keepers

    /// Whoever keeps the configuration goes on doing so as long as it holds shards.
    @Test func keepersStayAsLongAsTheyCan() throws {
        var scene = try Scene(7, spares: 1)
        func keepers() -> [StoreID] { scene.configuration.map.seatings[Shard.configuration].seats.map(\.store) }
        #expect(keepers() == [1, 2, 3, 4, 5].map(storeID))
        for (wish, expected) in [
            (StoreChange.remove("s2", allowsOneCopy: false), [1, 3, 4, 5, 6]), (.add("s9"), [1, 3, 4, 5, 6]),
            (.replace("s4", with: "s2"), [1, 3, 2, 5, 6]), (.remove("s1", allowsOneCopy: false), [3, 2, 5, 6, 7]),
        ] as [(StoreChange, [UInt64])] {
            try scene.write(wish)
            #expect(keepers() == expected.map(storeID), "\(wish)")
            scene.configuration = scene.configuration.settled()
        }
    }

    // MARK: Size

    /// The document is a command and a state of the register, with the eight bytes of its epoch.
    @Test(arguments: [3, 7, 50, 200]) func anyChangeFitsIntoItsRegister(stores: Int) throws {
        let limit = min(RegisterLimits.commandBytes, RegisterLimits.stateBytes) - 8
        func name(_ number: Int) -> String { "store-\(number).rack-\(number % 40).example.net" }
        let all = (1...stores).map { ShardStore(id: storeID(UInt64($0)), name: name($0), zone: "datacentre-\($0 % 4)") }
        var configuration = MeshConfiguration(meshID: storeID(99), shards: try ShardMap.genesis(of: all))
        #expect(configuration.document.count <= limit)
        // Long after genesis, numbers of epochs take more bytes.
        let spare = StoreSight(name: name(900), isLive: true, store: storeID(900), zone: "datacentre-1")
        for wish in [
            StoreChange.add(name(900)), .remove(name(3), allowsOneCopy: true), .replace(name(2), with: name(900)),
        ] {
            guard case .write(let joint) = wish.judge(configuration, [spare]) else {
                Issue.record("\(wish): \(wish.judge(configuration, [spare]))")
                continue
            }
            #expect(joint.document.count <= limit, "\(wish) has \(joint.document.count) bytes with \(stores) stores")
            #expect(joint.settled().document.count <= limit)
            if case .remove = wish { configuration = joint.settled() }
        }
    }

    /// The worst there is: every shard moves, and every place has changed lately.
    @Test func aMapInWhichAllMovesFitsWithTwoHundredStores() throws {
        let all = (1...200).map { ShardStore(id: storeID(UInt64($0)), name: "store-\($0)", zone: "zone-\($0 % 4)") }
        let shards = try ShardMap.genesis(of: all)
        let lists = shards.replicaIDs
        var map = ReplicaMap(epoch: 40_000, replicas: lists)
        map = map.joint(with: lists.map { $0.map { StoreID(high: $0.high, low: $0.low + 1_000) } }, keepers: map.stores.prefix(5).map { $0 })
        #expect(map.moving.count >= Shard.count)
        #expect(map.packed().count < 50 << 10, "\(map.packed().count)")
    }
}

extension ShardMap {
    fileprivate var holders: [Set<StoreID>] { replicaIDs.map { Set($0) } }
}

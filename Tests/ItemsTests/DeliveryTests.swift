import Choreography
import Items
import Registers
import Testing
import World

/// Deliveries, in every order of events that a seed thinks of.
@Suite struct DeliveryTests {
    private static func load(_ items: [Item], as number: Int, _ rehearsal: Rehearsal) throws -> UInt32 {
        let parcels = Parcel.parcels(of: items)
        // Somebody who does not know whether a load has come brings it again.
        for load in Parcel.loads(of: parcels).reversed() {
            for _ in 0..<2 { try rehearsal.tell(load, to: Scene.delivery(number), as: Scene.id(number)) }
        }
        return UInt32(parcels.count)
    }

    private static func deliver(_ items: [Item], as number: Int, _ rehearsal: Rehearsal) throws {
        let parcels = try load(items, as: number, rehearsal)
        try rehearsal.tell(Seal(parcels: parcels), to: Scene.delivery(number), as: Scene.id(number))
    }

    private static func counts(_ tenants: Int, _ rehearsal: Rehearsal) throws -> [UInt64] {
        try (0..<tenants).map { try rehearsal.state(of: Scene.tenant("t\($0)"), Tenant.self).count }
    }

    @Test(arguments: 0..<20 as Range<UInt64>) func everyItemCountsOnceAtItsTenant(seed: UInt64) throws {
        let rehearsal = Rehearsal([Tenant.self, Delivery.self], seed: seed, now: Scene.start)
        // Of the second half each was in the first, too, and some of them come straight.
        try Self.deliver(Scene.items(3, 8, idBytes: 5_000), as: 1, rehearsal)
        for _ in 0..<seed % 40 { try rehearsal.step() }
        try Self.deliver(Scene.items(3, 8, idBytes: 5_000, from: 4), as: 2, rehearsal)
        let known = "0" + String(repeating: "-", count: 5_000)
        try rehearsal.tell(Add(ids: [known, "new"], parcel: nil), to: Scene.tenant("t0"), as: Scene.id(3))
        try rehearsal.play()
        #expect(try Self.counts(3, rehearsal) == [13, 12, 12])
        for number in 1...2 {
            let delivery = try rehearsal.state(of: Scene.delivery(number), Delivery.self)
            #expect(delivery.status == .done && delivery.arrived == delivery.parcels && delivery.parcels > 3)
            #expect(rehearsal.isFinished(Scene.delivery(number)))
        }
        #expect(try rehearsal.deadLetters.isEmpty)
    }

    /// More tenants than letters that may be under way, with names of the greatest length.
    @Test func manyTenantsGetTheirsInTurn() throws {
        let rehearsal = Rehearsal([Tenant.self, Delivery.self], seed: 5, now: Scene.start)
        let names = (0..<80).map { "\($0)" + String(repeating: "n", count: ItemLimits.tenantBytes - 3) }
        try Self.deliver(names.map { Item(id: "x", tenant: $0) }, as: 1, rehearsal)
        try rehearsal.play(limit: 100_000)
        for name in names { #expect(try rehearsal.state(of: Scene.tenant(name), Tenant.self).count == 1) }
        #expect(try rehearsal.state(of: Scene.delivery(1), Delivery.self).status == .done)
    }

    /// All of the letters that may be under way are for one tenant.
    @Test func manyParcelsOfOneTenantGetThere() throws {
        let rehearsal = Rehearsal([Tenant.self, Delivery.self], seed: 6, now: Scene.start)
        try Self.deliver(Scene.items(1, 40, idBytes: 5_000), as: 1, rehearsal)
        try rehearsal.play(limit: 100_000)
        #expect(try Self.counts(1, rehearsal) == [40])
    }

    @Test func nothingCountsBeforeTheSealAndNothingIsTakenBackAfterIt() throws {
        let rehearsal = Rehearsal([Tenant.self, Delivery.self], seed: 7, now: Scene.start)
        let parcels = try Self.load(Scene.items(3, 2), as: 1, rehearsal)
        try rehearsal.play()
        #expect(try Self.counts(3, rehearsal) == [0, 0, 0])
        #expect(throws: MachineRefusal.self) {
            try rehearsal.tell(Seal(parcels: parcels + 1), to: Scene.delivery(1), as: Scene.id(1))
        }
        try rehearsal.tell(Seal(parcels: parcels), to: Scene.delivery(1), as: Scene.id(1))
        #expect(throws: MachineRefusal.self) { try Self.load(Scene.items(4, 2), as: 1, rehearsal) }
        // The time in which it had to be complete passes.
        rehearsal.wait(.seconds(120))
        try rehearsal.play()
        #expect(try Self.counts(3, rehearsal) == [2, 2, 2])
    }

    @Test func whatIsNeverSealedEndsAndNothingOfItCounts() throws {
        let rehearsal = Rehearsal([Tenant.self, Delivery.self], seed: 8, now: Scene.start)
        let parcels = try Self.load(Scene.items(3, 2), as: 1, rehearsal)
        rehearsal.wait(.seconds(61))
        try rehearsal.play()
        #expect(try rehearsal.state(of: Scene.delivery(1), Delivery.self).status == .abandoned)
        #expect(rehearsal.isFinished(Scene.delivery(1)))
        #expect(throws: MachineRefusal.self) { try rehearsal.tell(Seal(parcels: parcels), to: Scene.delivery(1), as: Scene.id(1)) }
        try rehearsal.play()
        #expect(try Self.counts(3, rehearsal) == [0, 0, 0])
    }
}

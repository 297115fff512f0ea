import Choreography
import Items
import Registers
import Testing
import World

/// What counts as one item, and that it counts once.
@Suite struct TenantTests {
    private let rehearsal = Rehearsal([Tenant.self, Delivery.self], seed: 1, now: Scene.start)

    private func add(_ ids: String..., to tenant: ActorName = Scene.tenant("t")) throws {
        try rehearsal.tell(Add(ids: ids, parcel: nil), to: tenant, as: Scene.id(1))
    }

    private func count(_ tenant: ActorName = Scene.tenant("t")) throws -> UInt64 { try rehearsal.state(of: tenant, Tenant.self).count }

    @Test func theChoreographyIsSound() throws {
        let items = try Choreography.items()
        let steps = items.steps.map { "\($0.kind) \($0.event)" }
        #expect(steps == ["delivery abandon", "delivery added", "delivery load", "delivery seal", "tenant add"])
    }

    @Test func anIDCountsOnceHoweverOftenItComes() throws {
        try add("a", "b", "a")
        try add("b", "c")
        try add()
        #expect(try count() == 3)
        #expect(try rehearsal.state(of: Scene.tenant("t"), Tenant.self).revision == 2)
        #expect(try count(Scene.tenant("other")) == 0)
    }

    @Test func idsAreTheSameWhenTheirBytesAre() throws {
        // One letter in two spellings, which Swift takes for equal; a letter in two cases; blanks.
        try add("\u{E9}", "e\u{301}", "E", "e", "e ", " e", "\u{0}", "\u{0}\u{0}")
        #expect(try count() == 8)
        try add("e\u{301}", "\u{0}")
        #expect(try count() == 8)
    }

    @Test func longIDsAreToldApartByAllOfTheirBytes() throws {
        for length in [1, 509, 510, 511, 512, 4_096, ItemLimits.idBytes] {
            let base = String(repeating: "x", count: length - 1), before = try count()
            for id in ["a", "b", "a"] { try add(base + id) }
            #expect(try count() == before + 2, "\(length) bytes")
        }
    }

    /// FNV-1a of these eleven letters is zero, and a zero behind them keeps it zero (Noll, "FNV zero hashes").
    @Test func longIDsWithOneHashAreToldApart() throws {
        let ids = (600..<605).map { "77kepQFQ8Kl" + String(repeating: "\u{0}", count: $0) }
        #expect(Set(ids.map { StableHash.hash($0.utf8) }).count == 1)
        for id in ids { try add(id) }
        #expect(try count() == 5)
        for id in ids.reversed() { try add(id) }
        #expect(try count() == 5)
    }

    @Test func whatIsNoIDChangesNothing() throws {
        try add("a")
        for id in ["", String(repeating: "x", count: ItemLimits.idBytes + 1)] {
            #expect(throws: MachineRefusal.self) { try add("b", id) }
        }
        #expect(try count() == 1)
    }

    @Test func aTenantHasANameWithinTheLimit() {
        #expect(ActorName(Tenant.kind, named: String(repeating: "t", count: ItemLimits.tenantBytes)) != nil)
        #expect(ActorName(Tenant.kind, named: String(repeating: "t", count: ItemLimits.tenantBytes + 1)) == nil)
        #expect(ItemLimits.tenantBytes == 500)
    }
}

/// Names and times for tests of items.
enum Scene {
    static let began: UInt64 = 1_800_000_000_000
    static let start = WallTime(millisecondsSince1970: Int64(began))

    static func id(_ number: Int) -> WorkID { WorkID(milliseconds: began, randomA: 0, randomB: UInt64(number)) }
    static func delivery(_ number: Int) -> ActorName { ActorName(Delivery.kind, of: id(number)) }
    static func tenant(_ name: String) -> ActorName { ActorName(Tenant.kind, named: name)! }

    /// Items that need several parcels for some tenants: `count` of each, in turn.
    static func items(_ tenants: Int, _ count: Int, idBytes: Int = 0, from first: Int = 0) -> [Item] {
        (first..<first + count).flatMap { number in
            (0..<tenants).map { Item(id: "\(number)" + String(repeating: "-", count: idBytes), tenant: "t\($0)") }
        }
    }
}

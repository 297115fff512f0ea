import Choreography
import Items
import MessagePack
import Testing
import World

/// Items are divided into what fits into events and changes of registers.
@Suite struct ParcelTests {
    private static func all(_ parcels: [Parcel]) -> [[UInt8]: [[UInt8]]] {
        Dictionary(parcels.map { (Array($0.tenant.utf8), $0.ids.map { Array($0.utf8) }) }, uniquingKeysWith: +)
    }

    @Test(arguments: 0..<12 as Range<UInt64>) func everythingFitsAndNothingIsLost(seed: UInt64) throws {
        var random = RandomStream(seed: seed, name: "items")
        let tenants = (0..<1 + random.below(20)).map { number in
            "\(number)" + String(repeating: "t", count: random.below(ItemLimits.tenantBytes - 2))
        }
        let longest = [20, 400, ItemLimits.idBytes - 10][random.below(3)]
        let items = (0..<1 + random.below(6_000_000 / (longest + 2_000))).map { _ in
            let id = "\(random.below(2_000))" + String(repeating: "é", count: random.below(longest) / 2)
            return Item(id: id, tenant: tenants[random.below(tenants.count)])
        }
        let parcels = Parcel.parcels(of: items)
        var wanted: [[UInt8]: Set<[UInt8]>] = [:]
        for item in items { wanted[Array(item.tenant.utf8), default: []].insert(Array(item.id.utf8)) }
        let got = Self.all(parcels)
        #expect(got.mapValues { Set($0) } == wanted)
        #expect(got.allSatisfy { $0.value.count == wanted[$0.key]?.count }, "an id is in one parcel")
        for parcel in parcels {
            #expect(!parcel.ids.isEmpty && parcel.ids.count <= ItemLimits.parcelItems)
            #expect(try MessagePackEncoder().encode(Add(ids: parcel.ids, parcel: .max)).count <= ChoreographyLimits.eventBytes)
        }
        let loads = Parcel.loads(of: parcels)
        #expect(loads.flatMap(\.parcels) == parcels)
        #expect(loads.map { Int($0.first) } == loads.indices.map { index in loads[..<index].reduce(0) { $0 + $1.parcels.count } })
        for load in loads { #expect(try MessagePackEncoder().encode(load).count <= ChoreographyLimits.eventBytes) }
    }

    @Test func whatIsLargestFitsAlone() throws {
        let tenant = String(repeating: "t", count: ItemLimits.tenantBytes)
        let item = Item(id: String(repeating: "x", count: ItemLimits.idBytes), tenant: tenant)
        let parcels = Parcel.parcels(of: [item, Item(id: "y", tenant: item.tenant), item])
        #expect(parcels.map { $0.ids.map(\.utf8.count) } == [[ItemLimits.idBytes, 1]])
        for load in Parcel.loads(of: parcels) { #expect(try MessagePackEncoder().encode(load).count <= ChoreographyLimits.eventBytes) }
    }

    @Test func tenantsThatOnlyLookAlikeArePartedAndNothingGivesNothing() {
        let tenants = [("1", "\u{E9}"), ("1", "e\u{301}"), ("2", "\u{E9}")]
        let parcels = Parcel.parcels(of: tenants.map { Item(id: $0.0, tenant: $0.1) })
        #expect(parcels.map(\.ids) == [["1", "2"], ["1"]])
        #expect(Parcel.parcels(of: []).isEmpty && Parcel.loads(of: []).isEmpty)
    }
}

import Choreography

/// Something to be counted. Ids and tenants are the same when their bytes are.
public struct Item: Hashable, Sendable {
    public let id: String
    /// What its count is part of.
    public let tenant: String

    /// - Parameters:
    ///   - id: 1 to ``ItemLimits/idBytes`` bytes of UTF-8.
    ///   - tenant: 1 to ``ItemLimits/tenantBytes`` bytes of UTF-8.
    public init(id: String, tenant: String) { (self.id, self.tenant) = (id, tenant) }

    /// How many tenants these are of.
    public static func tenants(of items: [Item]) -> Int { Set(items.lazy.map { Array($0.tenant.utf8) }).count }
}

/// Ids of one tenant that fit into one event.
package struct Parcel: Codable, Hashable, Sendable {
    package let tenant: String
    package let ids: [String]

    /// Divides items by their tenants, in the order in which those first appear, and the ids of each into as many parcels as they need.
    /// An id that comes twice is in one of them.
    package static func parcels(of items: [Item]) -> [Parcel] {
        // Strings that look alike are equal, and their bytes may differ.
        var places: [[UInt8]: Int] = [:], groups: [(tenant: String, ids: [String], seen: Set<[UInt8]>)] = []
        for item in items {
            let place = places[Array(item.tenant.utf8), default: groups.count]
            if place == groups.count {
                places[Array(item.tenant.utf8)] = place
                groups.append((item.tenant, [], []))
            }
            if groups[place].seen.insert(Array(item.id.utf8)).inserted { groups[place].ids.append(item.id) }
        }
        return groups.flatMap { group in
            divide(group.ids, bytes: ItemLimits.parcelBytes, count: ItemLimits.parcelItems, size: size).map {
                Parcel(tenant: group.tenant, ids: Array($0))
            }
        }
    }

    /// Packs parcels into events.
    package static func loads(of parcels: [Parcel]) -> [Load] {
        let parts = divide(parcels, bytes: ChoreographyLimits.eventBytes - 64, count: .max) { $0.size }
        return parts.map { Load(first: UInt32($0.startIndex), parcels: Array($0)) }
    }

    /// What an id takes in an event: its bytes, and what tells their number.
    static func size(of id: String) -> Int { id.utf8.count + 3 }

    /// What it takes in an event, or a row.
    var size: Int { ids.reduce(tenant.utf8.count + 32) { $0 + Self.size(of: $1) } }

    /// Consecutive parts, each within both bounds, or of one element.
    private static func divide<Element>(
        _ elements: [Element], bytes: Int, count: Int, size: (Element) -> Int
    ) -> [ArraySlice<Element>] {
        var parts: [ArraySlice<Element>] = [], start = 0, sum = 0
        for (index, element) in elements.enumerated() {
            let more = size(element)
            if index > start, sum + more > bytes || index - start == count {
                parts.append(elements[start..<index])
                (start, sum) = (index, 0)
            }
            sum += more
        }
        return start < elements.count ? parts + [elements[start...]] : parts
    }
}

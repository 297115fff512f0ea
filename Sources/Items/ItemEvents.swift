import Choreography

// COUNTING ITEMS
//
//   few ids of one tenant       ──────────────────────────── Add ──▶ tenant
//
//   more than fits into one event, or of several tenants:
//                                Load, Load, ... Seal               Add
//   somebody who adds items   ──────────────────────▶ delivery ──────────▶ tenant, tenant, ...
//                                                        ▲◀─────────────── Added
//
// A tenant is a durable actor, and each of its ids is a row of it, so an id counts once because there is one row of that key: no clock,
// no window and no memory of who has asked is part of it. The count is a number in the tenant's state that is changed with the rows. So a
// change touches as many rows as it has new ids, whether the tenant has ten of them or ten million.
//
// What does not fit into one change is laid down in a delivery first, parcel by parcel, and nothing of it counts. Its seal decides: from
// then on it goes forward only, whoever dies, and each tenant gets its parcels as letters. Nothing is ever taken back. An id that was
// added twice would vanish with the first who takes it back, though the second was told that it counts.
//
// A delivery that is never sealed ends by itself, and has done nothing.

/// Items of one tenant are to be counted, each id once.
package struct Add: DurableEvent, Hashable {
    package static let name = "add"
    package let ids: [String]
    /// The number of the parcel, when they come from a delivery.
    package let parcel: UInt32?

    package init(ids: [String], parcel: UInt32?) { (self.ids, self.parcel) = (ids, parcel) }
}

/// All ids of a parcel count.
struct Added: DurableEvent, Hashable { static let name = "added"; let parcel: UInt32 }

/// Parcels for a delivery, numbered on from `first`.
package struct Load: DurableEvent, Hashable {
    package static let name = "load"
    package let first: UInt32
    package let parcels: [Parcel]
}

/// The delivery is complete with this many parcels, and is carried out.
package struct Seal: DurableEvent, Hashable {
    package static let name = "seal"
    package let parcels: UInt32
    package init(parcels: UInt32) { self.parcels = parcels }
}

/// The delivery was not completed in time.
struct Abandon: DurableEvent, Hashable { static let name = "abandon" }

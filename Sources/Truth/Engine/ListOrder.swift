import Registers

/// What one node asks another's replica of the registers of which it is the home.
public struct ListOrder: Codable, Sendable {
    enum Which: String, Codable { case all, open, due, someday }

    let kind: String
    let which: Which
    /// Of `due`.
    let by: UInt64?
    let before: [UInt8]?
    let query: [UInt8]
    let limit: Int
    /// How long it may take.
    package let patienceMs: Int

    package init(_ listing: RegisterListing, patience: Duration) {
        kind = listing.kind
        switch listing.which {
        case .all: (which, by) = (.all, nil)
        case .open: (which, by) = (.open, nil)
        case .due(let time): (which, by) = (.due, time)
        case .someday: (which, by) = (.someday, nil)
        }
        before = listing.before
        query = listing.query
        limit = listing.limit
        patienceMs = Int(clamping: patience.milliseconds)
    }

    package var listing: RegisterListing {
        let which: RegisterListing.Which = switch which {
        case .all: .all
        case .open: .open
        case .due: .due(by: by ?? 0)
        case .someday: .someday
        }
        return RegisterListing(kind: kind, which: which, before: before, query: query, limit: limit)
    }
}

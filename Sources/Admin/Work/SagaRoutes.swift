import Choreography
import JSONDocument
import Web
import World

/// `GET /sagas`: the work that is not over, the newest first; with `?stuck=SECONDS` only what is dead, or overdue for so long.
struct SagaRoutes: RouteGroup {
    let work: (any WorkInspection)?
    let world: any World

    private static let limits = 1...200, spans = 0...31_536_000

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/sagas") { request in
                let listing = try Self.listing(request, kinds: work?.kinds ?? []), now = world.wallTime
                let list = await work?.open(listing) ?? OpenWorkList(rows: [], unheard: [], next: nil)
                return .json([
                    "sagas": .array(list.rows.map { $0.json(now: now) }), "unheard": .array(list.unheard.map { .string($0) }),
                    "shardsWithoutStore": .number(list.shardsWithoutStore), "next": .text(list.next?.description),
                ])
            }
        ]
    }

    private static func listing(_ request: WebRequest, kinds: [String]) throws(Problem) -> OpenWorkListing {
        var listing = OpenWorkListing(kind: request.query("kind"))
        if let kind = listing.kind, !kinds.contains(kind) {
            let known = kinds.sorted().joined(separator: ", ")
            throw .invalid([.init("kind", ["no work is of the kind \"\(kind.prefix(64))\"; expected \(known)"])])
        }
        listing.limit = try request.number("limit", in: limits) ?? listing.limit
        listing.stuckFor = try request.number("stuck", in: spans).map { .seconds($0) }
        if let text = request.query("before") {
            guard let id = WorkID(text) else { throw .invalid([.init("before", ["\"\(text.prefix(64))\" is no UUID of version 7"])]) }
            listing.before = id
        }
        return listing
    }
}

extension OpenWork {
    fileprivate func json(now: WallTime) -> JSON {
        let ageMs = max(0, now.millisecondsSince1970 - work.createdAt.millisecondsSince1970)
        let quietMs = lastMs.map { max(0, now.millisecondsSince1970.subtractingReportingOverflow($0).partialValue) }
        return [
            "work": .string(work.description), "kind": .string(actor.kind), "state": .string(word), "home": .string(node),
            "createdAt": .string(work.createdAt.iso8601), "ageMs": .number(ageMs), "quietMs": quietMs.map { .number($0) } ?? .null,
            "awaited": .array(awaited.map { .object($0.jsonMembers(now)) }),
            // Of a list of what is stuck: why that is not known.
            "doubt": .text(doubt),
        ]
    }
}

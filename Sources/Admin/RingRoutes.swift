import JSONDocument
import Placement
import Web

/// `GET /ring` and `GET /ring/where/{key}`, each for one role with `?role=`, for all members without.
struct RingRoutes: RouteGroup {
    let node: any NodeInspection

    /// Owners that are named for a key unless `?count=` says otherwise.
    private static let ownersNamed = 5

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/ring") { request in .json(Self.ring(node.inspectRing(), role: request.query("role"))) },
            WebRoute(.get, "/ring/where/{key}") { request in
                let count = try Self.count(request)
                return .json(Self.place(
                    try request.name("key"), on: node.inspectRing(), role: request.query("role"), count: count))
            },
        ]
    }

    private static func ring(_ ring: HashRing, role: String?) -> JSON {
        let roles = Set(ring.members.flatMap(\.roles)).sorted()
        let byRole = roles.map { role in
            (role, Dictionary(ring.shares(role: role).map { ($0.member.name, $0.fraction) }, uniquingKeysWith: { a, _ in a }))
        }
        let members = ring.shares(role: role).map { share -> JSON in
            let shares = byRole.compactMap { role, shares in
                shares[share.member.name].map { JSON.Member(role, .number($0)) }
            }
            return [
                "name": .string(share.member.name), "share": .number(share.fraction), "shares": .object(shares),
                "capacity": .number(Double(share.member.capacity) / 100), "zone": .string(share.member.zone),
                "roles": .array(share.member.roles.map { .string($0) }),
            ]
        }
        return [
            "role": .text(role), "fingerprint": .string(String(ring.fingerprint, radix: 16)), "members": .array(members),
        ]
    }

    private static func place(_ key: String, on ring: HashRing, role: String?, count: Int) -> JSON {
        func owners(_ role: String?) -> [JSON] { ring.owners(of: key, count: count, role: role).map { .string($0.name) } }
        let roles = Set(ring.members.flatMap(\.roles)).sorted()
        return [
            "key": .string(key), "position": .number(RingPicture.fraction(HashRing.position(of: key))), "role": .text(role),
            "owner": owners(role).first ?? nil, "owners": .array(owners(role)),
            "byRole": .object(roles.map { .init($0, .array(owners($0))) }),
        ]
    }

    private static func count(_ request: WebRequest) throws(Problem) -> Int {
        guard let text = request.query("count") else { return ownersNamed }
        guard let count = Int(text), (1...1_000).contains(count) else {
            throw .invalid([.init("count", ["\"\(text.prefix(64))\" is not allowed; expected 1 to 1000"])])
        }
        return count
    }
}

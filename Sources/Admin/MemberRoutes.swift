import JSONDocument
import Membership
import Web
import World

/// `GET /members` and `GET /actors`.
struct MemberRoutes: RouteGroup {
    let node: any NodeInspection

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/members") { _ in
                let now = node.clock
                let ring = node.inspectRing()
                return .json(.array(node.inspectMembers().map { member in
                    Self.json(member, now: now, isPlaced: ring.member(named: member.name) != nil)
                }))
            },
            WebRoute(.get, "/actors") { _ in .json(.array(node.inspectActors().map(Self.json))) },
        ]
    }

    private static func json(_ member: Member, now: Instant, isPlaced: Bool) -> JSON {
        let metadata = member.metadata
        let labels = metadata.labels.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
        return [
            "name": .string(member.name),
            "address": .string("\(member.address)"),
            "status": .string("\(member.status)"),
            "life": .number(member.identity.life),
            "incarnation": .number(member.incarnation),
            "roles": .array(metadata.roles.map { .string($0) }),
            "edge": .text(metadata.edgeURL),
            "admin": .text(metadata.adminURL),
            "zone": .string(metadata.zone),
            // As in the topology file: 1 is an ordinary node. Members carry hundredths.
            "capacity": .number(Double(metadata.capacity) / 100),
            "labels": .object(labels),
            "version": .string(metadata.versions.software),
            "wire": ["min": .number(metadata.versions.wireMin), "max": .number(metadata.versions.wireMax)],
            "load": .number(metadata.load),
            // Whether the work ring of the answering node has the member: a moment later than its status.
            "placed": .bool(isPlaced),
            // How long the status has lasted; a point in time would need the two clocks to agree.
            "sinceMs": .number(max(.zero, now - member.since).milliseconds),
        ]
    }

    private static func json(_ actor: ActorRow) -> JSON {
        [
            "type": .string(actor.type), "number": .number(actor.number), "unfinishedCalls": .number(actor.unfinishedCalls),
        ]
    }
}

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
                    // How long the status has lasted; a point in time would need the two clocks to agree.
                    let sinceMs = max(.zero, now - member.since).milliseconds
                    let members = member.jsonMembers(isPlaced: ring.member(named: member.name) != nil)
                    return .object(members + [.init("sinceMs", .number(sinceMs))])
                }))
            },
            WebRoute(.get, "/actors") { _ in .json(.array(node.inspectActors().map(Self.json))) },
        ]
    }

    private static func json(_ actor: ActorRow) -> JSON {
        [
            "type": .string(actor.type), "number": .number(actor.number), "unfinishedCalls": .number(actor.unfinishedCalls),
        ]
    }
}

extension Member {
    /// The member as the admin port tells it, but for its times.
    /// - Parameter isPlaced: whether the work ring of the answering node has the member: a moment later than its status.
    func jsonMembers(isPlaced: Bool) -> [JSON.Member] {
        let labels = metadata.labels.sorted { $0.key < $1.key }.map { JSON.Member($0.key, .string($0.value)) }
        return [
            .init("name", .string(name)),
            .init("address", .string("\(address)")),
            .init("status", .string("\(status)")),
            .init("life", .number(identity.life)),
            .init("incarnation", .number(incarnation)),
            .init("roles", .array(metadata.roles.map { .string($0) })),
            .init("edge", .text(metadata.edgeURL)),
            .init("admin", .text(metadata.adminURL)),
            .init("zone", .string(metadata.zone)),
            // As in the topology file: 1 is an ordinary node. Members carry hundredths.
            .init("capacity", .number(Double(metadata.capacity) / 100)),
            .init("labels", .object(labels)),
            .init("version", .string(metadata.versions.software)),
            .init("wire", ["min": .number(metadata.versions.wireMin), "max": .number(metadata.versions.wireMax)]),
            .init("load", .number(metadata.load)),
            // Null while the wall clock is near the others'.
            .init("clock", ClockWatch.verdict(of: metadata).isOff ? .string(ClockWatch.verdict(of: metadata).rawValue) : nil),
            .init("placed", .bool(isPlaced)),
        ]
    }
}

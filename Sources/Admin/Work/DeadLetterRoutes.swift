import Choreography
import Hummingbird
import JSONDocument
import Registers
import Web
import World

/// `GET /dead-letters` and `GET /dead-letters/{id}`, and what operators do: `POST /dead-letters/{id}/redrive` and `.../discard`.
///
/// Timers and parts that are dead are among them. A change counts once under `?operation=`.
struct DeadLetterRoutes: RouteGroup {
    let work: (any WorkInspection)?
    let permission: ChangePermission
    let world: any World
    let ids: WorkIDGenerator

    private static let limits = 1...1_000

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/dead-letters") { request in
                let limit = try request.number("limit", in: Self.limits) ?? 100
                let list = await work?.dead(before: request.query("before"), limit: limit) ?? DeadList(dead: [], unheard: [], next: nil)
                return .json([
                    "deadLetters": .array(list.dead.map { $0.deadJSON(world.wallTime) }),
                    // Of whom more may be dead than is here, and why.
                    "cut": .array(list.cut.map { ["actor": .string($0.actor.description), "reason": .string($0.reason)] }),
                    "unheard": .array(list.unheard.map { .string($0) }),
                    "shardsWithoutStore": .number(list.shardsWithoutStore), "next": .text(list.next),
                    // Whether whoever asks may redrive and discard.
                    "changes": .string(permission.word(for: request)),
                ])
            },
            WebRoute(.get, "/dead-letters/{id}") { request in
                let work = try self.work.orNotHere
                let id = try Self.id(request), detail: DeadDetail?
                do throws(RegisterError) { detail = try await work.dead(id) } catch { throw Problem(reading: error) }
                guard let detail else { throw Problem.notFound("\(id) is not dead, or not any more") }
                return .json(detail.json(world.wallTime))
            },
            WebRoute(.post, "/dead-letters/{id}/redrive") { request in
                try await change(request) { work, id, operation throws(RegisterError) in try await work.redrive(id, operation: operation) }
            },
            WebRoute(.post, "/dead-letters/{id}/discard") { request in
                try await change(request) { work, id, operation throws(RegisterError) in try await work.discard(id, operation: operation) }
            },
        ]
    }

    private func change(
        _ request: WebRequest, _ body: (any WorkInspection, DeadID, WorkID) async throws(RegisterError) -> Bool
    ) async throws(Problem) -> Response {
        try permission.check(request)
        let work = try self.work.orNotHere, id = try Self.id(request), operation = try request.operation(or: ids)
        let hasChanged: Bool
        do throws(RegisterError) { hasChanged = try await body(work, id, operation) } catch {
            throw Problem(error, operation: operation, isClients: request.query("operation") != nil)
        }
        guard hasChanged else {
            throw Problem(status: 409, detail: "\(id) is not dead, or not any more: it has arrived, or somebody has dealt with it")
        }
        return .json(["id": .string(id.description), "operation": .string(operation.description)])
    }

    private static func id(_ request: WebRequest) throws(Problem) -> DeadID {
        let text = try request.name("id")
        guard let id = DeadID(text) else {
            throw .invalid([
                .init("id", ["\"\(text.prefix(128))\" names no dead letter; expected SENDER/NUMBER@RECEIVER as the list tells it"]),
            ])
        }
        return id
    }
}

extension Awaited {
    fileprivate func deadJSON(_ now: WallTime) -> JSON { .object(deadMembers(now)) }

    fileprivate func deadMembers(_ now: WallTime) -> [JSON.Member] {
        [.init("id", .string(DeadID(self).description)), .init("work", .string(work.description))] + jsonMembers(now)
    }
}

extension DeadDetail {
    fileprivate func json(_ now: WallTime) -> JSON {
        .object(awaited.deadMembers(now) + [.init("held", .number(held)), .init("payload", JSON(messagePack: payload))])
    }
}

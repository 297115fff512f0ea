import JSONDocument
import World

/// Finds a piece of work of whichever kind it is: edges are asked for all kinds at once, and the first that knows it is enough.
package struct JobSearch: Sendable {
    /// Where edges tell of each kind of work.
    private static let kinds = [("order", "/api/orders/"), ("primes", "/api/primes/"), ("lookup", "/api/lookup/")]
    /// What has ended is kept for so long at least.
    private static let kept = Duration.seconds(86_400)

    private let client: EdgeClient
    private let world: any World

    package init(_ client: EdgeClient, world: any World) { (self.client, self.world) = (client, world) }

    /// A piece of work as its kind's document tells of it.
    package struct Find: Sendable {
        package let kind: String
        package let document: JSON
    }

    private typealias Answer = Result<Find?, CommandFailure>

    /// - Throws: `noInput` when no kind knows the id; when one that may know it could not say, why not.
    package func find(_ id: WorkID) async throws(CommandFailure) -> Find {
        let answers = await withTaskGroup(of: (Int, Answer).self) { group in
            for (number, kind) in Self.kinds.enumerated() { group.addTask { (number, await ask(kind.0, kind.1 + "\(id)")) } }
            var answers: [(number: Int, answer: Answer)] = []
            for await (number, answer) in group {
                answers.append((number, answer))
                // The others may be slow.
                if case .success(.some) = answer {
                    group.cancelAll()
                    break
                }
            }
            return answers
        }
        for case .success(.some(let find)) in answers.map(\.answer) { return find }
        // The same whoever was the first to say so.
        for case .failure(let failure) in answers.sorted(by: { $0.number < $1.number }).map(\.answer) { throw failure }
        throw CommandFailure(.noInput, "no work has the id \(id): none was begun under it, or it ended and is freed" + past(id))
    }

    /// Nil when it is none of this kind.
    private func ask(_ kind: String, _ path: String) async -> Answer {
        do throws(CommandFailure) {
            let reply = try await client.ask(path)
            if reply.answer.status == 404 { return .success(nil) }
            guard reply.answer.isSuccess, let json = reply.answer.json else { return .failure(reply.failure(changes: false)) }
            return .success(Find(kind: kind, document: json))
        } catch {
            return .failure(error)
        }
    }

    private func past(_ id: WorkID) -> String {
        let age = world.wallTime.millisecondsSince1970 - id.createdAt.millisecondsSince1970
        return age < Self.kept.milliseconds ? "" : "; its hour (\(id.createdAt.iso8601)) is past, and is closed when all of it has ended"
    }
}

import Choreography
import JSONDocument
import Registers
import Web
import World

/// `GET /traces/{id}`: the causal graph of a piece of work, and why it is not further.
struct TraceRoutes: RouteGroup {
    let work: (any WorkInspection)?
    let world: any World

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/traces/{id}") { request in
                let work = try self.work.orNotHere
                let id = try WorkID(ofPiece: request.parameter("id"))
                let picture: WorkPicture
                do throws(RegisterError) { picture = try await work.picture(of: id, limits: CausalLimits()) } catch {
                    guard error.code == .expired else { throw Problem(error) }
                    let hour = "the hour in which it was made (\(id.createdAt.iso8601)) is closed"
                    throw Problem.notFound("nobody knows a piece of work \(id): \(hour), and what was made in it and ended is freed")
                }
                guard !picture.graph.nodes.isEmpty || !picture.graph.awaited.isEmpty else {
                    throw Problem.notFound("nobody knows a piece of work \(id): none was begun under this id, or it ended and is freed")
                }
                return .json(picture.json(now: world.wallTime))
            }
        ]
    }
}

extension WorkID {
    /// - Throws: a ``Problem``: 400.
    init(ofPiece text: String) throws(Problem) {
        guard let id = WorkID(text) else {
            throw .invalid([.init("id", ["\"\(text.prefix(64))\" is no id of a piece of work; expected a UUID of version 7"])])
        }
        self = id
    }
}

extension Optional where Wrapped == any WorkInspection {
    /// - Throws: a ``Problem``: 404 for a node that has no part in durable work.
    var orNotHere: any WorkInspection {
        get throws(Problem) {
            guard let self else { throw .notFound("this node has no part in durable work") }
            return self
        }
    }
}

import HTTPTypes
import Hummingbird
import JSONDocument
import Registers
import Truth
import Web
import World

/// `GET /kv/{key}` and `PUT /kv/{key}`: values under names, kept by the registers of the mesh.
struct ValueRoutes: RouteGroup {
    let truth: (any TruthInspection)?
    let permission: ChangePermission
    let ids: WorkIDGenerator

    /// How long an answer may take.
    static let patience = Duration.seconds(5)

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/kv/{key}") { request in
                let values = try values()
                let key = request.parameter("key")
                let value: KeyValue.Entry?
                do { value = try await values.get(key, patience: try Self.patience(request)) } catch { throw Self.problem(error) }
                guard let value else { throw Problem.notFound("nothing was ever put under \"\(key)\"") }
                return .json(["key": .string(key), "value": .string(String(decoding: value.bytes, as: UTF8.self))])
            },
            WebRoute(.put, "/kv/{key}") { request in
                try permission.check(request)
                let values = try values()
                let body = try await request.object()
                guard let value = body["value"]?.string else {
                    throw Problem.invalid([.init("value", ["the value is missing, or is not a text"])])
                }
                let operation = try operation(request)
                let key = request.parameter("key")
                do {
                    try await values.put(key, Array(value.utf8), operation: operation, patience: try Self.patience(request))
                } catch {
                    throw Self.problem(error, operation)
                }
                return .json(["key": .string(key), "operation": .string(operation.description)])
            },
        ]
    }

    private func values() throws(Problem) -> KeyValue {
        guard let truth else { throw .notFound("this node has no part in registers") }
        return truth.values
    }

    /// The id by which a repeated write is known as the same.
    private func operation(_ request: WebRequest) throws(Problem) -> WorkID {
        guard let text = request.query("operation") else { return ids.next() }
        guard let id = WorkID(text) else {
            throw .invalid([.init("operation", ["\"\(text.prefix(64))\" is no UUID of version 7"])])
        }
        return id
    }

    private static func patience(_ request: WebRequest) throws(Problem) -> Duration {
        guard let text = request.query("patienceMs") else { return patience }
        guard let milliseconds = Int(text), (1...60_000).contains(milliseconds) else {
            throw .invalid([.init("patienceMs", ["\"\(text.prefix(64))\" is not allowed; expected 1 to 60000"])])
        }
        return .milliseconds(milliseconds)
    }

    private static func problem(_ error: any Error, _ operation: WorkID? = nil) -> Problem {
        if let problem = error as? Problem { return problem }
        guard let error = error as? RegisterError else { return Problem(status: 500, detail: "\(error)") }
        return Problem(error, operation: operation)
    }
}

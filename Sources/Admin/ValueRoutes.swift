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
                let key = try request.name("key")
                let value: KeyValue.Entry?
                do { value = try await values.get(key, patience: try Self.patience(request)) } catch {
                    throw Self.problem(error) { Problem(reading: $0) }
                }
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
                let operation = try request.operation(or: ids)
                let key = try request.name("key")
                do {
                    try await values.put(key, Array(value.utf8), operation: operation, patience: try Self.patience(request))
                } catch {
                    let isClients = request.query("operation") != nil
                    throw Self.problem(error) { Problem($0, operation: operation, isClients: isClients) }
                }
                return .json(["key": .string(key), "operation": .string(operation.description)])
            },
        ]
    }

    private func values() throws(Problem) -> KeyValue {
        guard let truth else { throw .notFound("this node has no part in registers") }
        return truth.values
    }

    private static func patience(_ request: WebRequest) throws(Problem) -> Duration {
        try request.number("patienceMs", in: 1...60_000).map { .milliseconds($0) } ?? patience
    }

    private static func problem(_ error: any Error, _ words: (RegisterError) -> Problem) -> Problem {
        if let problem = error as? Problem { return problem }
        guard let error = error as? RegisterError else { return Problem(status: 500, detail: "\(error)") }
        return words(error)
    }
}

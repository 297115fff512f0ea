import Hummingbird
import JSONDocument
import Transport
import Web

/// `GET`, `PUT` and `DELETE /faults`, `DELETE /faults/{name}`: the fault filter, through the Unix socket alone.
struct FaultRoutes: RouteGroup {
    let faults: (any FaultControl)?
    let socketPath: String

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/faults") { request in .json(await Self.list(try permitted(request))) },
            WebRoute(.put, "/faults") { request in
                let faults = try permitted(request)
                for rule in try Self.rules(await request.object()) {
                    if let objection = await faults.setFault(rule) {
                        throw Problem.invalid([.init(rule.name, [objection])])
                    }
                }
                return .json(await Self.list(faults))
            },
            WebRoute(.delete, "/faults") { request in
                let faults = try permitted(request)
                await faults.clearFault(nil)
                return .json(await Self.list(faults))
            },
            WebRoute(.delete, "/faults/{name}") { request in
                let faults = try permitted(request)
                await faults.clearFault(try request.name("name"))
                return .json(await Self.list(faults))
            },
        ]
    }

    private func permitted(_ request: WebRequest) throws(Problem) -> any FaultControl {
        guard request.transport == .unixSocket else {
            throw Problem(status: 403, detail: "faults are set through the node's socket \(socketPath) only")
        }
        guard let faults else { throw Problem(status: 409, detail: "the node was not started with --chaos; it has no fault filter") }
        return faults
    }

    private static func list(_ faults: any FaultControl) async -> JSON {
        ["rules": .array(await faults.listFaults().map(\.json))]
    }

    /// One rule, or several as `rules`. All are checked before the first is set.
    private static func rules(_ json: JSON) throws(Problem) -> [FaultRule] {
        var rules: [FaultRule] = []
        for element in json["rules"]?.elements ?? [json] {
            let rule = try FaultRule(element)
            if let objection = rule.objection { throw .invalid([.init(rule.name, [objection])]) }
            rules.append(rule)
        }
        return rules
    }
}

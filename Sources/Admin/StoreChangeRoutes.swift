import Hummingbird
import JSONDocument
import Registers
import Truth
import Web
import World

/// `POST /stores/changes`: has other stores hold the shards of the mesh.
///
/// `{"change": "add" | "remove" | "replace" | "cancel", "node": "n3", "with": "n6", "allowOneCopy": true}`, or `{"change": "schema",
/// "schema": 2}`. The answer is 202 with what is under way, which the mesh ends by itself and `GET /stores` follows; 200 when there is nothing
/// to wait for.
struct StoreChangeRoutes: RouteGroup {
    let truth: (any TruthInspection)?
    let permission: ChangePermission

    /// How long it may take to write a change down.
    static let patience = Duration.seconds(5)

    var routes: [WebRoute] {
        [
            WebRoute(.post, "/stores/changes") { request in
                try permission.check(request)
                guard let truth else { throw Problem.notFound("this node has no part in registers") }
                let wish = try Self.wish(try await request.object())
                do {
                    return Self.answer(try await truth.change(wish, patience: Self.patience))
                } catch {
                    throw Self.problem(error)
                }
            }
        ]
    }

    private static func wish(_ body: JSON) throws(Problem) -> StoreChange {
        func text(_ field: String) throws(Problem) -> String? {
            switch body[field] {
            case nil, .null: return nil
            case .string(let text) where !text.isEmpty: return text
            case let value?: throw .invalid([.init(field, ["expected a node's name, not \(value.text().prefix(64))"])])
            }
        }
        let change = body["change"]?.string ?? ""
        let node = try text("node"), other = try text("with")
        var allowsOneCopy = false
        switch body["allowOneCopy"] {
        case nil, .null: break
        case .bool(let value): allowsOneCopy = value
        case let value?: throw .invalid([.init("allowOneCopy", ["expected true or false, not \(value.text().prefix(64))"])])
        }
        guard ["add", "remove", "replace", "cancel", "schema"].contains(change) else {
            throw .invalid([.init("change", ["\"\(change.prefix(64))\" is no change; expected add, remove, replace, cancel or schema"])])
        }
        // What the change does not take is no mistake to be passed over: whoever wrote it expects something of it.
        func refuse(_ field: String, unless belongs: Bool, _ words: String) throws(Problem) {
            if belongs || body[field] ?? .null == .null { return }
            throw .invalid([.init(field, ["\"\(change)\" takes no \(words); leave it out"])])
        }
        try refuse("node", unless: change != "schema", "node")
        try refuse("with", unless: change == "replace", "other node")
        try refuse("allowOneCopy", unless: change == "remove", "leave to keep one copy")
        try refuse("schema", unless: change == "schema", "schema")
        if change == "schema" {
            guard let schema = body["schema"]?.integer(UInt32.self), schema > 0 else {
                throw .invalid([.init("schema", ["expected a number from 1 on, not \((body["schema"] ?? .null).text().prefix(64))"])])
            }
            return .schema(schema)
        }
        if change == "cancel" { return .cancel(node) }
        guard let node else { throw .invalid([.init("node", ["the name of a node is missing"])]) }
        return switch change {
        case "add": .add(node)
        case "remove": .remove(node, allowsOneCopy: allowsOneCopy)
        default: .replace(node, with: other)
        }
    }

    private static func answer(_ outcome: StoreChangeOutcome) -> Response {
        switch outcome {
        case .underWay(let pending): .json(StoreRoutes.change(pending, nil), status: .accepted)
        case .done(let epoch): .json(["change": nil, "epoch": .number(Int(clamping: epoch))])
        case .nothing(let why): .json(["change": nil, "message": .string(why)])
        }
    }

    private static func problem(_ error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as RegisterError: Problem(error)
        case let refusal as StoreChangeRefusal:
            Problem(
                status: status(refusal.code), detail: refusal.sentence,
                extensions: [.init("code", .string(refusal.code.rawValue))]
                    + (refusal.pending.map { [.init("underWay", StoreRoutes.change($0, nil))] } ?? []))
        default: Problem(status: 500, detail: "\(error)")
        }
    }

    private static func status(_ code: StoreChangeRefusal.Code) -> Int {
        switch code {
        case .unknownNode: 404
        case .underWay: 409
        case .noStore, .notLive, .otherStore, .holdsShards, .lastStore, .oneCopy, .schema, .unfit: 422
        }
    }
}

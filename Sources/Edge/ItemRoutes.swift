import HTTPTypes
import Hummingbird
import Items
import JSONDocument
import Web
import World

/// `POST /items`, `GET /items/{tenant}/count` and `/health`: a contract that is older than this edge, so its answers are neither problem
/// documents nor lines of text.
public struct ItemRoutes: RouteGroup {
    /// How long items may take to count, the time in which they come included: less than ``Web/WebLimits/requestDeadline``, so that the
    /// answer is this contract's own.
    public static let deadline = Duration.seconds(9)
    /// Of the version of a glance.
    static let versionHeader = HTTPField.Name("X-Gossamer-Version")

    private let gateway: (any ItemGateway)?
    private let ids: WorkIDGenerator

    /// - Parameter gateway: nil when this edge has no way to items; then every answer is 503.
    public init(gateway: (any ItemGateway)?, world: any World) {
        self.gateway = gateway
        ids = WorkIDGenerator(world, name: "item-ids")
    }

    public var routes: [WebRoute] {
        let health = [HTTPRequest.Method.get, .post, .put, .patch, .delete, .options, .trace].map { method in
            WebRoute(method, "/health", operation: Self.healthOperation(method.rawValue.lowercased()), makesIDs: false) { _ in
                Response(status: .ok)
            }
        }
        return [
            WebRoute(.post, "/items", operation: Self.addOperation, refusal: .emptyBody, excuse: Self.excuse) { try await add($0) },
            WebRoute(.get, "/items/{+tenant}/count", operation: Self.countOperation, refusal: .emptyBody) { await count($0) },
        ] + health
    }

    private func add(_ request: WebRequest) async throws -> Response {
        let deadline = request.begun + Self.deadline
        let bytes = try await request.bytes(), items: [Item]
        do throws(ItemFormError) { items = try ItemForm.items(bytes) } catch { return Self.refusal(error.description) }
        do throws(ItemGatewayError) {
            try await gateway.orRefusal().add(items, ids: request.ids ?? ids, by: deadline)
        } catch {
            return Self.notAdded(error)
        }
        return Self.answer(["message": "Success"])
    }

    private func count(_ request: WebRequest) async -> Response {
        let tenant: String
        do throws(Problem) { tenant = try request.name("tenant") } catch {
            return Self.refusal("Invalid URI: tenant: \(error.errors.first?.messages.first ?? error.detail)")
        }
        guard !tenant.isEmpty else { return Self.refusal("Invalid URI") }
        do throws(ItemGatewayError) {
            switch request.query("consistency") {
            case nil, "strict": return Self.answer(["count": .number(try await gateway.orRefusal().count(tenant))])
            case "stale":
                let glance = try await gateway.orRefusal().glance(tenant)
                let headers = Self.versionHeader.map { HTTPFields([HTTPField(name: $0, value: "\(glance.version)")]) }
                return Self.answer(["count": .number(glance.count)], headers: headers ?? [:])
            case let other?: return Self.refusal("consistency \"\(other.prefix(64))\" is unknown; expected strict or stale")
            }
        } catch {
            return Self.failure("Unable to get count", error)
        }
    }

    // MARK: Answers

    private static func answer(_ json: JSON, headers: HTTPFields = [:]) -> Response {
        .text(json.text(), type: "application/json; charset=utf-8", headers: headers)
    }

    private static func refusal(_ message: String) -> Response {
        .text(JSON.object([.init("message", .string(message))]).text(), status: .badRequest)
    }

    private static func notAdded(_ error: ItemGatewayError) -> Response {
        failure("Unable to add items", error, more: [.init("outcome", error.code == .unknown ? "unknown" : "not counted")])
    }

    /// Why the items were not even looked at, in the words of the contract.
    private static func excuse(_ problem: Problem) -> Response {
        let seconds = problem.headers.first { $0.name == .retryAfter }.flatMap { Int($0.value) }
        return notAdded(ItemGatewayError(.unavailable, problem.detail, retryAfterSeconds: seconds ?? 1))
    }

    private static func failure(_ message: JSON, _ error: ItemGatewayError, more: [JSON.Member] = []) -> Response {
        let body = JSON.object([.init("message", message)] + more + [.init("detail", .string(error.description))])
        guard error.code != .invalid else { return .text(body.text(), status: .internalServerError) }
        return .text(body.text(), status: .serviceUnavailable, headers: [.retryAfter: "\(error.retryAfterSeconds)"])
    }
}

/// The body of `POST /items`, whatever its Content-Type says.
enum ItemForm {
    /// - Throws: for what is wrong, before anything else is looked at that may be.
    static func items(_ bytes: [UInt8]) throws(ItemFormError) -> [Item] {
        let json: JSON
        do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw .unreadable }
        guard json != .null else { return [] }
        guard let elements = json.elements else { throw .unreadable }
        var items: [Item] = []
        for element in elements {
            let element = element.withoutRepeatedKeys
            guard element == .null || element.members != nil else { throw .unreadable }
            items.append(Item(id: try text(element["id"]), tenant: try text(element["tenant"])))
        }
        for item in items {
            guard !item.id.isEmpty, !item.tenant.isEmpty else { throw .incomplete }
            guard item.id.utf8.count <= ItemLimits.idBytes else { throw .tooLong("id", item.id, ItemLimits.idBytes) }
            guard item.tenant.utf8.count <= ItemLimits.tenantBytes else { throw .tooLong("tenant", item.tenant, ItemLimits.tenantBytes) }
        }
        let tenants = Item.tenants(of: items)
        guard tenants <= ItemLimits.tenants else { throw .tooManyTenants(tenants) }
        return items
    }

    private static func text(_ value: JSON?) throws(ItemFormError) -> String {
        switch value {
        case nil, .null: return ""
        case .string(let text): return text
        default: throw .unreadable
        }
    }
}

/// What is wrong with the body.
enum ItemFormError: Error, CustomStringConvertible {
    case unreadable
    case incomplete
    case tooLong(_ field: String, _ text: String, _ limit: Int)
    case tooManyTenants(Int)

    var description: String {
        switch self {
        case .unreadable: "Unable to unmarshal json"
        case .incomplete: "both values are required"
        case .tooLong(let field, let text, let limit):
            "\(field) \(text.prefix(32))... has \(text.utf8.count) bytes; at most \(limit) are allowed"
        case .tooManyTenants(let count): ItemLimits.tooMany(tenants: count)
        }
    }
}

extension (any ItemGateway)? {
    fileprivate func orRefusal() throws(ItemGatewayError) -> any ItemGateway {
        guard let self else {
            throw ItemGatewayError(
                .unavailable, "this edge has no items: it reaches no store of the mesh; ask another edge", retryAfterSeconds: 10)
        }
        return self
    }
}

import Hummingbird
import JSONDocument
import Orders
import Web
import World

/// `POST /api/orders`, `GET` and `DELETE /api/orders/{id}`, `GET` and `PUT` of `/api/accounts/{id}` and `/api/stock/{id}`.
public struct OrderRoutes: RouteGroup {
    /// How long an order may take from its acceptance, by the wall clock of the edge. One that is not shipped by then is cancelled,
    /// and what it holds is free again.
    public static let deadline = Duration.seconds(60)

    private let gateway: (any OrderGateway)?
    private let world: any World
    private let ids: WorkIDGenerator

    /// - Parameter gateway: nil when this edge has no way to orders; then every answer is 503.
    public init(gateway: (any OrderGateway)?, world: any World) {
        self.gateway = gateway
        self.world = world
        ids = WorkIDGenerator(world, name: "order-ids")
    }

    public var routes: [WebRoute] {
        [
            WebRoute(.post, "/api/orders", operation: Self.placeOperation) { try await place($0) },
            WebRoute(.get, "/api/orders/{id}", operation: Self.statusOperation) { try await status($0) },
            WebRoute(.delete, "/api/orders/{id}", operation: Self.cancelOperation, makesIDs: true) { try await cancel($0) },
        ] + HoldingRoutes(.account, gateway: gateway, ids: ids).routes + HoldingRoutes(.stock, gateway: gateway, ids: ids).routes
    }

    private func place(_ request: WebRequest) async throws -> Response {
        let gateway = try gateway.orRefusal()
        let deadline = WallTime(nanosecondsSince1970: world.wallTime.nanosecondsSince1970 + Self.deadline.nanoseconds)
        var form = OrderForm(try await request.object())
        let order = try form.order(deadline: deadline)
        let id = (request.ids ?? ids).next()
        do throws(OrderGatewayError) {
            try await gateway.place(order, id: id)
        } catch where error.code == .unknown {
            // Its id is all that tells the client afterwards.
            throw Problem(error, more: Self.reference(id))
        } catch {
            throw Problem(error)
        }
        return .json(.object(Self.reference(id)), status: .accepted, headers: [.location: Self.url(id)])
    }

    private func status(_ request: WebRequest) async throws -> Response {
        let gateway = try gateway.orRefusal()
        let id = try request.workID(of: "an order")
        let order: Order.State?
        do throws(OrderGatewayError) { order = try await gateway.order(id) } catch { throw Problem(error) }
        guard let order else { throw Self.notFound(id) }
        return .json(order.document(id))
    }

    private func cancel(_ request: WebRequest) async throws -> Response {
        let gateway = try gateway.orRefusal()
        let id = try request.workID(of: "an order")
        let isThere: Bool
        do throws(OrderGatewayError) { isThere = try await gateway.cancel(id, operation: ids.next()) } catch {
            throw Problem(error)
        }
        guard isThere else { throw Self.notFound(id) }
        return .json(.object(Self.reference(id)), status: .accepted)
    }

    private static func notFound(_ id: WorkID) -> Problem { .notFound("there is no order \(id)") }

    private static func url(_ id: WorkID) -> String { "/api/orders/\(id)" }

    private static func reference(_ id: WorkID) -> [JSON.Member] {
        [.init("orderId", .string("\(id)")), .init("statusUrl", .string(url(id)))]
    }
}

extension Order.State {
    /// The document that clients read, its members in the order of the contract.
    func document(_ id: WorkID) -> JSON {
        [
            "orderId": .string("\(id)"), "status": .string(status.rawValue), "reason": .text(reason),
            "steps": .array(steps.map { report in
                [
                    "step": .string(report.step.rawValue), "state": .string(report.progress.rawValue),
                    "at": .string(WallTime(millisecondsSince1970: report.atMs).iso8601),
                ]
            }),
        ]
    }
}

extension (any OrderGateway)? {
    /// - Throws: 503 when there is none.
    func orRefusal() throws(Problem) -> any OrderGateway {
        guard let self else {
            throw Problem(OrderGatewayError(
                .unavailable, "this edge has no orders: it reaches no store of the mesh; ask another edge", retryAfterSeconds: 10))
        }
        return self
    }
}

extension Problem {
    /// 503 says what became of what was asked for as `outcome`: `failed`, nothing of it has happened; or `unknown`.
    /// - Parameter more: further members of the document.
    init(_ error: OrderGatewayError, more: [JSON.Member] = []) {
        func comeAgain(_ outcome: String) -> Problem {
            Problem(
                status: 503, detail: error.description,
                headers: [.init(name: .retryAfter, value: String(error.retryAfterSeconds))],
                extensions: [.init("outcome", .string(outcome))] + more)
        }
        self = switch error.code {
        case .unavailable: comeAgain("failed")
        case .unknown: comeAgain("unknown")
        case .invalid: Problem(status: 400, detail: error.description)
        case .otherRevision: Problem(status: 412, detail: error.description)
        case .lessThanHeld, .ended: Problem(status: 409, detail: error.description)
        }
    }
}

import Hummingbird
import JSONDocument
import Orders
import Web
import World

/// `GET` and `PUT` of what orders hold a part of: accounts, or stock.
struct HoldingRoutes {
    /// One account or item, whichever it is.
    struct Holding: Sendable {
        /// All of it.
        let amount: Int64
        /// What orders hold of it.
        let held: Int64
        /// 0 when nobody has made it.
        let revision: UInt64
    }

    /// What accounts and stock do not have in common.
    struct Kind: Sendable {
        /// For people.
        let noun: String
        let path: String
        /// The members' names in documents.
        let amount: String
        let held: String
        let readOperation: JSON
        let setOperation: JSON
        let read: @Sendable (any OrderGateway, _ name: String) async throws(OrderGatewayError) -> Holding
        let set: @Sendable (
            any OrderGateway, _ name: String, _ amount: Int64, _ over: UInt64, _ operation: WorkID
        ) async throws(OrderGatewayError) -> Holding
    }

    private let kind: Kind
    private let gateway: (any OrderGateway)?
    private let ids: WorkIDGenerator

    init(_ kind: Kind, gateway: (any OrderGateway)?, ids: WorkIDGenerator) {
        self.kind = kind
        self.gateway = gateway
        self.ids = ids
    }

    var routes: [WebRoute] {
        [
            WebRoute(.get, kind.path, operation: kind.readOperation) { try await read($0) },
            WebRoute(.put, kind.path, operation: kind.setOperation) { try await set($0) },
        ]
    }

    private func read(_ request: WebRequest) async throws -> Response {
        let gateway = try gateway.orRefusal()
        let id = try request.name("id")
        var form = OrderForm([:])
        guard let name = form.name(.string(id), as: "id") else { throw form.refusal }
        let holding = try await read(name, gateway)
        guard holding.revision > 0 else {
            throw Problem.notFound("nobody has made \(kind.noun) \"\(name)\" yet; setting its \(kind.amount) does")
        }
        return answer(name, holding)
    }

    private func read(_ name: String, _ gateway: any OrderGateway) async throws(Problem) -> Holding {
        do throws(OrderGatewayError) { return try await kind.read(gateway, name) } catch { throw Problem(error) }
    }

    private func set(_ request: WebRequest) async throws -> Response {
        let gateway = try gateway.orRefusal()
        let id = try request.name("id")
        var form = OrderForm(try await request.object())
        let name = form.name(.string(id), as: "id")
        let amount = form.whole(kind.amount, in: 0...OrderForm.amountLimit)
        let condition = form.condition(request.headers[.ifMatch])
        guard let name, let amount, let condition else { throw form.refusal }
        let revision = try await revision(condition, name, gateway)
        do throws(OrderGatewayError) {
            return answer(name, try await kind.set(gateway, name, amount, revision, ids.next()))
        } catch where error.code == .otherRevision {
            throw unmet(condition, name)
        } catch where error.code == .lessThanHeld {
            throw Problem(status: 409, detail: error.description, errors: [.init(kind.amount, [error.description])])
        } catch {
            throw Problem(error)
        }
    }

    /// The revision that is to be there; whether it is, the rules decide.
    private func revision(
        _ condition: RevisionCondition, _ name: String, _ gateway: any OrderGateway
    ) async throws(Problem) -> UInt64 {
        guard case .oneOf(let revisions) = condition else { return 0 }
        guard let first = revisions.first else { throw unmet(condition, name) }
        if revisions.count == 1 { return first }
        let present = try await read(name, gateway).revision
        guard revisions.contains(present) else { throw unmet(condition, name) }
        return present
    }

    private func unmet(_ condition: RevisionCondition, _ name: String) -> Problem {
        let reason = condition == .nothing
            ? "\(kind.noun) \"\(name)\" exists; to set its \(kind.amount), GET it and send its ETag as If-Match"
            : "If-Match is not the ETag of \(kind.noun) \"\(name)\": it has changed since, or nobody has made it; "
                + "GET it and send its ETag as If-Match"
        return Problem(status: 412, detail: reason)
    }

    private func answer(_ name: String, _ holding: Holding) -> Response {
        .json(
            .object([
                .init("id", .string(name)), .init(kind.amount, .number(holding.amount)), .init(kind.held, .number(holding.held)),
            ]), headers: [.eTag: "\"\(holding.revision)\""])
    }
}

extension HoldingRoutes.Kind {
    static let account = Self(
        noun: "account", path: "/api/accounts/{id}", amount: "balance", held: "held",
        readOperation: OrderRoutes.readAccountOperation, setOperation: OrderRoutes.setAccountOperation,
        read: { gateway, name async throws(OrderGatewayError) in .init(try await gateway.account(name)) },
        set: { gateway, name, balance, revision, operation async throws(OrderGatewayError) in
            .init(try await gateway.setAccount(name, balance: balance, over: revision, operation: operation))
        })

    static let stock = Self(
        noun: "stock", path: "/api/stock/{id}", amount: "quantity", held: "reserved",
        readOperation: OrderRoutes.readStockOperation, setOperation: OrderRoutes.setStockOperation,
        read: { gateway, name async throws(OrderGatewayError) in .init(try await gateway.stock(name)) },
        set: { gateway, name, quantity, revision, operation async throws(OrderGatewayError) in
            .init(try await gateway.setStock(name, quantity: quantity, over: revision, operation: operation))
        })
}

extension HoldingRoutes.Holding {
    fileprivate init(_ account: Account.State) {
        self.init(amount: account.balance, held: account.held, revision: account.revision)
    }

    fileprivate init(_ stock: Stock.State) {
        self.init(amount: stock.quantity, held: stock.reserved, revision: stock.revision)
    }
}

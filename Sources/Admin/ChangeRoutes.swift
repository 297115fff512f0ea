import HTTPTypes
import Hummingbird
import JSONDocument
import Web

/// Who may change a node.
struct ChangePermission: Sendable {
    /// Nil when no token lets anyone.
    let token: String?
    let socketPath: String

    /// What whoever asks may do: `allowed`, `token` when a token would help, or `no`.
    func word(for request: WebRequest) -> String {
        do throws(Problem) { try check(request) } catch { return token?.isEmpty == false ? "token" : "no" }
        return "allowed"
    }

    /// - Throws: a ``Problem``: 401 for a wrong token, 403 for none.
    func check(_ request: WebRequest) throws(Problem) {
        if request.transport == .unixSocket { return }
        let header = request.headers[.authorization] ?? ""
        guard let token, !token.isEmpty, !header.isEmpty else {
            throw Problem(
                status: 403,
                detail: "a node is changed through its socket \(socketPath)"
                    + (token == nil ? "" : ", or with \"Authorization: Bearer TOKEN\""))
        }
        guard header.lowercased().hasPrefix("bearer "), Self.equal(header.dropFirst(7).utf8, token.utf8) else {
            throw Problem(
                status: 401, detail: "the token is not the node's", headers: [.init(name: .wwwAuthenticate, value: "Bearer")])
        }
    }

    /// Takes the same time wherever two texts of one length differ, so that a token cannot be guessed byte by byte.
    private static func equal(_ a: some Collection<UInt8>, _ b: some Collection<UInt8>) -> Bool {
        guard a.count == b.count else { return false }
        return zip(a, b).reduce(0 as UInt8) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// `POST /leave` and `POST /drain`.
struct ChangeRoutes: RouteGroup {
    let control: any NodeControl
    let permission: ChangePermission

    var routes: [WebRoute] {
        [
            WebRoute(.post, "/leave") { request in
                try permission.check(request)
                await control.requestLeave()
                return .json(["message": "the node leaves"], status: .accepted)
            },
            WebRoute(.post, "/drain") { request in
                try permission.check(request)
                await control.requestDrain()
                return .json(["message": "the node takes no new work and leaves when it has done what it has"], status: .accepted)
            },
        ]
    }
}

import Hummingbird
import JSONDocument
import Synchronization
import World

/// One operation that a server offers.
public struct WebRoute: Sendable {
    public typealias Handler = @Sendable (WebRequest) async throws -> Response

    /// How a method is refused that a path does not have.
    public enum Refusal: Sendable { case problem, emptyBody }

    public let method: HTTPRequest.Method
    /// With parameters in braces: `/api/primes/{id}`. One parameter may be written `{+name}` (RFC 6570, 3.2.3): it takes any number of
    /// segments, as many as it can. Then everything that begins like the path is this route's, and the parameter is empty for what does
    /// not end like it.
    public let path: String
    /// For methods that no route of this path has.
    public let refusal: Refusal
    /// The operation's object in the OpenAPI document.
    public let operation: JSON
    let handler: Handler

    /// - Parameter handler: throws a ``Problem`` for what the client shall read; anything else becomes a 500 without detail.
    public init(
        _ method: HTTPRequest.Method, _ path: String, operation: JSON = [:], refusal: Refusal = .problem, handler: @escaping Handler
    ) {
        precondition(path.hasPrefix("/"), "the path of a route begins with /, not \"\(path)\"")
        self.method = method
        self.path = path
        self.operation = operation
        self.refusal = refusal
        self.handler = handler
    }
}

extension WebRoute {
    /// The parts of a path with a `{+name}`.
    struct Greedy {
        let name: String
        /// What comes before, with the slash.
        let start: String
        /// What comes behind, with the slash.
        let end: String

        init?(_ path: String) {
            guard let open = path.firstRange(of: "{+"), let close = path[open.upperBound...].firstIndex(of: "}") else { return nil }
            name = String(path[open.upperBound..<close])
            start = String(path[..<open.lowerBound])
            end = String(path[path.index(after: close)...])
        }

        /// What the parameter takes of a path as it was sent; empty when that does not end as it should.
        func value(in path: String) -> String {
            let sent = path.utf8, isLonger = sent.count > start.utf8.count + end.utf8.count
            guard isLonger, path.asciiLowercased.utf8.suffix(end.utf8.count).elementsEqual(end.asciiLowercased.utf8) else { return "" }
            return String(Substring(sent.dropFirst(start.utf8.count).dropLast(end.utf8.count)))
        }
    }

    /// As the router takes it.
    var pattern: String { Greedy(path).map { $0.start + "**" } ?? path }

    /// As OpenAPI has it, which knows one kind of parameter.
    var documentedPath: String { Greedy(path).map { "\($0.start){\($0.name)}\($0.end)" } ?? path }
}

/// Routes that belong together. A server is built from a list of groups, so that a new kind of work adds its group and touches
/// no other.
public protocol RouteGroup: Sendable {
    var routes: [WebRoute] { get }
    /// Schemas for `#/components/schemas` of the OpenAPI document, that the operations refer to.
    var schemas: [JSON.Member] { get }
}

extension RouteGroup {
    public var schemas: [JSON.Member] { [] }
}

/// How a request has come.
public enum WebTransport: Sendable, Hashable {
    case tcp
    /// Through a socket in the file system: the file's mode has decided who may.
    case unixSocket
}

/// A request as a handler sees it.
public struct WebRequest: Sendable {
    public let method: HTTPRequest.Method
    /// The path without the query, as sent.
    public let path: String
    public let headers: HTTPFields
    /// The host, and port if any, by which the client has reached the server. Empty or nil when it does not say.
    public let authority: String?
    public let transport: WebTransport
    let parameters: [String: String]
    let query: [(key: String, value: String)]
    let body: RequestBody
    let bodyLimit: Int
    let stopping: Flag
    let isBodyAwaited: Flag

    /// The path parameter, percent-decoded. Empty when the route has none of this name.
    public func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// The first value of a query parameter, in any case of letters.
    public func query(_ name: String) -> String? {
        query.first { $0.key.asciiLowercased == name.asciiLowercased }?.value
    }

    /// True once the server is being stopped: a long answer should end now.
    public var isStopping: Bool { stopping.isSet }

    /// The body's bytes.
    /// - Throws: a ``Problem``: 413.
    public func bytes() async throws -> [UInt8] {
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > bodyLimit { throw tooLarge }
        isBodyAwaited.set()
        defer { isBodyAwaited.clear() }
        var bytes: [UInt8] = []
        for try await buffer in body {
            guard bytes.count + buffer.readableBytes <= bodyLimit else { throw tooLarge }
            bytes.append(contentsOf: buffer.readableBytesView)
        }
        return bytes
    }

    private var tooLarge: Problem { Problem(status: 413, detail: "a body may have at most \(bodyLimit) bytes") }

    /// The body as a JSON object.
    /// - Throws: a ``Problem``: 415 for another content type, 413, 400 for what is no JSON object.
    public func object() async throws -> JSON {
        let type = headers[.contentType] ?? ""
        let essence = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard essence == "application/json" || essence.hasSuffix("+json") else {
            let sent = type.isEmpty ? "there is no Content-Type" : "the Content-Type is \"\(type.prefix(100))\""
            throw Problem(status: 415, detail: "\(sent); send the body with Content-Type: application/json")
        }
        let bytes = try await bytes()
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes)
        } catch {
            throw Problem.invalid([.init("$", ["the body is not JSON: \(error)"])])
        }
        guard case .object = json else {
            throw Problem.invalid([.init("$", ["the body must be a JSON object, not \(json.kind)"])])
        }
        return json
    }
}

/// A flag that several tasks see: that a server is told to stop, that a body is awaited.
final class Flag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
    func clear() { flag.store(false, ordering: .relaxed) }
}

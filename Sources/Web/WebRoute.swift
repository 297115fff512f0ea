import HTTPTypes
import Hummingbird
import JSONDocument
import Synchronization
import World

/// One operation that a server offers.
public struct WebRoute: Sendable {
    public typealias Handler = @Sendable (WebRequest) async throws -> Response
    /// How a route says that it cannot be served now, when its contract has other words for that than a problem document.
    public typealias Excuse = @Sendable (Problem) -> Response

    /// Which limit of requests a route falls under.
    public enum Rate: String, Sendable {
        /// What begins work.
        case post
        /// What asks for it, or ends it.
        case get
    }

    /// How a method is refused that a path does not have.
    public enum Refusal: Sendable { case problem, emptyBody }

    public let method: HTTPRequest.Method
    /// With parameters in braces: `/api/primes/{id}`. One parameter may be written `{+name}` (RFC 6570, 3.2.3): it takes any number of
    /// segments, as many as it can. Then everything that begins like the path is this route's, and the parameter is empty for what does
    /// not end like it.
    public let path: String
    /// For methods that no route of this path has.
    public let refusal: Refusal
    /// The limit that it falls under; nil for none.
    public let rate: Rate?
    /// Whether serving it makes ids, which carry the time, so that it goes by the wall clock.
    public let makesIDs: Bool
    /// The operation's object in the OpenAPI document.
    public let operation: JSON
    let excuse: Excuse
    let handler: Handler

    /// - Parameters:
    ///   - makesIDs: nil for what the method suggests: `POST` and `PUT` do.
    ///   - handler: throws a ``Problem`` for what the client shall read; anything else becomes a 500 without detail.
    public init(
        _ method: HTTPRequest.Method, _ path: String, operation: JSON = [:], refusal: Refusal = .problem, rate: Rate? = nil,
        makesIDs: Bool? = nil,
        excuse: @escaping Excuse = { $0.response }, handler: @escaping Handler
    ) {
        precondition(path.hasPrefix("/"), "the path of a route begins with /, not \"\(path)\"")
        self.method = method
        self.path = path
        self.operation = operation
        self.refusal = refusal
        self.rate = rate
        self.makesIDs = makesIDs ?? [.post, .put].contains(method)
        self.excuse = excuse
        self.handler = handler
    }

    /// The same route with something around its handler, which gets that and the route's excuse.
    package func wrapped(
        operation: JSON, _ body: @escaping @Sendable (WebRequest, Handler, Excuse) async throws -> Response
    ) -> WebRoute {
        WebRoute(method, path, operation: operation, refusal: refusal, rate: rate, makesIDs: makesIDs, excuse: excuse) {
            [handler, excuse] request in
            try await body(request, handler, excuse)
        }
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
            // As the router, which does not look at a slash at the end of a path.
            let isSlashed = !end.isEmpty && path.utf8.last == UInt8(ascii: "/")
            let path = isSlashed ? String(path.dropLast()) : path
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
    /// When its head was there, or when its turn had come.
    public internal(set) var begun: Instant
    /// Where ids of the work come from that the request asks for, when it is to be the same work for everybody who carries the request out;
    /// nil when new ones are to be made.
    public package(set) var ids: (any WorkIDSource)?
    /// The path with the query, as sent.
    package let target: String
    let parameters: [String: PathText]
    let query: [(key: String, value: String)]
    var body: RequestBody
    let bodyLimit: Int
    let stopping: Flag
    let isBodyAwaited: Flag
    let answerFields: AnswerFields
    let turn: RequestTurn

    /// The path parameter, percent-decoded, for what is looked up by it; what is no UTF-8 then is mended, so that it names nothing. Empty
    /// when the route has none of this name.
    public func parameter(_ name: String) -> String { parameters[name]?.text ?? "" }

    /// The path parameter, percent-decoded, for a name that anybody may have made up: two that differ never come to the same.
    /// - Throws: a ``Problem``: 400 for what is no UTF-8.
    public func name(_ parameter: String) throws(Problem) -> String {
        guard let text = parameters[parameter] else { return "" }
        guard text.isWhole else {
            let message = "\"\(text.sent.prefix(128))\" is no UTF-8 when its percent-escapes are read; send a name in UTF-8"
            throw .invalid([.init(parameter, [message])])
        }
        return text.text
    }

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

    /// The request with a body that was read already.
    package func reading(_ bytes: [UInt8]) -> WebRequest {
        var copy = self
        copy.body = RequestBody(buffer: ByteBuffer(bytes: bytes))
        return copy
    }

    /// Has the answer carry a field, whoever gives it: the handler, or the server when that fails or takes too long.
    package func answers(with value: String, in name: HTTPField.Name) { answerFields.set(name, value) }

    private var tooLarge: Problem { Problem(status: 413, detail: "a body may have at most \(bodyLimit) bytes") }

    /// The body as a JSON object, every key in it once: of several that differ in nothing but the case of letters the last counts. A byte
    /// order mark before it is passed over (RFC 8259, 8.1).
    /// - Throws: a ``Problem``: 415 for another content type, 413, 400 for what is no JSON object.
    public func object() async throws -> JSON {
        let type = headers[.contentType] ?? ""
        let essence = type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased()
        guard ["application/json", "text/json"].contains(essence) || essence.hasSuffix("+json") else {
            let sent = type.isEmpty ? "there is no Content-Type" : "the Content-Type is \"\(type.prefix(100))\""
            throw Problem(status: 415, detail: "\(sent); send the body with Content-Type: application/json")
        }
        let bytes = try await bytes()
        let json: JSON
        do throws(JSONError) {
            json = try JSON(parsing: bytes.starts(with: Self.byteOrderMark) ? bytes.dropFirst(3) : bytes[...])
        } catch {
            throw Problem.invalid([.init("$", ["the body is not JSON: \(error)"])])
        }
        guard case .object = json else {
            throw Problem.invalid([.init("$", ["the body must be a JSON object, not \(json.kind)"])])
        }
        return json.withoutRepeatedKeys
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

/// Fields of the answer to a request, which are known before there is one.
final class AnswerFields: Sendable {
    private let fields = Mutex(HTTPFields())

    func set(_ name: HTTPField.Name, _ value: String) { fields.withLock { $0[name] = value } }

    func add(to response: inout Response) {
        for field in fields.withLock({ $0 }) { response.headers[field.name] = field.value }
    }
}

/// A flag that several tasks see: that a server is told to stop, that a body is awaited.
final class Flag: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
    func clear() { flag.store(false, ordering: .relaxed) }
}

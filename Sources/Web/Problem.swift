import HTTPTypes
import Hummingbird
import JSONDocument

/// An error as clients read it: `application/problem+json` (RFC 9457), with the fields at fault by name.
public struct Problem: Error, Sendable, Hashable {
    public let status: Int
    /// What kind of problem it is, as a URI: `about:blank` where the status says it all.
    public let type: String
    /// The same for every problem of a kind.
    public let title: String
    /// What is wrong this time, with the value and the remedy.
    public let detail: String
    /// Messages by field of the request, in order.
    public let errors: [FieldErrors]
    /// Further headers of the answer.
    public let headers: [Header]
    /// Further members of the document (RFC 9457, 3.2).
    public let extensions: [JSON.Member]

    public struct FieldErrors: Sendable, Hashable {
        public let field: String
        public let messages: [String]

        public init(_ field: String, _ messages: [String]) {
            self.field = field
            self.messages = messages
        }
    }

    public struct Header: Sendable, Hashable {
        public let name: HTTPField.Name
        public let value: String

        public init(name: HTTPField.Name, value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(
        status: Int, type: String = "about:blank", title: String? = nil, detail: String, errors: [FieldErrors] = [], headers: [Header] = [],
        extensions: [JSON.Member] = []
    ) {
        self.status = status
        self.type = type
        self.title = title ?? Self.titles[status] ?? "Error"
        self.detail = detail
        self.errors = errors
        self.headers = headers
        self.extensions = extensions
    }

    /// The reason phrases of RFC 9110, 15, for what our servers answer.
    private static let titles = [
        400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
        408: "Request Timeout", 409: "Conflict",
        412: "Precondition Failed", 413: "Content Too Large", 415: "Unsupported Media Type", 422: "Unprocessable Content", 429: "Too Many Requests",
        431: "Request Header Fields Too Large",
        500: "Internal Server Error", 503: "Service Unavailable",
    ]

    /// 400 for a body or a parameter: one entry for each field at fault. Its title is that of the lookup contract and not the status's
    /// own, so its type is not `about:blank` (RFC 9457, 4.2.1).
    public static func invalid(_ errors: [FieldErrors]) -> Problem {
        let fields = errors.map(\.field).joined(separator: ", ")
        return Problem(
            status: 400, type: "https://tools.ietf.org/html/rfc9110#section-15.5.1", title: "One or more validation errors occurred.",
            detail: "Look at: \(fields)", errors: errors)
    }

    static let mediaType = "application/problem+json"

    public static func notFound(_ detail: String) -> Problem { Problem(status: 404, detail: detail) }

    /// 503: not now, and when to ask again.
    /// - Parameter seconds: what `Retry-After` says.
    public static func unavailable(_ detail: String, retryAfter seconds: Int) -> Problem {
        Problem(status: 503, detail: detail, headers: [.init(name: .retryAfter, value: String(seconds))])
    }

    /// The document.
    public var json: JSON {
        var members: [JSON.Member] = [
            .init("type", .string(type)), .init("title", .string(title)), .init("status", .number(status)),
            .init("detail", .string(detail)),
        ]
        if !errors.isEmpty {
            let fields = errors.map { JSON.Member($0.field, .array($0.messages.map { .string($0) })) }
            members.append(.init("errors", .object(fields)))
        }
        return .object(members + extensions)
    }

    /// The document as an answer.
    public var response: Response {
        var fields = HTTPFields()
        for header in headers { fields[header.name] = header.value }
        return .json(json, status: .init(code: status), type: Self.mediaType, headers: fields)
    }
}

extension Response {
    /// An answer with a JSON body and a line end after it.
    public static func json(
        _ json: JSON, status: HTTPResponse.Status = .ok, type: String = "application/json; charset=utf-8",
        headers: HTTPFields = HTTPFields()
    ) -> Response {
        text(json.text() + "\n", status: status, type: type, headers: headers)
    }

    /// An answer with a text as its body.
    public static func text(
        _ text: String, status: HTTPResponse.Status = .ok, type: String = "text/plain; charset=utf-8",
        headers: HTTPFields = HTTPFields()
    ) -> Response {
        var headers = headers
        headers[.contentType] = type
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }
}

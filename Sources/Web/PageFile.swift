import HTTPTypes
import Hummingbird
import World

/// One file of a page that a server shows, which is part of the program: a node needs none at run time.
///
/// Its policy lets a page load what its own server serves and nothing else: it works in a network without an outside, and what others say
/// in a name cannot become a script.
package struct PageFile: Sendable {
    package let name: String
    package let type: String
    package let bytes: [UInt8]
    /// Changes with the bytes.
    package let tag: String

    private static let types = ["html": "text/html", "css": "text/css", "js": "text/javascript", "json": "application/json"]
    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    package init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        let suffix = name.split(separator: ".").last.map(String.init) ?? ""
        type = (Self.types[suffix] ?? "application/octet-stream") + "; charset=utf-8"
        tag = "\"\(String(StableHash.hash(bytes), radix: 16))\""
    }

    /// The file, or 304 when the client has it.
    /// - Parameter varying: the header of requests by which something else may be answered.
    package func answer(to request: WebRequest, varying: String? = nil) -> Response {
        // No time of freshness: a node that was replaced by a newer release must not be shown through the older one's page.
        var headers: HTTPFields = [
            .eTag: tag, .cacheControl: "no-cache", .xContentTypeOptions: "nosniff", .contentSecurityPolicy: Self.policy,
        ]
        if let varying { headers[.vary] = varying }
        if let referrer = HTTPField.Name("Referrer-Policy") { headers[referrer] = "no-referrer" }
        let known = (request.headers[.ifNoneMatch] ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
        if known.contains(tag) || known == ["*"] { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

import HTTPTypes
import Hummingbird
import JSONDocument
import Web
import World

/// `GET /`: the live page, and under `/page/` what it is made of.
///
/// Its files are part of the program, so that a node needs none at run time. The policy lets the page load what its own node serves and
/// nothing else: it works in a network without an outside, and what a peer says in a name cannot become a script.
struct PageRoutes: RouteGroup {
    /// What the server offers, for those who ask for JSON.
    let offered: [WebRoute]
    let node: any NodeInspection

    private static let policy = [
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
        "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
    ].joined(separator: "; ")

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/") { request in
                let accepted = request.headers[.accept] ?? ""
                if accepted.contains("application/json"), !accepted.contains("text/html") { return index() }
                return Self.answer(PageFiles.page, to: request)
            },
            WebRoute(.get, "/page/{file}") { request in
                let name = request.parameter("file")
                guard let file = PageFiles.parts.first(where: { $0.name == name }) else {
                    throw Problem.notFound("the page has no file \"\(name.prefix(64))\"")
                }
                return Self.answer(file, to: request)
            },
        ]
    }

    private func index() -> Response {
        .json(
            [
                "mesh": .string(node.meshName), "node": .string(node.identity.name), "life": .number(node.identity.life),
                "routes": .array(offered.map { .string("\($0.method.rawValue) \($0.path)") }),
            ], headers: [.vary: "Accept", .xContentTypeOptions: "nosniff"])
    }

    private static func answer(_ file: PageFile, to request: WebRequest) -> Response {
        // No time of freshness: a node that was replaced by a newer release must not be shown through the older one's page.
        var headers: HTTPFields = [
            .eTag: file.tag, .cacheControl: "no-cache", .vary: "Accept", .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: policy,
        ]
        if let referrer = HTTPField.Name("Referrer-Policy") { headers[referrer] = "no-referrer" }
        let known = (request.headers[.ifNoneMatch] ?? "").split(separator: ",").map { $0.filter { $0 != " " } }
        if known.contains(file.tag) || known == ["*"] { return Response(status: .notModified, headers: headers) }
        headers[.contentType] = file.type
        return Response(status: .ok, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }
}

/// One file of the page.
struct PageFile: Sendable {
    let name: String
    let type: String
    let bytes: [UInt8]
    /// Changes with the bytes.
    let tag: String

    init(_ name: String, _ bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        let suffix = name.split(separator: ".").last ?? ""
        let essence = ["html": "text/html", "css": "text/css", "js": "text/javascript"][suffix] ?? "application/octet-stream"
        type = essence + "; charset=utf-8"
        tag = "\"\(String(StableHash.hash(bytes), radix: 16))\""
    }
}

/// The files of Sources/Admin/Page, which the package manager compiles into this room.
enum PageFiles {
    static let page = PageFile("page.html", PackageResources.page_html)
    static let parts = [
        PageFile("page.css", PackageResources.page_css), PageFile("tables.css", PackageResources.tables_css),
        PageFile("page.js", PackageResources.page_js), PageFile("stream.js", PackageResources.stream_js),
        PageFile("words.js", PackageResources.words_js), PageFile("members.js", PackageResources.members_js),
        PageFile("ring.js", PackageResources.ring_js), PageFile("jobs.js", PackageResources.jobs_js),
        PageFile("work.js", PackageResources.work_js), PageFile("trace.js", PackageResources.trace_js),
        PageFile("work.css", PackageResources.work_css),
    ]
}

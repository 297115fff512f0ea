import Hummingbird
import JSONDocument
import Web

/// `GET /openapi.json`: what an edge serves, these routes included; and at `/swagger` a page that shows it.
///
/// The page is the project's own. Its files are part of the program and load nothing from elsewhere: see ``Web/PageFile``.
struct DocumentRoutes: RouteGroup {
    private let document: PageFile

    /// - Parameters:
    ///   - version: the product's.
    ///   - groups: everything else that the edge serves.
    init(version: String, describing groups: [any RouteGroup]) {
        let description = OpenAPIDocument(
            title: "Gossamer", version: version, description: Self.description, tags: Self.tags, groups: groups + [Self(Self.unwritten)])
        self.init(PageFile("openapi.json", Array((description.json.text(indented: true) + "\n").utf8)))
    }

    private init(_ document: PageFile) { self.document = document }

    /// The document describes its own route before it exists.
    private static let unwritten = PageFile("openapi.json", [])
    private static let page = PageFile("swagger.html", PackageResources.swagger_html)
    private static let parts = [
        PageFile("swagger.css", PackageResources.swagger_css), PageFile("swagger.js", PackageResources.swagger_js),
        PageFile("schema.js", PackageResources.schema_js), PageFile("trial.js", PackageResources.trial_js),
    ]

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/openapi.json", operation: Self.documentOperation) { document.answer(to: $0) },
            // Everything that the page names begins with a slash, so that it may be asked for with one at the end.
            WebRoute(.get, "/swagger", operation: Self.pageOperation) { Self.page.answer(to: $0) },
            WebRoute(.get, "/swagger/{file}", operation: Self.fileOperation) { request in
                let name = request.parameter("file")
                if name == "index.html" { return Self.page.answer(to: request) }
                guard let file = Self.parts.first(where: { $0.name == name }) else {
                    throw Problem.notFound("the page has no file \"\(name.prefix(64))\"")
                }
                return file.answer(to: request)
            },
        ]
    }
}

// MARK: OpenAPI

extension DocumentRoutes {
    private static let description = """
        Work for the mesh: lookups, counts of primes, orders, items and values. Any edge takes it, and all of them tell of it.

        Paths are matched without regard to case, with a slash at the end or none; keys of JSON in requests are read without regard to case. \
        Members of a body that nobody here knows are ignored. Every path answers `OPTIONS`, and `HEAD` where it has `GET`; other methods are \
        refused with 405 and `Allow`, paths that are nowhere with 404. `Accept` refuses nothing.
        """

    private static let tags: [JSON] = [
        ["name": "lookup", "description": "What is known of addresses and domains"],
        ["name": "primes", "description": "Counting primes on all nodes"],
        ["name": "jobs", "description": "Lookups and counts in general, and how they go on"],
        ["name": "orders", "description": "Orders, and the accounts and stock of which they hold a part"],
        ["name": "items", "description": "Items, each counted once"],
        ["name": "values", "description": "Bytes under names"],
        ["name": "health", "description": "For load balancers and people"],
        ["name": "document", "description": "This document"],
    ]

    private static let unchanged: JSON = ["description": "it is that of If-None-Match"]
    private static let condition: JSON = [
        [
            "name": "If-None-Match", "in": "header", "required": false, "schema": ["type": "string"],
            "description": "the ETag of what the client has",
        ],
    ]

    private static func file(_ description: JSON, _ types: [String]) -> JSON {
        [
            "description": description,
            "headers": ["ETag": ["required": true, "schema": ["type": "string"], "description": "changes with it"]],
            "content": .object(types.map { .init($0, ["schema": ["type": $0 == "application/json" ? "object" : "string"]]) }),
        ]
    }

    private static let documentOperation: JSON = [
        "operationId": "readDocument", "tags": ["document"], "summary": "This document", "parameters": condition,
        "responses": ["200": file("OpenAPI 3.1", ["application/json"]), "304": unchanged],
    ]

    private static let pageOperation: JSON = [
        "operationId": "readPage", "tags": ["document"], "summary": "A page that shows this document", "parameters": condition,
        "responses": ["200": file("the page", ["text/html"]), "304": unchanged],
    ]

    private static let fileOperation: JSON = [
        "operationId": "readPageFile", "tags": ["document"], "summary": "What the page is made of",
        "parameters": [
            ["name": "file", "in": "path", "required": true, "schema": ["type": "string", "minLength": 1], "example": "swagger.js"],
            condition[0] ?? [:],
        ],
        "responses": [
            "200": file("the file", ["text/html", "text/css", "text/javascript"]), "304": unchanged,
            "404": .problem("the page has no such file"),
        ],
    ]
}

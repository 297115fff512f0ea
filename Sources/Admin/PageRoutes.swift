import HTTPTypes
import Hummingbird
import JSONDocument
import Web

/// `GET /`: the live page, and under `/page/` what it is made of.
///
/// Its files are part of the program, see ``Web/PageFile``.
struct PageRoutes: RouteGroup {
    /// What the server offers, for those who ask for JSON.
    let offered: [WebRoute]
    let node: any NodeInspection

    var routes: [WebRoute] {
        [
            WebRoute(.get, "/") { request in
                let accepted = request.headers[.accept] ?? ""
                if accepted.contains("application/json"), !accepted.contains("text/html") { return index() }
                return PageFiles.page.answer(to: request, varying: "Accept")
            },
            WebRoute(.get, "/page/{file}") { request in
                let name = request.parameter("file")
                guard let file = PageFiles.parts.first(where: { $0.name == name }) else {
                    throw Problem.notFound("the page has no file \"\(name.prefix(64))\"")
                }
                return file.answer(to: request)
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

import Foundation
import TestSupport
import Testing
import WebTestSupport

@Suite struct PageTests {
    @Test func thePageComesWithAPolicyThatLetsNothingElseIn() async throws {
        try await withAdmin { bench in
            let page = try await ask("GET", "\(bench.network)/", headers: [("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")])
            #expect(page.status == 200)
            #expect(page.headers["content-type"] == "text/html; charset=utf-8")
            #expect(page.headers["x-content-type-options"] == "nosniff")
            #expect(page.headers["cache-control"] == "no-cache")
            let policy = try #require(page.headers["content-security-policy"])
            for rule in ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:"] {
                #expect(policy.contains(rule), "\(policy)")
            }
            #expect(!policy.contains("unsafe") && !policy.contains("http:") && !policy.contains("*"))
        }
    }

    /// What the page names must be there, and whatever is there must be what the sources hold: nothing is read at run time.
    @Test func everyFileThatThePageNamesIsPartOfTheProgram() async throws {
        let folder = PythonEnvironment.packageRoot + "/Sources/Admin/Page"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        #expect(files.count > 5)
        try await withAdmin { bench in
            var named: Set<String> = ["page.html"]
            for file in files {
                let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                let path = file == "page.html" ? "/" : "/page/\(file)"
                let answer = try await ask("GET", bench.network + path)
                #expect(answer.status == 200 && answer.text == source, "\(file)")
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                for match in source.matches(of: /(?:page\/|from "\.\/)([a-z]+\.(?:js|css))/) { named.insert(String(match.1)) }
                // A style or a script in the markup would be refused by the policy, and an address outside would not be asked.
                #expect(!source.contains("style=\"") && !source.contains("onclick") && !source.contains("https://"), "\(file)")
                for match in source.matches(of: /http:\/\/[^'"]*/) { #expect(match.0.hasPrefix("http://www.w3.org/"), "\(file): \(match.0)") }
            }
            #expect(named == Set(files))
            #expect(try await ask("GET", "\(bench.network)/page/nothing.js").status == 404)
            #expect(try await ask("GET", "\(bench.network)/page/..%2Fpage.css").status == 404)
        }
    }

    @Test func whatTheBrowserHasIsNotSentAgain() async throws {
        try await withAdmin { bench in
            for path in ["/", "/page/page.css"] {
                let first = try await ask("GET", bench.network + path)
                let tag = try #require(first.headers["etag"])
                let again = try await ask("GET", bench.network + path, headers: [("If-None-Match", "\"other\", \(tag)")])
                #expect(again.status == 304 && again.text.isEmpty)
                #expect(again.headers["etag"] == tag)
                #expect(try await ask("GET", bench.network + path, headers: [("If-None-Match", "\"other\"")]).status == 200)
            }
        }
    }

    @Test func aProgramGetsTheListOfRoutes() async throws {
        try await withAdmin { bench in
            let index = try #require(try await ask("GET", "\(bench.network)/", headers: [("Accept", "application/json")]).json)
            #expect(index["mesh"] == "fake" && index["node"] == "n1" && index["life"] == 7)
            let routes = index["routes"]?.elements?.compactMap(\.string) ?? []
            for route in ["GET /members", "GET /events", "GET /jobs", "POST /drain"] { #expect(routes.contains(route)) }
        }
    }
}

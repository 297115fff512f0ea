import Foundation
import JSONDocument
import TestSupport
import Testing
import WebTestSupport

/// The page that shows the document.
@Suite struct SwaggerPageTests {
    private typealias Page = PageInChromium

    @Test(arguments: ["/swagger", "/swagger/", "/Swagger", "/swagger/index.html"])
    func thePageComesWithAPolicyThatLetsNothingElseIn(_ path: String) async throws {
        try await WholeEdge.with { edge in
            let page = try await ask("GET", edge.base + path)
            #expect(page.status == 200 && page.headers["content-type"] == "text/html; charset=utf-8")
            let policy = try #require(page.headers["content-security-policy"])
            #expect(policy.contains("default-src 'none'") && !policy.contains("unsafe") && !policy.contains("http:"), "\(policy)")
        }
    }

    @Test func everyFileThatThePageNamesIsPartOfTheProgram() async throws {
        let folder = PythonEnvironment.packageRoot + "/Sources/Edge/Swagger"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        try await WholeEdge.with { edge in
            var named: Set<String> = ["swagger.html"]
            for file in files {
                let source = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                let url = edge.base + (file == "swagger.html" ? "/swagger" : "/swagger/\(file)")
                let answer = try await ask("GET", url)
                #expect(answer.status == 200 && answer.text == source, "\(file)")
                let again = try await ask("GET", url, headers: [("If-None-Match", answer.headers["etag"] ?? "")])
                #expect(again.status == 304 && again.text.isEmpty, "\(file)")
                for match in source.matches(of: /(?:\/swagger\/|from '\.\/)([a-z]+\.(?:js|css))/) { named.insert(String(match.1)) }
                #expect(!source.contains("style=\"") && !source.contains("onclick") && !source.contains("https://"), "\(file)")
                #expect(!source.contains("innerHTML"), "\(file): what the document says is text")
                for match in source.matches(of: /http:\/\/[^'"]*/) { #expect(match.0.hasPrefix("http://www.w3.org/"), "\(file): \(match.0)") }
            }
            #expect(named == Set(files))
            #expect(try await ask("GET", edge.base + "/swagger/nothing.js").status == 404)
        }
    }

    @Test func aBrowserShowsEveryOperationAndTriesOneOut() async throws {
        try await WholeEdge.with { edge in
            let document = DocumentCheck(try #require(try await ask("GET", edge.base + "/openapi.json").json))
            let report = try await Page.browse([
                ["open": .string(edge.base + "/swagger")], ["until": "document.querySelector('.operation') !== null", "seconds": 20],
                ["evaluate": "document.querySelectorAll('.operation').length"],
                ["evaluate": "location.hash = '#operation-countPrimes', 1"],
                ["until": "document.activeElement.closest('#operation-countPrimes .trial, #operation-countPrimes') !== null", "seconds": 20],
                ["evaluate": "document.querySelector('#operation-countPrimes .trial').requestSubmit(), 1"],
                ["until": "document.querySelector('#operation-countPrimes .trial pre:last-child').textContent.includes('jobId')", "seconds": 20],
                ["evaluate": "document.querySelector('#operation-countPrimes .trial [role=status]').textContent"],
                // What has no name would be silent for who hears the page.
                ["evaluate": "[...document.querySelectorAll('input, select, textarea')].filter((one) => one.labels.length === 0).length"],
                ["evaluate": """
                    (() => {
                      const filter = document.getElementById('filter');
                      filter.value = 'batch';
                      filter.dispatchEvent(new Event('input'));
                      return [...document.querySelectorAll('.operation')].filter((one) => !one.hidden).map((one) => one.id);
                    })()
                    """],
                ["size": [360, 800]], ["evaluate": "document.documentElement.scrollWidth <= 360"], Page.picture("swagger"),
            ])
            #expect(report.values.count == 7)
            #expect(report.values[0] == .number(document.operations.count))
            #expect(report.values[3].string?.hasPrefix("202 ") == true, "\(report.values)")
            #expect(report.values[4] == 0)
            #expect(report.values[5] == ["operation-submitLookups"])
            #expect(report.values[6] == true)
            #expect(report.complaints == [])
            #expect(report.requests.allSatisfy { $0.hasPrefix(edge.base + "/") || $0.hasPrefix("data:") }, "\(report.requests)")
        }
    }
}

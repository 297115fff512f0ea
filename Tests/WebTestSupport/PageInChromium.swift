import Foundation
import JSONDocument
import TestSupport

/// A page in a real browser, driven through steps (Tests/Python/page_in_chromium.py tells them).
public enum PageInChromium {
    /// What the browser saw.
    public struct Report: Sendable {
        /// Of the steps that evaluate something, in order.
        public let values: [JSON]
        /// The addresses of everything that the page asked for.
        public let requests: [String]
        /// What the browser had to say: refused by the policy, uncaught errors.
        public let complaints: [String]

        init(_ json: JSON) {
            func texts(_ key: String) -> [String] { json[key]?.elements?.compactMap(\.string) ?? [] }
            (values, requests, complaints) = (json["values"]?.elements ?? [], texts("requests"), texts("complaints"))
        }
    }

    /// Carries out the steps; those that are nil are none.
    public static func browse(_ steps: [JSON?]) async throws -> Report {
        let input = Array(JSON.array(steps.compactMap(\.self)).text().utf8)
        let program = try await Chromium.program()
        let output = try await PythonEnvironment.run(script: "page_in_chromium.py", [program], packages: [], input: input)
        return Report(try JSON(parsing: output))
    }

    /// Whether a figure of the page has the value.
    public static func figure(_ name: String, is value: String) -> JSON {
        .string("document.querySelector('[data-figure=\(name)] dd')?.textContent === '\(value)'")
    }

    /// A step that keeps a picture, when somebody wants to look at it: GOSSAMER_PICTURES names the directory.
    public static func picture(_ name: String) -> JSON? {
        ProcessInfo.processInfo.environment["GOSSAMER_PICTURES"].map { ["picture": .string("\($0)/\(name).png")] }
    }
}

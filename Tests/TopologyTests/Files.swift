import Testing
import Topology
import World

/// Topology files for the tests.
enum Files {
    /// A file without a flaw, to be spoilt by the tests.
    static let good = """
        mesh: test
        nodes:
          - name: n1
            port: 7100
          - name: n2
            port: 7110
        """

    /// The problems of a text, rendered; empty when it is flawless.
    static func problems(_ text: String) -> [String] { errors(text).map(\.description) }

    static func errors(_ text: String) -> [TopologyProblem] {
        do {
            _ = try Topology.parse(text, file: "t.yaml")
            return []
        } catch {
            return error.problems
        }
    }

    /// The path of a file of the project's folder `topology`.
    static func path(_ name: String) -> String {
        let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
        return "\(root)/topology/\(name)"
    }

    /// Its text.
    static func shipped(_ name: String) throws -> String {
        let bytes = try SystemFileSystem().read(path(name))
        return try #require(String(validating: bytes, as: UTF8.self))
    }
}

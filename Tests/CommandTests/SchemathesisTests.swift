import Foundation
import TestSupport
import Testing

/// A real edge, tried out by a program that has read nothing but its OpenAPI document.
@Suite(.bounded) struct SchemathesisTests {
    /// `EX_TEMPFAIL`: there is no package index to have it from.
    private static let cannotBeHad: Int32 = 75

    @Test func theEdgeAnswersAsItsDocumentSays() async throws {
        let script = PythonEnvironment.packageRoot + "/Scripts/schemathesis.sh"
        let environment = ["GOSSAMER=\(TestMesh.program)", "SCHEMATHESIS_CASES=10", "SCHEMATHESIS_PORT=22900"]
        let output = try await CommandLineTool.run("env", environment + [script], seconds: 500)
        let said = String(decoding: output.standardOutput, as: UTF8.self) + output.standardError
        if output.status == Self.cannotBeHad {
            try Test.cancel(Comment(rawValue: said))
        }
        #expect(output.status == 0, "\(said)")
        // It has found the document and gone through it.
        #expect(said.contains("Operations:") && said.contains("Stateful"), "\(said)")
    }
}

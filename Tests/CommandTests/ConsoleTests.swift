import TestSupport
import Testing
import World

/// Results that nobody takes.
@Suite struct ConsoleTests {
    private func run(_ line: String, _ arguments: String...) async throws -> (status: Int32, error: String) {
        let output = try await CommandLineTool.run("bash", ["-c", line, TestMesh.program] + arguments, seconds: 30)
        return (output.status, output.standardError)
    }

    private func withTopology(_ body: (String) async throws -> Void) async throws {
        try await withDirectory { directory in
            let file = directory + "/mesh.yaml"
            try append("mesh: m\nnodes:\n  - {name: n1, port: 7100}\n", to: file)
            try await body(file)
        }
    }

    @Test func aReaderThatHasGoneChangesNothing() async throws {
        try await withTopology { file in
            let gone = try await run("{ sleep 0.2; \"$0\" topology check \"$1\"; } | true; exit ${PIPESTATUS[0]}", file)
            #expect(gone.status == 0 && !gone.error.contains("written"), "\(gone)")
        }
    }

    @Test func whatCannotBeWrittenIsSaid() async throws {
        try await withTopology { file in
            let full = try await run("\"$0\" topology check \"$1\" > /dev/full", file)
            #expect(full.status == 74 && full.error.contains("standard output cannot be written: No space left on device"), "\(full)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func whoOnlyTellsEndsWhenNobodyListens() async throws {
        try await withTopology { file in
            let log = file.dropLast("mesh.yaml".count) + ".gossamer/m/n1/log"
            try SystemFileSystem().createDirectory(String(log))
            try append("2026-01-01T00:00:00.000Z info n1 first\n", to: log + "/node.log")
            let grow = "{ for i in $(seq 300); do sleep 0.1; echo '2026-01-01T00:00:01.000Z info n1 more' >> \"$2/node.log\"; done; } & grower=$!; "
            let follow = "\"$0\" logs --follow --topology \"$1\" | head -n 1 > /dev/null; s=${PIPESTATUS[0]}; kill $grower; exit $s"
            let followed = try await run(grow + follow, file, String(log))
            #expect(followed.status == 0, "\(followed)")
        }
    }
}

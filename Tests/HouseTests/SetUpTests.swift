import Foundation
import TestSupport
import Testing

/// `Scripts/setup.sh` with a compiler and a package manager of the test's own, because the real ones know one state of one machine.
@Suite struct SetUpTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Scripts/setup.sh").path

    /// A folder that comes first on the script's PATH. In it `cc` knows every header but links primesieve only once its package
    /// is installed, and `apt-get install` installs nothing where `installs` is false.
    private static func tools(installs: Bool) throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appending(path: "setup-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let answerYes = "#!/bin/sh\nexit 0\n"
        let install = installs ? "case \"$1\" in install) touch '\(folder.path)/installed' ;; esac\n" : ""
        let programs = [
            "cc": "#!/bin/sh\ncat > /dev/null\ncase \" $* \" in *' -lprimesieve '*) [ -e '\(folder.path)/installed' ] ;; esac\n",
            "apt-get": "#!/bin/sh\necho \"apt-get $*\" >> '\(folder.path)/log'\n" + install,
            "sudo": "#!/bin/sh\nexec \"$@\"\n",
            "apt-cache": answerYes, "swift": answerYes, "ld": answerYes, "primesieve": answerYes, "pkg-config": answerYes,
            "python3": answerYes, "curl": answerYes,
        ]
        for (name, text) in programs {
            try CommandLineTool.writeProgram(text, to: folder.appending(path: name).path)
        }
        return folder
    }

    private static func run(with tools: URL) async throws -> (status: Int32, said: String, log: String) {
        let output = try await CommandLineTool.run("env", ["PATH=\(tools.path):/usr/bin:/bin", "bash", script], seconds: 60)
        let log = (try? String(contentsOf: tools.appending(path: "log"), encoding: .utf8)) ?? ""
        return (output.status, String(decoding: output.standardOutput, as: UTF8.self) + output.standardError, log)
    }

    /// Debian keeps the header of primesieve in a package of its own, which may be there without the library.
    @Test func aLibraryOfWhichOnlyTheHeaderIsThereIsInstalled() async throws {
        let tools = try Self.tools(installs: true)
        defer { try? FileManager.default.removeItem(at: tools) }
        let first = try await Self.run(with: tools)
        #expect(first.status == 0, "\(first.said)")
        #expect(first.log.contains("apt-get install") && first.log.contains("libprimesieve-dev"))
        #expect(!first.log.contains("libzmq3-dev"), "what is there is not installed again")

        let second = try await Self.run(with: tools)
        #expect(second.status == 0 && second.said.isEmpty, "silent when all is there")
        #expect(second.log == first.log)
    }

    @Test func whatIsStillMissingAfterwardsIsNamed() async throws {
        let tools = try Self.tools(installs: false)
        defer { try? FileManager.default.removeItem(at: tools) }
        let result = try await Self.run(with: tools)
        #expect(result.status == 69)
        #expect(result.said.contains("still missing: library primesieve"), "\(result.said)")
    }
}

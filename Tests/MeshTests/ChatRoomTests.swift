import TestSupport
import Testing
import World

/// The example in docs/, built with the tests, in two processes.
@Suite struct ChatRoomTests {
    @Test func whatOneTypesTheOtherReads() async throws {
        let world = SystemWorld()
        // Built beside the tests.
        let program = ChildProcess.ownProgram.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/ChatRoom"
        let ann = TestPorts.block(), bob = TestPorts.block()
        // Both keep their input open until something was heard: what is said before they have found each other nobody hears.
        let directory = "/tmp/gossamer-chat-\(ann)"
        try world.files.createDirectory(directory)
        defer { try? SystemFileSystem().removeTree(directory) }
        let heard = "grep -q '^guest-\(bob): line ' heard"
        let listener = "cd \(directory) && for i in $(seq 600); do \(heard) && break; sleep 0.1; done | stdbuf -oL \(program) \(ann) > heard"
        let speaker = "cd \(directory) && for i in $(seq 600); do \(heard) && break; echo \"line $i\"; sleep 0.1; done | "
            + "\(program) \(bob) \(ann)"
        try world.files.writeDurably([], to: directory + "/heard")
        async let listening = CommandLineTool.run("/bin/sh", ["-c", listener], seconds: 100)
        async let speaking = CommandLineTool.run("/bin/sh", ["-c", speaker], seconds: 100)
        let (output, speech) = try await (listening, speaking)
        let text = String(decoding: try world.files.read(directory + "/heard"), as: UTF8.self)
        #expect(output.status == 0, "\(output.standardError)")
        #expect(speech.status == 0, "\(speech.standardError)")
        #expect(text.contains("guest-\(bob): line "), "heard: \(text), the speaker: \(String(decoding: speech.standardOutput, as: UTF8.self))")
    }
}

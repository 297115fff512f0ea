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
        // One shell line each: the listener keeps its input open while the speaker speaks until it is heard.
        let directory = "/tmp/gossamer-chat-\(ann)"
        try world.files.createDirectory(directory)
        defer { try? SystemFileSystem().removeTree(directory) }
        let listener = "cd \(directory) && { sleep 8; } | timeout 20 \(program) \(ann)"
        let speaker = "cd \(directory) && { for i in 1 2 3 4 5 6; do sleep 1; echo \"line $i\"; done; } | timeout 20 \(program) \(bob) \(ann)"
        async let heard = world.compute { try CommandLineTool.run("/bin/sh", ["-c", listener], input: []) }
        async let said = world.compute { try CommandLineTool.run("/bin/sh", ["-c", speaker], input: []) }
        let (output, speech) = try await (heard, said)
        let text = String(decoding: output.standardOutput, as: UTF8.self)
        #expect(output.status == 0, "\(output.standardError)")
        #expect(speech.status == 0, "\(speech.standardError)")
        // What was said before the two had found each other nobody heard.
        #expect(text.contains("guest-\(bob): line "), "heard: \(text)")
    }
}

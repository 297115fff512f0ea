import Command
import Logging
import Synchronization
import Testing
import World

@Suite struct LineLogTests {
    /// What a logger with our handler writes.
    private func lines(level: Logger.Level = .info, _ body: (inout Logger) -> Void) -> [String] {
        let written = Lines()
        var logger = Logger(label: "test") { _ in
            LineLogHandler(
                node: "n1", level: level, now: { WallTime(nanosecondsSince1970: 1_763_706_600_123_000_000) },
                sink: { written.add($0) })
        }
        body(&logger)
        return written.all
    }

    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])
        func add(_ line: String) { lines.withLock { $0.append(line) } }
        var all: [String] { lines.withLock { $0 } }
    }

    @Test func aLineHasTimeLevelNodeMessageAndSortedFields() {
        let lines = lines { logger in
            logger[metadataKey: "zone"] = "a"
            logger.info("a member has joined", metadata: ["member": "n2#3", "address": "127.0.0.1:7110"])
        }
        #expect(lines == [
            "2025-11-21T06:30:00.123Z info n1 a member has joined address=127.0.0.1:7110 member=n2#3 zone=a\n"
        ])
    }

    @Test func oneEventIsOneLineWhateverAPeerHasSent() {
        let lines = lines { $0.warning("refused\n2025 info n1 forged", metadata: ["name": "a b=\"c\"\u{1B}[2J\r"]) }
        #expect(lines.count == 1)
        #expect(lines[0].hasSuffix(#" refused\n2025 info n1 forged name="a b=\"c\"\u{1b}[2J\r""# + "\n"))
        #expect(lines[0].count { $0 == "\n" } == 1)
    }

    @Test func whatIsLessImportantIsNotWritten() {
        #expect(lines(level: .warning) { $0.info("quiet") }.isEmpty)
    }

    @Test func anEmptyValueCanBeSeen() {
        #expect(lines { $0.info("m", metadata: ["k": ""]) }[0].hasSuffix("m k=\"\"\n"))
    }
}

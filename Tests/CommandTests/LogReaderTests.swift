import Command
import Testing
import World

@Suite struct LogReaderTests {
    @Test func linesOfSeveralNodesAreToldInTheOrderOfTime() {
        let a = ["2025-11-21T06:30:00.100Z info a 1", "2025-11-21T06:30:00.300Z info a 2"]
        let b = ["2025-11-21T06:30:00.200Z info b 1", "  of a crash", "2025-11-21T06:30:00.300Z info b 2"]
        #expect(LogReader.merged([a, b]) == [a[0], b[0], b[1], a[1], b[2]])
    }

    @Test func onlyCompleteLinesAreTold() throws {
        try withDirectory { directory in
            let path = directory + "/log"
            var reader = LogReader(path: path)
            #expect(!reader.exists)
            #expect(reader.last(10) == [])
            try append("one\ntwo\nthr", to: path)
            #expect(reader.added() == ["one", "two"])
            #expect(reader.added() == [])
            try append("ee\n", to: path)
            #expect(reader.added() == ["three"])
        }
    }

    @Test func aLogThatWasPutAsideIsReadFromItsBeginning() throws {
        try withDirectory { directory in
            let path = directory + "/log"
            try append("a long line of an old life\n", to: path)
            var reader = LogReader(path: path)
            #expect(reader.last(1) == ["a long line of an old life"])
            try SystemFileSystem().remove(path)
            try append("new\n", to: path)
            #expect(reader.added() == ["new"])
        }
    }

    @Test func theLastLinesAreTheLast() throws {
        try withDirectory { directory in
            let path = directory + "/log"
            try append((1...1_000).map { "line \($0)\n" }.joined(), to: path)
            var reader = LogReader(path: path)
            #expect(reader.last(2) == ["line 999", "line 1000"])
        }
    }
}

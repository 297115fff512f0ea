import Chaos
import Command
import JSONDocument
import Testing
import World

/// Histories of the hammer, as they are written.
@Suite struct ItemRecorderTests {
    /// Whoever moves the file away while it is written moves all of it.
    @Test func aHistoryIsWrittenToOneOpenFileLineByLine() throws {
        try withDirectory { directory in
            let path = directory + "/history", files = SystemFileSystem()
            let recorder = ItemRecorder(SystemWorld(), path: path)
            let first = recorder.begin(.add(["a"]), of: "t", process: 1, via: "n1")
            let second = recorder.begin(.add(["b"]), of: "t", process: 2, via: "n1")
            _ = recorder.begin(.read(count: nil), of: "t", process: 3, via: "n1")
            first(.ok, nil, "")
            func lines(_ path: String) throws -> [ItemRecord] {
                try files.read(path).split(separator: UInt8(ascii: "\n")).map { try ItemRecord(JSON(parsing: $0)) }
            }
            #expect(try lines(path).map(\.process) == [1], "it is there as soon as it has ended")
            try files.move(path, to: path + "-moved")
            second(.failed, nil, "refused")
            recorder.close()
            #expect(!files.exists(path) && recorder.trouble == nil)
            let written = try lines(path + "-moved")
            #expect(written == recorder.records && written.map(\.process) == [1, 2, 3])
            #expect(written.last?.outcome == .unknown && written.last?.returnNs == nil)
        }
    }

    @Test func aHistoryThatCannotBeWrittenSaysWhyAndIsKeptInMemory() {
        let recorder = ItemRecorder(SystemWorld(), path: "/dev/full")
        for process in 1...2 { recorder.begin(.add(["\(process)"]), of: "t", process: process, via: "n1")(.ok, nil, "") }
        #expect(recorder.trouble?.code == .noSpace && recorder.records.count == 2)
    }
}

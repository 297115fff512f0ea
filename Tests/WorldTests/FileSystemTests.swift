import Testing
import World

/// What a store may rely on, on the real disk and on the simulated one.
@Suite struct FileSystemTests {
    /// Runs `body` on both, with a directory that is there and empty.
    private func onBoth(_ body: (any FileSystem, String) throws -> Void) throws {
        let simulated = SimulatedFileSystem()
        try simulated.createDirectory("/data")
        try body(simulated, "/data")
        var random = SystemWorld().random("files")
        let directory = "/tmp/gossamer-files-\(random.next())"
        defer { try? SystemFileSystem().removeTree(directory) }
        try SystemFileSystem().createDirectory(directory)
        try body(SystemFileSystem(), directory)
    }

    private func code(_ body: () throws(FileError) -> Void) -> FileError.Code? {
        do throws(FileError) {
            try body()
            return nil
        } catch { return error.code }
    }

    @Test func aDirectoryListsItsFilesAndDirectories() throws {
        try onBoth { files, base in
            try files.createDirectory(base + "/b/deep/")
            try files.createDirectory(base + "/b")
            try files.writeDurably([1, 2], to: base + "/a")
            try files.writeDurably([3], to: base + "/a")
            #expect(try files.list(base) == ["a", "b"])
            #expect(try files.list(base + "/b") == ["deep"])
            #expect(try files.read(base + "/a") == [3])
            #expect(files.exists(base + "/b/deep") && !files.exists(base + "/b/other"))
        }
    }

    @Test func nothingIsWrittenWhereNoDirectoryIs() throws {
        try onBoth { files, base in
            #expect(code { () throws(FileError) in try files.writeDurably([1], to: base + "/no/file") } == .notFound)
            #expect(code { () throws(FileError) in _ = try files.list(base + "/no") } == .notFound)
            #expect(code { () throws(FileError) in _ = try files.read(base + "/no") } == .notFound)
            try files.writeDurably([1], to: base + "/file")
            #expect(code { () throws(FileError) in try files.writeDurably([1], to: base + "/file/x") } == .notDirectory)
            #expect(code { () throws(FileError) in _ = try files.list(base + "/file") } == .notDirectory)
            #expect(code { () throws(FileError) in try files.createDirectory(base + "/file") } == .exists)
            #expect(try files.list(base) == ["file"])
        }
    }

    @Test func aDirectoryIsNoFileAndIsRemovedOnlyWhenEmpty() throws {
        try onBoth { files, base in
            try files.createDirectory(base + "/d")
            try files.writeDurably([1], to: base + "/d/file")
            #expect(code { () throws(FileError) in _ = try files.read(base + "/d") } == .isDirectory)
            #expect(code { () throws(FileError) in try files.writeDurably([1], to: base + "/d") } == .isDirectory)
            #expect(code { () throws(FileError) in try files.remove(base + "/d") } == .notEmpty)
            try files.remove(base + "/d/file")
            try files.remove(base + "/d")
            try files.remove(base + "/d")
            #expect(try files.list(base) == [], "not even what a failed write began with")
        }
    }

    @Test func aPowerCutTakesWhatWasNotSynced() throws {
        let disk = SimulatedFileSystem()
        try disk.createDirectory("/data/n1")
        try disk.writeDurably([1], to: "/data/n1/a")
        try disk.writeDurably([2], to: "/data/n1/b")
        try disk.remove("/data/n1/a")
        disk.powerCut()
        #expect(try disk.list("/data/n1") == ["a", "b"], "a removal is not synced by itself")
        try disk.remove("/data/n1/a")
        try disk.writeDurably([3], to: "/data/n1/c")
        disk.powerCut()
        #expect(try disk.list("/data/n1") == ["b", "c"], "but by the next durable write beside it")
        #expect(try disk.read("/data/n1/c") == [3])
    }

    @Test func aFullDiskKeepsWhatItHas() throws {
        let disk = SimulatedFileSystem()
        try disk.createDirectory("/data")
        try disk.writeDurably([1], to: "/data/a")
        disk.isFull = true
        #expect(code { () throws(FileError) in try disk.writeDurably([2], to: "/data/a") } == .noSpace)
        #expect(try disk.read("/data/a") == [1])
    }
}

@Suite struct AppendedFileTests {
    @Test func bytesAreAddedAtTheEndOfTheOneFile() throws {
        var random = SystemWorld().random("files")
        let directory = "/tmp/gossamer-appended-\(random.next())", files = SystemFileSystem(), path = directory + "/log"
        defer { try? files.removeTree(directory) }
        try files.createDirectory(directory)
        try files.append([1], to: path)
        let file = try AppendedFile(path: path)
        #expect(try files.read(path) == [1], "what is there stays")
        try file.append([2, 3])
        try files.append([4], to: path)
        try file.append([5])
        #expect(try files.read(path) == [1, 2, 3, 4, 5])
        try files.remove(path)
        try file.append([6])
        #expect(!files.exists(path), "it is not opened anew")
    }

    @Test func whatCannotBeOpenedOrWrittenIsNamed() {
        let missing = #expect(throws: FileError.self) { try AppendedFile(path: "/tmp/gossamer-nowhere/log") }
        #expect(missing?.code == .notFound && missing?.path == "/tmp/gossamer-nowhere/log")
        let full = #expect(throws: FileError.self) { try AppendedFile(path: "/dev/full").append([1]) }
        #expect(full?.code == .noSpace)
    }
}

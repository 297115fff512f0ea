import CStoreFile
import Command
import Glibc
import JSONDocument
import TestSupport
import Testing
import Web
import World

/// What a node finds at its start and will not take part with: it ends with 74, says which file and what to do, and changes nothing.
@Suite(.serialized, .bounded) struct RegisterStartTests {
    private static let port = 26_360

    /// Expects that the node does not start over these bytes in one of its files, and that they are there afterwards.
    private func expectRefusal(
        of bytes: [UInt8], in path: (NodeFiles) -> String, saying words: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let place = mesh.place("n1"), files = SystemFileSystem()
            try files.createDirectory(place.directory)
            try files.writeDurably(bytes, to: path(place))
            try await expectRefusal(mesh, path(place), words, sourceLocation)
        }
    }

    private func expectRefusal(
        _ mesh: TestMesh, _ path: String, _ words: [String], _ sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let files = SystemFileSystem(), before = try files.read(path)
        for _ in 0..<2 {
            let outcome = try await mesh.runNode("n1")
            #expect(outcome.status == 74, "\(outcome)", sourceLocation: sourceLocation)
            for word in [path] + words { #expect(outcome.error.contains(word), "\(outcome)", sourceLocation: sourceLocation) }
            #expect(try files.read(path) == before, sourceLocation: sourceLocation)
        }
        let up = try await mesh.run("up", mesh.file, "--detach", "--init", "--timeout", "20")
        #expect(up.status == 74 && up.error.contains(path), "\(up)", sourceLocation: sourceLocation)
        #expect(try files.read(path) == before, sourceLocation: sourceLocation)
    }

    @Test func aTextInThePlaceOfTheStore() async throws {
        try await expectRefusal(of: Array("my shopping list: milk, bread, and eggs\n".utf8), in: \.registers, saying: ["move the file away"])
    }

    @Test func aDatabaseOfAnotherProgram() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let place = mesh.place("n1")
            try SystemFileSystem().createDirectory(place.directory)
            let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.execute('create table mine(x)')\nc.commit()"
            try #require(try await complaint(of: "python3", "-c", script, place.registers) == nil)
            try await expectRefusal(mesh, place.registers, ["another program", "move the file away"])
        }
    }

    @Test func aStoreOfALaterRelease() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            try await mesh.begin()
            #expect(await mesh.put("key", "value", at: "n1")?.status == 200)
            _ = try await mesh.run("down", mesh.file)
            let path = mesh.place("n1").registers, files = SystemFileSystem()
            var bytes = try files.read(path)
            // The layout's version is SQLite's user_version, in bytes 60 to 63 of the first page.
            bytes.replaceSubrange(60..<64, with: [0, 0, 0, 9])
            bytes.withUnsafeMutableBufferPointer { buffer in
                if let start = buffer.baseAddress { gossamer_seal_page(start, 0) }
            }
            try files.writeDurably(bytes, to: path)
            try await expectRefusal(mesh, path, ["layout version 9", "none above 2"])
        }
    }

    @Test func aStoreWithAFlippedBit() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            try await mesh.begin()
            #expect(await mesh.put("key", "value", at: "n1")?.status == 200)
            _ = try await mesh.run("down", mesh.file)
            let path = mesh.place("n1").registers, files = SystemFileSystem()
            var bytes = try files.read(path)
            try #require(bytes.count > 8_192)
            for place in stride(from: 4_096, to: bytes.count, by: 512) { bytes[place] ^= 1 }
            try files.writeDurably(bytes, to: path)
            try await expectRefusal(mesh, path, ["start as a new store"])
        }
    }

    @Test func aDamagedConfiguration() async throws {
        try await expectRefusal(of: Array("no configuration".utf8), in: { $0.directory + "/configuration" }, saying: ["is damaged; remove it"])
    }

    @Test func aFileInThePlaceOfTheDirectory() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let path = mesh.place("n1").directory, files = SystemFileSystem()
            try files.createDirectory(String(path.dropLast(3)))
            try files.writeDurably([1, 2, 3], to: path)
            let outcome = try await mesh.runNode("n1")
            #expect(outcome.status == 74 && outcome.error.contains(path), "\(outcome)")
            #expect(try files.read(path) == [1, 2, 3])
        }
    }

    @Test func aDirectoryInThePlaceOfTheStore() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let path = mesh.place("n1").registers
            try SystemFileSystem().createDirectory(path)
            let outcome = try await mesh.runNode("n1")
            #expect(outcome.status == 74 && outcome.error.contains(path), "\(outcome)")
        }
    }

    @Test func aDiskWithoutRoom() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let place = mesh.place("n1").directory
            try SystemFileSystem().createDirectory(place)
            if let why = try await complaint(of: "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place) {
                return print("skipped: no small disk can be made to be filled: \(why)")
            }
            for isUsed in [false, true] {
                if isUsed {
                    try await mesh.begin()
                    #expect(await mesh.put("key", "value", at: "n1")?.status == 200)
                    _ = try await mesh.run("down", mesh.file)
                }
                _ = try await complaint(of: "sh", "-c", "cat /dev/zero > \(place)/ballast")
                let outcome = try await mesh.runNode("n1")
                #expect(outcome.status == 74 && outcome.error.contains(place), "\(isUsed): \(outcome)")
                #expect(outcome.error.contains("No space left") || outcome.error.contains("the disk is full"), "\(isUsed): \(outcome)")
                try SystemFileSystem().remove(place + "/ballast")
            }
            try await mesh.begin()
            #expect(await mesh.ask("n1", "/kv/key")?.json?["value"]?.string == "value")
            _ = try await mesh.run("down", mesh.file)
            _ = try await complaint(of: "umount", "-l", place)
        }
    }

    @Test func aMeshBeginsWhenItsLastStoreIsThere() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            try await mesh.up("n1", "n2")
            let waits = try await mesh.run("up", mesh.file, "n1", "n2", "--detach", "--init", "--timeout", "3")
            #expect(waits.status == 75 && waits.error.contains("missing: n3"), "\(waits)")
            let list = try await mesh.run("store", "list", "--topology", mesh.file)
            #expect(list.status == 0 && list.output.contains("missing: n3"), "\(list)")
            let put = try await mesh.run("kv", "put", "key", "value", "--topology", mesh.file, "--timeout", "1")
            #expect(put.status == 69 && put.error.contains("not all stores of the topology"), "\(put)")
            let begun = try await mesh.run("up", mesh.file, "--detach", "--init", "--json")
            let id = try JSON(parsing: begun.output.utf8)["id"]?.string
            #expect(begun.status == 0 && id?.count == 32, "\(begun)")
            for name in mesh.names { #expect(await mesh.stores(at: name)?["mesh"]?.string == id) }
        }
    }

    /// The same name, and another genesis.
    @Test func aNodeOfAnotherMeshIsRefused() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            try await mesh.begin()
            try await mesh.kill(["n3"])
            let files = SystemFileSystem(), alone = TestMesh(directory: mesh.directory, file: mesh.directory + "/other.yaml", names: ["n3"])
            try files.removeTree(mesh.place("n3").directory)
            let port = Self.port + 20
            try append("mesh: \(mesh.meshName)\nnodes:\n  - {name: n3, port: \(port), admin: {port: \(port + 3)}}\n", to: alone.file)
            try await alone.begin()
            #expect(await alone.put("key", "of the other", at: "n3")?.status == 200)
            _ = try await alone.run("down", alone.file)

            let up = try await mesh.run("up", mesh.file, "--detach", "--init")
            #expect(up.status == 1 && up.error.contains("n3 belongs to mesh"), "\(up)")
            for name in ["n1", "n2"] {
                let row = await mesh.stores(at: name)?["stores"]?.elements?.first { $0["name"]?.string == "n3" }
                #expect(row?["live"] == false, "\(row?.text() ?? "none")")
                try await mesh.until { mesh.text(mesh.place(name).log).contains("its store counts for nothing here") }
            }
            #expect(await mesh.put("key", "of this one", at: "n1")?.status == 200)
            #expect(await mesh.ask("n2", "/kv/key")?.json?["value"]?.string == "of this one")
            try await mesh.kill(["n2"])
            #expect(await mesh.ask("n1", "/kv/key?patienceMs=1500")?.status == 503)
        }
    }
}

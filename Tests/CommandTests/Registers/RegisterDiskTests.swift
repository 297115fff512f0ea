import Command
import Glibc
import JSONDocument
import TestSupport
import Testing
import Web
import World

/// Disks that lose something, go back in time, or fill up, below meshes of processes.
@Suite(.serialized, .bounded) struct RegisterDiskTests {
    private static let port = 26_300

    private func put(_ keys: Range<Int>, _ value: String, at name: String, _ mesh: TestMesh) async throws {
        for number in keys {
            let answer = await mesh.put("k\(number)", value, at: name)
            try #require(answer?.status == 200, "k\(number): \(answer?.text ?? "no answer")")
        }
    }

    private func expect(_ keys: Range<Int>, _ value: String, at name: String, _ mesh: TestMesh) async {
        for number in keys {
            let answer = await mesh.ask(name, "/kv/k\(number)")
            #expect(answer?.json?["value"]?.string == value, "k\(number) at \(name): \(answer?.text ?? "no answer")")
        }
    }

    /// The row of a node's written store, as another node sees it.
    private func row(_ name: String, at observer: String, _ mesh: TestMesh) async -> JSON? {
        await mesh.stores(at: observer)?["stores"]?.elements?.first { $0["name"]?.string == name }
    }

    /// Without the store of n3, n1 and n2 are a majority, and n1 alone is none whatever n3 says.
    private func expectThatTheThirdIsNotCounted(_ mesh: TestMesh) async throws {
        try await put(0..<5, "by two", at: "n3", mesh)
        try await mesh.kill(["n2"])
        for name in ["n1", "n3"] {
            let put = await mesh.put("k0", "by one", at: name, query: "?patienceMs=1500")
            #expect(put?.status == 503, "\(put?.text ?? "no answer")")
            let get = await mesh.ask(name, "/kv/k1?patienceMs=1500")
            #expect(get?.status == 503, "\(get?.text ?? "no answer")")
        }
        try await mesh.up()
        try await mesh.untilValue(of: "k1", is: "by two", at: "n3")
    }

    @Test func aWipedNodeComesBackAsANewStoreThatHoldsNothing() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            try await mesh.begin()
            try await put(0..<20, "first", at: "n1", mesh)
            let old = try #require(await row("n3", at: "n1", mesh)?["store"]?.string)
            try await mesh.kill(["n3"])
            try SystemFileSystem().removeTree(mesh.place("n3").directory)
            try await mesh.up()
            try await mesh.untilStore(at: "n3", is: "spare")
            try await mesh.until("n3", seenBy: ["n1", "n2"]) { row in
                row.isAlive && row.document["labels"]?["store"]?.string.map { $0 != old } == true
            }
            for observer in mesh.names {
                let row = await row("n3", at: observer, mesh)
                #expect(row?["live"] == false && row?["store"]?.string == old, "\(row?.text() ?? "none")")
            }
            await expect(0..<20, "first", at: "n3", mesh)
            #expect(await mesh.ask("n3", "/health/ready")?.status == 200)
            try await expectThatTheThirdIsNotCounted(mesh)
        }
    }

    @Test func anOlderCopyOfADiskDoesNotVote() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            try await mesh.begin()
            try await put(0..<10, "first", at: "n1", mesh)
            try await mesh.kill(["n3"])
            let copy = try mesh.storeFiles(of: "n3")
            try #require(copy["registers.db"] != nil)
            try await mesh.begin()
            // Several keys of every home, so that the other two hear of many commits; the last is heard of with what follows it.
            for _ in 0..<3 { try await put(0..<20, "second", at: "n3", mesh) }
            try await mesh.world.sleep(for: .seconds(1))
            try await mesh.kill(["n3"])
            try mesh.putBack(copy, of: "n3")
            try await mesh.up()
            try await mesh.untilStore(at: "n3", is: "rolled-back")
            try await mesh.until { mesh.text(mesh.place("n3").log).contains("the store is an older copy of itself and will not vote") }
            let ready = try #require(await mesh.ask("n3", "/health/ready"))
            #expect(ready.status == 503 && ready.text.contains("Unhealthy"))
            let list = try await mesh.run("store", "list", "--admin", "http://127.0.0.1:\(Self.port + 23)")
            #expect(list.status == 0 && list.error.contains("own store: rolled-back"), "\(list)")
            for name in mesh.names { await expect(0..<20, "second", at: name, mesh) }
            try await expectThatTheThirdIsNotCounted(mesh)
            // It stays so, in the next life too.
            try await mesh.kill(["n3"])
            try await mesh.up()
            try await mesh.untilStore(at: "n3", is: "rolled-back")
        }
    }

    /// Runs `body` while these nodes have their data on a file system of this size in memory; says so when there is none to be had.
    private func onSmallDisks(_ names: [String], _ mesh: TestMesh, _ body: () async throws -> Void) async throws {
        var mounted: [String] = []
        func unmount() async { for path in mounted { _ = try? await complaint(of: "umount", "-l", path) } }
        for name in names {
            let path = mesh.place(name).directory
            try SystemFileSystem().createDirectory(path)
            if let why = try await complaint(of: "mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", path) {
                print("skipped: no small disk can be made to be filled: \(why)")
                return await unmount()
            }
            mounted.append(path)
        }
        do {
            try await body()
            _ = try? await mesh.run("down", mesh.file, "--grace", "2")
            await unmount()
        } catch {
            _ = try? await mesh.run("down", mesh.file, "--grace", "2")
            await unmount()
            throw error
        }
    }

    /// Takes all the room that is left on a node's disk.
    private func fill(_ name: String, _ mesh: TestMesh) async throws {
        let words = try await complaint(of: "sh", "-c", "cat /dev/zero > \(mesh.place(name).directory)/ballast")
        #expect(words?.contains("No space left") == true)
    }

    private func empty(_ name: String, _ mesh: TestMesh) throws { try SystemFileSystem().remove(mesh.place(name).directory + "/ballast") }

    @Test func aDiskThatFillsWhileTheNodeRunsRefusesAndRecoversByItself() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            try await onSmallDisks(["n1"], mesh) {
                try await mesh.begin()
                #expect(await mesh.ask("n1", "/health/ready")?.status == 200)
                try await fill("n1", mesh)
                let large = String(repeating: "v", count: 20_000)
                var acknowledged: [Int] = [], refusal: HTTPAnswer?
                for number in 0..<400 where refusal == nil {
                    let answer = await mesh.put("k\(number)", large, at: "n1", query: "?patienceMs=1000")
                    if answer?.status == 200 { acknowledged.append(number) } else { refusal = answer }
                }
                #expect(refusal?.status == 503, "\(refusal?.text ?? "the disk never filled")")
                try await mesh.untilStore(at: "n1", is: "full")
                // It tries again and again, and is not ready all the while.
                let end = mesh.world.now + .seconds(4)
                while mesh.world.now < end {
                    let ready = await mesh.ask("n1", "/health/ready")
                    #expect(ready?.status == 503 && ready?.text.contains("Unhealthy") == true)
                    try await mesh.world.sleep(for: .milliseconds(25))
                }
                let words = ["-si", "--unix-socket", mesh.place("n1").socket, "http://n1/health/ready"]
                let ready = String(decoding: try await CommandLineTool.run("curl", words, seconds: 30).standardOutput, as: UTF8.self)
                #expect(ready.lowercased().contains("gossamer-reason: the disk of the store is full"), "\(ready)")
                let put = await mesh.put("other", "v", at: "n1", query: "?patienceMs=1000")
                #expect(put?.status == 503 && put?.json?["outcome"]?.string == "failed", "\(put?.text ?? "no answer")")
                #expect(put?.json?["detail"]?.string?.contains("full") == true)
                // A log that said so at every attempt would take what room there is.
                let times = mesh.text(mesh.place("n1").log).ranges(of: "a commit was refused").count
                #expect(times <= 1, "the log is told of one full disk once, not \(times) times")
                try empty("n1", mesh)
                try await mesh.untilStore(at: "n1", is: "voting")
                #expect(await mesh.ask("n1", "/health/ready")?.status == 200)
                #expect(await mesh.put("other", "w", at: "n1")?.status == 200)
                for number in acknowledged { #expect(await mesh.ask("n1", "/kv/k\(number)")?.json?["value"]?.string == large) }
            }
        }
    }

    @Test func oneFullDiskOfThreeKeepsNobodyFromPutting() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            try await onSmallDisks(["n3"], mesh) {
                try await mesh.begin()
                try await fill("n3", mesh)
                let large = String(repeating: "v", count: 20_000)
                for number in 0..<120 {
                    let answer = await mesh.put("k\(number)", large, at: mesh.names[number % 3])
                    #expect(answer?.status == 200, "k\(number): \(answer?.text ?? "no answer")")
                }
                try await mesh.untilStore(at: "n3", is: "full")
                #expect(await mesh.ask("n1", "/health/ready")?.status == 200)
                try empty("n3", mesh)
                try await mesh.untilStore(at: "n3", is: "voting")
            }
        }
    }

    /// The file systems of all nodes stop at once, as in a power cut: what was not synced is gone.
    @Test func everyAcknowledgedPutOutlivesAPowerCut() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            let image = mesh.directory + "/image", place = mesh.directory + "/.gossamer"
            try SystemFileSystem().createDirectory(place)
            for words in [
                ["dd", "if=/dev/zero", "of=\(image)", "bs=1M", "count=96"], ["mkfs.ext4", "-q", "-F", image], ["mount", "-o", "loop", image, place],
            ] {
                let output = try await CommandLineTool.run(words[0], Array(words.dropFirst()), seconds: 60)
                guard output.status == 0 else {
                    return print("skipped: no file system can be made whose power can be cut: \(words.joined(separator: " ")): \(output.standardError)")
                }
            }
            do {
                try await cutPower(mesh, image: image, place: place)
                _ = try? await mesh.run("down", mesh.file, "--grace", "2")
                _ = try? await complaint(of: "umount", "-l", place)
            } catch {
                _ = try? await mesh.run("down", mesh.file, "--grace", "2")
                _ = try? await complaint(of: "umount", "-l", place)
                throw error
            }
        }
    }

    private func cutPower(_ mesh: TestMesh, image: String, place: String) async throws {
        try await mesh.begin()
        let processes = mesh.names.compactMap(mesh.process)
        let acknowledged = Tally()
        let why = try await withThrowingTaskGroup(of: Void.self) { group in
            for client in 0..<3 {
                group.addTask {
                    for number in 0..<5_000 {
                        let key = "c\(client)-\(number)"
                        guard let answer = await mesh.put(key, key, at: mesh.names[client], query: "?patienceMs=1000"), answer.status == 200
                        else { return }
                        acknowledged.note(key)
                    }
                }
            }
            try await mesh.until { acknowledged.keys.count > 150 }
            let why = try await complaint(of: "python3", "-c", Self.shutdown, place)
            for process in processes { process.signal(SIGKILL) }
            try await group.waitForAll()
            return why
        }
        for process in processes { try await mesh.untilGone(process) }
        if let why { return print("skipped: the power of the file system cannot be cut: \(why)") }
        try #require(try await complaint(of: "umount", place) == nil)
        try #require(try await complaint(of: "mount", "-o", "loop", image, place) == nil)
        try await mesh.begin()
        for key in acknowledged.keys {
            let answer = await mesh.ask("n1", "/kv/\(key)")
            #expect(answer?.json?["value"]?.string == key, "\(key): \(answer?.text ?? "no answer")")
        }
    }

    /// EXT4_IOC_SHUTDOWN without flushing the journal.
    private static let shutdown =
        "import fcntl,os,struct,sys\nfcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587d,struct.pack('I',2))"
}

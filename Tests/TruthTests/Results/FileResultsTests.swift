import Choreography
import Logging
import Registers
import Synchronization
import TestSupport
import Testing
import Truth
import World

/// The results of one node on its disk.
@Suite struct FileResultsTests {
    /// A disk and the results on it.
    private struct Shelf: Sendable {
        let world: SimulatedWorld
        let logs = LogLines()

        var disk: SimulatedFileSystem {
            guard let disk = world.files as? SimulatedFileSystem else { preconditionFailure("a simulated world has a simulated disk") }
            return disk
        }

        /// As a life of the node finds them.
        func open(bytes: Int = 1_000, files: Int = 10) throws -> FileResults {
            try FileResults(world: world, dataDirectory: "/data", bytes: bytes, files: files, log: Logger(label: "results") { _ in logs })
        }

        /// The paths of its files.
        var paths: [String] { get throws { try disk.list("/data/blobs").map { "/data/blobs/" + $0 } } }
    }

    private func simulated(_ body: @escaping @Sendable (Shelf) async throws -> Void) throws {
        let simulation = Simulation(seed: 1), world = SimulatedWorld(simulation, name: "n1")
        try simulation.run(in: world) { try await body(Shelf(world: world)) }
    }

    private static let work = workID(hour: 5)
    private static let content = Array("a result".utf8)
    private static var digest: ResultDigest { ResultDigest(of: content) }

    private static func refusal(of body: () async throws(WorkRefusal) -> Void) async -> WorkRefusal? {
        do throws(WorkRefusal) { try await body() } catch { return error }
        return nil
    }

    @Test func whatWasKeptIsThereAfterAPowerCut() throws {
        try simulated { shelf in
            try await shelf.open().save(Self.content, Self.digest, of: Self.work)
            shelf.disk.powerCut()
            let next = try shelf.open()
            #expect(await next.read(Self.digest) == Self.content)
            #expect(next.kept == (1, Self.content.count))
            #expect(await next.read(ResultDigest(of: [1])) == nil)
        }
    }

    @Test func theRealDiskKeepsItToo() async throws {
        let scratch = try Scratch(), world = SystemWorld(), log = Logger(label: "results")
        let bytes = [UInt8](repeating: 7, count: ResultLimits.bytes), digest = ResultDigest(of: bytes)
        try await FileResults(world: world, dataDirectory: scratch.path, log: log).save(bytes, digest, of: Self.work)
        #expect(try await FileResults(world: world, dataDirectory: scratch.path, log: log).read(digest) == bytes)
    }

    @Test func whatACrashHasLeftHalfWrittenIsRemovedAndNothingElse() throws {
        try simulated { shelf in
            try await shelf.open().save(Self.content, Self.digest, of: Self.work)
            let path = try #require(try shelf.paths.first)
            try shelf.disk.writeDurably([1], to: path + ".tmp")
            try shelf.disk.writeDurably([1], to: "/data/blobs/notes.tmp")
            #expect(try shelf.open().kept.files == 1)
            #expect(try shelf.paths == [path, "/data/blobs/notes.tmp"])
        }
    }

    @Test func aDamagedFileIsNotThereAndSaidOnce() throws {
        try simulated { shelf in
            let results = try shelf.open()
            try await results.save(Self.content, Self.digest, of: Self.work)
            let path = try #require(try shelf.paths.first)
            try shelf.disk.writeDurably(Array(Self.content.dropLast()) + [0], to: path)
            for _ in 0..<3 { #expect(await results.read(Self.digest) == nil) }
            #expect(shelf.logs.all.filter { $0.contains(path) && $0.contains("is damaged") }.count == 1, "\(shelf.logs.all)")
            // Saved anew it is whole, and takes no more room.
            try await results.save(Self.content, Self.digest, of: Self.work)
            #expect(await results.read(Self.digest) == Self.content)
            #expect(results.kept.files == 1)
        }
    }

    @Test func ofTwoFilesWithTheSameContentOneIsEnough() throws {
        try simulated { shelf in
            let results = try shelf.open()
            for hour: UInt64 in [5, 6] { try await results.save(Self.content, Self.digest, of: workID(hour: hour)) }
            let first = try #require(try shelf.paths.first)
            try shelf.disk.remove(first)
            #expect(await results.read(Self.digest) == Self.content)
            #expect(shelf.logs.all.count == 1 && shelf.logs.all.first?.contains(first) == true)
        }
    }

    @Test func whatFindsNoRoomIsRefusedAndNothingGoesForIt() throws {
        try simulated { shelf in
            let results = try shelf.open(bytes: Self.content.count + 1)
            try await results.save(Self.content, Self.digest, of: Self.work)
            let refusal = await Self.refusal { () async throws(WorkRefusal) in
                try await results.save([1, 2], ResultDigest(of: [1, 2]), of: Self.work)
            }
            #expect(refusal?.code == .overloaded && refusal?.message.contains("\(Self.content.count + 1)") == true)
            #expect(await results.read(Self.digest) == Self.content)
            #expect(try shelf.paths.count == 1)
            // A later life counts the same.
            #expect(try shelf.open().kept == results.kept)
        }
    }

    @Test func aFullDiskIsARefusalAndNotTheEnd() throws {
        try simulated { shelf in
            let results = try shelf.open()
            shelf.disk.isFull = true
            let refusal = await Self.refusal { () async throws(WorkRefusal) in
                try await results.save(Self.content, Self.digest, of: Self.work)
            }
            #expect(refusal?.code == .overloaded && refusal?.message.contains("No space") == true)
            #expect(results.kept.files == 0)
            shelf.disk.isFull = false
            try await results.save(Self.content, Self.digest, of: Self.work)
            #expect(await results.read(Self.digest) == Self.content)
        }
    }

    @Test func aDirectoryThatHasVanishedIsMadeAgain() throws {
        try simulated { shelf in
            let results = try shelf.open()
            try await results.save([1], ResultDigest(of: [1]), of: Self.work)
            for path in try shelf.paths { try shelf.disk.remove(path) }
            try shelf.disk.remove("/data/blobs")
            try await results.save(Self.content, Self.digest, of: Self.work)
            #expect(await results.read(Self.digest) == Self.content)
            #expect(results.kept == (1, Self.content.count))
        }
    }

    // MARK: Sweeping

    /// What is left after a sweep at the end of hour 9 that keeps for two hours, and whose work was asked about.
    private func left(_ isOver: @escaping @Sendable (UInt64) -> Bool?, of hours: [UInt64]) throws -> (left: [UInt64], asked: [UInt64]) {
        let asked = Mutex<[UInt64]>([]), kept = Mutex<[UInt64]>([])
        try simulated { shelf in
            let results = try shelf.open(bytes: 100_000, files: 1_000)
            for hour in hours { try await results.save([UInt8(hour)], ResultDigest(of: [UInt8(hour)]), of: workID(hour: hour)) }
            let now = WallTime(millisecondsSince1970: 10 * 3_600_000 - 1)
            await results.sweep(olderThan: .seconds(2 * 3_600), now: now) { work in
                let hour = UInt64(CreationHour(of: work).number)
                asked.withLock { $0.append(hour) }
                return isOver(hour)
            }
            for hour in hours where await results.read(ResultDigest(of: [UInt8(hour)])) != nil { kept.withLock { $0.append(hour) } }
            #expect(try shelf.paths.count == kept.withLock { $0.count } && results.kept.files == kept.withLock { $0.count })
        }
        return (kept.withLock { $0 }, asked.withLock { $0 })
    }

    @Test func whatIsOfWorkThatIsOverGoesWhenItIsOldEnough() throws {
        let outcome = try left({ _ in true }, of: [5, 6, 7, 8, 9])
        // An hour is as old as its end.
        #expect(outcome.left == [7, 8, 9] && outcome.asked == [5, 6])
    }

    @Test func whatIsOfWorkThatIsThereStaysHoweverOldItIs() throws {
        #expect(try left({ $0 != 3 }, of: [2, 3, 4]).left == [3])
    }

    @Test func whatNobodySaysAnythingOfStays() throws {
        #expect(try left({ $0 == 2 ? nil : true }, of: [2, 4]).left == [2])
    }

    /// Work of an old hour may begin while it is asked about: what it comes to is not what lay there before.
    @Test func whatComesDuringTheQuestionStays() throws {
        try simulated { shelf in
            let results = try shelf.open()
            try await results.save([1], ResultDigest(of: [1]), of: Self.work)
            await results.sweep(olderThan: .zero, now: WallTime(millisecondsSince1970: 36_000_000)) { work in
                try? await results.save(Self.content, Self.digest, of: work)
                return true
            }
            #expect(await results.read(ResultDigest(of: [1])) == nil)
            #expect(await results.read(Self.digest) == Self.content)
        }
    }

    @Test func whenNobodyAnswersFewAreAskedFor() throws {
        let asked = Mutex(0)
        try simulated { shelf in
            let results = try shelf.open(bytes: 100_000, files: 1_000)
            for number in 0..<40 {
                try await results.save([UInt8(number)], ResultDigest(of: [UInt8(number)]), of: workID(hour: 1, UInt64(number)))
            }
            await results.sweep(olderThan: .zero, now: WallTime(millisecondsSince1970: 36_000_000)) { _ in
                asked.withLock { $0 += 1 }
                return nil
            }
            #expect(results.kept.files == 40)
        }
        #expect(asked.withLock { $0 } < 20)
    }
}

/// The id of work that was made in an hour of 1970.
func workID(hour: UInt64, _ number: UInt64 = 0) -> WorkID { WorkID(milliseconds: hour * 3_600_000 + number, randomA: 1, randomB: 2) }

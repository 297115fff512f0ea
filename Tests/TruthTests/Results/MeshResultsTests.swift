import Choreography
import Registers
import TestSupport
import Testing
import Truth
import World

/// Results on the nodes of a mesh.
@Suite struct MeshResultsTests {
    private static let work = workID(hour: 490_000)

    /// Bytes that do not repeat at the size of a piece.
    private static func content(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251 + $0 / 251) } }

    private static func refusal(_ results: MeshResults, _ bytes: [UInt8]) async -> WorkRefusal? {
        do throws(WorkRefusal) { _ = try await results.save(bytes, of: work) } catch { return error }
        return nil
    }

    @Test func aResultIsOnTwoNodesAndReadWhenOneOfThemHasDied() async throws {
        try await ResultMesh.with(stores: ["n1", "n2", "n3"]) { mesh in
            let bytes = Self.content(300 << 10)
            let location = try await mesh["n1"].save(bytes, of: Self.work)
            #expect(location.nodes.count == 2 && location.nodes.first == "n1" && location.size == bytes.count)
            for name in ["n1", "n2", "n3"] { #expect(mesh.paths(name).count == (location.nodes.contains(name) ? 1 : 0), "\(name)") }
            let other = location.nodes[1], third = ["n2", "n3"].first { $0 != other }
            #expect(await mesh[try #require(third)].read(location) == bytes)
            try await mesh.kill("n1")
            #expect(await mesh[try #require(third)].read(location) == bytes)
            #expect(await mesh[other].read(location) == bytes)
        }
    }

    @Test func aDamagedFileIsReadFromTheOtherNode() async throws {
        try await ResultMesh.with(stores: ["n1", "n2", "n3"]) { mesh in
            let bytes = Self.content(300 << 10), location = try await mesh["n1"].save(bytes, of: Self.work)
            let path = try #require(mesh.paths("n1").first)
            var damaged = bytes
            damaged[200_000] ^= 1
            try SystemFileSystem().writeDurably(damaged, to: path)
            for name in ["n1", "n2", "n3"] { #expect(await mesh[name].read(location) == bytes, "\(name)") }
            let second = try #require(mesh.paths(location.nodes[1]).first)
            try SystemFileSystem().writeDurably([], to: second)
            for name in ["n1", "n2", "n3"] { #expect(await mesh[name].read(location) == nil, "\(name)") }
        }
    }

    @Test func aNodeThatKeepsNoneHasTwoOthersKeepIt() async throws {
        try await ResultMesh.with(stores: ["n1", "n2", "n3"], workers: ["w1"]) { mesh in
            let bytes = Self.content(ResultLimits.bytes), location = try await mesh["w1"].save(bytes, of: Self.work)
            #expect(location.nodes.count == 2 && Set(location.nodes).count == 2 && !location.nodes.contains("w1"))
            #expect(await mesh["w1"].read(location) == bytes)
            // The same again is the same, and lies there once.
            #expect(try await mesh["w1"].save(bytes, of: Self.work) == location)
            for name in location.nodes { #expect(mesh.paths(name).count == 1) }
            // Whoever is named wrongly is no obstacle.
            let misled = ResultLocation(digest: location.digest, size: location.size, nodes: ["w1", "nobody"])
            #expect(await mesh["w1"].read(misled) == bytes)
        }
    }

    @Test func whereOneNodeIsThereOneIsEnough() async throws {
        try await ResultMesh.with(stores: ["n1"]) { mesh in
            let bytes = Self.content(100 << 10), location = try await mesh["n1"].save(bytes, of: Self.work)
            #expect(location.nodes == ["n1"])
            #expect(await mesh["n1"].read(location) == bytes)
        }
    }

    @Test func oneWithoutRoomIsPassedOverForTheNext() async throws {
        try await ResultMesh.with(stores: ["n1", "n2", "n3"], room: ["n1": 10, "n2": 10]) { mesh in
            let refusal = await Self.refusal(mesh["n3"], Self.content(100 << 10))
            #expect(refusal?.code == .overloaded)
            let said = refusal?.message ?? "nothing"
            #expect(said.contains("n3 alone") && said.contains("n1: "), "\(said)")
        }
        try await ResultMesh.with(stores: ["n1", "n2", "n3"], room: ["n1": 10]) { mesh in
            let bytes = Self.content(100 << 10), location = try await mesh["n1"].save(bytes, of: Self.work)
            #expect(location.nodes.sorted() == ["n2", "n3"])
            #expect(await mesh["n1"].read(location) == bytes)
        }
    }

    @Test func whereNobodyKeepsResultsNoneIsAnnounced() async throws {
        try await ResultMesh.with(stores: [], workers: ["w1", "w2"]) { mesh in
            let refusal = await Self.refusal(mesh["w1"], Self.content(100 << 10))
            #expect(refusal?.code == .overloaded && refusal?.message.contains(TruthService.role) == true)
        }
    }

    @Test func whatIsTooLargeOrNothingIsRefusedForGood() async throws {
        try await ResultMesh.with(stores: ["n1"]) { mesh in
            for count in [0, ResultLimits.bytes + 1] {
                let refusal = await Self.refusal(mesh["n1"], Self.content(count))
                #expect(refusal?.code == .invalid && refusal?.message.contains("not \(count)") == true)
            }
            #expect(mesh.paths("n1").isEmpty)
        }
    }

    @Test func aLocationThatMakesNoSenseIsNowhere() async throws {
        try await ResultMesh.with(stores: ["n1"]) { mesh in
            let location = try await mesh["n1"].save(Self.content(10), of: Self.work)
            let good = location.digest
            for (digest, size) in [([], 10), (good, 0), (good, -1), (good, Int.max), (good + [0], 10)] {
                #expect(await mesh["n1"].read(ResultLocation(digest: digest, size: size, nodes: [])) == nil)
            }
        }
    }
}

/// Whether an actor of a piece of work is there: what a sweep goes by.
@Suite struct ActorPresenceTests {
    private struct Engine: RegisterEngine {
        let outcome: Result<[UInt8], RegisterError>

        func change(_ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
            try outcome.get()
        }

        func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] { try outcome.get() }

        func glance(
            _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
        ) async throws(RegisterError) -> RegisterGlance {
            RegisterGlance(version: 0, isFinished: true, due: nil, answer: [])
        }
    }

    private func isThere(_ outcome: Result<[UInt8], RegisterError>) async -> Bool? {
        await DurableActors(engine: Engine(outcome: outcome)).isThere(ActorName("job", of: workID(hour: 1)))
    }

    @Test func aMajorityDecidesAndSilenceIsNoAnswer() async {
        #expect(await isThere(.success([1])) == true)
        #expect(await isThere(.success([])) == false)
        #expect(await isThere(.failure(RegisterError(.expired, .unknown, "freed"))) == false)
        for code in RegisterError.Code.allCases where code != .expired {
            #expect(await isThere(.failure(RegisterError(code, .failed, "no"))) == nil, "\(code)")
        }
    }
}

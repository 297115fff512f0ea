import Registers
import TestSupport
import Testing
import World

/// What every engine promises to who only looks.
extension RegisterEngineConformance {
    private func glance(
        _ key: RegisterKey, _ engine: any RegisterEngine, seen: UInt64? = nil, patience: Duration = .seconds(20)
    ) async throws -> RegisterGlance {
        try await engine.glance(key, query: [], seen: seen, patience: patience)
    }

    @Test(arguments: StoreKind.allCases)
    func aGlanceShowsNothingWhereNothingWasMadeAndThenEachChange(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            for home in 0..<EngineMesh.stores {
                let key = try mesh.key(at: home)
                for engine in mesh.engines {
                    #expect(try await glance(key, engine) == RegisterGlance(version: 0, isFinished: false, due: nil, answer: []))
                }
                for number in 1...3 as ClosedRange<UInt8> {
                    _ = try await add(1, key, mesh[Int(number)])
                    for engine in mesh.engines {
                        let seen = try await glance(key, engine)
                        #expect(seen.version == UInt64(number) && seen.answer == [number])
                    }
                }
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whoHasSeenAVersionIsToldOfTheNextAtAnyNode(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 1), engines = mesh.engines
            _ = try await add(1, key, mesh[0])
            let seen = try await glance(key, mesh[0]).version
            let told = try await withThrowingTaskGroup(of: RegisterGlance.self) { group in
                for engine in engines { group.addTask { try await glance(key, engine, seen: seen) } }
                _ = try await add(4, key, mesh[2])
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(told.count == engines.count && told.allSatisfy { $0.version > seen && $0.answer == [5] }, "\(told)")
            #expect(try await glance(key, mesh[3], seen: 0).answer == [5], "who has seen less is told at once")
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whoWaitsInVainIsToldWhatThereIs(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0)
            _ = try await add(1, key, mesh[0])
            for engine in mesh.engines {
                let seen = try await glance(key, engine)
                #expect(try await glance(key, engine, seen: seen.version, patience: .milliseconds(300)) == seen)
            }
        }
    }

    /// One of three is left, and it was not the home. It tells what it knows to be chosen: not the last change.
    @Test(arguments: StoreKind.allCases)
    func aReplicaThatReachesNobodyStillTellsWhatItKnows(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0)
            for _ in 0..<3 { _ = try await add(1, key, mesh[0]) }
            try await mesh.untilAllHold(key)
            await mesh.stop(0)
            await mesh.stop(1)
            try await mesh.settle()
            for engine in mesh.engines {
                let told = try await glance(key, engine)
                #expect(told.version == 2 && told.answer == [2], "\(told)")
                await #expect(throws: RegisterError.self) { try await engine.read(key, query: [], patience: .seconds(1)) }
            }
        }
    }

    /// The home has died after the last change. The next one finds out that it was chosen, and who waits there is told.
    @Test(arguments: StoreKind.allCases)
    func theNextHomeTellsOfTheLastChangeOfTheOneBefore(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0)
            for _ in 0..<3 { _ = try await add(1, key, mesh[0]) }
            try await mesh.untilAllHold(key)
            await mesh.stop(0)
            try await mesh.settle()
            for engine in mesh.engines { #expect(try await glance(key, engine, seen: 2).answer == [3]) }
        }
    }
}

/// What one node says of the registers of all.
@Suite(.serialized, .bounded) struct CatalogueTests {
    private let ids = WorkIDGenerator(SystemWorld(), name: "catalogue")

    private func list(_ listing: RegisterListing, _ catalogue: any RegisterCatalogue) async throws -> RegisterList {
        await catalogue.list(listing, patience: .seconds(10))
    }

    private func fill(_ mesh: EngineMesh, _ count: Int) async throws -> [RegisterKey] {
        let keys = try (0..<count).map { try #require(RegisterKey("count/\(100 + $0)")) }
        for (number, key) in keys.enumerated() {
            let answer = try await mesh[number % 4].change(key, operation: ids.next(), command: [UInt8(number + 1)], patience: .seconds(20))
            #expect(answer == [UInt8(number + 1)])
        }
        return keys
    }

    @Test(arguments: StoreKind.allCases)
    func anyNodeListsTheRegistersOfAllStoresTheNewestFirst(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let keys = try await fill(mesh, 30)
            #expect(Set(keys.map(mesh.home)).count == EngineMesh.stores, "each store has some")
            for catalogue in mesh.catalogues {
                let list = try await list(RegisterListing(kind: "count"), catalogue)
                #expect(list.entries.map(\.key) == keys.reversed() && list.unheard.isEmpty && list.next == nil)
                #expect(list.entries.map(\.glance.answer) == (1...30).reversed().map { [$0] })
                #expect(list.entries.map(\.node) == keys.reversed().map { "n\(mesh.home(of: $0))" })
            }
            for (which, count) in [(RegisterListing.Which.open, 30), (.due(by: .max), 0), (.someday, 0)] {
                #expect(try await list(RegisterListing(kind: "count", which: which), mesh.catalogues[3]).entries.count == count)
            }
        }
    }

    @Test func pagesComeOneAfterTheOtherAndLoseNothing() async throws {
        try await EngineMesh.with(.memory) { mesh in
            let keys = try await fill(mesh, 23)
            var listing = RegisterListing(limit: 5), found: [RegisterKey] = [], pages = 0
            repeat {
                let list = try await list(listing, mesh.catalogues[pages % 4])
                found += list.entries.map(\.key)
                listing.before = list.next
                pages += 1
            } while listing.before != nil && pages < 20
            #expect(found == keys.reversed() && pages == 5)
        }
    }

    @Test func aNodeThatDoesNotAnswerIsNamedAndOthersAreListed() async throws {
        try await EngineMesh.with(.memory) { mesh in
            let keys = try await fill(mesh, 12)
            await mesh.stop(1)
            // Gossip has not told of it.
            let list = await mesh.catalogues[0].list(RegisterListing(), patience: .seconds(1))
            #expect(list.unheard == ["n1"])
            #expect(list.entries.map(\.key) == keys.reversed().filter { mesh.home(of: $0) != 1 })
            // Then others stand in as homes, and find out what was chosen there last.
            try await mesh.settle()
            for _ in 0..<100 {
                let list = await mesh.catalogues[0].list(RegisterListing(), patience: .seconds(10))
                if list.entries.map(\.key) == keys.reversed() { return }
                try await SystemWorld().sleep(for: .milliseconds(50))
            }
            Issue.record("what n1 was the home of is not listed")
        }
    }
}

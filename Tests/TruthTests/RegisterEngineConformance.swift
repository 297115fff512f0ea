import Registers
import TestSupport
import Testing
import World

/// What every engine promises, and the replicated one keeps with any store.
@Suite(.serialized, .bounded) struct RegisterEngineConformance {
    private static let patience = Duration.seconds(20)
    private let ids = WorkIDGenerator(SystemWorld(), name: "conformance")

    func add(_ number: UInt8, _ key: RegisterKey, _ engine: any RegisterEngine, _ id: WorkID? = nil) async throws -> [UInt8] {
        try await engine.change(key, operation: id ?? ids.next(), command: [number], patience: Self.patience)
    }

    private func sum(_ key: RegisterKey, _ engine: any RegisterEngine) async throws -> [UInt8] {
        try await engine.read(key, query: [], patience: Self.patience)
    }

    @Test(arguments: StoreKind.allCases)
    func whatWasNeverChangedReadsAsEmptyEverywhere(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0)
            for engine in mesh.engines { #expect(try await sum(key, engine) == []) }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aChangeIsPartOfEveryReadThatBeginsLaterAtAnyNode(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            for home in 0..<EngineMesh.stores {
                let key = try mesh.key(at: home)
                var expected: UInt8 = 0
                for writer in mesh.engines {
                    expected += 1
                    #expect(try await add(1, key, writer) == [expected])
                    for reader in mesh.engines { #expect(try await sum(key, reader) == [expected]) }
                }
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func anOperationIsCarriedOutOnceAndAnsweredAlike(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 1), id = ids.next()
            #expect(try await add(5, key, mesh[0], id) == [5])
            #expect(try await add(2, key, mesh[1]) == [7])
            for engine in mesh.engines { #expect(try await add(5, key, engine, id) == [5]) }
            try await mesh.restartAll()
            for engine in mesh.engines { #expect(try await add(5, key, engine, id) == [5]) }
            #expect(try await sum(key, mesh[2]) == [7])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func theSameOperationFromAllNodesAtOnceIsCarriedOutOnce(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 2), engines = mesh.engines
            for round in 1...10 as ClosedRange<UInt8> {
                let id = ids.next()
                let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
                    for engine in engines { group.addTask { try await add(1, key, engine, id) } }
                    return try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
                }
                #expect(answers == [[round]])
            }
        }
    }

    @Test(arguments: StoreKind.allCases)
    func aRefusedCommandHasNotHappened(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0)
            _ = try await add(3, key, mesh[0])
            for engine in mesh.engines {
                let error = try await #require(throws: RegisterError.self) { try await add(0, key, engine) }
                #expect(error.code == .refused && error.outcome == .failed && error.sentence.contains("0 cannot be added"))
            }
            #expect(try await sum(key, mesh[3]) == [3])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func whatIsTooLargeIsRefusedWithItsSize(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0), command = [UInt8](repeating: 1, count: RegisterLimits.commandBytes + 1)
            for engine in [mesh[0], mesh[1], mesh[3]] {
                let error = try await #require(throws: RegisterError.self) {
                    try await engine.change(key, operation: ids.next(), command: command, patience: Self.patience)
                }
                #expect(error.code == .tooLarge && error.outcome == .failed && error.sentence.contains("\(command.count)"))
            }
            #expect(try await sum(key, mesh[0]) == [])
        }
    }

    @Test(arguments: StoreKind.allCases)
    func acknowledgedChangesAreThereAfterAllNodesHaveStopped(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let keys = try (0..<30).map { try mesh.key(at: $0 % EngineMesh.stores, "k\($0)-") }
            for (number, key) in keys.enumerated() { _ = try await add(UInt8(number + 1), key, mesh[number % 4]) }
            try await mesh.restartAll()
            for (number, key) in keys.enumerated() { #expect(try await sum(key, mesh[(number + 1) % 4]) == [UInt8(number + 1)]) }
        }
    }

    /// One operation after the other by several clients while the nodes stop and start: retried under its id until it is acknowledged,
    /// each counts exactly once.
    @Test(arguments: StoreKind.allCases)
    func nothingIsLostOrCountedTwiceWhileNodesStopAndStart(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0), stays = mesh[3], each = 20, clients = 4
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<clients {
                    group.addTask { for _ in 0..<each { try await insist(key, stays) } }
                }
                for victim in 0..<EngineMesh.stores {
                    await mesh.stop(victim)
                    try await mesh.settle()
                    try await mesh.start(victim)
                    try await mesh.settle()
                    try await mesh.untilAllVote()
                }
                try await group.waitForAll()
            }
            for engine in mesh.engines { #expect(try await sum(key, engine) == [UInt8(each * clients)]) }
        }
    }

    /// Adds 1, however often that must be tried.
    private func insist(_ key: RegisterKey, _ engine: any RegisterEngine) async throws {
        let id = ids.next()
        for _ in 0..<30 {
            do throws(RegisterError) {
                _ = try await engine.change(key, operation: id, command: [1], patience: .seconds(5))
                return
            } catch {
                #expect(error.code == .noMajority || error.code == .notReady, "\(error)")
            }
        }
        throw Timeout(what: "operation \(id) is acknowledged")
    }

    /// The deadline is given ten seconds of grace, for a machine that does something else.
    @Test(arguments: StoreKind.allCases)
    func withoutAMajorityARefusalComesByTheDeadlineAndNothingHasHappened(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            // Its home is gone, so that nobody holds a promise under which a change could still be proposed.
            let key = try mesh.key(at: 0), world = SystemWorld()
            _ = try await add(1, key, mesh[0])
            await mesh.stop(0)
            await mesh.stop(1)
            try await mesh.settle()
            for engine in [mesh[2], mesh[3]] {
                let start = world.now
                let write = try await #require(throws: RegisterError.self) {
                    try await engine.change(key, operation: ids.next(), command: [1], patience: .seconds(1))
                }
                #expect(write.code == .noMajority && write.outcome == .failed && write.retryAfter != nil, "\(write)")
                let read = try await #require(throws: RegisterError.self) {
                    try await engine.read(key, query: [], patience: .seconds(1))
                }
                #expect(read.code == .noMajority && read.retryAfter != nil, "\(read)")
                #expect(world.now - start < .seconds(12))
            }
            try await mesh.start(0)
            try await mesh.start(1)
            try await mesh.settle()
            for engine in mesh.engines { #expect(try await sum(key, engine) == [1]) }
        }
    }

    /// The home is left alone with its promise: what it proposes may yet be chosen, and it says so; the same operation then counts once.
    @Test(arguments: StoreKind.allCases)
    func aChangeWhoseFateIsUnknownCountsOnceWhenItIsTriedAgain(_ kind: StoreKind) async throws {
        try await EngineMesh.with(kind) { mesh in
            let key = try mesh.key(at: 0), id = ids.next()
            _ = try await add(1, key, mesh[0])
            await mesh.stop(1)
            await mesh.stop(2)
            try await mesh.settle()
            let error = try await #require(throws: RegisterError.self) {
                try await mesh[3].change(key, operation: id, command: [1], patience: .seconds(1))
            }
            #expect(error.code == .noMajority && error.outcome == .unknown && error.retryAfter != nil, "\(error)")
            try await mesh.start(1)
            try await mesh.start(2)
            try await mesh.settle()
            for engine in mesh.engines { #expect(try await add(1, key, engine, id) == [2]) }
            #expect(try await sum(key, mesh[1]) == [2])
        }
    }
}

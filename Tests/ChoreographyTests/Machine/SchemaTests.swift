import Choreography
import MessagePack
import Registers
import Testing
import World

/// Coins, which schema 2 tells the kind of.
private enum Purse: DurableActor {
    struct State: Codable, Hashable, Sendable {
        var coins = 0
        var coinage = "pence"
    }

    /// What schema 1 has.
    struct First: Codable { let coins: Int }

    struct Put: DurableEvent {
        static let name = "put"
        let coins: Int
    }

    static let kind = "purse"
    static var blank: State { State() }
    static var rules: [Rule<Purse>] {
        [
            .on(Put.self, .note, from: [.outside]) { put, state, next in
                state.coins += put.coins
                if next.schema >= 2 { state.coinage = "cents" }
                next.answer([UInt8(next.schema)])
            },
        ]
    }

    static func word(for state: State) -> String { "\(state.coins) \(state.coinage)" }

    static func encode(_ state: State, schema: UInt32) throws -> [UInt8] {
        schema == 1 ? try MessagePackEncoder().encode(First(coins: state.coins)) : try MessagePackEncoder().encode(state)
    }

    static func decode(_ bytes: [UInt8], schema: UInt32) throws -> State {
        schema == 1 ? State(coins: try MessagePackDecoder().decode(First.self, from: bytes).coins) : try MessagePackDecoder().decode(State.self, from: bytes)
    }
}

/// States that take another form from one release to the next.
@Suite struct SchemaTests {
    private static let purse = ActorName("purse", named: "p")!
    private static let old = MemoryActors([Purse.self], schemas: StateSchemas(1, 1))
    private static let new = MemoryActors([Purse.self], schemas: StateSchemas(1, 2))
    private static let newest = MemoryActors([Purse.self], schemas: StateSchemas(2, 3))

    @discardableResult
    private func put(_ coins: Int, _ actors: inout MemoryActors) throws -> [UInt8] {
        try actors.change(Self.purse, .telling(Purse.Put(coins: coins), as: .first), now: WallTime(millisecondsSince1970: Stage.startMs))
    }

    private func bytes(_ actors: MemoryActors) throws -> [UInt8] { try actors.read(Self.purse, .state) }

    @Test func aNewerProgramWritesTheOlderFormUntilTheSchemaIsRaised() throws {
        var actors = Self.new
        #expect(try put(5, &actors) == [1], "a reaction is told the active one")
        #expect(try bytes(actors) == MessagePackEncoder().encode(Purse.First(coins: 5)), "bare, as it always was")
        var older = actors.taken(over: Self.old)
        try put(1, &older)
        #expect(try older.state(of: Self.purse, Purse.self) == Purse.State(coins: 6))
        // And back again.
        actors = older.taken(over: Self.new)
        #expect(try actors.state(of: Self.purse, Purse.self) == Purse.State(coins: 6))
        actors.schema = 2
        #expect(try actors.state(of: Self.purse, Purse.self) == Purse.State(coins: 6), "the older form is read as before")
        #expect(try put(1, &actors) == [2])
        #expect(try bytes(actors) == [0xC1, 2] + MessagePackEncoder().encode(Purse.State(coins: 7, coinage: "cents")))
        try put(1, &actors)
        #expect(try actors.state(of: Self.purse, Purse.self) == Purse.State(coins: 8, coinage: "cents"))
        #expect(try actors.state(of: Self.purse, Purse.self) == actors.taken(over: Self.newest).state(of: Self.purse, Purse.self))
    }

    /// Another node may do better, or this one when it was updated: it is no dead letter.
    @Test func aSchemaThatIsNotKnownIsRefusedByNameAndForNow() throws {
        var actors = Self.new
        actors.schema = 2
        try put(5, &actors)
        var older = actors.taken(over: Self.old)
        let before = try bytes(older)
        let sentence = "its state was written in schema 2, and this program reads 1; update it"
        let refusal = try #require(throws: MachineRefusal.self) { try put(1, &older) }
        #expect(refusal.description.contains(sentence) && !refusal.isLasting, "\(refusal)")
        #expect(throws: (any Error).self) { try older.state(of: Self.purse, Purse.self) }
        #expect(throws: MachineRefusal.self) { try older.read(Self.purse, .outline(of: nil, limit: 1)) }
        #expect(try bytes(older) == before, "it is there all the same")
        #expect(try actors.read(Self.purse, .outline(of: nil, limit: 1)).isEmpty == false)
    }

    @Test func aSchemaThatIsForgottenIsRefusedToo() throws {
        var actors = Self.new
        try put(5, &actors)
        var later = actors.taken(over: Self.newest)
        later.schema = 2
        let refusal = try #require(throws: MachineRefusal.self) { try put(1, &later) }
        #expect(refusal.description.contains("written in schema 1, and this program reads 2 to 3"), "\(refusal)")
    }

    @Test func whoDoesNotKnowTheActiveOneWritesNothing() throws {
        var actors = Self.old
        actors.schema = 2
        let refusal = try #require(throws: MachineRefusal.self) { try put(1, &actors) }
        #expect(refusal.description.contains("states are written in schema 2, and this program writes 1; update it") && !refusal.isLasting)
        #expect(actors.names.isEmpty)
    }

    @Test(arguments: [[0xC1], [0xC1, 0xC0], [0xC1, 0], [0xC1, 2], [0xC1, 0xCE, 0xFF], [0xC1, 0xD3, 0xFF]] as [[UInt8]])
    func damagedBytesAreRefusedAndNeverTrap(_ bytes: [UInt8]) {
        #expect(throws: (any Error).self) { try Purse.state(reading: bytes, by: StateSchemas(1, 2)) }
    }

    @Test func aKindThatSaysNothingIsTheSameInAllSchemas() throws {
        let state = Clerk.State(heard: ["a"])
        for schema in 1...3 as ClosedRange<UInt32> { #expect(try Clerk.encode(state, schema: schema) == MessagePackEncoder().encode(state)) }
        #expect(try Clerk.decode(Clerk.encode(state, schema: 1), schema: 3) == state)
    }

    @Test func aRangeSaysWhatItHolds() {
        #expect("\(StateSchemas(1, 1))" == "1" && "\(StateSchemas(2, 4))" == "2 to 4")
        #expect((0...5).map { StateSchemas(2, 4).contains($0) } == [false, false, true, true, true, false])
        #expect(StateSchemas.program.contains(StateSchemas.program.newest))
    }
}

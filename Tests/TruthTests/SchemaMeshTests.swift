import Choreography
import MessagePack
import Registers
import Testing
import Truth
import World

/// Counts, and from schema 2 on calls the sum by another name.
private enum Meter: DurableActor {
    struct State: Codable, Sendable, Equatable { var sum = 0 }
    struct Second: Codable { let total: Int }
    struct Add: DurableEvent {
        static let name = "add"
        let amount: Int
    }

    static let kind = "meter"
    static var blank: State { State() }
    static var rules: [Rule<Meter>] { [.on(Add.self, .note, from: [.outside]) { add, state, _ in state.sum += add.amount }] }

    static func encode(_ state: State, schema: UInt32) throws -> [UInt8] {
        schema == 1 ? try MessagePackEncoder().encode(state) : try MessagePackEncoder().encode(Second(total: state.sum))
    }

    static func decode(_ bytes: [UInt8], schema: UInt32) throws -> State {
        schema == 1 ? try MessagePackDecoder().decode(State.self, from: bytes) : State(sum: try MessagePackDecoder().decode(Second.self, from: bytes).total)
    }
}

/// The active schema of a mesh, in whole nodes and virtual time.
@Suite struct SchemaMeshTests {
    private static let work = WorkID(milliseconds: 1_767_225_600_000, randomA: 1, randomB: 1)
    private static let meter = ActorName(Meter.kind, named: "m")!

    private func add(_ amount: Int, in mesh: SimulatedTruth, at name: String = "n1") throws {
        try mesh.ask(at: name) { truth in
            _ = try await truth.actors.tell(Meter.Add(amount: amount), to: Self.meter, as: Self.work, operation: nil)
        }
    }

    private func sum(in mesh: SimulatedTruth, at name: String = "n1") throws -> Int? {
        try mesh.ask(at: name) { truth in try await truth.actors.state(of: Self.meter, Meter.self)?.sum }
    }

    /// The state as the register has it.
    private func bytes(in mesh: SimulatedTruth) throws -> [UInt8] {
        try mesh.ask(at: "n1") { truth in try await truth.engine.read(Self.meter.key, query: ActorQuery.state.packed, patience: .seconds(5)) }
    }

    private func raise(_ schema: UInt32, in mesh: SimulatedTruth, at name: String = "n1") throws -> StoreChangeOutcome {
        try mesh.ask(at: name) { truth in try await truth.change(.schema(schema), patience: .seconds(5)) }
    }

    @Test(arguments: UInt64(1)...3) func theSchemaIsRaisedAndStatesAreWrittenInItFromThenOn(seed: UInt64) throws {
        let mesh = try SimulatedTruth(seed: seed, stores: 3, actors: [Meter.self], schemas: StateSchemas(1, 2))
        try add(5, in: mesh)
        #expect(try bytes(in: mesh) == MessagePackEncoder().encode(Meter.State(sum: 5)))
        #expect(try raise(2, in: mesh, at: "n2") == .done(epoch: 2))
        #expect(try raise(2, in: mesh, at: "n3") == .nothing("schema 2 is active already, in epoch 2"))
        try mesh.wait("all go by it") { mesh.seats.values.allSatisfy { $0.truth.configuration?.schema == 2 } }
        #expect(try sum(in: mesh, at: "n2") == 5, "what is older is read")
        try add(1, in: mesh, at: "n3")
        #expect(try bytes(in: mesh) == [0xC1, 2] + MessagePackEncoder().encode(Meter.Second(total: 6)))
        try mesh.restart("n1")
        try mesh.wait("it votes again") { mesh["n1"].truth.standing == .voting }
        #expect(mesh["n1"].truth.configuration?.schema == 2)
        try add(1, in: mesh, at: "n1")
        #expect(try sum(in: mesh, at: "n1") == 7)
        let refusal = try #require(throws: StoreChangeRefusal.self) { try raise(3, in: mesh) }
        #expect(refusal.code == .schema && refusal.sentence.contains("n1 (1 to 2), n2 (1 to 2), n3 (1 to 2)"), "\(refusal)")
    }

    /// And not which one the program has at other times.
    @Test func aNodeTellsTheNewestSchemaThatItsStoreWrites() throws {
        let mesh = try SimulatedTruth(seed: 1, stores: 3, actors: [Meter.self], schemas: StateSchemas(1, 3))
        try mesh.restart("n2", schemas: StateSchemas(1, 2))
        try mesh.wait("it votes again") { mesh["n2"].truth.standing == .voting }
        mesh.simulation.run(for: .seconds(5))
        let told = mesh.seats.values.map { seat in ["n1", "n2", "n3"].map { seat.truth.newestSchema(of: mesh[$0].store.id) } }
        #expect(told == Array(repeating: [3, 2, 3], count: 3))
    }

    @Test func itIsNotRaisedWhileOneStoreRunsTheOlderProgramOrIsAway() throws {
        let mesh = try SimulatedTruth(seed: 1, stores: 3, actors: [Meter.self], schemas: StateSchemas(1, 2))
        try mesh.restart("n2", schemas: StateSchemas(1, 1))
        try mesh.wait("it votes again") { mesh["n2"].truth.standing == .voting }
        let old = try #require(throws: StoreChangeRefusal.self) { try raise(2, in: mesh) }
        #expect(old.code == .schema && old.sentence.contains(": n2 (1)."), "\(old)")
        mesh.kill("n2")
        mesh.simulation.run(for: .seconds(10))
        let away = try #require(throws: StoreChangeRefusal.self) { try raise(2, in: mesh) }
        #expect(away.code == .notLive && away.sentence.contains("not heard: n2"), "\(away)")
        try add(1, in: mesh)
        #expect(try bytes(in: mesh) == MessagePackEncoder().encode(Meter.State(sum: 1)))
    }

    @Test func aProgramThatDoesNotKnowTheActiveSchemaHoldsNoStoreOfTheMesh() throws {
        let mesh = try SimulatedTruth(seed: 1, stores: 3, actors: [Meter.self], schemas: StateSchemas(1, 2))
        _ = try raise(2, in: mesh)
        try mesh.wait("all go by it") { mesh.seats.values.allSatisfy { $0.truth.configuration?.schema == 2 } }
        let error = try #require(throws: ConfigurationError.self) { try mesh.restart("n2", schemas: StateSchemas(1, 1)) }
        #expect(error.description.contains("writes states in schema 2, and this program knows 1; update it"), "\(error)")
    }
}

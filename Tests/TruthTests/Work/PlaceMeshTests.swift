import Choreography
import Registers
import Testing
import Truth
import World

/// Has one part done, or ends at once.
private enum Errand: DurableActor {
    struct State: Codable, Sendable { var hasEnded = false }
    struct Begin: DurableEvent {
        static let name = "begin"
        let endsAtOnce: Bool
    }
    struct Stop: DurableEvent { static let name = "stop" }

    static let work = WorkKind("run", isRationed: false, shortestSilence: .seconds(5), hasBackups: false)
    static let kind = "errand"
    static var blank: State { State() }
    static var rules: [Rule<Errand>] {
        [
            .on(Begin.self, .note, from: [.outside], orders: [work.name]) { begin, state, next in
                if begin.endsAtOnce { try end(&state, &next) } else { try next.order(work.name, part: "p", [1]) }
            },
            .on(WorkAnswer.self, .note, from: [.worker]) { _, state, next in try end(&state, &next) },
            .on(Stop.self, .note, from: [.outside]) { _, state, next in try end(&state, &next) },
        ]
    }

    private static func end(_ state: inout State, _ next: inout Reaction) throws {
        state.hasEnded = true
        try next.finish()
    }
}

/// Places at the homes of actors that are about to begin, in whole nodes and virtual time.
@Suite struct PlaceMeshTests {
    private static let limit = 3

    private static func mesh(_ seed: UInt64) throws -> SimulatedTruth {
        try SimulatedTruth(seed: seed, stores: 3, actors: [Errand.self], kinds: [Errand.work])
    }

    /// Errands that all have their home at n1, by the sight of all.
    private func errands(_ count: Int, _ mesh: SimulatedTruth) -> [ActorName] {
        let all = (1...UInt64(1_000)).lazy.map { number in
            ActorName(Errand.kind, of: WorkID(milliseconds: UInt64(mesh.truth.millisecondsSince1970), randomA: 0, randomB: number << 32))
        }
        return Array(
            all.filter { errand in mesh.seats.values.allSatisfy { $0.truth.explain(errand.key)?.home?.name == "n1" } }.prefix(count))
    }

    /// What n1 says to somebody at n2, for each of these: 0 for a place, else how many are there.
    private func reserve(_ errands: [ActorName], _ mesh: SimulatedTruth) throws -> [Int] {
        try mesh.ask(at: "n2") { truth in
            var crowds: [Int] = []
            for errand in errands {
                switch await truth.reserve(errand, limit: Self.limit) {
                case .granted: crowds.append(0)
                case .full(let crowd): crowds.append(crowd)
                }
            }
            return crowds
        }
    }

    /// Somebody at n2 is done with the place of an errand. So that what follows is seen in order, this takes a moment.
    private func settle(_ errand: ActorName, mayHaveBegun: Bool, _ mesh: SimulatedTruth) throws {
        try mesh.ask(at: "n2") { truth in
            guard case .granted(let place) = await truth.reserve(errand, limit: Self.limit) else { return }
            place.settle(mayHaveBegun: mayHaveBegun)
        }
        mesh.simulation.run(for: .seconds(1))
    }

    private func tell(_ event: some DurableEvent, to errand: ActorName, _ mesh: SimulatedTruth) throws {
        try mesh.ask(at: "n2") { truth in
            guard let work = errand.work else { return }
            _ = try await truth.actors.tell(event, to: errand, as: work, operation: nil)
        }
    }

    @Test(arguments: UInt64(1)...3) func noMoreBeginInOneMomentThanMayBeThere(seed: UInt64) throws {
        let mesh = try Self.mesh(seed), errands = errands(8, mesh)
        #expect(try reserve(errands, mesh) == [0, 0, 0, 3, 3, 3, 3, 3])
        // One has begun and goes on, one has surely not begun, of one nobody knows, and it has not.
        try tell(Errand.Begin(endsAtOnce: false), to: errands[0], mesh)
        try settle(errands[0], mayHaveBegun: true, mesh)
        #expect(try reserve([errands[3]], mesh) == [3])
        try settle(errands[1], mayHaveBegun: false, mesh)
        #expect(try reserve(Array(errands[3...4]), mesh) == [0, 3])
        try settle(errands[2], mayHaveBegun: true, mesh)
        #expect(try reserve(Array(errands[4...5]), mesh) == [0, 3])
        // The first ends.
        try tell(Errand.Stop(), to: errands[0], mesh)
        mesh.simulation.run(for: .seconds(1))
        #expect(try reserve(Array(errands[5...6]), mesh) == [0, 3])
    }

    @Test func whatEndsAtOnceLeavesNoPlaceBehind() throws {
        let mesh = try Self.mesh(1), errands = errands(5, mesh)
        #expect(try reserve(Array(errands[0...3]), mesh) == [0, 0, 0, 3])
        for errand in errands[0...2] {
            try tell(Errand.Begin(endsAtOnce: true), to: errand, mesh)
            try settle(errand, mayHaveBegun: true, mesh)
        }
        #expect(try reserve(Array(errands[1...4]), mesh) == [0, 0, 0, 3])
    }

    @Test func theHomesThatFollowADeadOneCountWhatIsThere() throws {
        let mesh = try Self.mesh(1), errands = errands(40, mesh), begun = errands.prefix(2)
        for errand in begun {
            try tell(Errand.Begin(endsAtOnce: false), to: errand, mesh)
            try settle(errand, mayHaveBegun: true, mesh)
        }
        mesh.kill("n1")
        mesh.simulation.run(for: .seconds(20))
        let homes = Dictionary(grouping: errands) { mesh["n2"].truth.explain($0.key)?.home?.name ?? "" }
        #expect(homes.keys.sorted() == ["n2", "n3"])
        for (home, there) in homes.sorted(by: { $0.key < $1.key }) {
            let room = Self.limit - there.count { begun.contains($0) }
            let crowds = try reserve(there.filter { !begun.contains($0) }, mesh)
            try #require(crowds.count > Self.limit)
            // One may count what another is the home of, too: it looks whether that is looked after.
            let places = crowds.prefix { $0 == 0 }.count
            #expect((1...room).contains(places) && crowds.dropFirst(places).allSatisfy { $0 == Self.limit }, "\(home): \(crowds)")
        }
    }
}

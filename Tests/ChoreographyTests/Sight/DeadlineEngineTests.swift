import Choreography
import Registers
import Testing
import WorkTestSupport
import World

/// One deadline for all that an answer is gathered from.
@Suite struct DeadlineEngineTests {
    private let engine = MemoryEngine([Clerk.self, Box.self], now: WallTime(millisecondsSince1970: Stage.startMs))
    private let start: Instant
    private let bounded: DeadlineEngine

    init() {
        start = engine.world.now
        bounded = DeadlineEngine(engine, until: start + .seconds(6), engine.world)
    }

    private func ask(_ actor: ActorName, patience: Duration = .seconds(2)) async -> Result<[UInt8], RegisterError> {
        do throws(RegisterError) {
            return .success(try await bounded.read(actor.key, query: ActorQuery.state.packed, patience: patience))
        } catch {
            return .failure(error)
        }
    }

    private func error(_ result: Result<[UInt8], RegisterError>) -> RegisterError? { if case .failure(let error) = result { error } else { nil } }

    @Test func whoAnswersIsHeardAsEver() async throws {
        try engine.tell(Lock(isLocked: true), to: .box("x"), as: .first)
        #expect(try await ask(.box("x")).get() == engine.read(ActorName.box("x").key, query: ActorQuery.state.packed, patience: .seconds(1)))
        let command = try ActorCommand.telling(Lock(isLocked: false), as: .first)
        _ = try await bounded.change(ActorName.box("x").key, operation: nil, command: command.packed, patience: .seconds(2))
        let glance = try await bounded.glance(ActorName.box("x").key, query: ActorQuery.state.packed, seen: nil, patience: .seconds(2))
        #expect(try await glance.answer == ask(.box("x")).get() && engine.world.now == start)
    }

    @Test func whereThereWasNoMajorityNobodyIsAskedAgain() async throws {
        let near = try #require((0...).lazy.map { ActorName.box("\($0)") }.first { $0.key.shard == ActorName.box("x").key.shard })
        for box in [ActorName.box("x"), near] { engine.silence(box) }
        #expect(error(await ask(.box("x")))?.sentence == "two of three do not answer")
        for box in [ActorName.box("x"), near] {
            let error = try #require(error(await ask(box)))
            #expect(error.code == .noMajority && error.outcome == .failed && error.retryAfter != nil)
            #expect(error.sentence == "\(box) was not asked, for its shard had no majority a moment ago: two of three do not answer")
        }
        #expect(engine.waits == 1 && engine.world.now == start + .seconds(2))
        // Other shards are asked.
        #expect(error(await ask(.ann)) == nil)
    }

    @Test func whatIsRefusedIsNoSilence() async throws {
        let nobody = try #require(ActorName("nobody", named: "x"))
        for _ in 0..<2 { #expect(error(await ask(nobody))?.code == .refused) }
    }

    @Test func noQuestionOutlivesTheDeadline() async throws {
        let boxes = DistinctShards.boxes(3)
        for box in boxes { engine.silence(box) }
        #expect(error(await ask(boxes[0], patience: .seconds(4)))?.code == .noMajority && engine.world.now == start + .seconds(4))
        #expect(error(await ask(boxes[1], patience: .seconds(4)))?.code == .noMajority && engine.world.now == start + .seconds(6))
        for box in [boxes[2], .ann] {
            let error = try #require(error(await ask(box)))
            #expect(error.code == .notReady && error.sentence == "\(box) was not asked: the time for this answer was over")
        }
        #expect(engine.waits == 2 && engine.world.now == start + .seconds(6))
    }
}

/// Actors of which no two lie in one shard.
enum DistinctShards {
    static func boxes(_ count: Int) -> [ActorName] { pick(count) { ActorName.box("b\($0)") } }

    /// The first `count` of what `make` gives for 0, 1, 2 ... that are apart.
    static func pick(_ count: Int, _ make: (Int) -> ActorName) -> [ActorName] {
        var shards: Set<Int> = [], found: [ActorName] = []
        for number in 0... {
            if found.count == count { break }
            let actor = make(number)
            if shards.insert(actor.key.shard).inserted { found.append(actor) }
        }
        return found
    }
}

import Choreography
import Registers
import Testing
import World

/// An actor that has ordered more than one reading of its duties tells of.
@Suite struct ManyPartsTests {
    /// A courier over registers in memory that answer at once.
    private struct Bench {
        var courier = Courier(random: RandomStream(seed: 1, name: "courier"))
        var actors = MemoryActors([Clerk.self, Box.self])
        var now = Instant(nanoseconds: 1_000_000_000)
        let wall = WallTime(millisecondsSince1970: Stage.startMs)
        var underWay: [String] = []
        var begun: Set<String> = []
        /// Names of parts that nobody ever answers.
        var mute: Set<String> = []

        mutating func give(_ input: CourierInput) throws {
            var inputs = [input]
            while !inputs.isEmpty {
                for effect in courier.handle(inputs.removeFirst(), now: now, wall: wall) {
                    switch effect {
                    case .read(let actor, let part): inputs.append(.duties(actor, .success(try actors.duties(actor, after: part))))
                    case .write(let actor, let command):
                        try actors.change(actor, command, now: wall)
                        inputs.append(.written(actor, command, nil))
                        if actors.due(actor) == 0 { inputs.append(.attend(actor)) }
                    case .perform(_, _, let part):
                        #expect(begun.insert(part.name).inserted, "\(part.name) is begun twice")
                        underWay.append(part.name)
                    case .callOff(_, _, let part): underWay.removeAll { $0 == part }
                    case .deliver: break
                    }
                }
            }
        }

        /// Answers all but those that are mute, the oldest first.
        mutating func answerAll() throws {
            while let index = underWay.firstIndex(where: { !mute.contains($0) }) {
                try give(.performed(.clerk, part: underWay.remove(at: index), WorkReport(result: .done([1]), node: "n1")))
            }
        }
    }

    private static func bench(_ count: Int) throws -> Bench {
        var bench = Bench()
        for start in stride(from: 0, to: count, by: 100) {
            let acts = (start..<min(start + 100, count)).map { Act.order(String(10_000 + $0)) }
            try bench.actors.change(.clerk, .telling(Do(acts: acts), as: .first), now: bench.wall)
        }
        return bench
    }

    @Test func allAreDone() throws {
        var bench = try Self.bench(560)
        try bench.give(.attend(.clerk))
        #expect(bench.underWay.count == 512)
        try bench.answerAll()
        #expect(bench.begun.count == 560 && bench.actors.due(.clerk) == nil)
        #expect(bench.courier.count(ofKind: Clerk.kind) == 0)
    }

    /// One that nobody answers is an operator's business, and no reason for the others to wait.
    @Test func whatIsDeadHoldsUpNoneOfTheOthers() throws {
        var bench = try Self.bench(560)
        bench.mute = ["10003"]
        try bench.give(.attend(.clerk))
        try bench.give(.silent(.clerk, part: "10003", cause: "too long"))
        try bench.answerAll()
        #expect(bench.begun.count == 560)
        #expect(bench.actors.due(.clerk) == RegisterState.someday)
        try bench.give(.performed(.clerk, part: "10003", WorkReport(result: .done([1]), node: "n1")))
        #expect(bench.actors.due(.clerk) == nil)
    }
}

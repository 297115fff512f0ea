import Jobs
import Placement
import Primes
import Testing
import World

/// Parts with which nodes die, one after the other.
@Suite struct PartDeathTests {
    /// Whatever in it kills them: it must not take the whole mesh with it.
    @Test func aPartWithWhichThreeNodesDiedFailsTheJobAndTheyAreNamed() throws {
        var bench = JobBench(to: 100_000)
        var names = (1...5).map { "n\($0)" }
        bench.workers(names)
        let poison = bench.underWay[0].part, range = "\(poison.from) to \(poison.to)"
        var dead: [String] = []
        while dead.count < 3 {
            // It waits for a free credit.
            while !bench.underWay.contains(where: { $0.part.number == poison.number }) { bench.answer(0) }
            let holder = try #require(bench.underWay.first { $0.part.number == poison.number }).node.name
            #expect(bench.status.status == .processing)
            dead.append(holder)
            names.removeAll { $0 == holder }
            bench.die(holder, leaving: names)
        }
        let sentence = "nodes died while they counted part \(poison.number) (\(range)): \(dead.joined(separator: ", ")); it is given to no other"
        #expect(bench.status.status == .failed && bench.status.warnings == [sentence])
        #expect(bench.underWay.isEmpty && bench.ended == 1)
    }

    @Test func aDeathThatIsLearntOfLaterCountsToo() throws {
        var bench = JobBench(to: 100_000, chunks: 1)
        bench.workers(["n1", "n2", "n3", "n4"])
        for count in 1...3 {
            let node = bench.underWay[0].node
            bench.lose(0, .nodeDown)
            bench.handle(.died(node))
            #expect(bench.status.status == (count < 3 ? .processing : .failed))
        }
        #expect(bench.status.warnings.first?.hasPrefix("nodes died while they counted part 0 (0 to 100000): ") == true)
    }

    /// A drained node leaves with what it has; a session may end while both its ends live.
    @Test func nodesThatLeaveDoNotCountAsDead() {
        var bench = JobBench(to: 100_000)
        bench.workers(["n1", "n2", "n3"])
        for _ in 0..<30 {
            if bench.underWay.isEmpty { bench.tick(after: .seconds(2)) }
            bench.lose(0, .nodeDown)
        }
        bench.tick(after: .seconds(2))
        while !bench.underWay.isEmpty {
            bench.answer(0)
            bench.tick(after: .seconds(2))
        }
        #expect(bench.status.count == 9_592)
    }
}

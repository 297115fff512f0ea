import Jobs
import Placement
import Primes
import Testing
import World

/// A job under random answers, losses, doubles, deaths and returns: whatever happens, the count is exact and the end is one,
/// unless three nodes have died with one part.
@Suite struct JobChaosTests {
    private struct Storm {
        var bench: JobBench
        var random: RandomStream
        var nodes: [NodeIdentity]
        /// Answers that were given and may come once more.
        var old: [(part: PrimesPart, node: NodeIdentity)] = []
        var lastVersion: UInt64 = 0
        var lastDone = 0

        init(seed: UInt64) {
            random = RandomStream(seed: seed)
            let from = UInt64(random.below(5_000))
            bench = JobBench(to: from + UInt64(random.below(20_000)), from: from, chunks: 1 + random.below(120),
                numbersPerRun: UInt64(random.below(2) * random.below(3_000)))
            nodes = (1...(1 + random.below(6))).map { NodeIdentity(name: "n\($0)", life: 1) }
            bench.workers(nodes, processors: 1 + random.below(3))
        }

        /// A worker that the job has been told is gone cannot be heard of any more through its call, but its answer may be late.
        mutating func step() {
            switch random.below(20) {
            case 0..<9: answer()
            case 9 where !old.isEmpty:
                let (part, node) = old[random.below(old.count)]
                bench.answered(part, by: node)
            case 10 where !bench.underWay.isEmpty:
                bench.lose(random.below(bench.underWay.count), [.silent, .overloaded, .nodeDown][random.below(3)])
            case 11 where !bench.underWay.isEmpty:
                // Lost without a word: the call hangs.
                old.append(bench.underWay.remove(at: random.below(bench.underWay.count)))
            case 12 where random.chance(0.5): changeMembers()
            default: bench.tick(after: .milliseconds(10 + random.below(3_000)))
            }
            check()
        }

        private mutating func answer() {
            guard !bench.underWay.isEmpty else { return bench.tick(after: .milliseconds(100)) }
            let index = random.below(bench.underWay.count)
            old.append(bench.underWay[index])
            bench.answer(index)
        }

        private mutating func changeMembers() {
            let index = random.below(nodes.count)
            let gone = nodes[index]
            if random.chance(0.5) {
                nodes[index] = NodeIdentity(name: gone.name, life: gone.life + 1)
            } else if nodes.count > 1, random.chance(0.5) {
                nodes.remove(at: index)
            } else {
                nodes.append(NodeIdentity(name: "m\(random.below(1_000))-\(nodes.count)", life: 1))
            }
            // Dead, or alive and drained.
            if random.chance(0.7), !nodes.contains(gone) { old += bench.die(gone, leaving: nodes.sorted()) } else { bench.workers(nodes.sorted()) }
        }

        private mutating func check() {
            let status = bench.status
            #expect(status.version >= lastVersion)
            #expect(status.chunks.done >= lastDone)
            #expect(status.nodes.reduce(0) { $0 + $1.parts } == status.chunks.done)
            #expect(bench.ended == (status.status.isTerminal ? 1 : 0))
            (lastVersion, lastDone) = (status.version, status.chunks.done)
        }
    }

    @Test(arguments: 0..<150)
    func theCountIsExactWhateverHappens(_ seed: UInt64) {
        var storm = Storm(seed: seed)
        var steps = 0
        while storm.bench.ended == 0, steps < 20_000 {
            storm.step()
            steps += 1
        }
        let status = storm.bench.status
        if status.status == .failed, storm.bench.deaths.values.contains(where: { $0.count >= PartDeaths.limit }) {
            return #expect(status.warnings.first?.hasPrefix("nodes died while they counted part") == true, "seed \(seed): \(status)")
        }
        let whole = PrimesPart(number: 0, from: status.request.from, to: status.request.to, algorithm: .sieve)
        #expect(status.status == .completed, "seed \(seed): \(status)")
        #expect(status.count == JobBench.count(whole), "seed \(seed)")
        for _ in 0..<50 { storm.step() }
        #expect(storm.bench.status.count == status.count)
    }

    @Test func theSameEventsGiveTheSameEffects() {
        func run() -> [String] {
            var storm = Storm(seed: 5)
            for _ in 0..<500 where storm.bench.ended == 0 { storm.step() }
            return storm.bench.calledOff.map { "\($0.parts)@\($0.node)" } + ["\(storm.bench.status)"]
        }
        #expect(run() == run())
    }
}

import Choreography
import Testing
import World

/// A scatter under random answers, losses, deaths, returns, refusals and silences: whatever happens, every part that is wanted ends once.
@Suite struct ScatterChaosTests {
    private struct Storm {
        var bench: ScatterBench
        var random: RandomStream
        var nodes: [NodeIdentity]
        let credits: Int
        /// Calls that nobody will answer before the end.
        var hanging: [ScatterBench.Call] = []
        /// Answers that were given and may come once more.
        var old: [ScatterBench.Call] = []
        var wanted: Set<String> = []
        var number = 0
        /// Some parts have a place, by their names.
        let hasPlaces: Bool
        var places: [String: String] = [:]
        var deaths: [String: Set<NodeIdentity>] = [:], failures: [String: Int] = [:]

        init(seed: UInt64, hasPlaces: Bool = false) {
            random = RandomStream(seed: seed)
            self.hasPlaces = hasPlaces
            let kind = WorkKind(
                "count", isRationed: random.chance(0.5), shortestSilence: .seconds(5 + random.below(15)), hasBackups: random.chance(0.5))
            bench = ScatterBench(kind)
            nodes = (1...(1 + random.below(6))).map { NodeIdentity(name: "n\($0)", life: 1) }
            credits = 1 + random.below(4)
            bench.workers(nodes, credits: credits)
            for _ in 0..<(1 + random.below(40)) { want() }
        }

        mutating func want() {
            let name = "p\(number)"
            number += 1
            wanted.insert(name)
            // One of those that were there at the beginning, or one that is never there.
            if hasPlaces, random.chance(0.5) { places[name] = "n\(1 + random.below(7))" }
            bench.want([name], at: places[name])
        }

        mutating func step() {
            switch random.below(20) {
            case 0..<8 where !bench.underWay.isEmpty: answer(random.below(bench.underWay.count))
            case 8 where !old.isEmpty:
                // A call ends once: of one that this node has again it is no answer.
                let call = old[random.below(old.count)]
                if !bench.underWay.contains(call) { bench.handle(.answered(call.part.name, by: call.node, .done([9]))) }
            case 9..<11 where !bench.underWay.isEmpty: lose()
            case 11 where !bench.underWay.isEmpty: hanging.append(bench.underWay[random.below(bench.underWay.count)])
            case 12 where random.chance(0.5): changeMembers()
            case 13 where number < 60: want()
            case 14 where !wanted.isEmpty && random.chance(0.1): changeWish()
            default: bench.tick(after: .milliseconds(10 + random.below(3_000)))
            }
            check()
        }

        private mutating func answer(_ index: Int) {
            let call = bench.underWay[index]
            guard !hanging.contains(call) else { return }
            old.append(call)
            bench.answer(index)
        }

        private mutating func lose() {
            let index = random.below(bench.underWay.count), call = bench.underWay[index]
            let loss = [WorkLoss.silent, .overloaded, .nodeDown, .failed("x")][random.below(4)]
            if case .failed = loss { failures[call.part.name, default: 0] += 1 }
            hanging.removeAll { $0 == call }
            bench.lose(index, loss)
        }

        private mutating func changeWish() {
            let names = wanted.sorted(), name = names[random.below(names.count)]
            guard bench.ends(of: name).isEmpty else { return }
            (deaths[name], failures[name]) = (nil, nil)
            // Calls that are called off are over; those that begin anew are others.
            hanging.removeAll { $0.part.name == name }
            if random.chance(0.5) {
                bench.handle(.unwanted(name))
                wanted.remove(name)
            } else {
                bench.want([name], at: places[name])
            }
        }

        private mutating func changeMembers() {
            let index = random.below(nodes.count), gone = nodes[index]
            if random.chance(0.5) {
                nodes[index] = NodeIdentity(name: gone.name, life: gone.life + 1)
            } else if nodes.count > 1, random.chance(0.5) {
                nodes.remove(at: index)
            } else {
                nodes.append(NodeIdentity(name: "m\(random.below(1_000))-\(nodes.count)", life: 1))
            }
            nodes.sort()
            // Dead, or alive and drained.
            guard random.chance(0.7), !nodes.contains(gone) else { return bench.workers(nodes, credits: credits) }
            hanging.removeAll { $0.node == gone }
            let had = bench.underWay.filter { $0.node == gone }
            for call in had { deaths[call.part.name, default: []].insert(gone) }
            bench.underWay.removeAll { $0.node == gone }
            for call in had { bench.handle(.lost(call.part.name, by: gone, .died)) }
            bench.handle(.died(gone))
            bench.workers(nodes, credits: credits)
            old += had
        }

        private func check() {
            for node in Set(bench.underWay.map(\.node)) where bench.kind.isRationed {
                #expect(bench.underWay.count { $0.node == node } <= credits)
            }
            for name in Set(bench.underWay.map(\.part.name)) {
                let holders = bench.underWay.filter { $0.part.name == name }.map(\.node)
                #expect(holders.count <= 3 && Set(holders).count == holders.count, "\(name) is with \(holders)")
                #expect(bench.ends(of: name).isEmpty, "\(name) has ended and is still with \(holders)")
                if let place = places[name] { #expect(holders.map(\.name) == [place]) }
            }
        }

        /// From now on everybody answers.
        mutating func calm() {
            hanging = []
            for _ in 0..<5_000 where !bench.isIdle {
                if bench.underWay.isEmpty { bench.tick(after: .seconds(1)) } else { bench.answer(random.below(bench.underWay.count)) }
            }
        }
    }

    @Test(arguments: 0..<300)
    func everyPartThatIsWantedEndsOnce(_ seed: UInt64) {
        var storm = Storm(seed: seed)
        for _ in 0..<(200 + storm.random.below(600)) { storm.step() }
        storm.calm()
        #expect(storm.bench.isIdle && storm.bench.underWay.isEmpty, "seed \(seed)")
        for name in storm.wanted.sorted() {
            let ends = storm.bench.ends(of: name)
            #expect(ends.count == 1, "seed \(seed): \(name) has ended \(ends.count) times")
            guard case .failed(let reason)? = ends.first?.result else { continue }
            if reason == "x" {
                #expect(storm.failures[name] ?? 0 >= 4, "seed \(seed): \(name) has failed")
            } else {
                #expect(reason.hasPrefix("nodes died while they had this in hand: "), "seed \(seed)")
            }
        }
        #expect(Set(storm.bench.ends.map(\.part)).isSubset(of: storm.wanted), "seed \(seed): nobody wanted it any more")
        let before = storm.bench.sent.count
        storm.bench.tick(after: .seconds(1_000))
        #expect(storm.bench.sent.count == before)
    }

    /// A part that has a place is with nobody else, ever, and ends all the same.
    @Test(arguments: 0..<300 as Range<UInt64>)
    func partsWithAPlaceEndOnceToo(_ seed: UInt64) {
        var storm = Storm(seed: seed, hasPlaces: true)
        for _ in 0..<(200 + storm.random.below(600)) { storm.step() }
        storm.calm()
        #expect(storm.bench.isIdle && storm.bench.underWay.isEmpty, "seed \(seed)")
        for call in storm.bench.sent { #expect(storm.places[call.part.name] ?? call.node.name == call.node.name, "seed \(seed)") }
        for name in storm.wanted.sorted() {
            let ends = storm.bench.ends(of: name)
            #expect(ends.count == 1, "seed \(seed): \(name) has ended \(ends.count) times")
            guard let end = ends.first, end.node.isEmpty else { continue }
            guard let place = storm.places[name], case .failed(let reason) = end.result else {
                Issue.record("seed \(seed): \(name) has ended by nobody's doing")
                continue
            }
            #expect(reason.hasPrefix("node \(place) "), "seed \(seed)")
        }
    }

    /// Those that have lost it for good are the deaths of the test, and those of whom the mesh hears after they lost it otherwise.
    @Test(arguments: 0..<100)
    func nothingFailsWhileNobodyDiesOrFails(_ seed: UInt64) {
        var storm = Storm(seed: seed)
        for _ in 0..<400 {
            switch storm.random.below(8) {
            case 0..<4 where !storm.bench.underWay.isEmpty: storm.bench.answer(storm.random.below(storm.bench.underWay.count))
            case 4 where !storm.bench.underWay.isEmpty:
                storm.bench.lose(storm.random.below(storm.bench.underWay.count), [.silent, .overloaded, .nodeDown][storm.random.below(3)])
            default: storm.bench.tick(after: .milliseconds(10 + storm.random.below(3_000)))
            }
        }
        storm.calm()
        #expect(storm.bench.ends.count == storm.wanted.count && storm.bench.ends.allSatisfy { $0.report.result == .done([1]) }, "seed \(seed)")
    }

    @Test func theSameEventsGiveTheSameEffects() {
        func run() -> [ScatterBench.Call] {
            var storm = Storm(seed: 5)
            for _ in 0..<500 { storm.step() }
            return storm.bench.sent + storm.bench.calledOff
        }
        #expect(run() == run())
    }
}

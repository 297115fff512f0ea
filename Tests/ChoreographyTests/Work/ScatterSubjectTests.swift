import Choreography
import Testing
import World

/// Parts that are about the same, of whichever work.
@Suite struct ScatterSubjectTests {
    private typealias Bench = ScatterBench

    private static let names = ["n1", "n2", "n3"]
    private static let subjects = (0..<60).map { "subject \($0)" }

    /// Parts of one piece of work, one for each subject, under names that no other has.
    private static func bench(_ work: String, _ names: [String] = names) -> Bench {
        var bench = Bench(Bench.repeating, work: work)
        bench.workers(names)
        for subject in subjects { bench.handle(.wanted(Scatter.Part("\(subject) of \(work)", Array(subject.utf8)))) }
        return bench
    }

    private static func owners(_ bench: Bench) -> [String: String] {
        Dictionary(bench.underWay.map { (String(decoding: $0.part.payload, as: UTF8.self), $0.node.name) }) { first, _ in first }
    }

    @Test func partsAboutTheSameGoToTheSameNodeWhicheverWorkTheyAreOf() {
        let owners = Self.owners(Self.bench("a"))
        #expect(owners.count == Self.subjects.count && Set(owners.values) == Set(Self.names), "and subjects spread over all")
        #expect(Self.owners(Self.bench("b")) == owners)
        let ring = Bench.ring(Self.names, Bench.repeating)
        #expect(owners.allSatisfy { ring.owner(of: "repeat/\($0.key)", role: "repeat")?.name == $0.value })
    }

    @Test func withANodeLessOnlyItsOwnSubjectsMoveAndAllToTheSamePlaces() {
        let all = Self.owners(Self.bench("a")), two = Self.owners(Self.bench("a", ["n1", "n3"]))
        for (subject, owner) in all where owner != "n2" { #expect(two[subject] == owner) }
        #expect(Self.owners(Self.bench("b", ["n1", "n3"])) == two)
    }

    @Test func aNodeThatHasNoRoomSendsThemOnToTheSameNext() throws {
        var nexts: Set<String> = []
        for work in ["a", "b"] {
            var bench = Self.bench(work)
            let index = try #require(bench.underWay.firstIndex { $0.part.payload == Array(Self.subjects[0].utf8) })
            let first = bench.underWay[index]
            bench.lose(index, .overloaded)
            bench.tick(after: .seconds(1))
            let next = try #require(bench.nodes(with: first.part.name).first)
            #expect(next != first.node.name)
            nexts.insert(next)
        }
        #expect(nexts.count == 1)
    }

    @Test func aPartWithoutASubjectIsPlacedByItsName() {
        var bench = Bench(Bench.repeating)
        bench.workers(Self.names)
        for name in parts(60) { bench.handle(.wanted(Scatter.Part(name, []))) }
        let ring = Bench.ring(Self.names, Bench.repeating)
        #expect(bench.underWay.allSatisfy { ring.owner(of: "w/\($0.part.name)", role: "repeat")?.name == $0.node.name })
    }
}

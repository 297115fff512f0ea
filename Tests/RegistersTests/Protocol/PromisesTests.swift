import Registers
import Testing
import World

/// What the answers of a majority mean.
@Suite struct PromisesTests {
    private typealias S = Sample

    /// What one store says that it accepted last.
    struct Word: Sendable {
        let store: Int
        let base: RegisterVersion
        let pending: RegisterVersion?

        static func base(_ store: Int, _ version: RegisterVersion) -> Word { Word(store: store, base: version, pending: nil) }

        static func pending(_ store: Int, _ version: RegisterVersion, on base: RegisterVersion) -> Word {
            Word(store: store, base: base, pending: version)
        }
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sets: [[Int]]
        let words: [Word]
        let finding: Promises.Finding

        init(_ description: String, sets: [[Int]] = [[1, 2, 3]], _ words: [Word], _ finding: Promises.Finding) {
            (testDescription, self.sets, self.words, self.finding) = (description, sets, words, finding)
        }
    }

    private static func promises(_ words: [Word]) -> Promises {
        words.reduce(into: Promises()) { $0.add(Sample.store($1.store), base: $1.base, pending: $1.pending) }
    }

    private static func chosen(_ version: RegisterVersion, at stores: Int...) -> Promises.Finding {
        .chosen(version, at: stores.map(Sample.store))
    }

    private static func open(_ version: RegisterVersion, on base: RegisterVersion, at stores: Int...) -> Promises.Finding {
        .open(version, base: base, at: stores.map(Sample.store))
    }

    private static let joint = [[1, 2, 3], [3, 4, 5]]
    private static let two = Sample.version(2, 4), three = Sample.version(3, 5), four = Sample.version(4, 6)
    private static let threeAgain = Sample.version(3, 8)

    @Test(arguments: [
        Case(
            "nobody has anything",
            [.base(1, .none), .base(2, .none)], chosen(.none, at: 1, 2)),
        Case(
            "all have one base",
            [.base(1, three), .base(2, three)], chosen(three, at: 1, 2)),
        Case(
            "a base is chosen, though one alone tells of it",
            [.base(1, two), .base(2, three)], chosen(three, at: 2)),
        Case(
            "a majority keeps one change: it is chosen",
            [.pending(1, three, on: two), .pending(3, three, on: two)], chosen(three, at: 1, 3)),
        Case(
            "one keeps what is another's base: it is chosen",
            [.pending(1, three, on: two), .base(2, three)], chosen(three, at: 1, 2)),
        Case(
            "one of two keeps a change: open",
            [.pending(1, three, on: two), .base(2, two)], open(three, on: two, at: 1)),
        Case(
            "one of three keeps a change: open",
            [.base(1, two), .pending(2, three, on: two), .base(3, two)], open(three, on: two, at: 2)),
        Case(
            "a first change that one has: open",
            [.pending(1, Sample.version(1, 3), on: .none), .base(2, .none)], open(Sample.version(1, 3), on: .none, at: 1)),
        Case(
            "of two changes the higher ballot counts",
            [.pending(1, three, on: two), .pending(2, threeAgain, on: two)], open(threeAgain, on: two, at: 2)),
        Case(
            "a higher ballot on a base that others keep: open",
            [.pending(1, four, on: three), .pending(2, three, on: two)], open(four, on: three, at: 1)),
        Case(
            "a base proposed again under another name: open, under the new one",
            [.base(1, three), .pending(2, threeAgain, on: two)], open(threeAgain, on: two, at: 2)),
        Case(
            "the new name is somebody's base: chosen",
            [.base(1, three), .base(2, threeAgain)], chosen(threeAgain, at: 2)),
        Case(
            "two sets: a majority of the old one alone leaves it open", sets: joint,
            [.pending(1, three, on: two), .pending(2, three, on: two), .base(3, two), .base(4, two)], open(three, on: two, at: 1, 2)),
        Case(
            "two sets: a majority of the new one alone leaves it open", sets: joint,
            [.base(1, two), .base(3, two), .pending(4, three, on: two), .pending(5, three, on: two)], open(three, on: two, at: 4, 5)),
        Case(
            "two sets: a majority of each, with one store in both", sets: joint,
            [.pending(1, three, on: two), .pending(3, three, on: two), .pending(4, three, on: two)], chosen(three, at: 1, 3, 4)),
        Case(
            "two sets: a base needs no majority", sets: joint,
            [.base(1, two), .base(3, two), .base(4, three)], chosen(three, at: 4)),
    ])
    func theHighestAcceptedBallotMeans(_ test: Case) {
        let electorate = Electorate(epoch: 1, sets: test.sets.map { $0.map(Sample.store) })
        #expect(Self.promises(test.words).finding(electorate) == test.finding)
        #expect(Self.promises(test.words.reversed()).finding(electorate).version == test.finding.version)
    }

    @Test func theSecondWordOfOneStoreDoesNotCount() {
        var promises = Self.promises([.pending(1, Self.three, on: Self.two), .base(2, Self.two)])
        promises.add(S.store(1), base: Self.four, pending: nil)
        let electorate = Electorate(epoch: 1, sets: [[1, 2, 3].map(S.store)])
        #expect(promises.finding(electorate) == Self.open(Self.three, on: Self.two, at: 1))
    }

    @Test func theyAgreeWhenAllHaveAcceptedTheSameLast() {
        #expect(Promises().agreed == nil)
        #expect(Self.promises([.base(1, .none), .base(2, .none)]).agreed == RegisterVersion.none)
        #expect(Self.promises([.base(1, Self.three), .pending(2, Self.three, on: Self.two)]).agreed == Self.three)
        #expect(Self.promises([.base(1, Self.three), .base(2, Self.two)]).agreed == nil)
        #expect(Self.promises([.base(1, Self.two), .pending(2, Self.three, on: Self.two)]).agreed == nil)
        // Under another name it is another version, until somebody has found out that it is the same.
        #expect(Self.promises([.base(1, Self.three), .base(2, Self.threeAgain)]).agreed == nil)
    }
}

/// When a round has its majority, and when it cannot get it any more.
@Suite struct RoundTests {
    struct Vote: Sendable, CustomTestStringConvertible {
        let sets: [[Int]]
        let yes: [Int]
        let no: [Int]
        let outcome: Outcome
        var testDescription: String { "\(yes) yes and \(no) no of \(sets): \(outcome)" }

        init(_ sets: [[Int]], yes: [Int] = [], no: [Int] = [], _ outcome: Outcome) {
            (self.sets, self.yes, self.no, self.outcome) = (sets, yes, no, outcome)
        }
    }

    enum Outcome { case decided, underWay, hopeless }

    private static let joint = [[1, 2, 3], [3, 4, 5]]

    @Test(arguments: [
        Vote([[1]], .underWay), Vote([[1]], yes: [1], .decided), Vote([[1]], no: [1], .hopeless),
        Vote([[1, 2]], yes: [1], .underWay), Vote([[1, 2]], no: [2], .hopeless),
        Vote([[1, 2, 3]], yes: [1], no: [2], .underWay), Vote([[1, 2, 3]], yes: [1, 3], no: [2], .decided),
        Vote([[1, 2, 3]], yes: [1], no: [2, 3], .hopeless), Vote([[1, 2, 3]], yes: [7, 8, 9], .underWay),
        Vote([[1, 2, 3]], no: [7, 8, 9], .underWay),
        Vote([[1, 2, 3, 4, 5]], yes: [1, 2], no: [3, 4], .underWay), Vote([[1, 2, 3, 4, 5]], no: [1, 2, 3], .hopeless),
        Vote(joint, yes: [1, 2], .underWay), Vote(joint, yes: [1, 2, 3], .underWay), Vote(joint, yes: [3, 4, 5], .underWay),
        Vote(joint, yes: [1, 3, 4], .decided), Vote(joint, yes: [1, 2, 4, 5], no: [3], .decided),
        Vote(joint, no: [3], .underWay), Vote(joint, yes: [1, 2], no: [4, 5], .hopeless),
        Vote(joint, yes: [4, 5], no: [1, 3], .hopeless),
        Vote(joint, yes: [1, 4], no: [2, 5], .underWay), Vote([[1], [1, 2, 3]], yes: [2, 3], no: [1], .hopeless),
    ])
    func aRoundIsDecidedOrHopelessByItsElectorate(_ vote: Vote) {
        var round = Round(1, Electorate(epoch: 1, sets: vote.sets.map { $0.map(Sample.store) }), due: .zero)
        for store in vote.yes { round.agree(Sample.store(store)) }
        for store in vote.no { round.refuse(Sample.store(store)) }
        #expect(round.isDecided == (vote.outcome == .decided))
        #expect(round.isHopeless == (vote.outcome == .hopeless))
        #expect(!round.isClosed)
    }

    @Test func aRegisterIsOfAClosedHourWhenTooFewCanHaveIt() {
        func round(_ closed: Int...) -> Round {
            var round = Round(1, Electorate(epoch: 1, sets: Self.joint.map { $0.map(Sample.store) }), due: .zero)
            for store in closed { round.refuse(Sample.store(store), asClosed: true) }
            return round
        }
        #expect(!round().isClosed && !round(1).isClosed && !round(3).isClosed && !round(1, 4).isClosed)
        #expect(round(1, 2).isClosed && round(3, 5).isClosed && round(1, 2).isHopeless)
        var mixed = round(1)
        mixed.refuse(Sample.store(2))
        #expect(mixed.isHopeless && !mixed.isClosed)
    }
}

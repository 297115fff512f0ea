import Registers
import Testing
import World

@Suite struct ElectorateTests {
    private static func store(_ number: Int) -> StoreID { StoreID(high: 0, low: UInt64(number)) }
    private static func stores(_ numbers: [Int]) -> [StoreID] { numbers.map(store) }

    struct Vote: Sendable, CustomTestStringConvertible {
        let sets: [[Int]]
        let said: [Int]
        let isMajority: Bool
        var testDescription: String { "\(said) of \(sets): \(isMajority)" }

        init(_ sets: [[Int]], _ said: [Int], _ isMajority: Bool) {
            (self.sets, self.said, self.isMajority) = (sets, said, isMajority)
        }

        var electorate: Electorate { Electorate(epoch: 1, sets: sets.map(ElectorateTests.stores)) }
    }

    @Test(arguments: [
        Vote([[1]], [1], true), Vote([[1]], [], false), Vote([[1]], [2], false),
        Vote([[1, 2]], [1], false), Vote([[1, 2]], [1, 2], true),
        Vote([[1, 2, 3]], [1], false), Vote([[1, 2, 3]], [1, 3], true), Vote([[1, 2, 3]], [1, 4, 5], false),
        Vote([[1, 2, 3]], [1, 2, 3], true),
        Vote([[1, 2, 3, 4]], [1, 2], false), Vote([[1, 2, 3, 4]], [1, 2, 3], true),
        Vote([[1, 2, 3, 4, 5]], [4, 5], false), Vote([[1, 2, 3, 4, 5]], [3, 4, 5], true),
        Vote([[1, 2, 3, 4, 5, 6, 7]], [1, 2, 3], false), Vote([[1, 2, 3, 4, 5, 6, 7]], [1, 2, 3, 4], true),
        // Two sets: a majority of each, and one store may count in both.
        Vote([[1, 2, 3], [4, 5, 6]], [1, 2, 3], false), Vote([[1, 2, 3], [4, 5, 6]], [1, 2, 4], false),
        Vote([[1, 2, 3], [4, 5, 6]], [1, 2, 5, 6], true),
        Vote([[1, 2, 3], [2, 3, 4]], [2, 3], true), Vote([[1, 2, 3], [2, 3, 4]], [1, 2], false),
        Vote([[1, 2, 3], [2, 3, 4]], [1, 2, 4], true),
        Vote([[1], [1, 2, 3]], [2, 3], false), Vote([[1], [1, 2, 3]], [1, 2], true), Vote([[1, 2, 3], [1]], [1], false),
    ])
    func aMajorityOfEverySetDecides(_ vote: Vote) {
        #expect(vote.electorate.isDecided(by: Set(Self.stores(vote.said))) == vote.isMajority)
    }

    /// Whatever some will not say, a majority can come about exactly if all the others would be one.
    @Test func aDecisionIsPossibleWhileTheOthersAreAMajority() {
        let sets = [[[1]], [[1, 2]], [[1, 2, 3]], [[1, 2, 3, 4]], [[1, 2, 3, 4, 5]], [[1, 2, 3], [3, 4, 5]], [[1, 2], [2, 3, 4, 5]]]
        for set in sets {
            let electorate = Electorate(epoch: 1, sets: set.map(Self.stores))
            for mask in 0..<64 {
                let silent = Set((1...6).filter { mask >> ($0 - 1) & 1 == 1 }.map(Self.store))
                let others = Set(electorate.members).subtracting(silent)
                #expect(electorate.canBeDecided(without: silent) == electorate.isDecided(by: others), "\(set) without \(silent)")
            }
        }
        let three = Electorate(epoch: 1, sets: [Self.stores([1, 2, 3])])
        #expect(three.canBeDecided(without: [Self.store(1)]))
        #expect(!three.canBeDecided(without: [Self.store(1), Self.store(3)]))
        #expect(!Electorate(epoch: 1, sets: [Self.stores([1, 2])]).canBeDecided(without: [Self.store(2)]))
    }

    @Test func anyTwoMajoritiesMeet() {
        for sets in [[[1, 2, 3]], [[1, 2, 3, 4]], [[1, 2, 3, 4, 5]], [[1, 2, 3], [3, 4, 5]]] {
            let electorate = Electorate(epoch: 1, sets: sets.map(Self.stores))
            let majorities = (0..<32).map { mask in Set((1...5).filter { mask >> ($0 - 1) & 1 == 1 }.map(Self.store)) }
                .filter(electorate.isDecided)
            for a in majorities {
                for b in majorities { #expect(!a.isDisjoint(with: b)) }
            }
        }
    }

    @Test func membersStandInHomePreferenceEachOnce() {
        #expect(Electorate(epoch: 1, sets: [Self.stores([3, 1, 2])]).members == Self.stores([3, 1, 2]))
        #expect(Electorate(epoch: 1, sets: [Self.stores([3, 1, 2]), Self.stores([2, 5, 3])]).members == Self.stores([3, 1, 2, 5]))
    }

    @Test func neighboursShareAShard() {
        var lists = [[StoreID]](repeating: Self.stores([7]), count: Shard.count)
        lists[0] = Self.stores([3, 1, 2])
        lists[5] = Self.stores([1, 4])
        lists[1_023] = Self.stores([9, 3])
        let map = ReplicaMap(epoch: 6, replicas: lists, keepers: Self.stores([7]))
        let expected = [1: [2, 3, 4], 2: [1, 3], 3: [1, 2, 9], 4: [1], 7: [], 8: [], 9: [3]]
        for (store, neighbours) in expected {
            #expect(map.neighbours(of: Self.store(store)) == Self.stores(neighbours), "of \(store)")
        }
        #expect(map.electorate(of: 0) == Electorate(epoch: 6, sets: [Self.stores([3, 1, 2])]))
        #expect(map.has(Self.store(4), in: 5) && !map.has(Self.store(4), in: 0) && map.has(Self.store(7), in: 512))
    }
}

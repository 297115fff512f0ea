import Registers
import Testing
import World

@Suite struct BallotTests {
    private func ballot(_ counter: UInt64, _ store: UInt64, _ life: UInt64) -> Ballot {
        Ballot(counter: counter, store: StoreID(high: store, low: 0), life: life)
    }

    @Test func theCounterCountsFirstThenTheStoreThenTheLife() {
        let rising = [
            Ballot.zero, ballot(0, 0, 1), ballot(0, 1, 0), ballot(1, 0, 0), ballot(1, 0, 9), ballot(1, 1, 0), ballot(1, 2, 7),
            ballot(2, 0, 0), Ballot(counter: 2, store: StoreID(high: 0, low: 1), life: 0), ballot(2, 1, 0), ballot(.max, 0, 0),
            ballot(.max, .max, .max),
        ]
        for (i, a) in rising.enumerated() {
            for (j, b) in rising.enumerated() {
                #expect((a < b) == (i < j) && (a == b) == (i == j), "\(a) and \(b)")
            }
        }
    }

    @Test func aRestartedStoreMakesOtherBallotsEvenIfItsCounterStartsAnew() {
        let store = StoreID(high: 1, low: 2)
        var before = BallotSource(store: store, life: 4), after = BallotSource(store: store, life: 5)
        let old = before.next().spend(), new = after.next().spend()
        #expect(old.counter == new.counter && old != new && old < new)
    }

    @Test func theNextBallotIsAboveEverythingMadeAndHeard() {
        var random = RandomStream(seed: 3)
        var source = BallotSource(store: StoreID(high: 5, low: 5), life: 2)
        var highest = Ballot.zero
        for _ in 0..<5_000 {
            if random.chance(0.5) {
                let other = ballot(random.next() >> UInt64(20 + random.below(44)), random.next(), random.next())
                source.heard(of: other)
                highest = max(highest, other)
            } else {
                let made = source.next().spend()
                #expect(made > highest)
                #expect(made.store == StoreID(high: 5, low: 5) && made.life == 2)
                highest = made
            }
        }
    }

    @Test func theFirstBallotIsAboveZero() {
        var source = BallotSource(store: StoreID(high: 0, low: 0), life: 0)
        #expect(source.next().spend() > .zero)
    }

    @Test func anAbsurdCounterIsIgnored() {
        var source = BallotSource(store: StoreID(high: 1, low: 1), life: 1)
        for absurd in [1 << 63, 1 << 63 + 1, .max - 1, .max] as [UInt64] { source.heard(of: ballot(absurd, .max, .max)) }
        #expect(source.next().spend().counter == 1)
        source.heard(of: ballot(1 << 63 - 1, 0, 0))
        #expect(source.next().spend().counter == 1 << 63)
    }

    @Test func aGrantShowsTheBallotThatItGives() {
        var source = BallotSource(store: StoreID(high: 1, low: 1), life: 1)
        let grant = source.next()
        let shown = grant.ballot
        #expect(grant.spend() == shown)
    }

    @Test func aBallotIsWrittenByItsCounterStoreAndLife() {
        #expect("\(Ballot(counter: 12, store: StoreID(high: 0x3f9a << 48, low: 0), life: 4))" == "12.3f9a.4")
    }

    @Test func ballotsOrderVersionsAndNumbersDoNot() {
        let one = RegisterVersion(number: 9, ballot: ballot(1, 1, 1)), two = RegisterVersion(number: 3, ballot: ballot(2, 1, 1))
        #expect(one < two && RegisterVersion.none < one)
        #expect("\(RegisterVersion.none)" == "none" && "\(one)" == "9@1.0000.1")
    }
}

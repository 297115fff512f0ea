import Choreography
import Registers
import Testing
import World

/// What a courier does while the wall clock of its node is off.
@Suite struct ClockOffTests {
    private static let actor = ActorName.clerk
    private static let fire = CourierEffect.write(actor, .fire(timer: "tea", atMs: Stage.startMs))

    private struct Bench {
        private var courier = Courier(random: RandomStream(seed: 1, name: "courier"))
        var now = Instant(nanoseconds: 1_000_000_000)
        var isOff = true
        var next: Instant { courier.nextDeadline }

        mutating func give(_ input: CourierInput) -> [CourierEffect] {
            let wall = WallTime(millisecondsSince1970: Stage.startMs + 60_000)
            return courier.handle(input, now: now, wall: wall, firesTimers: !isOff)
        }

        /// The actor has a timer that is due, a letter and a part to be done.
        mutating func attend() -> [CourierEffect] {
            #expect(give(.attend(actor)) == [.read(actor, after: "")])
            var duties = ActorDuties()
            duties.timers = [.init(name: "tea", atMs: Stage.startMs, trace: .first, cause: 1, event: "ring", payload: [])]
            let letter = Letter(sequence: 1, nature: .step, event: "say", payload: [], trace: .first, cause: 1, sentAtMs: 0)
            duties.pairs = [.init(receiver: .box("x"), letters: [letter], dead: nil, received: 0)]
            duties.orders = [.init(part: "p", row: OrderRow(work: "count", payload: [7], trace: .first, cause: 1, expectedMs: 30))]
            return give(.duties(actor, .success(duties)))
        }

        mutating func wait(_ span: Duration) -> [CourierEffect] {
            now = now + span
            return give(.tick)
        }
    }

    private func isTimer(_ effect: CourierEffect) -> Bool { if case .write(_, .fire) = effect { true } else { false } }

    @Test func lettersAndPartsGoOnAndTimersDoNot() {
        var bench = Bench()
        let effects = bench.attend()
        #expect(effects.count == 2 && !effects.contains(where: isTimer))
        #expect(effects.contains { if case .deliver = $0 { true } else { false } })
        #expect(effects.contains { if case .perform = $0 { true } else { false } })
        for _ in 0..<30 {
            #expect(bench.next <= bench.now + .seconds(1), "it looks whether the clock is right again")
            let later = bench.wait(.seconds(1))
            #expect(!later.contains(where: isTimer))
        }
    }

    @Test func theyFireWhenTheClockIsRightAgain() {
        var bench = Bench()
        _ = bench.attend()
        _ = bench.wait(.seconds(5))
        bench.isOff = false
        #expect(bench.wait(.seconds(1)) == [Self.fire])
        #expect(bench.wait(.seconds(1)).isEmpty, "once")
    }

    @Test func byAClockThatIsRightTheyFireAtOnce() {
        var bench = Bench()
        bench.isOff = false
        #expect(bench.attend().contains(Self.fire))
    }
}

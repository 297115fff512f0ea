import Campaign
import Membership
import Testing
import World

/// Which timers that are fired too early the node must have known to be so.
@Suite struct ClockCheckTests {
    private static let interval = Duration.milliseconds(100)
    /// With four others.
    private static let hearing = interval * 20
    private static let late = ClockWatch.tolerance + .milliseconds(301)

    private func isBroken(_ peers: [Duration?], age: Duration = hearing, firing early: Duration = late) -> Bool {
        ClockCheck(age: age, peers: peers, probeInterval: Self.interval).isBroken(firing: early)
    }

    @Test func whatMostOthersContradictIsWrong() {
        let right = Self.hearing
        #expect(isBroken([right, right, right, right]))
        #expect(isBroken([right, right, right, nil]))
        #expect(!isBroken([right, right, nil, nil]), "of five clocks two are known to be right, and that is no majority")
        #expect(!isBroken([nil, nil, nil, nil]))
        #expect(!isBroken([]), "nobody else is there")
    }

    @Test func aTimerThatIsALittleEarlyIsNot() {
        let right = [Duration?](repeating: Self.hearing, count: 4)
        #expect(!isBroken(right, firing: ClockWatch.tolerance + .milliseconds(300)))
        #expect(!isBroken(right, firing: .zero))
        #expect(!isBroken(right, firing: .seconds(-7_200)), "it is late")
        #expect(isBroken(right, firing: .seconds(7_200)))
    }

    @Test func whoHasHadNoTimeToHearIsExcused() {
        let right = Self.hearing, short = Self.hearing - .milliseconds(1)
        #expect(!isBroken([right, right, right, right], age: short), "it has just begun")
        #expect(!isBroken([right, right, short, short]), "two clocks were set right a moment ago")
        #expect(isBroken([right, right, right, short]))
        // With more others it takes longer to hear all.
        #expect(!isBroken([right, right, right, right, right]))
    }
}

import Chaos
import JSONDocument
import Testing
import World

/// Histories that look well at first sight and prove nothing, or the contrary.
@Suite struct SoundnessTests {
    // MARK: Views

    @Test func viewsThatWereEqualOnceMustStaySo() {
        var history = TestHistory.good(ends: false)
        history.at(6_000)
        history.views(["n2": "dead", "n3": "dead"], silent: ["n3"])
        history.at(30_000)
        history.end()
        #expect(history.verdict([.viewsEqual(within: .seconds(8), of: .kill)]).answer == .broken)
    }

    // MARK: Refusals

    @Test func refusedWorkProvesNothing() {
        var history = TestHistory()
        history.accept(1)
        history.read(1, "Completed", done: 10, count: 100)
        history.add(
            .client, .submit(Submission(kind: "primes", request: [:], order: 2)), process: 2, outcome: .failed, via: "n1",
            detail: "400: no such range")
        history.end()
        let verdict = history.verdict([.jobsEnd])
        #expect(verdict.answer == .unknown && verdict.lines.contains { $0.contains("400: no such range") }, "\(verdict.lines)")
    }

    // MARK: Bites

    @Test func aCutThatTouchedNothingIsNotCoveredByAnother() {
        var history = TestHistory()
        for (number, hits) in [(1, 9), (2, 0)] {
            history.add(.director, .cut(name: "cut\(number)", mode: "drop", apart: [.init(from: "n1", to: "n2")]))
            history.add(.director, .heal(name: "cut\(number)", hits: hits))
        }
        history.accept(1)
        history.read(1, "Completed", done: 10, count: 100)
        history.end()
        let verdict = history.verdict([.jobsEnd], bites: [.ruleHits(Comparison(.greater, 0))])
        #expect(verdict.answer == .unknown && verdict.lines.contains { $0.contains("cut2") }, "\(verdict.lines)")
    }

    @Test func ordersSentAgainBeforeTheHarmDoNotCount() {
        var history = TestHistory()
        history.accept(1)
        history.read(1, "Processing", done: 4, resent: 5)
        history.at(1_000)
        history.add(.director, .kill(node: "n3", inFlight: 2))
        history.at(2_000)
        history.read(1, "Completed", done: 10, resent: 5, count: 100)
        history.end()
        #expect(history.verdict([.jobsEnd], bites: [.resent(Comparison(.greater, 0))]).answer == .unknown)
    }

    @Test func theDeathOfOneVictimDoesNotShowThatAnotherWasHarmed() {
        var history = TestHistory()
        history.accept(1)
        history.add(.director, .kill(node: "n3", inFlight: 2))
        history.at(1_000)
        history.views(["n3": "dead"], silent: ["n3"])
        history.at(2_000)
        history.add(.director, .pause(node: "n2", inFlight: 0))
        history.read(1, "Completed", done: 10, count: 100)
        history.at(9_000)
        history.end()
        let verdict = history.verdict([.jobsEnd], bites: [.victimSeen(.dead)])
        #expect(verdict.answer == .unknown && verdict.lines.contains { $0.contains("n2") }, "\(verdict.lines)")
    }

    @Test func aHarmThatComesWhenAllIsDoneIsNotFelt() {
        func history(readAfter: Int64?) -> Verdict {
            var history = TestHistory()
            history.accept(1)
            history.at(900)
            history.read(1, "Processing", done: 4)
            history.at(1_000)
            history.add(.director, .kill(node: "n3", inFlight: 0))
            if let readAfter {
                history.at(readAfter)
                history.read(1, "Processing", done: 5)
            }
            history.at(2_000)
            history.read(1, "Completed", done: 10, count: 100)
            history.end()
            return history.verdict([.jobsEnd], bites: [.underWay(Comparison(.greater, 0))])
        }
        // It may have ended before, and been read afterwards.
        #expect(history(readAfter: nil).answer == .unknown)
        #expect(history(readAfter: 1_100).answer == .holds)
    }

    @Test func nodesThatAreStartedTogetherAreLookedAtTogether() {
        var history = TestHistory.good(ends: false)
        history.at(6_000)
        for node in ["n1", "n2", "n3"] { history.add(.director, .restart(node: node)) }
        history.at(9_000)
        history.views()
        history.at(30_000)
        history.end()
        #expect(history.verdict([.viewsEqual(within: .seconds(8), of: .restart)]).answer == .holds)
    }

    @Test func aSignThatIsThereWithoutHarmIsNoSign() {
        for text in ["resent = 0", "jobs under way >= 0", "resent >= 0", "resent <= 3", "rule hits < 1000000"] {
            let scenario = ScenarioTests.good.replacing("  - resent > 0", with: "  - \(text)")
            #expect(throws: (any Error).self, "\(text)") {
                try Scenario.parse(scenario, file: "chaos/test.yaml", files: SystemFileSystem())
            }
        }
    }

    // MARK: What the edges say in the end

    /// A job that has completed by n1 after the death of a node, and what the edges say in the end.
    private func audited(_ expectation: Invariant = .jobsEnd, _ say: (inout TestHistory) -> Void) -> Verdict {
        var history = TestHistory()
        history.accept(1)
        history.add(.director, .kill(node: "n3", inFlight: 0))
        history.at(10_000)
        history.read(1, "Completed", done: 10, count: 100)
        history.at(20_000)
        say(&history)
        history.end()
        return history.verdict([expectation])
    }

    @Test func edgesThatAgreeInTheEndAreBelieved() {
        let verdict = audited {
            $0.audit(1, "Completed", by: "n1")
            $0.audit(1, "Completed", by: "n2")
        }
        #expect(verdict.answer == .holds && verdict.lines == ["  ok       jobs end: 1 of 1 completed"], "\(verdict.lines)")
    }

    @Test func aCompletedJobThatAnEdgeHasForgottenIsLost() {
        #expect(audited { $0.audit(1, nil, by: "n2") }.answer == .broken)
        #expect(audited(.jobsEndOrMeetDeadline) { $0.audit(1, nil, by: "n2") }.answer == .broken)
    }

    @Test func aJobThatStillWaitsAtAnotherEdgeIsFound() {
        let verdict = audited { $0.audit(1, "Processing", by: "n2", done: 4) }
        #expect(verdict.answer == .broken && verdict.lines[0].contains("Processing 4 of 10 in the end"), "\(verdict.lines)")
    }

    @Test func oneJobDoesNotEndInTwoWays() {
        for expectation in [Invariant.jobsEnd, .jobsEndOrMeetDeadline] {
            #expect(audited(expectation) { $0.audit(1, "Completed", by: "n2", count: 99) }.answer == .broken)
            #expect(audited(expectation) { $0.audit(1, "Failed", by: "n2", warnings: ["deadline"]) }.answer == .broken)
            #expect(audited(expectation) { $0.audit(1, "Completed", by: "n2", warnings: ["late"]) }.answer == .broken)
        }
        let verdict = audited { $0.audit(1, "Completed", by: "n2", resent: 1) }
        let words = "by n1 Completed 10 of 10, 100 primes, by n2 Completed 10 of 10, 100 primes, 1 sent again"
        #expect(verdict.answer == .broken && verdict.lines[0].contains(words), "\(verdict.lines)")
    }

    @Test func anEdgeThatDoesNotAnswerInTheEndLeavesARunUnproved() {
        let verdict = audited {
            $0.add(.client, .audit(jobId: "id-1", nil), process: 100, outcome: .unknown, via: "n2", detail: "503: ask again")
        }
        #expect(verdict.answer == .unknown)
    }

    // MARK: Lives

    @Test(arguments: [true, false]) func aNodeThatDiesByItselfBreaksWhateverIsExpected(_ isBack: Bool) {
        var history = TestHistory.good(ends: false)
        history.add(.director, .died(node: "n2", isBack: isBack), detail: "process 7 is gone")
        history.end()
        let verdict = history.verdict([.totalExact])
        #expect(verdict.answer == .broken, "\(verdict.lines)")
        #expect(verdict.lines[0].contains("n2, to which nothing was done: process 7 is gone"), "\(verdict.lines)")
    }
}

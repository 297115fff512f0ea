import Chaos
import JSONDocument
import Testing
import World

/// Histories that look well at first sight and prove nothing, or the contrary.
@Suite struct SoundnessTests {
    private static let lost = "home lost: n2 (life 1), which had this job, is gone"

    // MARK: Views

    @Test func viewsThatWereEqualOnceMustStaySo() {
        var history = TestHistory.good(ends: false)
        history.at(6_000)
        history.views(["n2": "dead", "n3": "dead"], silent: ["n3"])
        history.at(30_000)
        history.end()
        #expect(history.verdict([.viewsEqual(within: .seconds(8), of: .kill)]).answer == .broken)
    }

    // MARK: Losses

    /// A job at n2 that n1 gives up, and one that completes.
    private func loss(
        deadAt: Int64? = nil, killedAt: Int64? = nil, home: String = "n2", acceptedAt: Int64, failedAt: Int64, completes: Bool = true
    ) -> Verdict.Answer {
        var history = TestHistory()
        if let deadAt {
            history.at(deadAt)
            history.views(["n2": "dead"])
            history.at(deadAt + 1_000)
            history.views()
        }
        if let killedAt {
            history.at(killedAt)
            history.add(.director, .kill(node: "n2", inFlight: 0))
            history.add(.director, .restart(node: "n2"))
        }
        history.at(acceptedAt)
        history.accept(1, home: home)
        history.at(failedAt)
        history.read(1, "Failed", done: 3, warnings: [Self.lost])
        if completes {
            history.accept(2)
            history.read(2, "Completed", done: 10, count: 100)
        }
        history.end()
        return history.verdict([.jobsEndUnlessHomeDied]).answer
    }

    @Test func aDeathBeforeAJobWasAcceptedExcusesNothing() {
        #expect(loss(deadAt: 1_000, acceptedAt: 10_000, failedAt: 20_000) == .broken)
        #expect(loss(killedAt: 1_000, acceptedAt: 10_000, failedAt: 20_000) == .broken)
    }

    @Test func whereNoJobCompletedNothingIsProved() {
        #expect(loss(killedAt: 2_000, acceptedAt: 1_000, failedAt: 3_000, completes: false) == .unknown)
    }

    @Test func aLossToAHomeThatTheJobDidNotHaveIsNoExcuse() {
        #expect(loss(killedAt: 2_000, home: "n3", acceptedAt: 1_000, failedAt: 3_000) != .holds)
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

    @Test func aSignThatIsThereWithoutHarmIsNoSign() {
        for text in ["resent = 0", "resent >= 0", "resent <= 3", "rule hits < 1000000"] {
            let scenario = ScenarioTests.good.replacing("  - resent > 0", with: "  - \(text)")
            #expect(throws: (any Error).self, "\(text)") {
                try Scenario.parse(scenario, file: "chaos/test.yaml", files: SystemFileSystem())
            }
        }
    }

    // MARK: What the edges say in the end

    /// A job at n4 that has completed by n1, and what the edges say in the end.
    private func audited(
        killed: Bool = false, heldDeadBy: String? = nil, _ expectation: Invariant = .jobsEnd, _ say: (inout TestHistory) -> Void
    ) -> Verdict {
        let nodes = ["n1", "n2", "n3", "n4"]
        var history = TestHistory(nodes: nodes)
        history.accept(1, home: "n4")
        if killed { history.add(.director, .kill(node: "n4", inFlight: 0)) }
        if let heldDeadBy {
            var views: [String: [String: String]?] = [:]
            for node in nodes {
                views[node] = Dictionary(uniqueKeysWithValues: nodes.map { ($0, node == heldDeadBy && $0 == "n4" ? "dead" : "alive") })
            }
            history.add(.observer, .views(views))
        }
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
        #expect(audited(.jobsEndUnlessHomeDied) { $0.audit(1, nil, by: "n2") }.answer == .broken)
        #expect(audited(heldDeadBy: "n2", .jobsEndUnlessHomeDied) { $0.audit(1, nil, by: "n2") }.answer == .broken, "the home lives")
        #expect(audited(killed: true, .jobsEndUnlessHomeDied) { $0.audit(1, nil, by: "n2") }.answer == .holds)
    }

    @Test func aJobThatStillWaitsAtAnotherEdgeIsFound() {
        let verdict = audited { $0.audit(1, "Processing", by: "n2", done: 4) }
        #expect(verdict.answer == .broken && verdict.lines[0].contains("Processing 4 of 10 in the end"), "\(verdict.lines)")
    }

    @Test func oneJobDoesNotEndInTwoWays() {
        #expect(audited { $0.audit(1, "Completed", by: "n2", count: 99) }.answer == .broken)
        #expect(audited { $0.audit(1, "Failed", by: "n2", warnings: ["deadline"]) }.answer == .broken)
    }

    @Test func anEdgeMayGiveUpOnlyAHomeThatItHeldForDead() {
        let lost = ["home lost: n4 (life 1), which had this job, is gone"]
        func told(heldDeadBy: String?, _ expectation: Invariant) -> Verdict {
            audited(heldDeadBy: heldDeadBy, expectation) { $0.audit(1, "Failed", by: "n2", warnings: lost) }
        }
        let excused = told(heldDeadBy: "n2", .jobsEndUnlessHomeDied)
        #expect(excused.answer == .holds && excused.lines[0].contains("told as lost by an edge that had held the home for dead"))
        #expect(told(heldDeadBy: "n3", .jobsEndUnlessHomeDied).answer == .broken)
        #expect(told(heldDeadBy: nil, .jobsEndUnlessHomeDied).answer == .broken)
        #expect(told(heldDeadBy: "n2", .jobsEnd).answer == .broken)
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

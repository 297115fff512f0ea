import Chaos
import Testing

/// The judge, before histories in which something is wrong.
@Suite struct JudgeTests {
    private static let all: [Invariant] = [
        .jobsEnd, .jobsEndOrMeetDeadline, .totalExact, .countedOnce, .viewsEqual(within: .seconds(8), of: .kill),
    ]

    @Test func aRunInWhichAllWentWellHolds() {
        let verdict = TestHistory.good().verdict(Self.all, bites: [.resent(Comparison(.greater, 0)), .victimSeen(.dead)])
        #expect(verdict.answer == .holds, "\(verdict.lines)")
        #expect(verdict.findings.count == Self.all.count + 2)
    }

    @Test func aFaultThatNobodyFeltProvesNothing() {
        var history = TestHistory()
        history.accept(1)
        history.read(1, "Completed", done: 10, count: 100)
        history.end()
        #expect(history.verdict([.jobsEnd, .totalExact], bites: [.resent(Comparison(.greater, 0))]).answer == .unknown)
        #expect(history.verdict([.jobsEnd, .totalExact], bites: [.victimSeen(.suspect)]).answer == .unknown)
        #expect(history.verdict([.jobsEnd, .totalExact], bites: [.ruleHits(Comparison(.greater, 0))]).answer == .unknown)
        #expect(history.verdict([.jobsEnd, .totalExact]).answer == .holds)
        #expect(history.verdict([.jobsEnd], bites: [.resent(Comparison(.greaterOrEqual, 0))]).answer == .unknown, "there was no harm")
    }

    @Test func aWrongTotalBreaksWhateverElseIsTheCase() {
        var history = TestHistory()
        history.accept(1)
        history.read(1, "Completed", done: 10, count: 101)
        history.end()
        let verdict = history.verdict([.jobsEnd, .totalExact], bites: [.resent(Comparison(.greater, 0))])
        #expect(verdict.answer == .broken)
        #expect(verdict.lines.first == "  BROKEN   total exact: job 1 (primes id-1) counted 101 primes; there are 100")
    }

    @Test func aJobThatDoesNotEndIsLost() {
        var history = TestHistory.good()
        history.accept(2)
        history.read(2, "Processing", done: 9)
        history.end(.stuck)
        #expect(history.verdict([.jobsEnd]).answer == .broken)
        #expect(history.verdict([.jobsEndOrMeetDeadline]).answer == .broken)
    }

    @Test func aRunThatWasCutShortCannotTellSlowFromStuck() {
        for ending in [HistoryEvent.Ending.limit, .interrupted, .broken] {
            var history = TestHistory()
            history.accept(1)
            history.read(1, "Processing", done: 9)
            history.end(ending)
            #expect(history.verdict([.jobsEnd]).answer == .unknown)
        }
    }

    @Test func aJobNobodyTellsOfIsLost() {
        var history = TestHistory()
        history.accept(1)
        history.add(
            .client, .read(JobReading(jobId: "id-1", status: "", done: 0, total: 0)), process: 1, outcome: .failed, via: "n1",
            detail: "404")
        history.end(.stuck)
        let verdict = history.verdict([.jobsEnd])
        #expect(verdict.answer == .broken && verdict.lines[0].contains("never told of; asked last: n1: 404"), "\(verdict.lines)")
    }

    @Test func resultsThatAreThereTwiceAreFoundWhileTheJobRuns() {
        for (done, gathered) in [(5, 6), (11, 11)] {
            var history = TestHistory()
            history.accept(1)
            history.read(1, "Processing", done: done, gathered: gathered)
            history.read(1, "Completed", done: 10, count: 100)
            history.end()
            #expect(history.verdict([.countedOnce]).answer == .broken)
        }
    }

    @Test func progressDoesNotGoBack() {
        var history = TestHistory()
        history.accept(1)
        history.read(1, "Processing", done: 5)
        history.read(1, "Processing", done: 4)
        history.read(1, "Completed", done: 10, count: 100)
        history.end()
        #expect(history.verdict([.countedOnce]).answer == .broken)
    }

    @Test func noDeathExcusesAJobThatFailed() {
        for warning in ["home lost: n2 (life 1), which had this job, is gone", "cancelled", "deadline"] {
            var history = TestHistory.good(ends: false)
            history.accept(2)
            history.at(6_000)
            history.add(.director, .kill(node: "n2", inFlight: 0))
            history.read(2, "Failed", done: 3, warnings: [warning])
            history.end()
            let verdict = history.verdict([.jobsEnd])
            #expect(verdict.answer == .broken && verdict.lines[0].contains("it has failed: \(warning)"), "\(verdict.lines)")
            #expect(history.verdict([.jobsEndOrMeetDeadline]).answer == (warning == "deadline" ? .holds : .broken), "\(warning)")
        }
    }

    @Test func outcomesThatDidNotComeInTimeAreLostUnlessTheScenarioSaysSo() {
        var history = TestHistory.good(ends: false)
        history.accept(2)
        history.read(2, "Completed", done: 10, missing: 3)
        history.audit(2, "Completed", by: "n2", missing: 3, count: nil)
        history.end()
        let verdict = history.verdict([.jobsEnd])
        #expect(verdict.answer == .broken && verdict.lines[0].contains("without 3 outcomes"), "\(verdict.lines)")
        let allowed = history.verdict([.jobsEndOrMeetDeadline])
        #expect(allowed.answer == .holds && allowed.lines[0].hasSuffix("1 of 2 completed, 1 met their deadline"), "\(allowed.lines)")
    }

    @Test func whereEveryDeadlineCameNothingIsProved() {
        var history = TestHistory()
        history.accept(1)
        history.read(1, "Failed", done: 3, warnings: ["deadline"])
        history.end()
        #expect(history.verdict([.jobsEndOrMeetDeadline]).answer == .unknown)
    }

    @Test func anOrderWhoseOutcomeIsUnknownIsNoAcknowledgedJob() {
        func history(acceptedThen: Bool) -> TestHistory {
            var history = TestHistory.good(ends: false)
            history.add(
                .client, .submit(Submission(kind: "primes", request: [:], order: 2)), process: 2, outcome: .unknown, via: "n1",
                detail: "503: it may have been accepted")
            if acceptedThen {
                history.accept(3, order: 2)
                history.read(3, "Completed", done: 10, count: 100)
            }
            history.end()
            return history
        }
        #expect(history(acceptedThen: true).verdict([.jobsEnd]).answer == .holds)
        #expect(history(acceptedThen: false).verdict([.jobsEnd]).answer == .unknown, "work that was not accepted proves nothing")
    }

    @Test func partsThatAFailedJobGathersTwiceAreFoundToo() {
        var history = TestHistory.good(ends: false)
        history.accept(2)
        history.read(2, "Failed", done: 3, gathered: 4, warnings: ["deadline"])
        history.end()
        #expect(history.verdict([.countedOnce]).answer == .broken)
    }

    @Test func viewsMustBecomeEqualInTime() {
        func history(equalAt: Int64?, endAt: Int64) -> TestHistory {
            var history = TestHistory()
            history.accept(1)
            history.read(1, "Completed", done: 10, count: 100)
            history.at(1_000)
            history.add(.director, .cut(name: "cut1", mode: "drop", apart: [.init(from: "n1", to: "n2")]))
            history.at(5_000)
            history.views(["n2": "dead"])
            history.at(8_000)
            history.add(.director, .heal(name: "cut1", hits: 7))
            if let equalAt {
                history.at(equalAt)
                history.views()
            }
            history.at(endAt)
            history.end()
            return history
        }
        let equal = Invariant.viewsEqual(within: .seconds(8), of: .heal)
        let bites: [Bite] = [.ruleHits(Comparison(.greater, 0)), .victimSeen(.dead)]
        #expect(history(equalAt: 15_900, endAt: 20_000).verdict([equal], bites: bites).answer == .holds)
        #expect(history(equalAt: 16_100, endAt: 20_000).verdict([equal], bites: bites).answer == .broken)
        #expect(history(equalAt: nil, endAt: 20_000).verdict([equal], bites: bites).answer == .broken)
        #expect(history(equalAt: nil, endAt: 10_000).verdict([equal], bites: bites).answer == .unknown)
        #expect(history(equalAt: 9_000, endAt: 20_000).verdict([.viewsEqual(within: .seconds(8), of: .resume)]).answer == .unknown)
    }

    @Test func aNodeThatDoesNotAnswerOrIsSuspectIsNoEqualView() {
        for (others, silent) in [(["n2": "suspect"], [String]()), ([:], ["n2"])] {
            var history = TestHistory()
            history.views(others, silent: silent)
            history.accept(1)
            history.read(1, "Completed", done: 10, count: 100)
            history.at(20_000)
            history.end()
            #expect(history.verdict([.viewsEqual(within: .seconds(8), of: .start)]).answer == .broken)
        }
    }

    @Test func whatVictimsThemselvesSeeIsNoBite() {
        var history = TestHistory()
        history.accept(1)
        history.add(.director, .pause(node: "n3", inFlight: 1))
        history.at(100)
        history.add(.observer, .views(["n3": ["n1": "dead", "n3": "alive"], "n1": ["n1": "alive", "n3": "alive"], "n2": nil]))
        history.read(1, "Completed", done: 10, count: 100)
        history.end()
        #expect(history.verdict([.jobsEnd], bites: [.victimSeen(.suspect)]).answer == .unknown)
    }

    @Test func missedStepsAndTroubleLeaveARunUnproved() {
        var history = TestHistory.good()
        history.add(.director, .missed(step: "step 1"), outcome: .failed, detail: "because")
        #expect(history.verdict([.jobsEnd]).answer == .unknown)
        var cut = TestHistory.good()
        cut.add(.director, .heal(name: "cut1", hits: 1), outcome: .unknown, detail: "n2 keeps the rule")
        #expect(cut.verdict([.jobsEnd]).answer == .unknown)
    }

    @Test func aRunWithoutWorkOrMeshProvesNothing() {
        var idle = TestHistory()
        idle.add(.client, .submit(Submission(kind: "primes", request: [:], order: 1)), process: 1, outcome: .failed, detail: "503")
        idle.end()
        #expect(idle.verdict([.jobsEnd]).answer == .unknown)
        #expect(Judge.verdict([], expectations: [.jobsEnd], bites: []).answer == .unknown)
    }
}

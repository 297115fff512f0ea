import Chaos
import Testing

/// The judge, before counts that are not what was added.
@Suite struct ItemJudgeTests {
    /// Three ids are acknowledged, two may count, one was refused. In the end the two are sent again, and so many are told.
    private func counted(
        _ count: Int?, settled: HistoryRecord.Outcome = .ok, _ happens: (inout TestHistory) -> Void = { _ in }
    ) -> TestHistory {
        var history = TestHistory()
        history.at(10)
        history.add(["a", "b", "c"], by: 1)
        history.add(["d", "e"], by: 2, outcome: .unknown)
        history.add(["f"], by: 3, outcome: .failed)
        history.at(20)
        happens(&history)
        history.at(1_000)
        history.settle(["d", "e"], outcome: settled)
        history.at(1_100)
        if let count {
            history.total(count)
            history.count(count)
        }
        history.at(2_000)
        history.end()
        return history
    }

    private func finding(_ invariant: Invariant, _ history: TestHistory) throws -> Verdict.Finding {
        try #require(history.verdict([invariant]).findings.first { $0.about == invariant.description })
    }

    @Test(arguments: [2, 3, 4, 5, 6])
    func whatIsAcknowledgedCountsOnceEvenIfOnlyInTheEnd(_ count: Int) {
        for invariant in [Invariant.itemsCountedOnce, .countsLinearizable] {
            let verdict = counted(count).verdict([invariant])
            #expect(verdict.answer == (count == 5 ? .holds : .broken), "\(verdict.lines)")
        }
    }

    /// An acknowledged item that is missing could hide behind one that nobody knows.
    @Test(arguments: [(2, .broken), (3, .unknown), (4, .unknown), (5, .unknown), (6, .broken)] as [(Int, Verdict.Answer)])
    func whatStaysUnknownToTheEndLeavesTheCountUnproved(_ count: Int, _ answer: Verdict.Answer) throws {
        let history = counted(count, settled: .unknown)
        let finding = try finding(.itemsCountedOnce, history)
        #expect(finding.answer == answer, "\(finding)")
        for words in ["2 items of t may count or not", "n1 answered 503"] where answer == .unknown {
            #expect(finding.reason.contains(words), "\(finding)")
        }
        #expect(try self.finding(.countsLinearizable, history).answer == (answer == .broken ? .broken : .holds))
    }

    @Test func theVerdictSaysWhatIsMissingOrTooMuch() throws {
        let missing = try finding(.itemsCountedOnce, counted(2)), twice = try finding(.itemsCountedOnce, counted(6))
        #expect(missing.reason == "t has 2 items, by n2, and 5 were acknowledged")
        #expect(twice.reason == "t has 6 items, by n2, and no more than 5 were taken (1 were refused)")
        #expect(try finding(.itemsCountedOnce, counted(5)).reason == "5 acknowledged items of 1 tenants count, at every edge")
        #expect(try finding(.countsLinearizable, counted(5)).reason == "1 counts of 1 tenants are explained")
    }

    /// In the end all is well, and somebody was told otherwise before.
    @Test func countsMeanwhileAreJudgedToo() throws {
        let stale = counted(6) { history in
            history.count(2)
            history.at(30)
            history.add(["g"], by: 4)
        }
        #expect(try finding(.itemsCountedOnce, stale).answer == .holds)
        let finding = try finding(.countsLinearizable, stale)
        #expect(finding.answer == .broken && finding.reason.contains("t: stale: "), "\(finding)")
        // More than anybody had sent by then.
        let early = counted(6) { history in
            history.count(6)
            history.at(30)
            history.add(["g"], by: 4)
        }
        #expect(try self.finding(.countsLinearizable, early).answer == .broken)
    }

    @Test func oneEdgeOfTwoIsEnoughToFindIt() throws {
        func history(_ count: Int?, _ outcome: HistoryRecord.Outcome? = nil) -> TestHistory {
            var history = TestHistory()
            history.add(["a"], by: 1)
            history.at(900)
            history.total(1, via: "n2")
            history.total(count, via: "n1", outcome: outcome)
            history.end()
            return history
        }
        #expect(try finding(.itemsCountedOnce, history(1)).answer == .holds)
        // One that counts wrong, one that denies the tenant, and one that never answers.
        let cases: [(TestHistory, Verdict.Answer)] = [(history(0), .broken), (history(nil, .failed), .broken), (history(nil), .unknown)]
        for (history, answer) in cases {
            let finding = try finding(.itemsCountedOnce, history)
            #expect(finding.answer == answer && finding.reason.contains("by n1"), "\(finding)")
        }
    }

    @Test func aTenantThatNobodyCountsInTheEndProvesNothing() throws {
        let uncounted = counted(nil) { $0.count(nil) }
        let words = "nobody has counted t in the end"
        #expect(try finding(.itemsCountedOnce, uncounted) == .init(.invariant, "items counted once", .unknown, words))
        #expect(try finding(.countsLinearizable, uncounted).answer == .unknown)
        // A count that began before the last addition is not the last.
        let early = counted(nil) { history in
            history.total(3)
            history.at(30)
            history.add(["g"], to: "t", by: 4)
        }
        #expect(try finding(.itemsCountedOnce, early).answer == .unknown)
        // One tenant does not stand for another.
        #expect(try finding(.itemsCountedOnce, counted(5) { $0.add(["g"], to: "u", by: 4) }).reason == "nobody has counted u in the end")
    }

    @Test func whereNothingIsTakenNothingIsProved() throws {
        var history = TestHistory()
        history.at(1)
        history.add(["a"], by: 1, outcome: .failed)
        history.at(2)
        history.total(0)
        history.end()
        let verdict = history.verdict([.itemsCountedOnce])
        #expect(verdict.answer == .unknown && verdict.lines.contains { $0.contains("none of 1 additions was taken") }, "\(verdict.lines)")
        #expect(try finding(.itemsCountedOnce, history).answer == .unknown)
    }

    @Test func aHistoryThatCannotBeJudgedProvesNothing() throws {
        let finding = try finding(.countsLinearizable, counted(3, settled: .unknown) { $0.add(["g"], by: 2) })
        #expect(finding.answer == .unknown && finding.reason.contains("process 2 goes on"), "\(finding)")
    }

    // MARK: Bites

    @Test func onlyWhatFailsAfterTheHarmShowsIt() throws {
        func history(failsAt: Int64, isLastCount: Bool = false) -> Verdict {
            var history = TestHistory()
            history.at(10)
            history.add(["a"], by: 1)
            history.at(failsAt)
            history.add(["b"], by: 2, outcome: .failed)
            history.at(1_000)
            history.add(.director, .kill(node: "n3", inFlight: 0))
            if isLastCount { history.total(nil, via: "n1") }
            if failsAt > 1_000 {
                history.at(failsAt)
                history.add(["c"], by: 3, outcome: .failed)
            }
            history.at(3_000)
            history.total(1)
            history.at(4_000)
            history.end()
            return history.verdict([.itemsCountedOnce], bites: [.requestsFailed(Comparison(.greater, 0))])
        }
        #expect(history(failsAt: 500).answer == .unknown)
        #expect(history(failsAt: 2_000).answer == .holds)
        // A count of the harness's own at the end is no request of a client.
        #expect(history(failsAt: 500, isLastCount: true).lines.contains { $0.contains("0 requests failed") })
    }
}

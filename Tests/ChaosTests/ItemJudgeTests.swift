import Chaos
import Testing

/// The judge, before counts that are not what was added.
@Suite struct ItemJudgeTests {
    /// Three ids are acknowledged, two may count, one was refused. In the end so many are told.
    private func counted(_ count: Int?, _ happens: (inout TestHistory) -> Void = { _ in }) -> TestHistory {
        var history = TestHistory()
        history.at(10)
        history.add(["a", "b", "c"], by: 1)
        history.add(["d", "e"], by: 2, outcome: .unknown)
        history.add(["f"], by: 3, outcome: .failed)
        history.at(20)
        happens(&history)
        history.at(1_000)
        if let count { history.count(count) }
        history.at(2_000)
        history.end()
        return history
    }

    private func finding(_ invariant: Invariant, _ history: TestHistory) throws -> Verdict.Finding {
        try #require(history.verdict([invariant]).findings.first { $0.about == invariant.description })
    }

    @Test(arguments: [(2, false), (3, true), (4, true), (5, true), (6, false)])
    func whatIsAcknowledgedCountsOnceAndWhatIsUnknownMay(_ count: Int, _ isRight: Bool) {
        for invariant in [Invariant.itemsCountedOnce, .countsLinearizable] {
            let verdict = counted(count).verdict([invariant])
            #expect(verdict.answer == (isRight ? .holds : .broken), "\(verdict.lines)")
        }
    }

    @Test func theVerdictSaysWhatIsMissingOrTooMuch() throws {
        let missing = try finding(.itemsCountedOnce, counted(2)), twice = try finding(.itemsCountedOnce, counted(6))
        #expect(missing.reason == "t has 2 items, by n2, and 3 were acknowledged")
        #expect(twice.reason == "t has 6 items, by n2, and no more than 5 were taken (1 were refused)")
        #expect(try finding(.itemsCountedOnce, counted(3)).reason == "3 acknowledged items of 1 tenants count, 2 may count or not")
        #expect(try finding(.countsLinearizable, counted(3)).reason == "1 counts of 1 tenants are explained")
    }

    /// In the end all is well, and somebody was told otherwise before.
    @Test func countsMeanwhileAreJudgedToo() throws {
        let stale = counted(4) { history in
            history.count(2)
            history.at(30)
            history.add(["g"], by: 4)
        }
        #expect(try finding(.itemsCountedOnce, stale).answer == .holds)
        let finding = try finding(.countsLinearizable, stale)
        #expect(finding.answer == .broken && finding.reason.contains("t: stale: "), "\(finding)")
        // More than anybody had sent by then.
        let early = counted(4) { history in
            history.count(6)
            history.at(30)
            history.add(["g"], by: 4)
        }
        #expect(try self.finding(.countsLinearizable, early).answer == .broken)
    }

    @Test func oneEdgeOfTwoIsEnoughToFindIt() throws {
        let history = counted(3) { history in
            history.at(900)
            history.count(2, by: 81, via: "n1")
        }
        let finding = try finding(.itemsCountedOnce, history)
        #expect(finding.answer == .broken && finding.reason.contains("by n1"), "\(finding)")
    }

    @Test func aTenantThatNobodyCountsInTheEndProvesNothing() throws {
        let uncounted = counted(nil) { $0.count(nil) }
        let words = "nobody has counted t in the end"
        #expect(try finding(.itemsCountedOnce, uncounted) == .init(.invariant, "items counted once", .unknown, words))
        #expect(try finding(.countsLinearizable, uncounted).answer == .unknown)
        // A count that began before the last addition is not the last.
        let early = counted(nil) { history in
            history.count(3)
            history.at(30)
            history.add(["g"], to: "t", by: 4)
        }
        #expect(try finding(.itemsCountedOnce, early).answer == .unknown)
        // One tenant does not stand for another.
        #expect(try finding(.itemsCountedOnce, counted(3) { $0.add(["g"], to: "u", by: 4) }).reason == "nobody has counted u in the end")
    }

    @Test func whereNothingIsTakenNothingIsProved() throws {
        var history = TestHistory()
        history.at(1)
        history.add(["a"], by: 1, outcome: .failed)
        history.at(2)
        history.count(0)
        history.end()
        let verdict = history.verdict([.itemsCountedOnce])
        #expect(verdict.answer == .unknown && verdict.lines.contains { $0.contains("none of 1 additions was taken") }, "\(verdict.lines)")
        #expect(try finding(.itemsCountedOnce, history).answer == .unknown)
    }

    @Test func aHistoryThatCannotBeJudgedProvesNothing() throws {
        let finding = try finding(.countsLinearizable, counted(3) { $0.add(["g"], by: 2) })
        #expect(finding.answer == .unknown && finding.reason.contains("process 2 goes on"), "\(finding)")
    }

    // MARK: Bites

    @Test func onlyWhatFailsAfterTheHarmShowsIt() throws {
        func history(failsAt: Int64) -> Verdict {
            var history = TestHistory()
            history.at(10)
            history.add(["a"], by: 1)
            history.at(failsAt)
            history.add(["b"], by: 2, outcome: .failed)
            history.at(1_000)
            history.add(.director, .kill(node: "n3", inFlight: 0))
            if failsAt > 1_000 {
                history.at(failsAt)
                history.add(["c"], by: 3, outcome: .failed)
            }
            history.at(3_000)
            history.count(1)
            history.at(4_000)
            history.end()
            return history.verdict([.itemsCountedOnce], bites: [.requestsFailed(Comparison(.greater, 0))])
        }
        #expect(history(failsAt: 500).answer == .unknown)
        #expect(history(failsAt: 2_000).answer == .holds)
    }
}

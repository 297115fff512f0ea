import Chaos
import JSONDocument
import Testing

/// The judge, before orders that did not do what was promised.
@Suite struct OrderJudgeTests {
    private static let all: [Invariant] = [.ordersEnd, .effectsOnce, .moneyConserved, .stockConserved]

    /// What is left when all is well.
    private static func leave(_ history: inout TestHistory) {
        for edge in ["n1", "n2"] {
            history.left(.alice, 80, by: edge)
            history.left(.lamp, 8, by: edge)
        }
    }

    private func expect(
        _ answer: Verdict.Answer, _ invariant: Invariant, _ words: String, of history: TestHistory,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let finding = try #require(history.verdict([invariant]).findings.first { $0.about == invariant.description })
        #expect(
            finding.answer == answer && (words.isEmpty || finding.reason.contains(words)), "\(finding)", sourceLocation: sourceLocation)
    }

    @Test func aShopInWhichAllWentWellHolds() {
        let verdict = TestHistory.shop(Self.leave).verdict(Self.all)
        #expect(verdict.answer == .holds && verdict.findings.count == Self.all.count, "\(verdict.lines)")
        #expect(verdict.lines.contains("  ok       orders end: 1 of 2 shipped, 1 cancelled"))
        #expect(verdict.lines.contains("  ok       money conserved: of 100 in 1 accounts 20 are gone"))
        #expect(verdict.json["findings"]?.elements?.map { $0["about"]?.string } == Self.all.map(\.description))
    }

    // MARK: Ends

    @Test func anAcknowledgedOrderThatIsMissingIsLost() throws {
        let denied = TestHistory.shop { history in
            history.add(.client, .audit(jobId: "order-1", nil), process: 93, outcome: .failed, via: "n2", detail: "404: there is no order")
        }
        try expect(.broken, .ordersEnd, "by n2: there is no such job (404: there is no order)", of: denied)
        try expect(.broken, .ordersEnd, "by n2: there is no such order (404)", of: TestHistory.shop { $0.cancel(1, .missing) })
        var silent = TestHistory()
        silent.place(1, TestHistory.wish(20, 2))
        silent.end(.stuck)
        try expect(.broken, .ordersEnd, "has not ended: never told of", of: silent)
    }

    @Test func anOrderThatDoesNotEndIsFoundUnlessTheRunWasCutShort() throws {
        for (ending, answer) in [(HistoryEvent.Ending.stuck, Verdict.Answer.broken), (.limit, .unknown)] {
            var history = TestHistory()
            history.place(1, TestHistory.wish(20, 2))
            history.tell(TestHistory.order(1, "Compensating", done: 0, inFlight: 1), of: 1)
            history.end(ending)
            try expect(answer, .ordersEnd, "Compensating, 0 of 3 done", of: history)
        }
    }

    @Test func edgesThatTellDifferentEndsAreFound() throws {
        let two = TestHistory.shop { history in
            let other = TestHistory.order(1, "Cancelled", done: 0, reason: "deadline")
            history.at(70_000)
            history.add(.client, .audit(jobId: "order-1", other), process: 93, via: "n2")
        }
        try expect(.broken, .ordersEnd, "has ended in two ways", of: two)
        let silent = TestHistory.shop { history in
            history.add(.client, .audit(jobId: "order-1", nil), process: 93, outcome: .unknown, via: "n2", detail: "503: no majority")
        }
        try expect(.unknown, .ordersEnd, "by n2: no answer in the end", of: silent)
    }

    @Test func whatMayNotBeShippedIsNot() throws {
        try expect(.broken, .ordersEnd, "was to fail at payment", of: TestHistory.shop { history in
            history.place(3, TestHistory.wish(4, 1, failAt: "payment"))
            history.ship(3)
        })
        try expect(.broken, .ordersEnd, "accounts/alice never had so much", of: TestHistory.shop { history in
            history.place(3, TestHistory.wish(400, 1))
            history.ship(3)
        })
        try expect(.broken, .ordersEnd, "n2 had acknowledged its cancellation", of: TestHistory.shop { $0.cancel(1, .accepted) })
        // Whoever hears that it has ended, or nothing, has not been promised anything.
        for answer in [Cancellation.ended, nil] {
            try expect(.holds, .ordersEnd, "1 of 2 shipped", of: TestHistory.shop { $0.cancel(1, answer) })
        }
    }

    @Test func anOrderIsNotCancelledWithoutCause() throws {
        /// A third order is cancelled, and this happened to it before.
        func shop(
            _ reason: String, wish: JSON = TestHistory.wish(4, 1), at ms: Int64 = 2_000, _ happens: (inout TestHistory) -> Void = { _ in }
        ) -> TestHistory {
            TestHistory.shop { history in
                history.place(3, wish)
                happens(&history)
                history.at(ms)
                history.cancelled(3, because: reason)
            }
        }
        try expect(.broken, .ordersEnd, "nothing was against it: inventory: 0 are in stock", of: shop("inventory: 0 are in stock, not 1"))
        try expect(.broken, .ordersEnd, "nothing was against it", of: shop("cancelled by its customer"))
        for answer in [Cancellation.accepted, nil] {
            try expect(.holds, .ordersEnd, "1 of 3 shipped, 2 cancelled", of: shop("cancelled by its customer") { $0.cancel(3, answer) })
        }
        // Nobody has cancelled what has ended, or where nobody listened; and a cancellation is no reason for another one.
        for (answer, outcome) in [(Cancellation.ended, nil), (nil, .failed)] as [(Cancellation?, HistoryRecord.Outcome?)] {
            let history = shop("cancelled by its customer") { $0.cancel(3, answer, outcome: outcome) }
            try expect(.broken, .ordersEnd, "nothing was against it", of: history)
        }
        try expect(.broken, .ordersEnd, "nothing was against it", of: shop("payment: no") { $0.cancel(3, .accepted) })
        // It was placed at 2 s, and has a minute.
        try expect(.broken, .ordersEnd, "nothing was against it: deadline", of: shop("deadline"))
        try expect(.broken, .ordersEnd, "nothing was against it: deadline", of: shop("deadline", at: 61_999))
        try expect(.holds, .ordersEnd, "2 cancelled", of: shop("deadline", at: 62_000))
        // What is to fail fails at its step.
        let failing = TestHistory.wish(4, 1, failAt: "shipping")
        try expect(.holds, .ordersEnd, "2 cancelled", of: shop("shipping: it was asked to fail", wish: failing))
        for reason in ["payment: it was asked to fail", "deadline", "cancelled by its customer"] {
            try expect(.broken, .ordersEnd, "nothing was against it: \(reason)", of: shop(reason, wish: failing))
        }
        // All that was asked for together is more than there is.
        try expect(.holds, .ordersEnd, "2 cancelled", of: shop("payment: the account has 80 to spend", wish: TestHistory.wish(90, 1)))
        try expect(.broken, .ordersEnd, "nothing was against it", of: shop("inventory: 0 are in stock", wish: TestHistory.wish(90, 1)))
    }

    @Test func whereNothingIsShippedNothingIsProved() throws {
        var history = TestHistory()
        history.make(.alice, 100)
        history.place(1, TestHistory.wish(20, 2, failAt: "order"))
        history.cancelled(1, because: "order: it was asked to fail")
        history.left(.alice, 100)
        history.end()
        for invariant in [Invariant.ordersEnd, .moneyConserved] { try expect(.unknown, invariant, "", of: history) }
        try expect(.unknown, .stockConserved, "nothing was there", of: history)
    }

    // MARK: Effects

    @Test func anOrderHasAllOfItsStepsOrNone() throws {
        let cases: [(JobReading, String)] = [
            (TestHistory.order(3, "Shipped", done: 2), "was shipped with 2 of 3 steps"),
            (TestHistory.order(3, "Cancelled", done: 1, reason: "deadline"), "1 of its steps are not undone"),
            (TestHistory.order(3, "Cancelled", done: 0, inFlight: 1, reason: "deadline"), "1 of its steps have not"),
            (TestHistory.order(3, "Paid", done: 1, gathered: 2), "has 2 steps done that are 1"),
        ]
        for (reading, words) in cases {
            let history = TestHistory.shop { history in
                history.place(3, TestHistory.wish(4, 1))
                history.tell(reading, of: 3)
            }
            try expect(.broken, .effectsOnce, words, of: history)
        }
        try expect(.unknown, .effectsOnce, "no order has ended", of: TestHistory())
    }

    @Test func anOrderThatIsSentAgainUnderItsKeyIsTheSame() throws {
        func shop(_ id: String) -> TestHistory {
            TestHistory.shop { $0.place(1, TestHistory.wish(20, 2), id: id, process: 94, via: "n2") }
        }
        try expect(.holds, .effectsOnce, "2 orders have all of their effects or none, 1 that were sent again", of: shop("order-1"))
        try expect(.broken, .effectsOnce, "order-1 was accepted once more as order-9, by n2", of: shop("order-9"))
    }

    @Test func anAcceptedOrderThatIsRefusedWhenItIsSentAgainIsFound() throws {
        func shop(_ outcome: HistoryRecord.Outcome, _ refusal: Int?) -> TestHistory {
            TestHistory.shop {
                $0.place(1, TestHistory.wish(20, 2), process: 94, outcome: outcome, via: "n2", refusal: refusal)
            }
        }
        try expect(.broken, .effectsOnce, "refused when it was sent again: order-1, by n2: 409: no", of: shop(.failed, 409))
        // Nobody listened, or the edge could not take it then.
        for outcome in [HistoryRecord.Outcome.failed, .unknown] { try expect(.holds, .effectsOnce, "", of: shop(outcome, nil)) }
    }

    @Test(arguments: [(408, nil), (425, nil), (429, nil), (400, 400), (409, 409), (422, 422), (499, 499), (503, nil), (201, nil)])
    func whatMayBeOtherwiseLaterIsNoRefusal(_ status: Int, _ refusal: Int?) {
        #expect(Client.refusal(.answered(status: status, nil, complaint: "")) == refusal)
    }

    @Test func aLoadThatCouldNotDoWhatItWasToProvesNothing() throws {
        func answer(_ shares: OrdersLoad.Shares, _ happens: (inout TestHistory) -> Void) -> Verdict.Answer {
            let load = OrdersLoad(rate: 1, duration: .seconds(2), customers: 1, items: 1, shares: shares)
            return TestHistory.shop(happens).verdict([.ordersEnd], workload: [.orders(load)]).answer
        }
        #expect(answer(.init()) { _ in } == .holds)
        #expect(answer(.init(repeated: 10)) { _ in } == .unknown)
        #expect(answer(.init(repeated: 10)) { $0.place(1, TestHistory.wish(20, 2), process: 94, via: "n2") } == .holds)
        #expect(answer(.init(cancelled: 10)) { _ in } == .unknown)
        #expect(answer(.init(cancelled: 10)) { $0.cancel(1, .ended) } == .unknown)
        #expect(answer(.init(cancelled: 10)) { history in
            history.place(3, TestHistory.wish(4, 1))
            history.cancel(3, .accepted)
            history.cancelled(3, because: "cancelled by its customer")
        } == .holds)
    }

    // MARK: Money and stock

    @Test(arguments: [
        (60, "alice, by n1, has 60 of 100; the orders that were shipped took 20, as if job 1 (orders order-1) had been carried out twice"),
        (50, "as if job 2 (orders order-2), which was cancelled, had not been undone"),
        (100, "as if job 1 (orders order-1) had not been carried out"), (79, "alice, by n1, has 79 of 100"),
    ] as [(Int64, String)])
    func moneyThatIsNotWhatTheOrdersSayIsFound(_ amount: Int64, _ words: String) throws {
        let history = TestHistory.shop { history in
            history.left(.alice, amount)
            history.left(.alice, 80, by: "n2")
            history.left(.lamp, 8)
        }
        try expect(.broken, .moneyConserved, words, of: history)
        try expect(.holds, .stockConserved, "of 10 in 1 items 2 are gone", of: history)
    }

    @Test func stockThatIsNotWhatTheOrdersSayIsFound() throws {
        try expect(.broken, .stockConserved, "lamp, by n2, has 6 of 10", of: TestHistory.shop { history in
            history.left(.lamp, 8)
            history.left(.lamp, 6, by: "n2")
        })
    }

    @Test func whatIsHeldForOrdersThatHaveEndedIsFound() throws {
        for held in [20, -20] as [Int64] {
            let history = TestHistory.shop { $0.left(.alice, 80, held: held) }
            try expect(.broken, .moneyConserved, "holds \(held) for orders that have ended", of: history)
        }
    }

    @Test func whatCouldNotBeReadProvesNothingAndWhatIsGoneIsBroken() throws {
        try expect(.unknown, .moneyConserved, "nobody was asked for accounts/alice", of: TestHistory.shop { _ in })
        for (outcome, answer) in [(HistoryRecord.Outcome.unknown, Verdict.Answer.unknown), (.failed, .broken)] {
            let history = TestHistory.shop { history in
                Self.leave(&history)
                history.add(.client, .get(.alice, nil), process: 95, outcome: outcome, via: "n2", detail: "no luck")
            }
            try expect(answer, .moneyConserved, "accounts/alice, by n2", of: history)
        }
        var unmade = TestHistory()
        unmade.make(.alice, 100, outcome: .unknown)
        unmade.end()
        let verdict = unmade.verdict([.moneyConserved])
        let told = verdict.lines.filter { $0.contains("accounts/alice was not made: n1 answered 503") }
        #expect(verdict.answer == .unknown && told.count == 2, "of the work, and of the money: \(verdict.lines)")
    }

    @Test(arguments: [(80, .holds), (40, .unknown), (79, .unknown), (39, .broken), (81, .broken)] as [(Int64, Verdict.Answer)])
    func anOrderOfWhichNobodyKnowsLeavesRoomForWhatItAsksFor(_ amount: Int64, _ answer: Verdict.Answer) throws {
        let history = TestHistory.shop { history in
            history.place(3, TestHistory.wish(40, 1), outcome: .unknown)
            history.left(.alice, amount)
        }
        try expect(answer, .moneyConserved, "", of: history)
        #expect(history.verdict([.moneyConserved]).answer == (answer == .broken ? .broken : .unknown), "it was not accepted")
        // What was surely refused leaves none.
        let refused = TestHistory.shop { history in
            history.place(3, TestHistory.wish(40, 1), outcome: .failed)
            history.left(.alice, amount)
        }
        try expect(amount == 80 ? .holds : .broken, .moneyConserved, "", of: refused)
    }
}

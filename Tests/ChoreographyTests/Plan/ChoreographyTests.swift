import Choreography
import Testing

/// What is found in a choreography before anything of it runs.
@Suite struct ChoreographyTests {
    /// Two kinds of actors: an order has an account charged, and captures that or takes it back.
    private static let sound: [Step] = [
        step("order", "place", .note, from: [.outside], sends: [("charge", "account")], timers: ["late"]),
        step("order", "late", .note, from: [.timer], sends: [("refund", "account")]),
        step("order", "charged", .pivot, sends: [("capture", "account")]),
        step("account", "charge", .compensable(by: "refund"), sends: [("charged", "order")]),
        step("account", "refund", .compensation(of: "charge")),
        step("account", "capture", .retriable),
    ]

    private static func step(
        _ kind: String, _ event: String, _ nature: StepNature, from origins: Set<StepOrigin> = [.actors], sends: [(String,
        String)] = [],
        orders: [String] = [], timers: [String] = [], limit: Int? = nil
    ) -> Step {
        Step(
            kind: kind, event: event, nature: nature, origins: origins, sends: sends.map { Step.Sending(event: $0.0, kind: $0.1) },
            orders: orders, timers: timers, limit: limit)
    }

    /// What is found when these take the place of the steps of the same kind and event, or come as well.
    private func findings(with changed: Step..., without: [String] = []) -> [String] {
        let kept = Self.sound.filter { step in
            !without.contains("\(step.kind) \(step.event)") && !changed.contains { $0.kind == step.kind && $0.event == step.event }
        }
        do {
            _ = try Choreography("orders", steps: kept + changed)
            return []
        } catch {
            return error.findings
        }
    }

    @Test func aSoundPlanHasItsStepsInOrder() throws {
        let plan = try Choreography("orders", steps: Self.sound)
        #expect(plan.name == "orders")
        #expect(plan.steps.map { "\($0.kind) \($0.event)" } == [
            "account capture", "account charge", "account refund", "order charged", "order late", "order place",
        ])
    }

    @Test func aPlanIsReadFromTheRulesOfItsActors() {
        let error = #expect(throws: ChoreographyError.self) { try Choreography("boxes", [Box.self]) }
        #expect(error?.description == "choreography boxes: box on ask sends told to clerk, which has no reaction to it; "
            + ["ask", "put", "put-by", "say", "take-back", "take-by"].map { "nothing leads to box on \($0)" }
            .joined(separator: "; "))
        let plan = try? Choreography("clerks", [Clerk.self, Box.self])
        #expect(plan == nil, "nobody puts by")
    }

    @Test func whatIsSentHasAReaction() {
        #expect(findings(with: Self.step("order", "charged", .pivot, sends: [("capture", "account"), ("greet", "account")])) == [
            "order on charged sends greet to account, which has no reaction to it",
        ])
    }

    @Test func whatIsSentIsTakenFromActors() {
        let charge = Self.step("account", "charge", .compensable(by: "refund"), from: [.outside], sends: [("charged", "order")])
        #expect(findings(with: charge) == [
            "order on place sends charge to account, which does not take it from actors",
        ])
    }

    @Test func everyRuleIsReached() {
        #expect(findings(with: Self.step("account", "audit", .note)) == ["nothing leads to account on audit"])
    }

    @Test func rulesThatLeadOnlyToOneAnotherAreNotReached() {
        #expect(findings(
            with: Self.step("account", "audit", .note, sends: [("audited", "order")], limit: 3),
            Self.step("order", "audited", .note, sends: [("audit", "account")])) == [
            "nothing leads to account on audit", "nothing leads to order on audited",
        ])
    }

    @Test func aCircleHasALimit() {
        func again(_ limit: Int?) -> Step {
            Self.step("order", "charged", .pivot, sends: [("capture", "account"), ("charge", "account")], limit: limit)
        }
        #expect(findings(with: again(nil)) == [
            "account on charge -> order on charged -> account on charge goes round without a limit",
        ])
        #expect(findings(with: again(3)).isEmpty)
    }

    @Test func aTimerThatSetsItselfGoesRound() {
        let late = Self.step("order", "late", .note, from: [.timer], sends: [("refund", "account")], timers: ["late"])
        #expect(findings(with: late) == [
            "order on late -> order on late goes round without a limit",
        ])
    }

    @Test func partsThatAreOrderedForAnswersGoRound() {
        #expect(findings(
            with: Self.step("order", "charged", .pivot, sends: [("capture", "account")], orders: ["count"]),
            Self.step("order", "answer", .note, from: [.worker], orders: ["count"])) == [
            "order on answer -> order on answer goes round without a limit",
        ])
    }

    @Test func everyCircleIsFound() {
        #expect(findings(
            with: Self.step("order", "late", .note, from: [.timer], sends: [("refund", "account")], timers: ["late"]),
            Self.step("account", "refund", .compensation(of: "charge"), sends: [("charged", "order")]),
            Self.step("order", "charged", .pivot, sends: [("capture", "account"), ("refund", "account")])) == [
            "order on charged -> account on refund -> order on charged goes round without a limit",
            "order on late -> order on late goes round without a limit",
        ])
    }

    @Test func aStepHasAWayBack() {
        #expect(findings(without: ["account refund"]) == [
            "account on charge is undone by refund, to which account has no reaction",
            "order on late sends refund to account, which has no reaction to it",
        ])
    }

    @Test func aWayBackSaysWhatItUndoes() {
        #expect(findings(with: Self.step("account", "refund", .note)) == [
            "account on charge is undone by refund, which does not say so",
        ])
    }

    @Test func aWayBackBelongsToItsStep() {
        #expect(findings(with: Self.step("account", "refund", .compensation(of: "capture"))) == [
            "account on charge is undone by refund, which does not say so",
            "account on refund undoes capture, which is no step of account that says so",
        ])
        #expect(findings(with: Self.step("account", "charge", .note, sends: [("charged", "order")])) == [
            "account on refund undoes charge, which is no step of account that says so",
        ])
    }

    @Test func aWayBackOfAnotherKindIsNone() {
        #expect(findings(with: Self.step("order", "refund", .compensation(of: "charge")), without: ["account refund"]) == [
            "account on charge is undone by refund, to which account has no reaction",
            "nothing leads to order on refund",
            "order on late sends refund to account, which has no reaction to it",
            "order on refund undoes charge, which is no step of order that says so",
        ])
    }

    @Test func whatCannotBeUndoneComesAfterThePivot() {
        let early = "account on capture can be undone by nothing, and may come before the pivot"
        let late = Self.step("order", "late", .note, from: [.timer], sends: [("refund", "account"), ("capture", "account")])
        #expect(findings(with: late) == [early])
        let charged = Self.step("order", "charged", .note, sends: [("capture", "account")])
        #expect(findings(with: charged) == [early], "there is no pivot")
    }

    @Test func aTimerHasAReaction() {
        let place = Self.step("order", "place", .note, from: [.outside], sends: [("charge", "account")], timers: ["alarm", "late"])
        let sentence = "order on place sets a timer for alarm, to which order has no reaction from a timer"
        #expect(findings(with: place) == [sentence])
        #expect(findings(with: place, Self.step("order", "alarm", .note, from: [.actors])) == [sentence], "nor one from actors")
        #expect(findings(with: place, Self.step("account", "alarm", .note, from: [.timer])) == [
            "nothing leads to account on alarm", sentence,
        ])
        #expect(findings(with: place, Self.step("order", "alarm", .note, from: [.timer])).isEmpty)
    }

    @Test func whoOrdersReactsToAnswers() {
        let place = Self.step(
            "order", "place", .note, from: [.outside], sends: [("charge", "account")], orders: ["count", "sort"], timers: ["late"])
        let sentences = ["count", "sort"].map { "order on place orders \($0), to whose answers order has no reaction" }
        #expect(findings(with: place) == sentences)
        #expect(findings(with: place, Self.step("order", "answer", .note, from: [.actors])) == sentences)
        #expect(findings(with: place, Self.step("order", "answer", .note, from: [.worker])).isEmpty)
    }

    @Test func aRuleIsDeclaredOnce() {
        let late = Self.step("order", "late", .note, from: [.timer], sends: [("refund", "account")])
        #expect(findings(with: late, late) == ["order on late is declared twice"])
        #expect(findings(with: late, late, late) == ["order on late is declared twice"])
    }

    @Test func namesAreNoLongerThanLettersCanCarry() {
        let long = String(repeating: "x", count: ChoreographyLimits.nameBytes + 1)
        #expect(findings(with: Self.step("order", long, .note, from: [.outside])) == [
            "order on \(long) has a name of 129 bytes; give 1 to 128",
        ])
    }

    @Test func allThatIsWrongIsTold() {
        let error = #expect(throws: ChoreographyError.self) {
            try Choreography("notes", steps: [
                Self.step("b", "y", .retriable, from: [.outside], timers: ["t"]), Self.step("a", "x", .note, sends: [("z", "b")]),
            ])
        }
        #expect(error?.description == "choreography notes: a on x sends z to b, which has no reaction to it; "
            + "b on y can be undone by nothing, and may come before the pivot; "
            + "b on y sets a timer for t, to which b has no reaction from a timer; nothing leads to a on x")
    }
}

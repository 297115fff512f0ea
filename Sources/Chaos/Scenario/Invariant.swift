import Topology
import World

/// What must hold at the end of a run.
package enum Invariant: Hashable, Sendable, CustomStringConvertible {
    /// Every accepted job completes, and every edge tells the same of it.
    case jobsEnd
    /// The same, but for jobs, and parts of lookups, whose deadline came first.
    case jobsEndOrMeetDeadline
    /// Every completed count of primes is right.
    case totalExact
    /// No part's result is in a job's result twice, at any moment.
    case countedOnce
    /// Orders sent again, over all jobs.
    case resent(Comparison)
    /// Every acknowledged order is shipped or wholly undone, as it may be, and every edge tells the same of it.
    case ordersEnd
    /// An order that is shipped has all of its steps, a cancelled one none, and what is sent again under its key is the same order.
    case effectsOnce
    /// What accounts have lost is what the orders cost that were shipped, and they hold nothing for orders any more.
    case moneyConserved
    /// The same of stock.
    case stockConserved
    /// In the end every tenant counts each acknowledged item once, and nothing that was not taken.
    case itemsCountedOnce
    /// Every count is explained by what was added before it and meanwhile.
    case countsLinearizable
    /// After every such moment, within the duration: every node that runs answers, sees those that run alive and no other.
    case viewsEqual(within: Duration, of: Moment)

    package enum Moment: String, Hashable, Sendable, CaseIterable { case start, kill, restart, resume, heal }

    private static let plain: [(text: String, invariant: Invariant)] = [
        ("jobs end", .jobsEnd),
        ("jobs end or meet their deadline", .jobsEndOrMeetDeadline),
        ("total exact", .totalExact),
        ("counted once", .countedOnce),
        ("orders end", .ordersEnd),
        ("effects once", .effectsOnce),
        ("money conserved", .moneyConserved),
        ("stock conserved", .stockConserved),
        ("items counted once", .itemsCountedOnce),
        ("counts linearizable", .countsLinearizable),
    ]

    /// The kinds of loads that it speaks of; nil for whatever is done.
    var loads: [String]? {
        switch self {
        case .jobsEnd, .jobsEndOrMeetDeadline, .countedOnce, .resent: ["primes", "lookups"]
        case .totalExact: ["primes"]
        case .ordersEnd, .effectsOnce, .moneyConserved, .stockConserved: ["orders"]
        case .itemsCountedOnce, .countsLinearizable: ["items"]
        case .viewsEqual: nil
        }
    }

    /// One example of each, for messages.
    package static let examples =
        plain.map(\.text) + ["resent > 0"] + Moment.allCases.map { "views equal within 8s of \($0.rawValue)" }

    /// What is not to be had any more, and what to write in its place.
    static func advice(on text: String) -> String? {
        guard Words.normal(text) == "accepted jobs end, none lost except those whose home died" else { return nil }
        return "allows losses that the mesh does not have: no death excuses one; write \"jobs end\""
    }

    package init?(_ text: String) {
        let words = Words.normal(text)
        if let known = Self.plain.first(where: { $0.text == words }) {
            self = known.invariant
        } else if words.hasPrefix("resent "), let comparison = Comparison(words.dropFirst("resent ".count)) {
            self = .resent(comparison)
        } else {
            let parts = words.split(separator: " ")
            guard parts.count == 6, parts[0] == "views", parts[1] == "equal", parts[2] == "within", parts[4] == "of",
                let within = DurationNotation.parse(String(parts[3])), within > .zero, within <= .seconds(600),
                let moment = Moment(rawValue: String(parts[5]))
            else { return nil }
            self = .viewsEqual(within: within, of: moment)
        }
    }

    package var description: String {
        switch self {
        case .resent(let comparison): "resent \(comparison)"
        case .viewsEqual(let within, let moment): "views equal within \(DurationNotation.format(within)) of \(moment.rawValue)"
        default: Self.plain.first { $0.invariant == self }?.text ?? ""
        }
    }
}

/// What shows that a fault was felt; without it a run in which all went well proves nothing.
package enum Bite: Hashable, Sendable, CustomStringConvertible {
    /// Orders sent again, over all jobs.
    case resent(Comparison)
    /// Jobs and orders that had been accepted before the harm and had not ended after it.
    case underWay(Comparison)
    /// Frames that the rules of all cuts have touched.
    case ruleHits(Comparison)
    /// What clients wanted done and was not, as far as they know, and what they wanted counted and was not.
    case requestsFailed(Comparison)
    /// A node that was not harmed itself has seen a harmed one so; in a cut, one of the other side.
    case victimSeen(Sight)

    package enum Sight: String, Hashable, Sendable, CaseIterable {
        /// Or dead.
        case suspect
        case dead
    }

    /// Those that compare with a number, and what comes before it.
    private static let counted: [(text: String, make: @Sendable (Comparison) -> Bite)] = [
        ("resent", { .resent($0) }), ("jobs under way", { .underWay($0) }), ("rule hits", { .ruleHits($0) }),
        ("requests failed", { .requestsFailed($0) }),
    ]

    package static let examples = counted.map { "\($0.text) > 0" } + Sight.allCases.map { "victim seen \($0.rawValue)" }

    package init?(_ text: String) {
        let words = Words.normal(text)
        if let sight = Sight.allCases.first(where: { "victim seen \($0.rawValue)" == words }) {
            self = .victimSeen(sight)
            return
        }
        guard let kind = Self.counted.first(where: { words.hasPrefix($0.text + " ") }),
            let comparison = Comparison(words.dropFirst(kind.text.count + 1))
        else { return nil }
        self = kind.make(comparison)
    }

    /// Nil for one that compares with nothing.
    var comparison: Comparison? {
        switch self {
        case .resent(let comparison), .underWay(let comparison), .ruleHits(let comparison), .requestsFailed(let comparison): comparison
        case .victimSeen: nil
        }
    }

    package var description: String {
        switch self {
        case .resent(let comparison): "resent \(comparison)"
        case .underWay(let comparison): "jobs under way \(comparison)"
        case .ruleHits(let comparison): "rule hits \(comparison)"
        case .requestsFailed(let comparison): "requests failed \(comparison)"
        case .victimSeen(let sight): "victim seen \(sight.rawValue)"
        }
    }
}

import World

// WHEN A HOST IS LEFT ALONE
//
// A host that does not answer costs every caller its whole patience, and a host that is breaking down is not helped by more calls. So
// after some failures in a row nobody asks it for a while: the breaker is open, and callers are refused at once. When the time is over
// the first caller tries, alone. If the host answers, the breaker is closed as if nothing had been; if it fails, the time is doubled,
// up to a limit. (Nygard, "Release It!", 2nd edition, 2018, section 5.2; Fowler, "CircuitBreaker", 2014.)
//
// The time has jitter, half of it at most, so that many nodes which have lost the same host do not come back in one moment, and none
// at once. A host that names the time itself (429 with Retry-After) is taken at its word, and nothing is doubled.
//
// A call that began before the last change of phase tells what was, not what is: it counts no more. A trial that tells nothing,
// because it was called off, leaves the trial to the next caller.

/// Whether one host may be asked.
package struct CircuitBreaker: Sendable {
    package enum Phase: Hashable, Sendable {
        /// Anybody may ask.
        case closed
        /// Nobody may before this instant; then one.
        case open(until: Instant)
        /// That one is asking.
        case trying
    }

    /// The right to one call, and to one ``record(_:_:_:_:)`` of its end.
    package struct Permit: Hashable, Sendable {
        fileprivate let era: UInt64
    }

    package private(set) var phase = Phase.closed
    /// Times that the host was left alone, or left alone for longer, since it is known.
    package private(set) var opened = 0
    /// In a row, since the last answer.
    package private(set) var failures = 0
    private let figures: OutsideFigures
    /// Openings since the last answer.
    private var openings = 0
    /// Changes of phase.
    private var era: UInt64 = 0
    private var lastWords = ""
    /// Whether it is open because the host wanted it.
    private var isResting = false

    package init(_ figures: OutsideFigures) { self.figures = figures }

    /// Why the host may not be asked now, in words that follow its name; `nil` when it may.
    package func objection(_ now: Instant) -> (reason: OutsideRefusal.Reason, words: String)? {
        guard phase != .closed else { return nil }
        let past = isResting ? "was asked too often (\(lastWords))" : "failed\(inARow), last: \(lastWords)"
        let reason = isResting ? OutsideRefusal.Reason.resting : .open
        return switch phase {
        case .closed: nil
        case .open(let until):
            now < until ? (reason, "\(past); it is asked again in \(DurationText.short(until - now))") : nil
        case .trying: (reason, "\(past); it is being tried by another call")
        }
    }

    private var inARow: String { failures == 1 ? "" : " \(failures) times in a row" }

    /// Lets a call begin. Only when there is no ``objection(_:)``.
    package mutating func admit(_ now: Instant) -> Permit {
        precondition(objection(now) == nil, "a call of a host that is left alone")
        if case .open = phase { change(to: .trying) }
        return Permit(era: era)
    }

    /// Takes what a call tells. Once for each permit.
    package mutating func record(_ verdict: OutsideVerdict, _ permit: Permit, _ now: Instant, _ random: inout RandomStream) {
        guard permit.era == era else { return }
        switch verdict {
        case .answered:
            failures = 0
            openings = 0
            isResting = false
            if phase != .closed { change(to: .closed) }
        case .untold:
            if phase == .trying { change(to: .open(until: now)) }
        case .busy(let words, let rest?) where rest > .zero:
            fail(words)
            isResting = true
            opened += 1
            change(to: .open(until: now + min(rest, OutsideFigures.longestRest)))
        case .faulty(let words, _, _), .busy(let words, _):
            fail(words)
            isResting = false
            if phase == .trying || failures >= figures.failures { open(now, &random) }
        }
    }

    private mutating func fail(_ words: String) {
        failures += 1
        lastWords = words
    }

    private mutating func open(_ now: Instant, _ random: inout RandomStream) {
        let most = min(figures.pauseMin * (1 << min(openings, 16)), figures.pauseMax)
        openings += 1
        opened += 1
        change(to: .open(until: now + .nanoseconds(Int64((1 + random.unit()) / 2 * Double(most.nanoseconds)))))
    }

    private mutating func change(to phase: Phase) {
        self.phase = phase
        era += 1
    }
}

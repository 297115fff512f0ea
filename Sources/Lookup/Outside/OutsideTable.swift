import World

/// What one host has been asked, and what is under way: one host of an ``OutsideTable``.
package struct OutsideHost: Sendable {
    package fileprivate(set) var breaker: CircuitBreaker
    package fileprivate(set) var bulkhead: Bulkhead
    package fileprivate(set) var counts = OutsideCounts()
    /// Rises with every use of any host.
    fileprivate var lastUse: UInt64 = 0

    /// Nothing would be lost with it but its counts.
    fileprivate var isHealthy: Bool { breaker.phase == .closed && breaker.failures == 0 }
}

/// What has become of the calls of one host.
package struct OutsideCounts: Hashable, Sendable {
    package var answered = 0
    package var failed = 0
    /// The host said that it was asked too often.
    package var busy = 0
    /// Called off before anything could be told.
    package var untold = 0
    /// Refused, because the host is left alone.
    package var refusedOpen = 0
    /// Refused, because there was no place.
    package var refusedFull = 0
    /// Calls that were a repetition, among all these.
    package var retries = 0
}

/// All hosts that are asked, each with its breaker and its places. Bounded: of those with no call under way the one goes first that has
/// not been asked for the longest time, one in good health before one that is left alone.
package struct OutsideTable: Sendable {
    /// How a call may go on.
    package enum Turn: Sendable {
        /// It may begin, and its end is to be told with ``leave(_:_:_:_:_:)``.
        case goes(CircuitBreaker.Permit)
        case refused(OutsideRefusal)
    }

    private let figures: OutsideFigures
    package private(set) var hosts: [String: OutsideHost] = [:]
    /// Calls of hosts for which there was no room, and which so have no counts of their own.
    package private(set) var crowded = 0
    private var uses: UInt64 = 0

    package init(_ figures: OutsideFigures) { self.figures = figures }

    /// A call wants to begin.
    /// - Parameters:
    ///   - places: calls of this host at a time, as of its first call.
    ///   - number: of this call alone.
    /// - Returns: `nil` for one that waits: its turn comes with the end of another.
    package mutating func enter(
        _ name: String, places: Int, _ number: UInt64, isRetry: Bool = false, _ now: Instant
    ) -> Turn? {
        var host: OutsideHost
        if let known = hosts[name] {
            host = known
        } else {
            guard makeRoom() else {
                crowded += 1
                return .refused(OutsideRefusal(
                    name, .crowded, "is not asked: calls of \(hosts.count) other hosts are under way, which is the limit"))
            }
            host = OutsideHost(
                breaker: CircuitBreaker(figures), bulkhead: Bulkhead(places: places, queueLimit: figures.waiting))
        }
        uses += 1
        host.lastUse = uses
        defer { hosts[name] = host }
        if let objection = host.breaker.objection(now) { return host.refuse(name, objection) }
        switch host.bulkhead.enter(number) {
        case .waits: return nil
        case .refused:
            host.counts.refusedFull += 1
            return .refused(OutsideRefusal(name, .full, "has \(host.bulkhead.words), which is the limit"))
        case .enters:
            if isRetry { host.counts.retries += 1 }
            return .goes(host.breaker.admit(now))
        }
    }

    /// A call has ended.
    /// - Returns: the turns of those that have waited.
    package mutating func leave(
        _ name: String, _ permit: CircuitBreaker.Permit, _ verdict: OutsideVerdict, _ now: Instant, _ random: inout RandomStream
    ) -> [(number: UInt64, turn: Turn)] {
        guard var host = hosts[name] else { preconditionFailure("a call of \(name), which is not in the table, has ended") }
        defer { hosts[name] = host }
        switch verdict {
        case .answered: host.counts.answered += 1
        case .faulty: host.counts.failed += 1
        case .busy: host.counts.busy += 1
        case .untold: host.counts.untold += 1
        }
        host.breaker.record(verdict, permit, now, &random)
        if let objection = host.breaker.objection(now) {
            let turns = host.bulkhead.disperse().map { ($0, host.refuse(name, objection)) }
            _ = host.bulkhead.leave()
            return turns
        }
        return host.bulkhead.leave().map { [($0, .goes(host.breaker.admit(now)))] } ?? []
    }

    /// A call no longer waits.
    /// - Parameter isLate: because its time is over.
    /// - Returns: why, when its time is over; `nil` otherwise, and when it did not wait.
    package mutating func giveUp(_ name: String, _ number: UInt64, isLate: Bool) -> OutsideRefusal? {
        guard hosts[name]?.bulkhead.giveUp(number) == true else { return nil }
        guard isLate, let words = hosts[name]?.bulkhead.words else {
            hosts[name]?.counts.untold += 1
            return nil
        }
        hosts[name]?.counts.refusedFull += 1
        return OutsideRefusal(name, .late, "has \(words), and no place came free in the time of this call")
    }

    private mutating func makeRoom() -> Bool {
        guard hosts.count >= figures.hosts else { return true }
        let idle = hosts.filter { $0.value.bulkhead.isIdle }
        let healthy = idle.filter { $0.value.isHealthy }
        // The uses are all different, so that the order of the table decides nothing.
        guard let oldest = (healthy.isEmpty ? idle : healthy).min(by: { $0.value.lastUse < $1.value.lastUse }) else { return false }
        hosts[oldest.key] = nil
        return true
    }
}

extension OutsideHost {
    fileprivate mutating func refuse(
        _ name: String, _ objection: (reason: OutsideRefusal.Reason, words: String)
    ) -> OutsideTable.Turn {
        counts.refusedOpen += 1
        return .refused(OutsideRefusal(name, objection.reason, objection.words))
    }
}

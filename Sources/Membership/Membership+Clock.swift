import World

extension Membership {
    /// To be called after every input, with what the wall clock shows: judges the clock, see ``ClockWatch``, and tells the others in a label when it is off.
    public mutating func lookAtClock(_ wall: WallTime, now: Instant) -> [MembershipEffect] {
        if clockSeenAt != version {
            clockSeenAt = version
            let table = table
            clockWatch.see(peers: table.live.count) { peer in table.slot(of: peer).map { table.isLive($0) } ?? false }
        }
        guard clockWatch.look(now: now, wall: wall) else { return [] }
        out.append(.event(.clock(clockWatch.verdict, ahead: clockWatch.ahead(now: now, wall: wall))))
        let metadata = telling(own.metadata)
        if metadata != own.metadata { tell(metadata) }
        if ClockWatch.verdict(of: metadata) != clockWatch.verdict { out.append(.note(.clockUntold)) }
        return finish()
    }

    /// The metadata with what this node says of its clock, if there is room for that.
    func telling(_ metadata: MemberMetadata) -> MemberMetadata {
        var bare = metadata
        bare.labels[ClockWatch.label] = nil
        guard clockWatch.verdict.isOff else { return bare }
        var telling = bare
        telling.labels[ClockWatch.label] = clockWatch.verdict.rawValue
        return (try? MembershipLimits.check(telling)) == nil ? bare : telling
    }
}

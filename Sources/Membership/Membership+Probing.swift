import World

extension Membership {
    /// Time between two probes as this node is now.
    var probeBeat: Duration {
        let interval = liveCount <= figures.smallMesh ? figures.probeInterval * 0.5 : figures.probeInterval
        return interval * Double(health.stretch)
    }

    mutating func tickSchedule() {
        guard standing == .member, nextProbe <= clock else { return }
        nextProbe = clock + probeBeat
        let table = self.table
        guard let slot = schedule.pop(random: &random, isLive: { table.isLive($0) && $0 != MemberTable.selfSlot }, refill: { table.live })
        else { return }
        probe(slot)
    }

    /// Asks a live member whether it is there; tells it first of what it is accused (the buddy system of Lifeguard).
    mutating func probe(_ slot: Int) {
        let member = table[slot].member
        guard member.status.isLive, probes.count < Probe.limit, !probes.contains(where: { $0.slot == slot }) else { return }
        sequence &+= 1
        let stretch = Double(health.stretch)
        probes.append(
            Probe(
                sequence: sequence, slot: slot, identity: member.identity, sentAt: clock,
                indirectAt: clock + figures.probeTimeout * stretch, deadline: clock + figures.probeInterval * stretch))
        send(.ping(sequence: sequence, rumours: news(for: slot)), to: member.peer)
    }

    mutating func tickProbes() {
        guard standing == .member else {
            probes.removeAll()
            return
        }
        var i = 0
        while i < probes.count {
            let probe = probes[i]
            guard table.slot(of: probe.identity) == probe.slot, table.isLive(probe.slot) else {
                probes.remove(at: i)
                continue
            }
            if probe.due > clock {
                i += 1
            } else if table[probe.slot].lastHeard >= probe.sentAt {
                // It spoke, if not to the point: any frame counts as life.
                probes.remove(at: i)
            } else if probe.indirectAt != nil {
                askHelpers(i)
                i += 1
            } else {
                probes.remove(at: i)
                failed(probe)
            }
        }
    }

    private mutating func askHelpers(_ i: Int) {
        probes[i].indirectAt = nil
        let probe = probes[i]
        let remaining = probe.deadline - clock
        guard remaining > .zero else { return }
        let target = table[probe.slot].member.peer
        let helpers = pick(figures.indirectProbes) { table, slot in
            slot != probe.slot && table[slot].member.status == .alive
        }
        probes[i].nacksExpected = helpers.count
        let remainingMs = UInt32(clamping: remaining.milliseconds)
        for helper in helpers {
            let message = MembershipMessage.pingRequest(
                sequence: probe.sequence, target: target, remainingMs: remainingMs, rumours: news(for: helper))
            send(message, to: table[helper].member.peer)
        }
        out.append(.probeFresh(target, sequence: probe.sequence))
    }

    /// Nobody reached it. Accuse it, unless this node has better reason to doubt itself.
    private mutating func failed(_ probe: Probe) {
        noteSilence()
        // What came in the very turn of the question was there before it, perhaps for as long as this node did not run.
        let heardOthers = lastHeardAnybody > probe.sentAt
        // The accusation runs on the health of before: that this probe found no helpers either weighs on the next.
        if table.live.count == 1 || heardOthers || patienceIsOver { accuse(probe.slot, refused: false) }
        feel(LocalHealth.penalty(nacksExpected: probe.nacksExpected, nacksReceived: probe.nacksFrom.count))
    }

    /// A probe was answered, by the member itself or through a helper.
    mutating func succeeded(_ sequence: UInt32, by answerer: NodeIdentity, _ wall: WallTime?) {
        guard let i = probes.firstIndex(where: { $0.sequence == sequence }) else { return }
        // Another life of that name answers at its address: no sign of life of the one that was asked.
        if answerer.name == probes[i].identity.name, answerer != probes[i].identity { return }
        let probe = probes.remove(at: i)
        feel(-1)
        guard table.slot(of: probe.identity) == probe.slot else { return }
        table[probe.slot].lastHeard = clock
        if let wall, answerer == probe.identity { clockWatch.hear(wall, of: answerer, asked: probe.sentAt, answered: clock) }
    }

    mutating func received(nack sequence: UInt32, from helper: NodeIdentity) {
        guard let i = probes.firstIndex(where: { $0.sequence == sequence }) else { return }
        guard probes[i].nacksFrom.count < probes[i].nacksExpected, !probes[i].nacksFrom.contains(helper) else { return }
        probes[i].nacksFrom.append(helper)
    }

    // MARK: For others

    mutating func relay(
        sequence askerSequence: UInt32, target: MembershipPeer, remainingMs: UInt32, for asker: MembershipPeer
    ) {
        guard relays.count < Relay.limit else { return }
        let remaining = min(Duration.milliseconds(Int64(remainingMs)), figures.probeInterval * Double(figures.healthMaximum + 1))
        sequence &+= 1
        relays.append(
            Relay(
                sequence: sequence, asker: asker, askerSequence: askerSequence, target: target.identity,
                nackAt: clock + remaining * figures.nackFraction, deadline: clock + remaining))
        let rumours = table.slot(of: target.identity).map { self.news(for: $0) } ?? []
        send(.ping(sequence: sequence, rumours: rumours), to: target)
    }

    mutating func tickRelays() {
        var i = 0
        while i < relays.count {
            if let nackAt = relays[i].nackAt, nackAt <= clock {
                relays[i].nackAt = nil
                send(.nack(sequence: relays[i].askerSequence), to: relays[i].asker)
            }
            if relays[i].nackAt == nil && relays[i].deadline <= clock { relays.remove(at: i) } else { i += 1 }
        }
    }

    mutating func relayed(_ sequence: UInt32, by identity: NodeIdentity) {
        guard let i = relays.firstIndex(where: { $0.sequence == sequence && $0.target == identity }) else { return }
        let relay = relays.remove(at: i)
        send(.ack(sequence: relay.askerSequence, rumours: []), to: relay.asker)
    }

    // MARK: Choice

    /// Up to `count` different live members that `suits`, at random.
    mutating func pick(_ count: Int, _ suits: (MemberTable, Int) -> Bool) -> [Int] {
        let live = table.live
        guard count > 0, !live.isEmpty else { return [] }
        var chosen: [Int] = []
        if live.count <= 3 * count {
            for slot in live.shuffled(using: &random) where suits(table, slot) {
                chosen.append(slot)
                if chosen.count == count { break }
            }
            return chosen
        }
        // Rejection sampling: in a large mesh nearly every draw hits. The tries are bounded for the case that hardly anybody suits.
        for _ in 0..<(8 * count) {
            let slot = live[random.below(live.count)]
            if !chosen.contains(slot) && suits(table, slot) { chosen.append(slot) }
            if chosen.count == count { break }
        }
        return chosen
    }
}

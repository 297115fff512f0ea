import World

extension Membership {
    /// This node itself accuses a member: of silence, or of a refused connection.
    mutating func accuse(_ slot: Int, refused: Bool) {
        let member = table[slot].member
        let accuser = Accuser(name: own.name, refused: refused)
        if member.status == .alive {
            suspect(slot, incarnation: member.incarnation, accusers: [accuser])
        } else if member.status == .suspect {
            confirm(slot, accusers: [accuser])
        }
    }

    /// The member is accused at this incarnation, which is not below the known one.
    mutating func suspect(_ slot: Int, incarnation: UInt64, accusers: [Accuser]) {
        let old = table[slot].member
        precondition(old.status.isLive && incarnation >= old.incarnation, "only a live member can be suspected")
        let suspicion = Suspicion(start: clock, stretch: health.stretch, accusers: accusers)
        if table[slot].suspicion == nil { suspects.append(slot) }
        table[slot].suspicion = suspicion
        set(slot, status: .suspect, incarnation: incarnation)
        suspicionFloor = min(suspicionFloor, deadline(of: suspicion))
        if liveCount - suspects.count <= 3 { refloor() }
        spread(slot)
        if old.status == .alive { out.append(.event(.suspected(table[slot].member))) }
        if suspicion.refusals > 0 { hasRefusals = true }
        settleRefusals()
        if table.isLive(slot) { verify(slot, accusers: accusers) }
    }

    /// More witnesses for a running suspicion.
    mutating func confirm(_ slot: Int, accusers: [Accuser]) {
        guard table[slot].suspicion != nil else { return }
        var news = false
        for accuser in accusers where accuser.name != table[slot].member.name {
            if table[slot].suspicion?.add(accuser) == true { news = true }
        }
        guard news, let suspicion = table[slot].suspicion else { return }
        spread(slot)
        suspicionFloor = min(suspicionFloor, deadline(of: suspicion))
        if suspicion.refusals > 0 { hasRefusals = true }
        settleRefusals()
    }

    /// Some members, on average `verifiers` in the whole mesh, look for themselves at once, so that confirmations in a small mesh do not wait
    /// for the round robin; and the question tells the suspect of its accusation.
    private mutating func verify(_ slot: Int, accusers: [Accuser]) {
        guard !accusers.contains(where: { $0.name == own.name }) else { return }
        if random.chance(Double(figures.verifiers) / Double(max(1, table.live.count))) { probe(slot) }
    }

    // MARK: Time

    func deadline(of suspicion: Suspicion) -> Instant {
        let shortest = Suspicion.minimum(members: liveCount, figures)
        // Those who are suspects themselves will confirm nothing.
        let witnesses = max(0, liveCount - 1 - suspects.count)
        let timeout = Suspicion.timeout(
            confirmations: suspicion.confirmations, needed: min(figures.confirmations, witnesses), min: shortest,
            max: shortest * figures.suspicionMaxMultiplier)
        return suspicion.start + timeout * Double(suspicion.stretch)
    }

    mutating func tickSuspicions() {
        guard standing == .member, !suspects.isEmpty, suspicionFloor <= clock else { return }
        noteSilence()
        for slot in suspects {
            guard var suspicion = table[slot].suspicion, deadline(of: suspicion) <= clock else { continue }
            let heard = table[slot].lastHeard
            if isLonely && !patienceIsOver {
                suspicion.start = clock
            } else if heard > suspicion.start {
                // It was heard after the accusation: the time runs from there, and it is told again.
                suspicion.start = heard
            }
            table[slot].suspicion = suspicion
            if deadline(of: suspicion) <= clock {
                die(slot, incarnation: table[slot].member.incarnation, accusers: suspicion.accusers, age: .zero)
            } else {
                tellAccused(slot)
            }
        }
        refloor()
    }

    mutating func refloor() {
        suspicionFloor = .distantFuture
        for slot in suspects {
            if let suspicion = table[slot].suspicion { suspicionFloor = min(suspicionFloor, deadline(of: suspicion)) }
        }
    }

    mutating func endSuspicion(_ slot: Int) {
        guard table[slot].suspicion != nil else { return }
        table[slot].suspicion = nil
        if let i = suspects.firstIndex(of: slot) { suspects.remove(at: i) }
        if suspects.isEmpty { (suspicionFloor, hasRefusals) = (.distantFuture, false) }
    }

    // MARK: Refusal

    /// Witnesses of a refused connection that are enough: as configured, or all there are.
    private func refusalsNeeded() -> Int {
        var others = table.live.count
        for slot in suspects where table[slot].suspicion?.refusals ?? 0 > 0 { others -= 1 }
        return max(1, min(figures.refusalWitnesses, others + 1))
    }

    /// Declares those dead against whom enough refusals stand. One death can leave fewer possible witnesses for the next.
    mutating func settleRefusals() {
        while hasRefusals {
            let needed = refusalsNeeded()
            guard let slot = suspects.first(where: { table[$0].suspicion?.refusals ?? 0 >= needed }),
                let suspicion = table[slot].suspicion
            else { return }
            die(slot, incarnation: table[slot].member.incarnation, accusers: suspicion.accusers, age: .zero)
        }
    }

    // MARK: Loneliness

    /// Whether the silence has lasted so long that the others are rather gone than unheard.
    var patienceIsOver: Bool { clock - silentSince >= figures.lonelyPatience }

    mutating func noteSilence() {
        let silent = table.live.count >= 2 && clock - silentSince > figures.lonelyAfter
        if silent && !isLonely {
            isLonely = true
            out.append(.event(.lonely(true)))
        }
    }

    /// A frame came from somebody.
    mutating func noteLife() {
        (lastHeardAnybody, silentSince) = (clock, clock)
        if isLonely {
            isLonely = false
            out.append(.event(.lonely(false)))
        }
    }
}

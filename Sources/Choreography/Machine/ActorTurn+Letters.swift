import Registers
import World

extension ActorTurn {
    /// Puts letters into the outbox; gives what the causal graph says of them.
    mutating func send(_ letters: [Reaction.Sent], trace: WorkID, cause: UInt64) throws -> [TraceEntry.Sent] {
        let now = view.circumstances.now.millisecondsSince1970
        return try letters.map { sent in
            var row = try view.outbox(to: sent.receiver)
            if sent.nature == .compensation, !mutations.contains(.compensationHeldBack) { row.makeWay() }
            // A compensation finds room where a step finds none: else work that cannot go on could not go back, either.
            let room = sent.nature == .compensation ? 2 : 1
            guard row.letters.count < ChoreographyLimits.lettersPerReceiver * room else {
                throw NotNow("\(row.letters.count) letters of \(name) wait for \(sent.receiver) already; it is out of reach or refuses them")
            }
            row.last += 1
            row.letters.append(
                Letter(
                    sequence: row.last, nature: sent.nature, event: sent.event, payload: sent.payload, trace: trace, cause: cause, sentAtMs: now))
            try put(row, to: sent.receiver, room: room)
            return TraceEntry.Sent(event: sent.event, receiver: sent.receiver, sequence: row.last)
        }
    }

    /// The receiver has all letters up to that number.
    mutating func settle(_ receiver: ActorName, upTo sequence: UInt64) throws {
        guard header.receivers.contains(receiver) || header.buried.contains(receiver) else { return }
        var row = try view.outbox(to: receiver)
        // Old news must not cost a round.
        guard row.settle(upTo: sequence) else { return }
        try put(row, to: receiver)
    }

    /// Changes what waits for a receiver, if the first of it still has that number and is dead or not: else somebody has dealt with it.
    /// Gives that letter, as it was.
    mutating func changeFirst(
        _ receiver: ActorName, _ sequence: UInt64, isDead: Bool, _ change: (inout OutboxRow) -> Void
    ) throws -> Letter? {
        var row = try view.outbox(to: receiver)
        guard let letter = row.letters.first, letter.sequence == sequence, (row.dead != nil) == isDead else { return nil }
        // One that is given up does not die: what was refused is what it was before, for two couriers may have asked.
        guard isDead || letter.nature != .void else { return nil }
        change(&row)
        try put(row, to: receiver)
        return letter
    }

    private mutating func put(_ row: OutboxRow, to receiver: ActorName, room: Int = 1) throws {
        header.receivers.removeAll { $0 == receiver && (row.letters.isEmpty || row.dead != nil) }
        header.buried.removeAll { $0 == receiver && row.dead == nil }
        let isKnown = header.receivers.contains(receiver) || header.buried.contains(receiver)
        if !row.letters.isEmpty, !isKnown {
            guard header.receivers.count + header.buried.count < ChoreographyLimits.receiversWaitedFor * room else {
                throw NotNow("letters of \(name) wait for \(header.receivers.count + header.buried.count) others already; ask again")
            }
            if row.dead == nil { header.receivers.append(receiver) } else { header.buried.append(receiver) }
        }
        let bytes = row.packed
        guard bytes.count <= RegisterLimits.rowBytes else {
            throw ReactionError("the letters of \(name) that wait for \(receiver) have more than \(RegisterLimits.rowBytes) bytes together")
        }
        view[.outbox, ActorRows.pair(receiver)] = bytes
    }
}

extension Letter {
    /// What is left of a step that is given up.
    mutating func void() { (nature, payload) = (.void, []) }
}

extension OutboxRow {
    /// The receiver will never take the first letter. If a compensation waits behind it, that is not held up.
    mutating func bury(_ cause: String, _ mutations: Set<Mutation>) {
        dead = cause
        if mutations.contains(.compensationHeldBack) { return }
        if letters.first?.nature == .step, letters.contains(where: { $0.nature == .compensation }) { giveUpDead() }
    }

    /// Lets a compensation pass that will come behind what is dead. One that is dead itself is tried again.
    mutating func makeWay() {
        if letters.first?.nature == .step { giveUpDead() } else { dead = nil }
    }

    /// The first letter, if the receiver has refused it, is given up. What follows is not: nobody has refused it, and it may be of
    /// other work.
    mutating func giveUpDead() {
        guard dead != nil, !letters.isEmpty else { return }
        letters[0].void()
        dead = nil
    }
}

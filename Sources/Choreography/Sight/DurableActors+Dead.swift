import Registers
import World

/// Something that is dead, with all that is known of it.
public struct DeadDetail: Hashable, Sendable {
    public let awaited: Awaited
    /// The event's value, or what was ordered, as it was encoded.
    public let payload: [UInt8]
    /// Letters of the same pair that wait behind it.
    public let held: Int

    package init(awaited: Awaited, payload: [UInt8], held: Int) { (self.awaited, self.payload, self.held) = (awaited, payload, held) }
}

extension DurableActors {
    /// Has what is dead tried again: a letter under the same number.
    /// - Parameter operation: the same once more is the same wish.
    /// - Returns: false when it is not dead, or not any more.
    public func redrive(_ id: DeadID, operation: WorkID, patience: Duration = patience) async throws(RegisterError) -> Bool {
        switch id {
        case .letter(_, let sequence, let receiver): try await change(id, .redrive(to: receiver, sequence: sequence), operation, patience)
        case .timer(let name, _): try await change(id, .revive(.timer(name)), operation, patience)
        case .part(let part, _): try await change(id, .revive(.part(part)), operation, patience)
        }
    }

    /// Gives up what is dead: a letter has no effect, a timer does not fire, and of a part its actor is told that it has failed.
    /// - Parameter operation: the same once more is the same wish.
    /// - Returns: false when it is not dead, or not any more.
    public func discard(_ id: DeadID, operation: WorkID, patience: Duration = patience) async throws(RegisterError) -> Bool {
        switch id {
        case .letter(_, let sequence, let receiver): try await change(id, .discard(to: receiver, sequence: sequence), operation, patience)
        case .timer(let name, _): try await change(id, .abandon(.timer(name)), operation, patience)
        case .part(let part, _): try await change(id, .abandon(.part(part)), operation, patience)
        }
    }

    private func change(
        _ id: DeadID, _ command: ActorCommand, _ operation: WorkID, _ patience: Duration
    ) async throws(RegisterError) -> Bool {
        // A command under an operation's id would make a register of whoever was never there, and nobody would end it.
        if await isThere(id.owner, patience: patience) == false { return false }
        do throws(RegisterError) {
            return try await engine.change(id.owner.key, operation: operation, command: command.packed, patience: patience)
                == ActorCommand.hasChanged
        } catch {
            // Of an actor that is over nothing is dead.
            guard error.code == .refused, try await dead(id, patience: patience) == nil else { throw error }
            return false
        }
    }

    /// What is dead, with its payload; nil when it is not dead, or not any more.
    public func dead(_ id: DeadID, patience: Duration = patience) async throws(RegisterError) -> DeadDetail? {
        var page: String? = ""
        while let part = page {
            let duties = try await duties(of: id.owner, after: part, patience: patience)
            if let found = duties.dead(id) { return found }
            guard case .part(let wanted, _) = id, let next = duties.next, next.utf8.lexicographicallyPrecedes(wanted.utf8)
            else { return nil }
            page = next
        }
        return nil
    }
}

extension ActorDuties {
    fileprivate func dead(_ id: DeadID) -> DeadDetail? {
        func awaited(_ what: Awaited.What, _ work: WorkID, _ cause: UInt64, since: Int64?, _ death: String) -> Awaited {
            Awaited(owner: id.owner, what: what, work: work, cause: cause, sinceMs: since, hindrance: .dead(death))
        }
        switch id {
        case .letter(_, let sequence, let receiver):
            guard let pair = pairs.first(where: { $0.receiver == receiver }), let death = pair.dead, let letter = pair.letters.first,
                letter.sequence == sequence
            else { return nil }
            let what = Awaited.What.letter(
                event: letter.event, to: receiver, sequence: sequence, isCompensation: letter.nature == .compensation)
            return DeadDetail(
                awaited: awaited(what, letter.trace, letter.cause, since: letter.sentAtMs, death), payload: letter.payload,
                held: pair.letters.count - 1)
        case .timer(let name, _):
            guard let timer = timers.first(where: { $0.name == name }), let death = timer.dead else { return nil }
            let what = Awaited.What.timer(name, event: timer.event, atMs: timer.atMs)
            return DeadDetail(awaited: awaited(what, timer.trace, timer.cause, since: nil, death), payload: timer.payload, held: 0)
        case .part(let part, _):
            guard let row = orders.first(where: { $0.part == part })?.row, let death = row.dead else { return nil }
            let what = Awaited.What.part(part, work: row.work)
            return DeadDetail(awaited: awaited(what, row.trace, row.cause, since: nil, death), payload: row.payload, held: 0)
        }
    }
}

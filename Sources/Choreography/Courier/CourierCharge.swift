import Registers
import World

/// What a courier knows and does of one actor.
struct CourierCharge {
    /// What may have to be tried again.
    enum Errand: Hashable { case read, letter(ActorName), settle, timer(String), part(String), answer(String) }

    struct Pause {
        var attempts: UInt32 = 0
        var until = Instant.zero
    }

    enum Part {
        case performing
        case done(WorkReport)
        /// The answer is being written.
        case answering(WorkReport)
    }

    /// Its duties are being read, and something has happened since that began.
    var isReading = false, isStale = false
    /// The instant for which a timer is set.
    var timer = Instant.distantFuture
    /// The part behind which orders are being read; empty when all is.
    var page = ""
    private(set) var duties = ActorDuties()
    /// Receivers to whom a letter is under way, or whose refusal of one is being written.
    var flying: Set<ActorName> = []
    /// Receivers that have letters of which the register does not know it yet.
    private var receipts: [ActorName: UInt64] = [:]
    private var settlesAt = Instant.distantFuture
    private var isSettling = false
    private var firing: Set<String> = []
    var parts: [String: Part] = [:]
    var pauses: [Errand: Pause] = [:]

    /// Nothing is under way. Whether something waits is another matter.
    var isIdle: Bool { !isReading && flying.isEmpty && receipts.isEmpty && !isSettling && firing.isEmpty && parts.isEmpty }

    /// Whether a letter that waits for the receiver does nothing where there is nobody: it undoes something, or stands for a step that was
    /// given up.
    func needsNobody(_ sequence: UInt64, to receiver: ActorName) -> Bool {
        let letters = duties.pairs.first { $0.receiver == receiver }?.letters ?? []
        return letters.contains { $0.sequence == sequence && $0.nature != .step }
    }

    // MARK: News

    mutating func take(_ read: ActorDuties) {
        pauses[.read] = nil
        guard page.isEmpty else { return (duties.orders, duties.next) = (read.orders, read.next) }
        duties = read
        // What the register knows by now need not be written.
        receipts = receipts.filter { receiver, sequence in
            read.pairs.contains { $0.receiver == receiver && $0.letters.first.map { $0.sequence <= sequence } ?? false }
        }
        if receipts.isEmpty { settlesAt = .distantFuture }
    }

    mutating func received(_ receiver: ActorName, _ sequence: UInt64, settlesAt: Instant) {
        receipts[receiver] = max(receipts[receiver] ?? 0, sequence)
        self.settlesAt = min(self.settlesAt, settlesAt)
    }

    /// A command has been carried out, or not. Gives what may have to be tried again.
    mutating func ended(_ command: ActorCommand, _ error: RegisterError?) -> Errand? {
        let errand: Errand
        switch command {
        case .settle(let receipts):
            isSettling = false
            errand = .settle
            if error != nil {
                settlesAt = .zero
            } else {
                for receipt in receipts where self.receipts[receipt.receiver] == receipt.sequence { self.receipts[receipt.receiver] = nil }
            }
        case .bury(let receiver, _, _):
            flying.remove(receiver)
            errand = .letter(receiver)
        case .fire(let timer, _):
            firing.remove(timer)
            errand = .timer(timer)
        case .answer(let part, _, _):
            errand = .answer(part)
            if case .answering(let report) = parts[part] {
                // What the rules refuse they would refuse again. The part stays open, and another worker may do better.
                parts[part] = error == nil || error?.code == .refused ? nil : .done(report)
            }
        case .tell, .deliver, .redrive, .discard: return nil
        }
        if error == nil { pauses[errand] = nil }
        return errand
    }

    // MARK: What comes next

    /// One look at what can be done.
    struct Look {
        let now: Instant
        let wall: WallTime
        /// Flights that may still begin.
        var room: Int
        /// Parts that may be under way.
        let parts: Int
        /// When something is to be tried again.
        var next = Instant.distantFuture
        /// Something could begin if there were room.
        var isHeldUp = false
        /// Nothing that was read is left to be begun.
        var isThrough = false

        init(now: Instant, wall: WallTime, room: Int, parts: Int) { (self.now, self.wall, self.room, self.parts) = (now, wall, room, parts) }

        mutating func mayTry(_ errand: Errand, _ charge: CourierCharge) -> Bool {
            guard let pause = charge.pauses[errand], pause.until > now else { return true }
            next = min(next, pause.until)
            return false
        }

        mutating func takesOff(_ errand: Errand, _ charge: CourierCharge) -> Bool {
            guard mayTry(errand, charge) else { return false }
            if room > 0 { room -= 1 } else { isHeldUp = true }
            return !isHeldUp
        }
    }

    mutating func next(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        letters(actor, &look) + due(actor, &look) + work(actor, &look) + settle(actor, &look)
    }

    private mutating func letters(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        duties.pairs.compactMap { pair in
            guard pair.dead == nil, !flying.contains(pair.receiver) else { return nil }
            let arrived = receipts[pair.receiver] ?? 0, errand = Errand.letter(pair.receiver)
            guard let letter = pair.letters.first(where: { $0.sequence > arrived }), look.takesOff(errand, self) else { return nil }
            flying.insert(pair.receiver)
            return .deliver(from: actor, to: pair.receiver, letter, received: pair.received, attempt: attempt(errand))
        }
    }

    private mutating func due(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        duties.timers.compactMap { timer in
            guard WallTime(millisecondsSince1970: timer.atMs) <= look.wall, !firing.contains(timer.name) else { return nil }
            guard look.takesOff(.timer(timer.name), self) else { return nil }
            firing.insert(timer.name)
            return .write(actor, .fire(timer: timer.name, atMs: timer.atMs))
        }
    }

    private mutating func work(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        var effects: [CourierEffect] = []
        for part in parts.keys.sorted() {
            guard case .done(let report) = parts[part], look.takesOff(.answer(part), self) else { continue }
            parts[part] = .answering(report)
            effects.append(.write(actor, .answer(part: part, payload: report.payload, by: report.node)))
        }
        let left = duties.orders.filter { parts[$0.part] == nil }
        for order in left.prefix(max(0, look.parts - parts.count)) where look.takesOff(.part(order.part), self) {
            parts[order.part] = .performing
            effects.append(
                .perform(actor, part: order.part, work: order.row.work, payload: order.row.payload, attempt: attempt(.part(order.part))))
        }
        look.isThrough = left.isEmpty && parts.isEmpty
        return effects
    }

    private mutating func settle(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        guard !receipts.isEmpty, !isSettling else { return [] }
        guard settlesAt <= look.now else {
            look.next = min(look.next, settlesAt)
            return []
        }
        guard look.takesOff(.settle, self) else { return [] }
        (isSettling, settlesAt) = (true, .distantFuture)
        return [.write(actor, .settle(receipts.keys.sorted().map { ActorCommand.Receipt($0, receipts[$0] ?? 0) }))]
    }

    private func attempt(_ errand: Errand) -> UInt32 { (pauses[errand]?.attempts ?? 0) + 1 }
}

import Registers
import World

/// What a courier knows and does of one actor.
struct CourierCharge {
    /// What may have to be tried again.
    enum Errand: Hashable { case read, letter(ActorName), settle, timer(String), part(String) }

    struct Pause {
        var attempts: UInt32 = 0
        var until = Instant.zero
    }

    /// How often it is looked whether the clock can be gone by again, while a timer is due that it holds back.
    private static let clockPause = Duration.seconds(1)

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
    /// Timers whose refusal is to be written down, with the time for which they are set and the cause.
    private var refused: [String: (atMs: Int64, cause: String)] = [:]
    /// Parts that are with workers, or whose end is being written.
    var parts: [String: Part] = [:]
    var pauses: [Errand: Pause] = [:]

    /// Nothing is under way. Whether something waits is another matter.
    var isIdle: Bool {
        !isReading && flying.isEmpty && receipts.isEmpty && !isSettling && firing.isEmpty && refused.isEmpty && parts.isEmpty
    }

    /// Whether a letter that waits for the receiver does nothing where there is nobody: it undoes something, or stands for a step that was
    /// given up.
    func needsNobody(_ sequence: UInt64, to receiver: ActorName) -> Bool {
        let letters = duties.pairs.first { $0.receiver == receiver }?.letters ?? []
        return letters.contains { $0.sequence == sequence && $0.nature != .step }
    }

    /// It has something done or tried again that may no longer be wanted.
    var isEager: Bool { !parts.isEmpty || !pauses.isEmpty || !flying.isEmpty }

    // MARK: News

    /// Takes what was read, and gives the parts for which nobody waits any longer.
    mutating func take(_ read: ActorDuties) -> [(work: String, part: String)] {
        pauses[.read] = nil
        let unwanted = compare(read)
        guard page.isEmpty else {
            (duties.orders, duties.next) = (read.orders, read.next)
            return unwanted
        }
        duties = read
        // What the register knows by now need not be written.
        receipts = receipts.filter { receiver, sequence in
            read.pairs.contains { $0.receiver == receiver && $0.letters.first.map { $0.sequence <= sequence } ?? false }
        }
        if receipts.isEmpty { settlesAt = .distantFuture }
        return unwanted
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
        case .fire(let timer, let atMs):
            firing.remove(timer)
            errand = .timer(timer)
            // What the rules refuse they would refuse again.
            if let error, error.code == .refused { refused[timer] = (atMs, error.sentence) }
        case .buryTimer(let timer, _, _):
            firing.remove(timer)
            errand = .timer(timer)
            if error == nil { refused[timer] = nil }
        case .answer(let part, _):
            errand = .part(part)
            parts[part] = parts[part]?.written(isAnswer: true, error)
        case .buryPart(let part, _):
            errand = .part(part)
            parts[part] = parts[part]?.written(isAnswer: false, error)
        case .tell, .deliver, .redrive, .discard, .revive, .abandon: return nil
        }
        if error == nil { pauses[errand] = nil }
        return errand
    }

    // MARK: What comes next

    /// One look at what can be done.
    struct Look {
        let now: Instant
        let wall: WallTime
        /// What is due by the wall clock may be done.
        let firesTimers: Bool
        /// Flights that may still begin.
        var room: Int
        /// Parts that may still be given to workers.
        var parts: Int
        let mutations: Set<Mutation>
        /// When something is to be tried again.
        var next = Instant.distantFuture
        /// Something could begin if there were room.
        var isHeldUp = false
        /// Nothing that was read is left to be begun.
        var isThrough = false

        init(now: Instant, wall: WallTime, firesTimers: Bool, room: Int, parts: Int, mutations: Set<Mutation>) {
            (self.now, self.wall, self.room, self.parts, self.mutations) = (now, wall, room, parts, mutations)
            self.firesTimers = firesTimers
        }

        /// Of the mutation `timers-in-memory`: remembers a timer.
        mutating func keep(_ timer: WallTime) {
            next = min(next, now + .nanoseconds(timer.nanosecondsSince1970 - wall.nanosecondsSince1970))
        }

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
        letters(actor, &look) + due(actor, &look) + answers(actor, &look) + orders(actor, &look) + settle(actor, &look)
    }

    private mutating func letters(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        duties.pairs.compactMap { pair in
            guard pair.dead == nil, !flying.contains(pair.receiver) else { return nil }
            let arrived = receipts[pair.receiver] ?? 0, errand = Errand.letter(pair.receiver)
            guard let letter = pair.letters.first(where: { $0.sequence > arrived }), look.takesOff(errand, self) else { return nil }
            flying.insert(pair.receiver)
            if look.mutations.contains(.noOutbox) { received(pair.receiver, letter.sequence, settlesAt: look.now) }
            return .deliver(from: actor, to: pair.receiver, letter, received: pair.received, attempt: attempt(errand))
        }
    }

    private mutating func due(_ actor: ActorName, _ look: inout Look) -> [CourierEffect] {
        duties.timers.compactMap { timer in
            let at = WallTime(millisecondsSince1970: timer.atMs)
            guard timer.dead == nil, at <= look.wall, !firing.contains(timer.name) else {
                if at > look.wall, look.mutations.contains(.timersInMemory) { look.keep(at) }
                return nil
            }
            guard look.firesTimers else {
                look.next = min(look.next, look.now + Self.clockPause)
                return nil
            }
            guard look.takesOff(.timer(timer.name), self) else { return nil }
            firing.insert(timer.name)
            if let refusal = refused[timer.name], refusal.atMs == timer.atMs {
                return .write(actor, .buryTimer(timer.name, atMs: timer.atMs, cause: refusal.cause))
            }
            return .write(actor, .fire(timer: timer.name, atMs: timer.atMs))
        }
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

    func attempt(_ errand: Errand) -> UInt32 { (pauses[errand]?.attempts ?? 0) + 1 }
}

import Registers
import World

// THE COURIER
//
// Carries out what durable actors have written down: brings their letters to the receivers' registers, fires their timers, has workers do the
// parts that they ordered, and writes down what has come of it. One on every node that holds registers.
//
// It owns nothing. All that it knows of an actor it has read from the actor's register, and when it dies, the courier of another replica
// reads the same and goes on. Two at once do no harm, because each thing that it does counts once by itself: a letter by its number, a
// timer by its time, a part by its name. So no lease, no lock and no clock decides who may.
//
//      attend ──▶ read duties ──▶ letters, one after the other for each receiver ──▶ received ──▶ settle
//                             ──▶ timers that are due                            ──▶ fire
//                             ──▶ parts                                          ──▶ answer
//                 each of these changes the register, and with that the replica says attend once more, as long as anything is left
//
// What does not succeed is tried again: after 50 ms at first, with full jitter, up to 10 s, for ever. What the receiver refuses is not
// tried again: it would refuse it again. That is written down as a dead letter. So is what is for somebody whose hour is closed, and
// who was never made or has gone with it: nobody will ever be there. A compensation counts as arrived then.
//
// News of an arrival need not be written at once: an answer of the receiver brings it along. So it waits a moment, and is read from the
// register before it is written.

/// Does what the durable actors of one node's registers want done.
package struct Courier {
    private let figures: CourierConfiguration
    private var random: RandomStream
    private var charges: [ActorName: CourierCharge] = [:]
    /// Those that have something to do and found no flight free, in order.
    private var waiting: [ActorName] = []
    private var isWaiting: Set<ActorName> = []
    /// Letters, commands and parts that are under way.
    private var flights = 0
    private var timers = EventHeap<ActorName>()
    private var now = Instant.zero
    private var wall = WallTime(nanosecondsSince1970: 0)
    private var effects: [CourierEffect] = []

    package init(random: RandomStream, configuration: CourierConfiguration = .init()) {
        self.random = random
        figures = configuration
    }

    /// When `tick` is wanted next.
    package var nextDeadline: Instant { timers.next }

    /// Actors that it looks after now.
    package var count: Int { charges.count }

    package mutating func handle(_ input: CourierInput, now: Instant, wall: WallTime) -> [CourierEffect] {
        self.now = max(self.now, now)
        self.wall = wall
        switch input {
        case .attend(let actor): attend(actor)
        case .duties(let actor, let result): take(result, of: actor)
        case .delivered(let sender, let receiver, let sequence, let result): delivered(sender, receiver, sequence, result)
        case .written(let actor, let command, let error): written(actor, command, error)
        case .performed(let actor, let part, let result): performed(actor, part, result)
        case .tick: break
        }
        while let (actor, _) = timers.pop(dueBy: self.now) {
            guard let timer = charges[actor]?.timer, timer <= self.now else { continue }
            charges[actor]?.timer = .distantFuture
            work(for: actor)
        }
        goOn()
        var out: [CourierEffect] = []
        swap(&out, &effects)
        return out
    }

    // MARK: Duties

    private mutating func attend(_ actor: ActorName) {
        if charges[actor]?.isReading == true { return charges[actor, default: CourierCharge()].isStale = true }
        guard flights < figures.flights else {
            charges[actor, default: CourierCharge()].isStale = true
            return wait(actor)
        }
        read(actor)
    }

    private mutating func read(_ actor: ActorName, after part: String = "") {
        charges[actor, default: CourierCharge()].isReading = true
        charges[actor]?.isStale = false
        charges[actor]?.page = part
        fly(.read(actor, after: part))
    }

    /// Has the actor have its turn when a flight is free.
    private mutating func wait(_ actor: ActorName) {
        if isWaiting.insert(actor).inserted { waiting.append(actor) }
    }

    private mutating func take(_ result: Result<ActorDuties, RegisterError>, of actor: ActorName) {
        flights -= 1
        guard var charge = charges[actor], charge.isReading else { return }
        charge.isReading = false
        switch result {
        case .success(let duties): charge.take(duties)
        case .failure: pause(&charge, .read)
        }
        charges[actor] = charge
        work(for: actor)
    }

    // MARK: What comes back

    private mutating func delivered(
        _ sender: ActorName, _ receiver: ActorName, _ sequence: UInt64, _ result: Result<DeliveryAnswer, RegisterError>
    ) {
        flights -= 1
        guard var charge = charges[sender] else { return }
        charge.flying.remove(receiver)
        switch result {
        case .success(.received(let last)):
            charge.pauses[.letter(receiver)] = nil
            charge.received(receiver, last, settlesAt: now + figures.settlePause)
        case .success(.outOfOrder): pause(&charge, .letter(receiver))
        case .failure(let error) where error.code == .expired && charge.needsNobody(sequence, to: receiver):
            // What never was needs no undoing.
            charge.received(receiver, sequence, settlesAt: now + figures.settlePause)
        case .failure(let error) where error.code == .refused || error.code == .tooLarge || error.code == .expired:
            // It would be refused again.
            charge.flying.insert(receiver)
            fly(.write(sender, .bury(to: receiver, sequence: sequence, cause: error.sentence)))
        case .failure: pause(&charge, .letter(receiver))
        }
        charges[sender] = charge
        work(for: sender)
    }

    private mutating func written(_ actor: ActorName, _ command: ActorCommand, _ error: RegisterError?) {
        flights -= 1
        guard var charge = charges[actor] else { return }
        let errand = charge.ended(command, error)
        if let errand, error != nil { pause(&charge, errand) }
        charges[actor] = charge
        // What was written has changed the duties.
        if error == nil { attend(actor) } else { work(for: actor) }
    }

    private mutating func performed(_ actor: ActorName, _ part: String, _ result: Result<WorkReport, WorkTrouble>) {
        flights -= 1
        guard var charge = charges[actor] else { return }
        switch result {
        case .success(let report):
            charge.pauses[.part(part)] = nil
            charge.parts[part] = .done(report)
        case .failure:
            charge.parts[part] = nil
            pause(&charge, .part(part))
        }
        charges[actor] = charge
        work(for: actor)
    }

    /// Full jitter (Brooker, "Exponential Backoff And Jitter", 2015).
    private mutating func pause(_ charge: inout CourierCharge, _ errand: CourierCharge.Errand) {
        var pause = charge.pauses[errand] ?? CourierCharge.Pause()
        let most = min(figures.firstPause * (1 << min(pause.attempts, 16)), figures.longestPause)
        pause.attempts += 1
        pause.until = now + .nanoseconds(Int64(random.unit() * Double(most.nanoseconds)))
        charge.pauses[errand] = pause
    }

    // MARK: What is done

    /// Those who found no flight free have their turn.
    private mutating func goOn() {
        var next = 0
        while flights < figures.flights, next < waiting.count {
            isWaiting.remove(waiting[next])
            next += 1
            work(for: waiting[next - 1])
        }
        waiting.removeFirst(next)
    }

    /// Does for an actor what can be done now, and sets a timer for the rest.
    private mutating func work(for actor: ActorName) {
        guard var charge = charges[actor], !charge.isReading else { return }
        if charge.isStale { return flights < figures.flights ? read(actor) : wait(actor) }
        var look = CourierCharge.Look(now: now, wall: wall, room: figures.flights - flights, parts: figures.partsOfOne)
        if charge.pauses[.read] != nil {
            if look.mayTry(.read, charge) { return read(actor) }
        } else {
            for effect in charge.next(actor, &look) { fly(effect) }
            if let next = charge.duties.next, look.isThrough { return goOnReading(actor, charge, after: next) }
        }
        if look.isHeldUp { wait(actor) }
        if look.next < charge.timer {
            charge.timer = look.next
            timers.insert(actor, at: look.next)
        }
        charges[actor] = charge.isIdle && !look.isHeldUp && look.next == .distantFuture ? nil : charge
    }

    private mutating func goOnReading(_ actor: ActorName, _ charge: CourierCharge, after part: String) {
        charges[actor] = charge
        read(actor, after: part)
    }

    private mutating func fly(_ effect: CourierEffect) {
        flights += 1
        effects.append(effect)
    }
}

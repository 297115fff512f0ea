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
//                             ──▶ parts, by workers (see Scatter)                ──▶ answer
//                 each of these changes the register, and with that the replica says attend once more, as long as anything is left
//
// What does not succeed is tried again: after 50 ms at first, with full jitter, up to 10 s, for ever. What is refused is not tried
// again: it would be refused again. That is written down: as a dead letter, a dead timer, or a dead part. So is what is for somebody whose
// hour is closed, and who was never made or has gone with it: nobody will ever be there. A compensation counts as arrived then. An actor
// that has gone so itself is let go of, with all that it wanted.
//
// While the wall clock of its node is off it fires no timer, and looks again every second whether it may. Letters and parts go on.
//
// News of an arrival need not be written at once: an answer of the receiver brings it along. So it waits a moment, and is read from the
// register before it is written.

/// Does what the durable actors of one node's registers want done.
package struct Courier {
    private let figures: CourierConfiguration
    private let mutations: Set<Mutation>
    private var random: RandomStream
    private var charges: [ActorName: CourierCharge] = [:]
    /// How many of each kind these are.
    private var counts: [String: Int] = [:]
    /// For those of which it has not heard yet.
    private var places = CourierPlaces()
    /// Those that have something to do and found no flight free, in order.
    private var waiting: [ActorName] = []
    private var isWaiting: Set<ActorName> = []
    /// Letters and commands that are under way.
    private var flights = 0
    /// Parts that are with workers, of all actors.
    private var parts = 0
    private var timers = EventHeap<ActorName>()
    private var now = Instant.zero
    private var wall = WallTime(nanosecondsSince1970: 0)
    private var firesTimers = true
    private var effects: [CourierEffect] = []

    package init(random: RandomStream, configuration: CourierConfiguration = .init(), mutations: Set<Mutation> = []) {
        self.random = random
        self.mutations = mutations
        figures = configuration
    }

    /// When `tick` is wanted next.
    package var nextDeadline: Instant { timers.next }

    /// Actors of a kind that it looks after now.
    package func count(ofKind kind: String) -> Int { counts[kind] ?? 0 }

    /// Keeps a place for an actor that is about to begin, until it has heard of it or the place is given back.
    /// - Parameter limit: of actors of its kind, with the places for those that are about to begin.
    /// - Returns: nil when there is room for it, else how many there are.
    package mutating func reserve(_ actor: ActorName, limit: Int, now: Instant) -> Int? {
        charges[actor] == nil ? places.reserve(actor, beside: count(ofKind: actor.kind), limit: limit, now: now) : nil
    }

    /// - Returns: whether a place was still kept for the actor.
    package mutating func giveBack(_ actor: ActorName) -> Bool { places.giveBack(actor) }

    /// What it has under way for an actor, and what it tries again and when.
    package func efforts(for actor: ActorName, now: Instant, limit: Int) -> [Effort] {
        charges[actor]?.efforts(now: now, limit: limit) ?? []
    }

    /// - Parameter firesTimers: whether the wall clock can be gone by. While it cannot, timers are left to the couriers of other replicas.
    package mutating func handle(_ input: CourierInput, now: Instant, wall: WallTime, firesTimers: Bool = true) -> [CourierEffect] {
        self.now = max(self.now, now)
        (self.wall, self.firesTimers) = (wall, firesTimers || mutations.contains(.wrongClocksFire))
        switch input {
        case .attend(let actor): attend(actor)
        case .duties(let actor, let result): take(result, of: actor)
        case .delivered(let sender, let receiver, let sequence, let result): delivered(sender, receiver, sequence, result)
        case .written(let actor, let command, let error): written(actor, command, error)
        case .performed(let actor, let part, let report): ended(actor, part, .done(report))
        case .silent(let actor, let part, let cause): ended(actor, part, .dying(cause))
        case .rests(let actor): if charges[actor]?.isEager == true { attend(actor) }
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
        take(on: actor)
        let isReading = charges[actor]?.isReading == true
        guard !isReading, flights < figures.flights else {
            charges[actor]?.isStale = true
            if !isReading { wait(actor) }
            return
        }
        read(actor)
    }

    private mutating func read(_ actor: ActorName, after part: String = "") {
        take(on: actor)
        charges[actor]?.isReading = true
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
        case .success(let duties):
            for unwanted in charge.take(duties) { effects.append(.callOff(actor, work: unwanted.work, part: unwanted.part)) }
        case .failure(let error) where error.code == .expired: return letGo(actor, charge)
        case .failure: pause(&charge, .read)
        }
        put(charge, actor)
        work(for: actor)
    }

    /// The actor's hour is closed, and it is not there: it was freed, or never made. Nobody has to look after it any more.
    private mutating func letGo(_ actor: ActorName, _ charge: CourierCharge) {
        for (name, part) in charge.parts.sorted(by: { $0.key < $1.key }) { effects.append(.callOff(actor, work: part.work, part: name)) }
        put(nil, actor)
    }

    private mutating func put(_ charge: CourierCharge?, _ actor: ActorName) {
        parts += (charge?.parts.count ?? 0) - (charges[actor]?.parts.count ?? 0)
        if charge == nil, charges[actor] != nil { counts[actor.kind, default: 1] -= 1 }
        charges[actor] = charge
    }

    /// Begins to look after an actor, unless it does.
    private mutating func take(on actor: ActorName) {
        guard charges[actor] == nil else { return }
        places.giveBack(actor)
        charges[actor] = CourierCharge()
        counts[actor.kind, default: 0] += 1
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
        put(charge, sender)
        work(for: sender)
    }

    private mutating func written(_ actor: ActorName, _ command: ActorCommand, _ error: RegisterError?) {
        flights -= 1
        guard var charge = charges[actor] else { return }
        if error?.code == .expired { return letGo(actor, charge) }
        let errand = charge.ended(command, error)
        if let errand, error != nil { pause(&charge, errand) }
        put(charge, actor)
        // What was written has changed the duties.
        if error == nil { attend(actor) } else { work(for: actor) }
    }

    /// What a worker has said of a part.
    private mutating func ended(_ actor: ActorName, _ name: String, _ stage: CourierCharge.Part.Stage) {
        guard let part = charges[actor]?.parts[name] else { return }
        switch part.stage {
        case .performing, .dying, .dead: charges[actor]?.parts[name]?.stage = stage
        // The first answer counts, and its end may be half written.
        case .done: return
        }
        work(for: actor)
    }

    private mutating func pause(_ charge: inout CourierCharge, _ errand: CourierCharge.Errand) {
        var pause = charge.pauses[errand] ?? CourierCharge.Pause()
        pause.attempts += 1
        pause.until = now + figures.pauses.pause(after: Int(pause.attempts), &random)
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
        let free = min(figures.parts - parts, figures.partsOfOne - charge.parts.count)
        var look = CourierCharge.Look(
            now: now, wall: wall, firesTimers: firesTimers, room: figures.flights - flights, parts: free, mutations: mutations)
        if charge.pauses[.read] != nil {
            if look.mayTry(.read, charge) { return read(actor) }
        } else {
            for effect in charge.next(actor, &look) {
                if case .perform = effect { effects.append(effect) } else { fly(effect) }
            }
            if let next = charge.duties.next, look.isThrough { return goOnReading(actor, charge, after: next) }
        }
        if look.isHeldUp { wait(actor) }
        if look.next < charge.timer {
            charge.timer = look.next
            timers.insert(actor, at: look.next)
        }
        put(charge.isIdle && !look.isHeldUp && look.next == .distantFuture ? nil : charge, actor)
    }

    private mutating func goOnReading(_ actor: ActorName, _ charge: CourierCharge, after part: String) {
        put(charge, actor)
        read(actor, after: part)
    }

    private mutating func fly(_ effect: CourierEffect) {
        flights += 1
        effects.append(effect)
    }
}

import Choreography
import Registers
import World

// What a courier wants of registers goes the way of every wish: to the home, as its node sees it, and to the next one when that does not
// answer. So it is lost, late and done without an answer as often as what clients ask.

extension SimulatedMesh {
    /// How long a register may take to answer a courier.
    private static let courierPatience: Duration = .seconds(3)

    /// The replica says that somebody has to look after the register.
    func attend(_ key: RegisterKey, _ process: NodeProcess) {
        trace.note(now, process.machine, .wish, UInt64(key.shard), "\(key) is due")
        if let actor = ActorName(key: key) { give(.attend(actor), toCourierOf: process) }
    }

    /// The replica says that nobody has to look after it any more.
    func rests(_ key: RegisterKey, _ process: NodeProcess) {
        if let actor = ActorName(key: key) { give(.rests(actor), toCourierOf: process) }
    }

    func give(_ input: CourierInput, toCourierOf process: NodeProcess) {
        let wall = wall(process.machine), mayFire = process.membership.clockWatch.mayFire(now: now, wall: wall)
        guard let effects = process.courier?.handle(input, now: now, wall: wall, firesTimers: mayFire) else { return }
        for effect in effects where isRunning(process) { carry(effect, of: process) }
        if isRunning(process) { armCourier(process) }
    }

    private func armCourier(_ process: NodeProcess) {
        guard let deadline = process.courier?.nextDeadline, deadline < process.courierTick else { return }
        process.courierTick = max(deadline, now)
        push(.courierTick(process.machine, process: process.serial), at: process.courierTick)
    }

    private func carry(_ effect: CourierEffect, of process: NodeProcess) {
        let i = process.machine, serial = process.serial
        switch effect {
        case .perform(let actor, let work, let part): return give(.perform(actor, work: work, part), toDispatcherOf: process)
        case .callOff(let actor, let work, let part): return give(.callOff(actor, work: work, part: part), toDispatcherOf: process)
        case .write(let actor, .fire(let timer, let atMs)): judge(firing: timer, of: actor, dueMs: atMs, by: process)
        case .read, .deliver, .write: break
        }
        guard let errand = CourierErrand(effect) else { return }
        let number = nextNumber()
        trace.note(now, i, .courier, number, "#\(number) \(effect.text)")
        callers[number] = { [unowned self] result in push(.courierHears(i, process: serial, errand.input(result)), after: .zero) }
        take(ClientCall(number: number, key: errand.key, action: errand.action, patience: Self.courierPatience), process)
    }
}

extension CourierEffect {
    var text: String {
        switch self {
        case .read(let actor, let part): "read the duties of \(actor)" + (part.isEmpty ? "" : " after \(part)")
        case .deliver(let sender, let receiver, let letter, _, let attempt):
            "deliver \(letter.event) \(letter.sequence) of \(sender) to \(receiver), attempt \(attempt)"
        case .write(let actor, let command): "write to \(actor): \(command.text)"
        case .perform(let actor, let work, let part): "perform \(work) \(part.name) of \(actor)"
        case .callOff(let actor, let work, let part): "call off \(work) \(part) of \(actor)"
        }
    }
}

extension ActorCommand {
    var text: String {
        switch self {
        case .tell(let event, _, _): "tell \(event)"
        case .deliver(let sender, let letter, _, _): "deliver \(letter.event) of \(sender)"
        case .settle(let receipts): "settle \(receipts.map { "\($0.receiver) \($0.sequence)" }.joined(separator: ", "))"
        case .bury(let receiver, let sequence, let cause): "bury \(sequence) to \(receiver): \(cause)"
        case .redrive(let receiver, let sequence): "redrive \(sequence) to \(receiver)"
        case .discard(let receiver, let sequence): "discard \(sequence) to \(receiver)"
        case .fire(let timer, _): "fire \(timer)"
        case .answer(let part, let report): "answer to \(part) by \(report.node)"
        case .buryTimer(let timer, _, let cause): "bury \(timer): \(cause)"
        case .buryPart(let part, let cause): "bury \(part): \(cause)"
        case .revive(let duty): "revive \(duty)"
        case .abandon(let duty): "abandon \(duty)"
        }
    }
}

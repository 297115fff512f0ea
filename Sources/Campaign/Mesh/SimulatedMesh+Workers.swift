import Choreography
import Membership
import Placement
import World

// Every node works: it weighs what gathers order, and counts the primes that jobs want, by the product's own worker. Whoever looks
// after the actor gives its parts to nodes of its own view, and waits for each answer for a while. Orders and answers get lost on the
// way and come twice, and a worker that dies has told nobody. What has been done outside is counted here, and hidden from the nodes.

/// A part on its way to a worker, and back.
struct PartCall: Sendable {
    let number: UInt64
    /// Whom the answer goes to.
    let from: Int
    let assignment: WorkDispatcher.Assignment
    let task: WorkTask
    /// What came of it; nil on the way there.
    var outcome: WorkDispatcher.Input?
}

extension SimulatedMesh {
    /// How long a worker may take to answer.
    private static let workPatience: Duration = .milliseconds(1_500)

    func give(_ input: WorkDispatcher.Input, toDispatcherOf process: NodeProcess) {
        for effect in process.dispatcher.handle(input, now: now) where isRunning(process) { carry(effect, of: process) }
        guard isRunning(process), !process.isDispatching, !process.dispatcher.isIdle else { return }
        process.isDispatching = true
        push(.workTick(process.machine, process: process.serial), after: Scatter.tickInterval)
    }

    func tickWork(_ process: NodeProcess) {
        process.isDispatching = false
        give(.tick, toDispatcherOf: process)
    }

    private func carry(_ effect: WorkDispatcher.Effect, of process: NodeProcess) {
        switch effect {
        case .call(let assignment, let task): call(assignment, task, process)
        case .callOff(let assignment): process.partCalls = process.partCalls.filter { $0.value != assignment }
        case .ended(let actor, let part, let report): give(.performed(actor, part: part, report), toCourierOf: process)
        case .silent(let actor, let part, let cause): give(.silent(actor, part: part, cause: cause), toCourierOf: process)
        }
    }

    private func call(_ assignment: WorkDispatcher.Assignment, _ task: WorkTask, _ process: NodeProcess) {
        guard let to = machines.firstIndex(where: { $0.name == assignment.node.name }) else { return }
        let i = process.machine, call = PartCall(number: nextNumber(), from: i, assignment: assignment, task: task)
        trace.note(now, i, .courier, call.number, "#\(call.number) part \(assignment.part) of \(assignment.actor) to \(assignment.node)")
        process.partCalls[call.number] = assignment
        given[Performance(actor: assignment.actor, part: assignment.part), default: []].insert(assignment.node)
        push(.partDue(i, process: process.serial, call.number), after: Self.workPatience)
        if to == i { push(.parcel(i, .part(call)), after: .zero) } else { transmit(.part(call), from: i, to: to) }
    }

    /// A worker gets a part. Only the life that is meant takes it.
    func take(_ call: PartCall, _ process: NodeProcess) {
        guard process.identity == call.assignment.node else { return }
        push(.partBegun(process.machine, process: process.serial, call), after: .milliseconds(1) + outside.exponential(.milliseconds(20)))
    }

    func work(_ call: PartCall, _ process: NodeProcess) {
        guard call.assignment.work == Gather.work.name else {
            nodeTasks(of: process)?.work(call)
            return
        }
        var call = call
        call.outcome = .answered(call.assignment, .done(Gather.weight(call.assignment.part).octets))
        done(call, process)
    }

    func done(_ call: PartCall, _ process: NodeProcess) {
        let i = process.machine, assignment = call.assignment
        if case .answered = call.outcome { performed.insert(Performance(actor: assignment.actor, part: assignment.part)) }
        trace.note(now, i, .courier, call.number, "#\(call.number) part \(assignment.part) of \(assignment.actor) is done")
        if call.from == i { return push(.parcel(i, .partAnswer(call)), after: .zero) }
        transmit(.partAnswer(call), from: i, to: call.from)
    }

    func answered(_ call: PartCall, _ process: NodeProcess) {
        process.partCalls[call.number] = nil
        if let outcome = call.outcome { give(outcome, toDispatcherOf: process) }
    }

    func partIsDue(_ number: UInt64, _ process: NodeProcess) {
        guard let assignment = process.partCalls.removeValue(forKey: number) else { return }
        give(.lost(assignment, .silent), toDispatcherOf: process)
    }

    /// The view has changed: who works, and who has died.
    func seeWorkers(_ process: NodeProcess) {
        guard !work.isEmpty, process.courier != nil else { return }
        let members = process.membership.members, live = members.filter(\.status.isLive).map(\.identity)
        let died = members.filter { !$0.status.isLive }.map(\.identity).filter { !process.dead.contains($0) }
        process.dead.formUnion(died)
        heldForDead.formUnion(died)
        for (number, assignment) in process.partCalls.sorted(by: { $0.key < $1.key }) where !live.contains(assignment.node) {
            process.partCalls[number] = nil
            heldForDead.insert(assignment.node)
            give(.lost(assignment, .died), toDispatcherOf: process)
        }
        let ring = HashRing(live.map { RingMember(name: $0.name, roles: work.map(\.name)) })
        let seats = live.map { WorkerSeat(node: $0, credits: 2) }
        for kind in work { give(.crew(work: kind.name, seats, ring, died: died), toDispatcherOf: process) }
    }
}

extension SimulatedMesh {
    /// The parts that were given to lives which some node has held for dead, with how many these are.
    var partDeaths: [Performance: Int] { given.mapValues { $0.intersection(heldForDead).count }.filter { $0.value > 0 } }
}

/// A part that was done, in the world outside.
package struct Performance: Hashable {
    package let actor: ActorName
    package let part: String

    package init(actor: ActorName, part: String) { (self.actor, self.part) = (actor, part) }
}

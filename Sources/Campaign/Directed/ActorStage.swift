import Choreography
import Jobs
import Membership
import Placement
import Registers
import World

/// Two couriers over actors that are kept in one place, with two workers, and a script that decides which calls get lost and which courier
/// dies. The first courier that lives looks after all actors. Edges reach the same actors, and lose nothing.
///
/// What registers promise is given here: one copy of each actor, which changes as a whole. Time stands still but for ``wait(_:)``.
final class ActorStage {
    /// What becomes of a call of a courier.
    enum Fate {
        case answered
        /// It does not arrive, and the courier hears so after a while.
        case lost
        /// It is carried out, and the courier hears nothing of it.
        case answerLost
    }

    /// How long a courier waits for an answer.
    private static let patience: Duration = .seconds(3)
    /// How long the second courier gives the first, and how often they are told.
    private static let turn: Duration = .seconds(2), interval: Duration = .seconds(5)

    private enum Input {
        case courier(CourierInput)
        case dispatcher(WorkDispatcher.Input)
    }

    private struct Player {
        var courier: Courier
        var dispatcher: WorkDispatcher
    }

    private let mutations: Set<Mutation>
    private var actors: MemoryActors
    /// Nil for one that is dead, and does not come back. Numbered from 1, as in the scripts.
    private var players: [Player?]
    private var inbox: [(number: Int, input: Input)] = []
    private var failures = EventHeap<(number: Int, input: Input)>()
    /// When somebody is to be told of an actor.
    private var tellings: [ActorName: Instant] = [:]
    /// As the clock of tasks begins.
    private var now = Instant(nanoseconds: 1_000_000_000)
    private var lastID: UInt64 = 0
    private let tasks = Tasks(seed: 4)
    private var lastCall: UInt64 = 0
    /// What users were told, by their calls.
    private(set) var told: [UInt64: EdgeAnswer] = [:]
    /// Of jobs that begin here.
    private static let limits = JobLimits(deadline: .seconds(600), runningJobs: 64)
    /// Counts primes, for both.
    private lazy var worker = NodeTasks(
        tasks.world("worker", mutations: [], wall: wall, at: now), tasks.post, process: 0, limits: Self.limits)
    /// What becomes of a call: the script's to decide.
    var fate: (CourierEffect) -> Fate = { _ in .answered }
    /// Why a worker does not answer; nil when it does.
    var loss: (WorkDispatcher.Assignment) -> WorkLoss? = { _ in nil }

    init(mutations: Set<Mutation>) {
        self.mutations = mutations
        actors = MemoryActors(ActorKinds.all, mutations: mutations)
        players = (1...2).map { number in
            Player(
                courier: Courier(random: RandomStream(seed: number), mutations: mutations),
                dispatcher: WorkDispatcher(kinds: ActorKinds.work, resends: !mutations.contains(.noResend)))
        }
        let seats = ["w1", "w2"].map { WorkerSeat(node: NodeIdentity(name: $0, life: 1), credits: 8) }
        let ring = HashRing(seats.map { RingMember(name: $0.node.name, roles: ActorKinds.work.map(\.name)) })
        for number in 1...players.count {
            for work in ActorKinds.work { give(number, .dispatcher(.crew(work: work.name, seats, ring, died: []))) }
        }
    }

    /// What the wall clock of couriers and registers shows ahead of the truth, of which the couriers know.
    var clockAhead: Duration = .zero

    var wall: WallTime { WallTime(nanosecondsSince1970: 1_800_000_000_000_000_000 + now.nanoseconds + clockAhead.nanoseconds) }

    /// The wall clock some time from now, milliseconds since 1970.
    func ms(after time: Duration) -> Int64 { wall.millisecondsSince1970 + time.milliseconds }

    func nextID() -> WorkID {
        lastID += 1
        return WorkID(milliseconds: UInt64(wall.millisecondsSince1970), randomA: 0, randomB: lastID)
    }

    // MARK: What a script does

    /// Somebody outside tells an actor an event.
    func tell<Event: DurableEvent>(_ event: Event, to actor: ActorName, as work: WorkID) {
        do { _ = try change(actor, .telling(event, as: work)) } catch { preconditionFailure("\(error)") }
    }

    /// A user asks an edge of its own.
    /// - Parameter clockAhead: what the edge's wall clock shows ahead of all others.
    /// - Returns: by which ``told`` has the answer.
    func ask(_ request: EdgeRequest, clockAhead: Duration = .zero) -> UInt64 {
        lastCall += 1
        let clock = WallTime(nanosecondsSince1970: wall.nanosecondsSince1970 + clockAhead.nanoseconds)
        let world = tasks.world("edge \(lastCall)", mutations: mutations, wall: clock, at: now)
        NodeTasks(world, tasks.post, process: 0, limits: Self.limits)
            .take(EdgeCall(number: lastCall, request: request, key: nil, patience: .seconds(300)))
        settle()
        return lastCall
    }

    /// A courier dies with all that it knew.
    func kill(_ number: Int) {
        players[number - 1] = nil
        for actor in tellings.keys { tellings[actor] = max(tellings[actor] ?? now, now + Self.turn) }
    }

    /// Everything that can happen without time passing.
    func settle() {
        for _ in 0..<10_000 {
            if let actor = nextToTell() {
                give(living, .courier(.attend(actor)))
            } else if !inbox.isEmpty {
                let (number, input) = inbox.removeFirst()
                give(number, input)
            } else {
                let letters = tasks.run(until: now)
                if letters.isEmpty { return }
                for letter in letters { hear(letter.word) }
            }
        }
        preconditionFailure("a stage does not come to rest")
    }

    /// Time passes, everywhere.
    func wait(_ duration: Duration) {
        let end = now + duration
        settle()
        while now < end {
            now = now + .milliseconds(10)
            while let (failure, _) = failures.pop(dueBy: now) { inbox.append(failure) }
            for number in 1...players.count {
                give(number, .courier(.tick))
                give(number, .dispatcher(.tick))
            }
            settle()
        }
    }

    func state<Actor: DurableActor>(of actor: ActorName, _ type: Actor.Type = Actor.self) -> Actor.State {
        do { return try actors.state(of: actor, type) } catch { preconditionFailure("\(error)") }
    }

    func isFinished(_ actor: ActorName) -> Bool { actors.isFinished(actor) }

    // MARK: What happens

    private var living: Int { (players.firstIndex { $0 != nil } ?? 0) + 1 }

    /// An actor that is due, and of which nobody was told lately.
    private func nextToTell() -> ActorName? {
        for actor in actors.names {
            guard let due = actors.due(actor), due <= UInt64(wall.millisecondsSince1970) else {
                tellings[actor] = nil
                continue
            }
            guard tellings[actor] ?? now <= now else { continue }
            tellings[actor] = now + Self.interval
            return actor
        }
        return nil
    }

    private func give(_ number: Int, _ input: Input) {
        switch input {
        case .courier(let input):
            let isRight = clockAhead < ClockWatch.tolerance
            let effects = players[number - 1]?.courier.handle(input, now: now, wall: wall, firesTimers: isRight)
            for effect in effects ?? [] { carryOut(effect, number) }
        case .dispatcher(let input):
            for effect in players[number - 1]?.dispatcher.handle(input, now: now) ?? [] { carryOut(effect, number) }
        }
    }

    private func hear(_ word: Post.Word) {
        switch word {
        case .wish(let wish): tasks.post.answer(wish.number, answer(wish.key, wish.action))
        case .answered(let call, let answer): told[call] = answer
        case .worked(let call): if let outcome = call.outcome { inbox.append((call.from, .dispatcher(outcome))) }
        }
    }

    private func carryOut(_ effect: CourierEffect, _ number: Int) {
        switch effect {
        case .perform(let actor, let work, let part): return give(number, .dispatcher(.perform(actor, work: work, part)))
        case .callOff(let actor, let work, let part): return give(number, .dispatcher(.callOff(actor, work: work, part: part)))
        case .read, .deliver, .write: break
        }
        guard let errand = CourierErrand(effect) else { return }
        let fate = fate(effect)
        if fate != .lost {
            let result = answer(errand.key, errand.action)
            if fate == .answered { return inbox.append((number, .courier(errand.input(result)))) }
        }
        let silence = RegisterError(.noMajority, .unknown, "nobody has answered")
        failures.insert((number, .courier(errand.input(.failure(silence)))), at: now + Self.patience)
    }

    private func carryOut(_ effect: WorkDispatcher.Effect, _ number: Int) {
        switch effect {
        case .call(let assignment, let task):
            if let loss = loss(assignment) {
                inbox.append((number, .dispatcher(.lost(assignment, loss))))
            } else if assignment.work == Gather.work.name {
                inbox.append((number, .dispatcher(.answered(assignment, .done(Gather.weight(assignment.part).octets)))))
            } else {
                worker.work(PartCall(number: 0, from: number, assignment: assignment, task: task))
            }
        case .ended(let actor, let part, let report): give(number, .courier(.performed(actor, part: part, report)))
        case .silent(let actor, let part, let cause): give(number, .courier(.silent(actor, part: part, cause: cause)))
        case .callOff: break
        }
    }

    private func answer(_ key: RegisterKey, _ action: RegisterWish.Action) -> Result<[UInt8], RegisterError> {
        guard let actor = ActorName(key: key) else { preconditionFailure("\(key) is no actor") }
        do {
            switch action {
            case .read(let query), .look(let query): return .success(try actors.read(actor, ActorQuery(packed: query)))
            case .change(_, let command): return .success(try change(actor, ActorCommand(packed: command)))
            case .glance(_, .some):
                // Nobody waits here for something to change: who wants to looks again.
                return .failure(RegisterError(.notReady, .failed, "there is no replica to wait at"))
            case .glance(let query, nil):
                let answer = try actors.read(actor, ActorQuery(packed: query))
                return .success(RegisterGlance(version: 1, isFinished: actors.isFinished(actor), due: nil, answer: answer).packed)
            }
        } catch let refusal as MachineRefusal {
            return .failure(RegisterError(refusal.isLasting ? .refused : .notNow, .failed, refusal.sentence))
        } catch {
            preconditionFailure("\(error)")
        }
    }

    private func change(_ actor: ActorName, _ command: ActorCommand) throws -> [UInt8] {
        let answer = try actors.change(actor, command, now: wall)
        tellings[actor] = now
        return answer
    }
}

import Choreography
import Registers
import World

/// Runs a ``Courier``, and the ``WorkDispatcher`` that has its actors' parts done: carries inputs in and effects out. Each thing that is
/// under way is a task of its own, and ends with its answer.
actor CourierRunner {
    /// How long a register may take to answer. One that takes longer is asked again.
    private static let patience = Duration.seconds(3)
    /// Actors that wait to be looked after. What finds no room is said again by the replica.
    private static let attending = 65_536

    private let world: any World
    private let engine: ReplicatedEngine
    private let crews: WorkCrews
    private let executor: any ActorExecutor
    private var courier: Courier
    private var dispatcher: WorkDispatcher
    private var calls = WorkCalls<SpawnedTask>()
    private var isTicking = false
    private var alarm = Alarm(grain: .milliseconds(1))
    private let news: AsyncStream<CourierInput>.Continuation

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(world: any World, engine: ReplicatedEngine, crews: WorkCrews) {
        self.world = world
        self.engine = engine
        self.crews = crews
        executor = world.makeExecutor("courier")
        courier = Courier(random: world.random("courier"), mutations: world.mutations)
        dispatcher = WorkDispatcher(kinds: crews.kinds, resends: !world.isMutated(.noResend))
        let (stream, continuation) = AsyncStream.makeStream(of: CourierInput.self, bufferingPolicy: .bufferingNewest(Self.attending))
        news = continuation
        world.spawn("courier", on: executor) { [weak self] in
            for await input in stream { await self?.take(input) }
        }
        let views = crews.views()
        world.spawn("courier.crews", on: executor) { [weak self] in
            for await view in views {
                for crew in view { await self?.take(crew) }
            }
        }
    }

    /// Somebody has to look after the register, or nobody any more. One that is no actor's is nobody's business here.
    nonisolated func see(_ key: RegisterKey, isDue: Bool) {
        if let actor = ActorName(key: key) { news.yield(isDue ? .attend(actor) : .rests(actor)) }
    }

    /// Keeps a place for an actor that is about to begin.
    /// - Returns: nil when there is room for it, else how many of its kind there are.
    func reserve(_ actor: ActorName, limit: Int) -> Int? { courier.reserve(actor, limit: limit, now: world.now) }

    /// Whoever has reserved a place has heard what became of it.
    /// - Parameter mayHaveBegun: then the actor is looked at, unless that has been done: it counts from now on, if it is there.
    func settle(_ actor: ActorName, mayHaveBegun: Bool) {
        let wasKept = courier.giveBack(actor)
        if wasKept, mayHaveBegun, engine.home(of: actor.key) == crews.node.identity { take(CourierInput.attend(actor)) }
    }

    /// Nothing is begun any more.
    nonisolated func stop() { news.finish() }

    /// What it has under way for an actor, and what it tries again.
    func efforts(for actor: ActorName, limit: Int) -> [Effort] { courier.efforts(for: actor, now: world.now, limit: limit) }

    private func take(_ input: CourierInput) {
        let mayFire = crews.node.mayFireTimers
        for effect in courier.handle(input, now: world.now, wall: world.wallTime, firesTimers: mayFire) { carryOut(effect) }
        alarm.set(courier.nextDeadline, world) { [weak self] in await self?.take(CourierInput.tick) }
    }

    private func carryOut(_ effect: CourierEffect) {
        switch effect {
        case .perform(let actor, let work, let part): if givesParts(of: actor) { take(.perform(actor, work: work, part)) }
        case .callOff(let actor, let work, let part): take(.callOff(actor, work: work, part: part))
        case .read, .deliver, .write: if let errand = CourierErrand(effect) { run(errand) }
        }
    }

    /// Whoever looks after an actor has its parts done, be it for the second time; unless the mutation is planted that gives each once.
    private func givesParts(of actor: ActorName) -> Bool {
        !world.isMutated(.noResend) || engine.home(of: actor.key) == crews.node.identity
    }

    private func run(_ errand: CourierErrand) {
        let engine = engine
        world.spawn("courier.errand", on: executor) { [weak self] in
            let result: Result<[UInt8], RegisterError>
            do throws(RegisterError) {
                result = .success(try await engine.ask(errand.key, errand.action, patience: Self.patience))
            } catch {
                result = .failure(error)
            }
            await self?.take(errand.input(result))
        }
    }

    // MARK: Work

    private func take(_ input: WorkDispatcher.Input) {
        for effect in dispatcher.handle(input, now: world.now) { carryOut(effect) }
        tick()
    }

    private func carryOut(_ effect: WorkDispatcher.Effect) {
        switch effect {
        case .call(let assignment, let task): call(assignment, task)
        case .callOff(let assignment): calls.callOff(assignment)?.cancel()
        case .ended(let actor, let part, let report): take(.performed(actor, part: part, report))
        case .silent(let actor, let part, let cause): take(.silent(actor, part: part, cause: cause))
        }
    }

    private func call(_ assignment: WorkDispatcher.Assignment, _ task: WorkTask) {
        let crews = crews, world = world, executor = executor
        calls.begin(assignment) { number in
            world.spawn("courier.part", on: executor) { [weak self] in
                let input = await crews.call(assignment, task)
                guard !Task.isCancelled else { return }
                await self?.finish(assignment, number, input)
            }
        }
    }

    private func finish(_ assignment: WorkDispatcher.Assignment, _ number: UInt64, _ input: WorkDispatcher.Input) {
        if calls.end(assignment, number: number) { take(input) }
    }

    /// Goes on for as long as anybody waits for parts.
    private func tick() {
        guard !isTicking, !dispatcher.isIdle else { return }
        isTicking = true
        let world = world
        world.spawn("courier.work", on: executor) { [weak self] in
            while (try? await world.sleep(for: Scatter.tickInterval)) != nil, await self?.goOn() == true {}
        }
    }

    private func goOn() -> Bool {
        for effect in dispatcher.handle(.tick, now: world.now) { carryOut(effect) }
        isTicking = !dispatcher.isIdle
        return isTicking
    }
}

import Choreography
import Registers
import World

/// Runs a ``Courier``: carries inputs in and effects out. Each thing that is under way is a task of its own, and ends with its answer.
actor CourierRunner {
    /// How long a register may take to answer. One that takes longer is asked again.
    private static let patience = Duration.seconds(3)
    /// Actors that wait to be looked after. What finds no room is said again by the replica.
    private static let attending = 65_536

    private let world: any World
    private let actors: DurableActors
    private let executor: any ActorExecutor
    private var courier: Courier
    private var alarm = Alarm(grain: .milliseconds(1))
    private let attends: AsyncStream<ActorName>.Continuation

    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(world: any World, actors: DurableActors) {
        self.world = world
        self.actors = actors
        executor = world.makeExecutor("courier")
        courier = Courier(random: world.random("courier"), mutations: world.mutations)
        let (stream, continuation) = AsyncStream.makeStream(of: ActorName.self, bufferingPolicy: .bufferingNewest(Self.attending))
        attends = continuation
        world.spawn("courier", on: executor) { [weak self] in
            for await actor in stream { await self?.take(.attend(actor)) }
        }
    }

    /// Somebody has to look after the register. One that is no actor's is nobody's business here.
    nonisolated func attend(_ key: RegisterKey) {
        if let actor = ActorName(key: key) { attends.yield(actor) }
    }

    /// Nothing is begun any more.
    nonisolated func stop() { attends.finish() }

    private func take(_ input: CourierInput) {
        for effect in courier.handle(input, now: world.now, wall: world.wallTime) { carryOut(effect) }
        alarm.set(courier.nextDeadline, world) { [weak self] in await self?.take(.tick) }
    }

    private func carryOut(_ effect: CourierEffect) {
        let actors = actors
        switch effect {
        case .read(let actor, let part):
            run { () async throws(RegisterError) in
                try await actors.duties(of: actor, after: part, patience: Self.patience)
            } then: { .duties(actor, $0) }
        case .deliver(let sender, let receiver, let letter, let received, let attempt):
            run { () async throws(RegisterError) in
                try await actors.deliver(
                    letter, from: sender, to: receiver, received: received, attempt: attempt, patience: Self.patience)
            } then: { .delivered(from: sender, to: receiver, sequence: letter.sequence, $0) }
        case .write(let actor, let command):
            run { () async throws(RegisterError) in
                try await actors.write(command, to: actor, patience: Self.patience)
            } then: { result in
                if case .failure(let error) = result { .written(actor, command, error) } else { .written(actor, command, nil) }
            }
        case .perform(let actor, let part, let work, _, _):
            let trouble = WorkTrouble("no node of this mesh does work of the kind \(work)")
            run { () async throws(RegisterError) in } then: { _ in .performed(actor, part: part, .failure(trouble)) }
        }
    }

    private func run<Value: Sendable>(
        _ body: @escaping @Sendable () async throws(RegisterError) -> Value,
        then input: @escaping @Sendable (Result<Value, RegisterError>) -> CourierInput
    ) {
        world.spawn("courier.errand", on: executor) { [weak self] in
            let result: Result<Value, RegisterError>
            do throws(RegisterError) { result = .success(try await body()) } catch { result = .failure(error) }
            await self?.take(input(result))
        }
    }
}

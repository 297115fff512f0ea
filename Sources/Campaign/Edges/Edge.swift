import Choreography
import Items
import Jobs
import Primes
import Registers
import Truth
import World

// AN EDGE WITHOUT HTTP
//
// All is the product's: ``Items/ItemDesk`` counts, ``Jobs/JobDesk`` keeps jobs, and ``Truth/IdempotencyKeys`` knows requests again and
// has each done once under its key. What is written here is only what they are asked for, and how their answers are kept.

/// What a process does for users.
struct Edge: Sendable {
    /// Parts that a mesh works on at the same time, as far as a job has to know.
    private static let breadth = 5

    private let world: SimulatedWorld
    private let items: ItemDesk
    private let jobs: JobDesk<PrimesJob>
    private let keys: IdempotencyKeys
    private let ids: WorkIDGenerator
    private let seeds: WorkIDGenerator

    init(_ registers: PostedRegisters, limits: JobLimits) {
        world = registers.world
        items = ItemDesk(engine: registers, world: world)
        jobs = JobDesk(
            world: world, actors: DurableActors(engine: registers), limits: limits,
            surroundings: .init(results: MemoryResults(), breadth: { Self.breadth }))
        keys = IdempotencyKeys(engine: registers)
        ids = WorkIDGenerator(world, name: "edge.ids")
        seeds = WorkIDGenerator(world, name: "edge.seeds")
    }

    func answer(_ call: EdgeCall) async -> EdgeAnswer {
        let deadline = world.now + call.patience
        guard let key = call.key else { return await perform(call.request, ids, by: deadline) }
        let outcome = await keys.once(
            IdempotencyName(key: key), for: call.request.parts, seed: seeds.next(),
            perform: { await perform(call.request, $0, by: deadline) }, pack: { $0.kept }, read: Self.reading)
        return switch outcome {
        case .done(let answer), .before(let answer): answer
        case .otherRequest: .otherRequest
        case .unclaimed: .unavailable
        }
    }

    private static func reading(_ bytes: [UInt8]) -> EdgeAnswer {
        EdgeAnswer(kept: bytes) ?? .refused("\(bytes.count) bytes were kept that are no answer")
    }

    private func perform(_ request: EdgeRequest, _ ids: any WorkIDSource, by deadline: Instant) async -> EdgeAnswer {
        do {
            switch request {
            case .add(let wanted):
                try await items.add(wanted, ids: ids, by: deadline)
                return .added
            case .count(let tenant): return .count(try await items.count(tenant))
            case .glance(let tenant): return .glance(try await items.glance(tenant))
            case .submit(let range):
                let id = ids.next()
                try await jobs.submit(range, id: id)
                return .accepted(id)
            case .status(let id): return .status(try await jobs.status(id, seen: nil, patience: .zero))
            case .cancel(let id):
                try await jobs.cancel(id)
                return .cancelled
            }
        } catch let error as ItemGatewayError {
            return EdgeAnswer(error)
        } catch let error as JobGatewayError {
            return EdgeAnswer(error)
        } catch {
            preconditionFailure("desks throw errors of their own alone, not \(error)")
        }
    }
}

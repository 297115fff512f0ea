import Choreography
import Items
import Jobs
import Primes
import Registers
import Truth
import World

// AN EDGE WITHOUT HTTP
//
// The desks are the product's: ``Items/ItemDesk`` counts, ``Jobs/JobDesk`` keeps jobs, ``Truth/IdempotencyKeys`` knows requests again.
// What is written here is only the order in which an edge uses them: a key is claimed before anything of its request is done, what is
// done is done under ids that follow from the claim's seed, and the answer that counts is the one that was kept first.

/// What a process does for users.
struct Edge: Sendable {
    private static let claimPatience = Duration.seconds(3), keepPatience = Duration.seconds(1)
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
        let claim: IdempotencyKeys.Claim
        do throws(RegisterError) {
            claim = try await keys.claim(
                IdempotencyName(key: key), for: call.request.parts, seed: seeds.next(), patience: Self.claimPatience)
        } catch {
            // Whether it was claimed or not, nothing of the request was done.
            return .unavailable
        }
        switch claim.course {
        case .answered(let bytes): return Self.reading(bytes)
        case .otherRequest: return .otherRequest
        case .open(let seed):
            let answer = await perform(call.request, WorkIDSeries(from: seed), by: deadline)
            guard let bytes = answer.kept else { return answer }
            do throws(RegisterError) {
                return Self.reading(try await keys.keep(bytes, of: claim, patience: Self.keepPatience))
            } catch {
                // It is true all the same.
                return answer
            }
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

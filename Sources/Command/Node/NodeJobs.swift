import Choreography
import Jobs
import Lookup
import Mesh
import Primes
import Topology
import Truth
import World

/// The way from a node to the jobs of the mesh.
struct NodeJobs: Sendable {
    let lookups: JobDesk<LookupJob>
    let primes: JobDesk<PrimesJob>
    let primesLimits: JobLimits
    let catalogue: JobCatalogue
    /// Processors of the mesh that count at the same time, for the estimate.
    let counters: @Sendable () -> Int
    /// The nodes that look up now, in the order in which the ring names them for a target.
    let vantagePoints: @Sendable (_ target: String) -> [VantagePoint]

    init(_ topology: Topology, _ mesh: Node, _ truth: TruthService) {
        let world = mesh.world
        primesLimits = JobLimits(topology.primes)
        counters = { Self.counters(mesh) }
        vantagePoints = { target in
            mesh.ring.owners(of: target, count: .max, role: LookupJob.kind).map { VantagePoint(name: $0.name, zone: $0.zone) }
        }
        primes = Self.desk(PrimesJob.work, primesLimits, world, truth)
        lookups = Self.desk(LookupJob.work, JobLimits(topology.lookup), world, truth)
        catalogue = JobCatalogue(world: world, registers: truth.engine, kinds: [JobKind(LookupJob.self), JobKind(PrimesJob.self)])
    }

    private static func desk<Actor: JobActor>(_ kind: WorkKind, _ limits: JobLimits, _ world: any World, _ truth: TruthService) -> JobDesk<Actor> {
        JobDesk(
            world: world, actors: truth.actors, limits: limits,
            surroundings: .init(
                results: truth.results, breadth: { truth.breadth(of: kind) },
                admit: { actor in
                    switch await truth.reserve(actor, limit: limits.runningJobs) {
                    case .granted(let place): return .granted { place.settle(mayHaveBegun: $0) }
                    case .full(let crowd):
                        let what = "\(crowd) \(kind.name) jobs run already where this one would have its home"
                        return .refused("\(what), and the limit is \(limits.runningJobs); try again later")
                    }
                }))
    }

    /// Threads of all who count primes; those on this machine are no more than its processors.
    private static func counters(_ mesh: Node) -> Int {
        var here = 0, elsewhere = 0
        for member in mesh.decidedMembers where member.metadata.roles.contains(PrimesJob.work.name) {
            let threads = PrimesCrew.threads(capacity: member.metadata.capacity)
            if member.address.host == mesh.configuration.address.host { here += threads } else { elsewhere += threads }
        }
        return max(1, min(here, SystemWorld.processorCount) + elsewhere)
    }

    /// What was submitted here.
    var metrics: [MetricSample] { [sample(LookupJob.kind, lookups.submittedCount), sample(PrimesJob.kind, primes.submittedCount)] }

    private func sample(_ kind: String, _ count: Int) -> MetricSample {
        MetricSample(
            "gossamer_\(kind)_jobs_accepted_total", .counter, Double(count), help: "Jobs of the kind \(kind) that were submitted at this node.")
    }
}

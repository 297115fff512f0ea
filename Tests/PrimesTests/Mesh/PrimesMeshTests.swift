import Choreography
import Jobs
import JobTestSupport
import Primes
import Testing
import TestSupport
import World

/// Primes on real nodes in this process, over sockets of 127.0.0.1, with real registers.
@Suite(.serialized, .bounded) struct PrimesMeshTests {
    private static func withMesh(stores: Int = 3, _ body: (JobMesh<PrimesJob>) async throws -> Void) async throws {
        try await JobMesh<PrimesJob>.with(
            PrimesJob.work, stores: stores, limits: PrimesRequest.defaultLimits,
            worker: { _ in PrimesCrew(bench: PrimesWorkbench(world: SystemWorld(), parallelism: 1)) }, body)
    }

    private static func id() -> WorkID { WorkIDGenerator(SystemWorld()).next() }

    @Test func aRangeIsCountedAcrossNodesFromAnEdgeThatCountsNothing() async throws {
        try await Self.withMesh { mesh in
            let id = Self.id(), edge = mesh["n0"]
            try await edge.submit(PrimesRequest(from: 0, to: 100_000_000), id: id)
            let status = try await edge.end(of: id)
            #expect(status.status == .completed && status.count == 5_761_455)
            #expect(status.chunks.total == 100 && status.chunks.done == 100 && status.chunks.inFlight == 0)
            #expect(status.nodes.map(\.node) == ["n1", "n2", "n3"])
            #expect(status.nodes.reduce(0) { $0 + $1.parts } == 100)
            // Another edge knows the job as well, although it has never heard of it.
            #expect(try await mesh["n2"].status(id, seen: nil, patience: .zero) == status)
            try await edge.submit(PrimesRequest(from: 0, to: 9), id: id)
            #expect(try await edge.status(id, seen: nil, patience: .zero) == status, "the same id is the same job")
            let jobs = await mesh.catalogue(at: "n3").survey()
            #expect(jobs.jobs.map(\.id) == [id] && jobs.unheard.isEmpty && jobs.jobs[0].home == mesh.home(of: id))
        }
    }

    /// Once the home of the job, and once another that counts.
    @Test(arguments: [true, false])
    func aJobIsCountedToItsEndThoughANodeDies(_ isHome: Bool) async throws {
        try await Self.withMesh { mesh in
            let id = Self.id(), edge = mesh["n0"]
            try await edge.submit(PrimesRequest(from: 0, to: 20_000_000_000, chunks: 60), id: id)
            let home = try #require(mesh.home(of: id))
            try await eventually("some parts are counted") {
                ((try? await edge.status(id, seen: nil, patience: .zero).chunks.done) ?? 0) > 3
            }
            await mesh.kill(isHome ? home : try #require(mesh.workers.first { $0 != home }))
            let status = try await edge.end(of: id)
            #expect(status.status == .completed && status.count == 882_206_716 && status.warnings.isEmpty)
            #expect(status.nodes.reduce(0) { $0 + $1.parts } == 60)
        }
    }

    @Test func aCancelledJobLeavesNobodyCounting() async throws {
        let benches = (0..<3).map { _ in PrimesWorkbench(world: SystemWorld(), parallelism: 1) }
        try await JobMesh<PrimesJob>.with(
            PrimesJob.work, limits: PrimesRequest.defaultLimits,
            worker: { PrimesCrew(bench: benches[Int($0.dropFirst()).map { $0 - 1 } ?? 0]) }
        ) { mesh in
            let id = Self.id()
            try await mesh["n0"].submit(PrimesRequest(from: 0, to: 1_000_000_000_000), id: id)
            try await eventually("somebody counts") { await benches[0].load.running + benches[1].load.running + benches[2].load.running > 0 }
            try await mesh["n1"].cancel(id)
            #expect(try await mesh["n2"].status(id, seen: nil, patience: .zero).warnings == [JobWarning.cancelled])
            for bench in benches {
                try await eventually("nobody counts any more") { await bench.load.running + bench.load.waiting == 0 }
            }
        }
    }
}

import Jobs
import Primes
import Testing
import World

/// What edges say of a job whose home counts as dead: a verdict of theirs, alike at all of them, that no one keeps.
@Suite struct LostHomeTests {
    private typealias Edge = JobClient<PrimesStatus>

    private func simulate(
        seeds: Range<UInt64> = 0..<5, nodes: Int = 5, partDuration: Duration = .milliseconds(50),
        _ body: @escaping @Sendable (SimulatedWorld, FakeMesh, _ edge: JobClient<PrimesStatus>, _ other: JobClient<PrimesStatus>)
            async throws -> Void
    ) throws {
        for seed in seeds {
            let simulation = Simulation(seed: seed)
            let world = SimulatedWorld(simulation, name: "test")
            try simulation.run(in: world) {
                let mesh = FakeMesh(world, nodes: nodes, partDuration: partDuration)
                try await world.sleep(for: .milliseconds(1))
                let edge = Edge(world: world, homes: mesh, role: PrimesJob.role)
                try await body(world, mesh, edge, Edge(world: world, homes: mesh, role: PrimesJob.role))
            }
        }
    }

    private static let request = PrimesRequest(from: 0, to: 100_000)

    private static func now(_ id: WorkID, _ edge: JobClient<PrimesStatus>) async throws -> PrimesStatus {
        try await edge.status(id, seen: nil, patience: .zero)
    }

    /// The job's document at its end; waits for it.
    private static func end(_ id: WorkID, _ edge: JobClient<PrimesStatus>) async throws -> PrimesStatus {
        var status = try await now(id, edge)
        while !status.status.isTerminal { status = try await edge.status(id, seen: status.version, patience: .seconds(1)) }
        return status
    }

    @Test func aHomeThatShowsItselfAliveAgainIsHeardAgain() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            try await world.sleep(for: .milliseconds(100))
            mesh.set(home.name, .dead)
            for client in [edge, other] {
                let lost = try await Self.now(id, client)
                #expect(lost.status == .failed && lost.warnings.first?.hasPrefix("home lost: \(home.name) (life 1)") == true)
            }
            // It had only stood still, or been cut off.
            mesh.set(home.name, .well)
            let ends = [try await Self.end(id, edge), try await Self.end(id, other)]
            #expect(ends[0] == ends[1])
            #expect(ends[0].status == .completed && ends[0].count == 9_592)
        }
    }

    @Test func edgesThatHaveHeardMoreAndLessGiveTheSameVerdict() throws {
        try simulate(partDuration: .milliseconds(200)) { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            try await world.sleep(for: .milliseconds(300))
            let heard = try await Self.now(id, edge)
            #expect(heard.chunks.done > 0 && !heard.status.isTerminal)
            mesh.set(home.name, .dead)
            var verdict = try await Self.now(id, edge)
            #expect(verdict.version > heard.version, "whoever follows the job must hear of it")
            #expect(try await edge.status(id, seen: verdict.version, patience: .seconds(1)) == verdict)
            try await world.sleep(for: .seconds(3))
            let second = try await Self.now(id, other)
            // Its number is for those who follow the job at one edge.
            verdict.version = second.version
            #expect(second == verdict)
            #expect(verdict.completedAtMs == nil, "nobody knows when, and whether")
        }
    }

    @Test func anEndThatANeighbourKnowsComesBeforeTheVerdict() throws {
        try simulate { world, mesh, edge, other in
            // This edge hears of the acceptance, and of nothing after it.
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            while await mesh.desk(home.name)?.unfinishedCount != 0 { try await world.sleep(for: .milliseconds(10)) }
            mesh.kill(home.name)
            try await world.sleep(for: .seconds(1))
            let told = try await Self.now(id, edge)
            #expect(told.status == .completed && told.count == 9_592)
            #expect(try await Self.now(id, other) == told)
        }
    }

    @Test func theVerdictWaitsForANeighbourThatMayKnowBetter() throws {
        try simulate { world, mesh, edge, _ in
            let id = try await edge.submit(Self.request).jobId
            let ring = mesh.candidates(for: id)
            while await mesh.desk(ring[0].name)?.unfinishedCount != 0 { try await world.sleep(for: .milliseconds(10)) }
            mesh.set(ring[0].name, .dead)
            mesh.set(ring[1].name, .paused)
            do throws(JobGatewayError) {
                let told = try await edge.status(id, seen: nil, patience: .zero)
                Issue.record("told \(told)")
            } catch {
                #expect(error.code == .unavailable && error.description.contains(ring[1].name))
            }
            mesh.set(ring[1].name, .well)
            #expect(try await Self.now(id, edge).count == 9_592)
        }
    }

    @Test func aHigherLifeOfTheHomeKnowsNothingOfTheJob() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            try await world.sleep(for: .milliseconds(100))
            mesh.restart(home.name)
            for client in [edge, other] {
                let lost = try await Self.now(id, client)
                #expect(lost.status == .failed && lost.warnings.first?.contains("(life 1)") == true)
                do throws(JobGatewayError) {
                    _ = try await client.cancel(id)
                    Issue.record("cancelled a job that is gone")
                } catch {
                    #expect(error.code == .alreadyEnded && error.description.contains("home lost"))
                }
            }
            try await world.sleep(for: .seconds(60))
            #expect(try await Self.now(id, edge).status == .failed)
        }
    }

    /// An end that a client may have read is never followed by another one.
    @Test func anEndThatWasToldIsNotFollowedByAnother() throws {
        try simulate(seeds: 0..<1, nodes: 1, partDuration: .milliseconds(1)) { world, mesh, edge, _ in
            var ids: [WorkID] = []
            for _ in 0...1_000 {
                let id = try await edge.submit(PrimesRequest(from: 0, to: 10, chunks: 1)).jobId
                #expect(try await Self.end(id, edge).status == .completed)
                ids.append(id)
            }
            mesh.set("n1", .dead)
            #expect(try await Self.now(ids[1_000], edge).status == .completed, "it is remembered")
            do throws(JobGatewayError) {
                let told = try await edge.status(ids[0], seen: nil, patience: .zero)
                Issue.record("told \(told)")
            } catch {
                #expect(error.code == .notFound && error.description.contains("had ended as Completed"))
            }
        }
    }

    /// The version that a client says it has seen may be anything.
    @Test func noVersionIsTooHighToBeFollowed() throws {
        try simulate(seeds: 0..<1) { world, mesh, edge, _ in
            let id = try await edge.submit(Self.request).jobId
            mesh.set(try #require(mesh.candidates(for: id).first).name, .dead)
            #expect(try await edge.status(id, seen: .max, patience: .zero).version == .max)
            #expect(try await edge.status(id, seen: 50, patience: .zero).version == 51)
        }
    }
}

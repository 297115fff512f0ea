import Jobs
import Primes
import Testing
import World

@Suite struct DeskTests {
    private func simulate<T: Sendable>(
        seed: UInt64 = 1, nodes: Int = 3, limits: JobLimits = PrimesRequest.defaultLimits, mutations: Set<Mutation> = [],
        _ body: @escaping @Sendable (SimulatedWorld, FakeMesh, JobDesk<PrimesJob>) async throws -> T
    ) throws -> T {
        let simulation = Simulation(seed: seed)
        let world = SimulatedWorld(simulation, name: "test", mutations: mutations)
        return try simulation.run(in: world) {
            let mesh = FakeMesh(world, nodes: nodes, limits: limits)
            try await world.sleep(for: .milliseconds(1))
            return try await body(world, mesh, try #require(mesh.desk("n1")))
        }
    }

    private static func finish(_ id: WorkID, _ desk: JobDesk<PrimesJob>) async -> PrimesStatus? {
        var seen: UInt64?
        for _ in 0..<10_000 {
            guard let status = await desk.status(id, seen: seen, patience: .seconds(1)).status else { return nil }
            if status.status.isTerminal { return status }
            seen = status.version
        }
        return nil
    }

    @Test(arguments: 0..<5)
    func aJobRunsToItsEnd(_ seed: UInt64) throws {
        let status = try simulate(seed: seed) { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            let accepted = try await desk.submit(PrimesRequest(from: 0, to: 100_000), id: id)
            #expect(accepted.status == .pending)
            #expect(accepted.version == 1)
            return await Self.finish(id, desk)
        }
        #expect(status?.count == 9_592)
        #expect(status?.nodes.map(\.node) == ["n1", "n2", "n3"])
        #expect(status?.warnings == [])
    }

    @Test func aWorkerThatDiesCostsNothingButTime() throws {
        let status = try simulate { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            _ = try await desk.submit(PrimesRequest(from: 0, to: 100_000), id: id)
            try await world.sleep(for: .milliseconds(2))
            mesh.kill("n2")
            return await Self.finish(id, desk)
        }
        #expect(status?.count == 9_592)
        #expect((status?.chunks.resent ?? 0) > 0)
        #expect(status?.nodes.map(\.node) == ["n1", "n3"])
    }

    @Test func aHomeThatNeverSendsAgainLosesWhatADeadWorkerHad() throws {
        let limits = JobLimits(deadline: .seconds(60), runningJobs: 2, endedJobs: 10)
        let status = try simulate(limits: limits, mutations: [.noResend]) { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            _ = try await desk.submit(PrimesRequest(from: 0, to: 100_000), id: id)
            try await world.sleep(for: .milliseconds(2))
            mesh.kill("n2")
            return await Self.finish(id, desk)
        }
        #expect(status?.status == .failed && status?.warnings == [JobWarning.deadline])
        #expect(status?.chunks.resent == 0 && (status?.chunks.done ?? 0) < 100)
    }

    @Test func theSameIDTwiceIsOneJob() throws {
        try simulate { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            let request = PrimesRequest(from: 0, to: 1_000)
            _ = try await desk.submit(request, id: id)
            #expect(try await desk.submit(request, id: id).jobId == id)
            #expect(await desk.runningCount == 1)
            await #expect(throws: JobError.self) { try await desk.submit(PrimesRequest(from: 0, to: 9), id: id) }
            _ = await Self.finish(id, desk)
            #expect(try await desk.submit(request, id: id).count == 168)
            #expect(mesh.counted == 100)
        }
    }

    @Test func tooManyJobsAreRefused() throws {
        try simulate(limits: JobLimits(deadline: .seconds(3_600), runningJobs: 2, endedJobs: 10)) { world, _, desk in
            let ids = WorkIDGenerator(world)
            for _ in 0..<2 { _ = try await desk.submit(PrimesRequest(from: 0, to: 1_000), id: ids.next()) }
            do {
                _ = try await desk.submit(PrimesRequest(from: 0, to: 1_000), id: ids.next())
                Issue.record("a third job was taken")
            } catch {
                #expect((error as? JobError)?.code == .overloaded)
            }
        }
    }

    @Test func theOldestEndedJobIsForgottenFirst() throws {
        try simulate(limits: JobLimits(deadline: .seconds(3_600), runningJobs: 10, endedJobs: 2)) { world, _, desk in
            let generator = WorkIDGenerator(world)
            var ids: [WorkID] = []
            for _ in 0..<4 {
                let id = generator.next()
                ids.append(id)
                _ = try await desk.submit(PrimesRequest(from: 0, to: 100), id: id)
                _ = await Self.finish(id, desk)
            }
            for (index, id) in ids.enumerated() {
                #expect((await desk.status(id).status != nil) == (index >= 2), "job \(index)")
            }
        }
    }

    @Test func aHomeKeepsNoMoreEndsThanItHasRoomFor() throws {
        // A document of three nodes takes more than 600 bytes, and less than 1,000.
        let limits = JobLimits(deadline: .seconds(3_600), runningJobs: 10, endedJobs: 100, endedBytes: 2_000)
        try simulate(limits: limits) { world, _, desk in
            let generator = WorkIDGenerator(world)
            var ids: [WorkID] = []
            for _ in 0..<6 {
                ids.append(generator.next())
                _ = try await desk.submit(PrimesRequest(from: 0, to: 100), id: ids.last!)
                _ = await Self.finish(ids.last!, desk)
            }
            var kept: [Bool] = []
            for id in ids { kept.append(await desk.status(id).status != nil) }
            #expect(kept.suffix(2) == [true, true] && kept.prefix(3) == [false, false, false], "\(kept)")
        }
    }

    @Test func aReaderHearsOfTheEndAtOnce() throws {
        try simulate { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            _ = try await desk.submit(PrimesRequest(from: 0, to: 10, chunks: 1), id: id)
            let start = world.now
            let first = await desk.status(id).status
            let status = await desk.status(id, seen: first?.version, patience: .seconds(1)).status
            #expect(status?.status == .completed)
            // One part: 1 ms there, 5 ms of work, 1 ms back, and not the 100 ms of a beat.
            #expect(world.now - start < .milliseconds(20))
        }
    }

    @Test func aReaderWaitsNoLongerThanItsPatience() throws {
        try simulate(nodes: 1) { world, mesh, desk in
            mesh.set("n1", .paused)
            try await world.sleep(for: .milliseconds(1))
            let id = WorkIDGenerator(world).next()
            _ = try await desk.submit(PrimesRequest(from: 0, to: 1_000), id: id)
            let version = await desk.status(id).status?.version
            let start = world.now
            let status = await desk.status(id, seen: version, patience: .milliseconds(500)).status
            #expect(status?.version == version)
            #expect(world.now - start >= .milliseconds(500) && world.now - start <= .milliseconds(700))
        }
    }

    @Test func cancellingEndsAJobOnce() throws {
        try simulate { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            await #expect(throws: JobError(.unknownJob, "job \(id) is not known here")) { try await desk.cancel(id) }
            _ = try await desk.submit(PrimesRequest(from: 0, to: 100_000), id: id)
            try await world.sleep(for: .milliseconds(20))
            let status = try await desk.cancel(id)
            #expect(status.status == .failed)
            #expect(status.warnings == ["cancelled"])
            let counted = mesh.counted
            try await world.sleep(for: .seconds(5))
            #expect(mesh.counted == counted, "workers were called off")
            do {
                _ = try await desk.cancel(id)
                Issue.record("cancelled twice")
            } catch {
                #expect((error as? JobError)?.code == .alreadyEnded)
            }
        }
    }

    /// Told once more at its end, the neighbour answers for a home that has gone, with the same words.
    @Test(arguments: 0..<5)
    func theEndOfAJobOutlivesItsHome(_ seed: UInt64) throws {
        try simulate(seed: seed) { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            _ = try await desk.submit(PrimesRequest(from: 0, to: 1_000), id: id)
            let last = try #require(await Self.finish(id, desk))
            while await desk.unfinishedCount > 0 { try await world.sleep(for: .milliseconds(1)) }
            mesh.kill("n1")
            try await world.sleep(for: .seconds(1))
            let asker = JobClient<PrimesStatus>(world: world, homes: mesh, role: PrimesJob.role)
            #expect(try await asker.status(id, seen: nil, patience: .zero) == last)
            #expect(last.count == 168)
        }
    }

    @Test func aNoteOfTheAcceptanceThatComesLateDoesNotReplaceThatOfTheEnd() throws {
        try simulate { world, mesh, desk in
            let id = WorkIDGenerator(world).next()
            let accepted = try await desk.submit(PrimesRequest(from: 0, to: 1_000), id: id)
            let last = try #require(await Self.finish(id, desk))
            let other = try #require(mesh.desk("n2"))
            let home = NodeIdentity(name: "n1", life: 1)
            await other.remember(JobNote(home: home, last: last))
            await other.remember(JobNote(home: home, last: accepted))
            #expect(await other.status(id).note?.last == last)
        }
    }
}

import Jobs
import Primes
import Testing
import World

@Suite struct ClientTests {
    private func simulate(
        nodes: Int = 5, partDuration: Duration = .milliseconds(50), limits: JobLimits = PrimesRequest.defaultLimits,
        _ body: @escaping @Sendable (SimulatedWorld, FakeMesh, _ edge: JobClient<PrimesStatus>, _ other: JobClient<PrimesStatus>) async throws -> Void
    ) throws {
        for seed in UInt64(0)..<5 {
            let simulation = Simulation(seed: seed)
            let world = SimulatedWorld(simulation, name: "test")
            try simulation.run(in: world) {
                let mesh = FakeMesh(world, nodes: nodes, partDuration: partDuration, limits: limits)
                try await world.sleep(for: .milliseconds(1))
                try await body(world, mesh, JobClient<PrimesStatus>(world: world, homes: mesh, role: PrimesJob.role), JobClient<PrimesStatus>(world: world, homes: mesh, role: PrimesJob.role))
            }
        }
    }

    private static func outcome(
        _ body: () async throws(JobGatewayError) -> PrimesStatus
    ) async -> (status: PrimesStatus?, error: JobGatewayError?) {
        do throws(JobGatewayError) { return (try await body(), nil) } catch { return (nil, error) }
    }

    private static let request = PrimesRequest(from: 0, to: 100_000)

    @Test func anyEdgeAnswersForAnyJob() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            #expect(await mesh.desk(home.name)?.runningCount == 1)
            #expect(try await other.status(id, seen: nil, patience: .zero).jobId == id)
            var status = try await other.status(id, seen: nil, patience: .zero)
            while !status.status.isTerminal {
                status = try await other.status(id, seen: status.version, patience: .seconds(1))
            }
            #expect(status.count == 9_592)
            #expect(try await edge.status(id, seen: nil, patience: .zero).count == 9_592)
        }
    }

    @Test func aJobIsFoundAfterTheRingHasMoved() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            // Another node dies, or the ring's owner is another: the first candidate need not be the home any more.
            mesh.kill(try #require(mesh.candidates(for: id).last).name)
            try await world.sleep(for: .seconds(1))
            #expect(mesh.living.contains(home))
            #expect(try await other.status(id, seen: nil, patience: .zero).jobId == id)
        }
    }

    @Test func theDeathOfAHomeIsKnownWithinTwoSeconds() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            try await world.sleep(for: .milliseconds(100))
            mesh.kill(home.name)
            let start = world.now
            for client in [edge, other] {
                while true {
                    let (status, error) = await Self.outcome { () async throws(JobGatewayError) in
                        try await client.status(id, seen: nil, patience: .zero)
                    }
                    #expect(world.now - start < .seconds(2))
                    if let status {
                        #expect(status.status == .failed)
                        #expect(status.warnings.first?.contains(home.name) == true)
                        #expect(status.warnings.first?.contains("submit it again") == true)
                        #expect(status.count == nil)
                        break
                    }
                    #expect(error?.code == .unavailable)
                    #expect(error?.retryAfterSeconds == 1)
                    if world.now - start > .seconds(2) { break }
                    try await world.sleep(for: .milliseconds(100))
                }
            }
            // The verdict stands, and a reader that waits for more gets it.
            let first = try await edge.status(id, seen: nil, patience: .zero)
            #expect(try await edge.status(id, seen: first.version, patience: .seconds(1)) == first)
        }
    }

    @Test func aReaderThatWaitsHearsOfItsHomesDeath() throws {
        try simulate(partDuration: .seconds(3_000)) { world, mesh, edge, _ in
            let accepted = try await edge.submit(Self.request)
            let home = try #require(mesh.candidates(for: accepted.jobId).first)
            world.spawn("killer") {
                try? await world.sleep(for: .milliseconds(300))
                mesh.kill(home.name)
            }
            var status = accepted
            let start = world.now
            while !status.status.isTerminal, world.now - start < .seconds(5) {
                let (next, _) = await Self.outcome { () async throws(JobGatewayError) in
                    try await edge.status(accepted.jobId, seen: status.version, patience: .seconds(1))
                }
                if let next { status = next }
            }
            #expect(status.status == .failed)
            #expect(world.now - start < .milliseconds(2_300))
        }
    }

    @Test func aPausedHomeIsNotYetDead() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            try await world.sleep(for: .milliseconds(20))
            mesh.set(home.name, .paused)
            for client in [edge, other] {
                let start = world.now
                let (_, error) = await Self.outcome { () async throws(JobGatewayError) in
                    try await client.status(id, seen: nil, patience: .zero)
                }
                #expect(error?.code == .unavailable)
                #expect(world.now - start < .seconds(2))
            }
            mesh.set(home.name, .well)
            #expect(try await edge.status(id, seen: nil, patience: .zero).status != .failed)
        }
    }

    @Test func aSessionThatEndsIsNoDeath() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            let home = try #require(mesh.candidates(for: id).first)
            mesh.set(home.name, .deaf)
            for client in [edge, other] {
                let (status, error) = await Self.outcome { () throws(JobGatewayError) in
                    try await client.status(id, seen: nil, patience: .zero)
                }
                #expect(error?.code == .unavailable || status?.status == .processing, "\(String(describing: status)) \(String(describing: error))")
            }
            mesh.set(home.name, .well)
            var status = try await edge.status(id, seen: nil, patience: .zero)
            while !status.status.isTerminal {
                status = try await edge.status(id, seen: status.version, patience: .seconds(1))
            }
            #expect(status.count == 9_592)
        }
    }

    @Test func anUnknownJobIsNotFoundOnlyWhenAllHaveSaidSo() throws {
        try simulate { world, mesh, edge, _ in
            let id = WorkIDGenerator(world, name: "strange").next()
            let (_, unknown) = await Self.outcome { () async throws(JobGatewayError) in
                try await edge.status(id, seen: nil, patience: .zero)
            }
            #expect(unknown?.code == .notFound)
            mesh.set("n3", .paused)
            let (_, unheard) = await Self.outcome { () async throws(JobGatewayError) in
                try await edge.status(id, seen: nil, patience: .zero)
            }
            #expect(unheard?.code == .unavailable)
            #expect(unheard?.description.contains("n3") == true)
        }
    }

    @Test func aBusyHomeSendsTheJobToTheNextOfTheRing() throws {
        try simulate(nodes: 3, partDuration: .seconds(1), limits: JobLimits(deadline: .seconds(3_600), runningJobs: 1, endedJobs: 10)) { world, mesh, edge, other in
            var homes: [Int] = []
            for _ in 0..<3 { _ = try await edge.submit(Self.request) }
            for name in ["n1", "n2", "n3"] { homes.append(await mesh.desk(name)?.runningCount ?? 0) }
            #expect(homes == [1, 1, 1])
            let (_, error) = await Self.outcome { () async throws(JobGatewayError) in try await edge.submit(Self.request) }
            #expect(error?.code == .unavailable)
            #expect(error?.description.contains("jobs run already") == true)
        }
    }

    @Test func aJobThatMayHaveBegunIsGivenToNoSecondHome() throws {
        try simulate { world, mesh, edge, _ in
            for name in mesh.living.map(\.name) { mesh.set(name, .severed) }
            let (_, error) = await Self.outcome { () async throws(JobGatewayError) in try await edge.submit(Self.request) }
            #expect(error?.code == .unavailable)
            #expect(error?.description.contains("cut off") == true)
            var accepted: UInt64 = 0
            for name in mesh.living.map(\.name) { accepted += await mesh.desk(name)?.totals.accepted ?? 0 }
            #expect(accepted == 1)
        }
    }

    @Test func anyEdgeCancelsAndNobodyTwice() throws {
        try simulate { world, mesh, edge, other in
            let id = try await edge.submit(Self.request).jobId
            #expect(try await other.cancel(id).warnings == ["cancelled"])
            let (_, again) = await Self.outcome { () async throws(JobGatewayError) in try await edge.cancel(id) }
            #expect(again?.code == .alreadyEnded)
            let strange = WorkIDGenerator(world, name: "strange").next()
            let (_, unknown) = await Self.outcome { () async throws(JobGatewayError) in try await edge.cancel(strange) }
            #expect(unknown?.code == .notFound)
        }
    }

    @Test func aMeshWithoutWorkersSaysSo() throws {
        try simulate(nodes: 0) { _, _, edge, _ in
            let (_, error) = await Self.outcome { () async throws(JobGatewayError) in try await edge.submit(Self.request) }
            #expect(error?.code == .unavailable)
            #expect(error?.description.contains("role primes") == true)
        }
    }
}

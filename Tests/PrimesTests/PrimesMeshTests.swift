import Foundation
import JobTestSupport
import Jobs
import Logging
import Membership
import Mesh
import Primes
import Testing
import TestSupport
import World

/// Primes on real nodes in this process, over sockets of 127.0.0.1.
@Suite(.serialized, .bounded) struct PrimesMeshTests {
    private struct Cluster {
        var nodes: [Node] = []
        var services: [PrimesService] = []
        var registries: [JobRegistry] = []
        let name: String

        init(_ count: Int, edges: Int = 0) throws {
            var random = SystemWorld().random("cluster")
            name = "primes-\(random.next() % 1_000_000_000)"
            var seeds: [MemberAddress] = []
            for index in 1...count {
                let address = MemberAddress(host: "127.0.0.1", port: TestPorts.block())
                seeds.append(address)
                var configuration = NodeConfiguration(
                    mesh: name, name: "n\(index)", bindHost: "127.0.0.1", address: address, seeds: [seeds[0]],
                    metadata: MemberMetadata(roles: index <= edges ? ["edge"] : ["primes"]),
                    dataDirectory: "/tmp/gossamer-\(name)/n\(index)")
                configuration.errors = PrimesService.errors
                var log = Logger(label: "n\(index)")
                log.logLevel = .error
                let node = try Node(configuration, world: SystemWorld(), log: log)
                nodes.append(node)
                registries.append(JobRegistry())
                services.append(PrimesService(node: node, processors: 2, registry: registries[index - 1]))
            }
        }

        func start() async throws {
            for node in nodes { try await node.start() }
            let primes = nodes.filter { $0.configuration.metadata.roles == ["primes"] }.count
            for node in nodes {
                try await eventually("\(node.identity) sees everyone") {
                    node.decidedMembers.count == nodes.count && node.ring.shares(role: "primes").count == primes
                }
            }
        }

        func stop() async {
            for node in nodes { await node.stop() }
            try? FileManager.default.removeItem(atPath: "/tmp/gossamer-\(name)")
        }
    }

    @Test func aRangeIsCountedAcrossNodesFromAnEdgeThatCountsNothing() async throws {
        let cluster = try Cluster(4, edges: 1)
        try await cluster.start()
        let gateway = cluster.services[0].gateway
        let accepted = try await gateway.submit(PrimesRequest(from: 0, to: 100_000_000))
        let status = try await gateway.end(of: accepted.jobId)
        #expect(status.count == 5_761_455)
        #expect(status.chunks.total == 100)
        #expect(status.nodes.map(\.node) == ["n2", "n3", "n4"])
        // Another edge knows the job as well, although it has never heard of it.
        #expect(try await cluster.services[2].gateway.status(accepted.jobId, seen: nil, patience: .zero) == status)
        var counted = 0.0
        for service in cluster.services {
            counted += await service.metrics().first { $0.name == "gossamer_primes_parts_counted_total" }?.value ?? 0
            // The neighbour hears of the end after the client.
            try await eventually("nothing is left to do") { await service.unfinishedJobs() == 0 }
        }
        // On a busy machine stragglers get a second worker; the job takes each part once all the same.
        #expect(counted >= 100)
        await cluster.stop()
    }

    @Test func anyNodeListsTheJobsOfAllAndNamesWhomItHasNotHeard() async throws {
        let cluster = try Cluster(3, edges: 1)
        let board = JobBoard(actorSystem: cluster.nodes[1].system, registry: cluster.registries[1])
        try await cluster.start()
        let gateway = cluster.services[0].gateway
        var accepted: [WorkID: String] = [:]
        // The ring decides whose they are; of twelve, both have some.
        for number in 1...12 {
            let id = try await gateway.submit(PrimesRequest(from: 0, to: UInt64(number) * 1_000)).jobId
            _ = try await gateway.end(of: id)
            accepted[id] = cluster.nodes[0].ring.owner(of: "\(id)", role: "primes")?.name
        }
        let survey = JobSurvey(node: cluster.nodes[0], registry: cluster.registries[0])
        let half = await survey.survey()
        #expect(half.unheard == ["n3"], "its board is not there")
        #expect(Set(half.jobs.map(\.id)) == Set(accepted.filter { $0.value == "n2" }.keys))
        let second = JobBoard(actorSystem: cluster.nodes[2].system, registry: cluster.registries[2])
        let whole = await survey.survey()
        #expect(whole.unheard == [])
        #expect(whole.jobs.allSatisfy { accepted[$0.id] == $0.home && $0.kind == "primes" && $0.isEnded && $0.percentage == 100 })
        #expect(whole.jobs.map(\.id) == accepted.keys.sorted().reversed(), "the newest first")
        #expect(whole.jobs.first?.subject == "0 to 12000")
        let few = await JobSurvey(node: cluster.nodes[2], registry: cluster.registries[2], limit: 5).survey()
        #expect(few.jobs == Array(whole.jobs.prefix(5)), "the same from another node")
        withExtendedLifetime((board, second)) {}
        await cluster.stop()
    }

    @Test func theErrorsOfAHomeArriveAsThemselves() async throws {
        let cluster = try Cluster(2, edges: 1)
        try await cluster.start()
        let gateway = cluster.services[0].gateway
        let id = try await gateway.submit(PrimesRequest(from: 0, to: 1_000)).jobId
        _ = try await gateway.end(of: id)
        let home = try cluster.nodes[0].system.singleton(PrimesHome.self, on: cluster.nodes[1].identity)
        do {
            _ = try await home.cancel(id)
            Issue.record("cancelled a job that had ended")
        } catch {
            #expect((error as? JobError)?.code == .alreadyEnded)
        }
        await cluster.stop()
    }

    @Test func aJobOutlivesTheCallThatBroughtIt() async throws {
        let cluster = try Cluster(2, edges: 1)
        try await cluster.start()
        let gateway = cluster.services[0].gateway
        // Longer than the 1.5 s that a submission may take.
        let accepted = try await gateway.submit(PrimesRequest(from: 0, to: 30_000_000_000, chunks: 20))
        let status = try await gateway.end(of: accepted.jobId)
        #expect(status.count == 1_300_005_926)
        #expect(status.elapsedMs > 1_500)
        await cluster.stop()
    }

    @Test func theDeathOfAWorkerIsMadeGood() async throws {
        let cluster = try Cluster(4, edges: 1)
        try await cluster.start()
        let gateway = cluster.services[0].gateway
        let accepted = try await gateway.submit(PrimesRequest(from: 0, to: 20_000_000_000, chunks: 60))
        let home = try #require(cluster.nodes[0].ring.owner(of: "\(accepted.jobId)", role: "primes")?.name)
        let victim = try #require(cluster.nodes.dropFirst().first { $0.identity.name != home })
        try await eventually("the victim has work") {
            ((try? await gateway.status(accepted.jobId, seen: nil, patience: .zero).chunks.done) ?? 0) > 3
        }
        await victim.stop()
        let status = try await gateway.end(of: accepted.jobId)
        #expect(status.count == 882_206_716)
        #expect(status.warnings.isEmpty)
        await cluster.stop()
    }

    @Test func theDeathOfAHomeIsTold() async throws {
        let cluster = try Cluster(4, edges: 1)
        try await cluster.start()
        let gateway = cluster.services[0].gateway
        let accepted = try await gateway.submit(PrimesRequest(from: 0, to: 100_000_000_000, chunks: 1_000))
        let name = try #require(cluster.nodes[0].ring.owner(of: "\(accepted.jobId)", role: "primes")?.name)
        let home = try #require(cluster.nodes.first { $0.identity.name == name })
        let other = try #require(cluster.services.indices.dropFirst().first { cluster.nodes[$0].identity.name != name })
        await home.stop()
        for client in [gateway, cluster.services[other].gateway] {
            var status: PrimesStatus?
            try await eventually("the death is known") {
                status = try? await client.status(accepted.jobId, seen: nil, patience: .zero)
                return status?.status == .failed
            }
            #expect(status?.warnings.first?.contains(name) == true)
        }
        await cluster.stop()
    }
}

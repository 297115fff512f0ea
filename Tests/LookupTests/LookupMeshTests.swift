import Foundation
import JSONDocument
import JobTestSupport
import Jobs
import Logging
import Lookup
import Membership
import Mesh
import Synchronization
import TestSupport
import Testing
import World

/// A worker that waits a moment and counts how often it was asked.
private final class PatientWorker: LookupWorker {
    let service: LookupService
    let timeout = Duration.seconds(5)
    private let duration: Duration
    private let calls = Mutex(0)
    /// What a lookup does in place of an answer.
    let poison = Mutex<(@Sendable () -> Void)?>(nil)

    init(_ service: LookupService, duration: Duration) {
        self.service = service
        self.duration = duration
    }

    var count: Int { calls.withLock { $0 } }

    func lookUp(_ target: LookupTarget, _ world: any World) async throws -> JSON {
        calls.withLock { $0 += 1 }
        try await world.sleep(for: duration)
        if let poison = poison.withLock({ $0 }) {
            poison()
            try await world.sleep(for: .seconds(3_600))
        }
        if service == .geoIP { throw LookupFailure("private range") }
        return ["target": .string(target.text)]
    }
}

/// Lookups on real nodes in this process, over sockets of 127.0.0.1.
@Suite(.serialized, .bounded) struct LookupMeshTests {
    private struct Cluster {
        var nodes: [Node] = []
        var stations: [LookupStation] = []
        var workers: [[PatientWorker]] = []
        let name: String

        init(_ count: Int, duration: Duration = .milliseconds(10)) throws {
            var random = SystemWorld().random("cluster")
            name = "lookup-\(random.next() % 1_000_000_000)"
            var seed: MemberAddress?
            for index in 1...count {
                let address = MemberAddress(host: "127.0.0.1", port: TestPorts.block())
                seed = seed ?? address
                var configuration = NodeConfiguration(
                    mesh: name, name: "n\(index)", bindHost: "127.0.0.1", address: address, seeds: [seed ?? address],
                    metadata: MemberMetadata(roles: index == 1 ? ["edge"] : ["lookup"]),
                    dataDirectory: "/tmp/gossamer-\(name)/n\(index)")
                configuration.errors = LookupStation.errors
                var log = Logger(label: "n\(index)")
                log.logLevel = .error
                let node = try Node(configuration, world: SystemWorld(), log: log)
                let own = LookupService.all.map { PatientWorker($0, duration: duration) }
                nodes.append(node)
                workers.append(own)
                stations.append(LookupStation(node: node, workers: own, results: MemoryLookupResultStore()))
            }
        }

        func start() async throws {
            for node in nodes { try await node.start() }
            for node in nodes {
                try await eventually("\(node.identity) sees everyone") {
                    node.decidedMembers.count == nodes.count && node.ring.shares(role: "lookup").count == nodes.count - 1
                }
            }
        }

        func stop() async {
            for node in nodes { await node.stop() }
            try? FileManager.default.removeItem(atPath: "/tmp/gossamer-\(name)")
        }
    }

    private static let all = [0, 1, 2, 3]

    @Test func aTargetIsLookedUpAcrossNodesFromAnEdgeThatLooksNothingUp() async throws {
        let cluster = try Cluster(4)
        try await cluster.start()
        let gateway = cluster.stations[0].gateway
        let id = try await gateway.submit(LookupRequest(target: LookupTarget("192.0.2.7"), services: Self.all)).jobId
        let status = try await gateway.end(of: id)
        #expect(status.status == .completed)
        #expect(status.results.map(\.service) == Self.all)
        #expect(status.results.map(\.isSuccess) == [false, true, true, true])
        #expect(status.results[0].errorMessage == "private range")
        #expect(status.results[1].data == #"{"target":"192.0.2.7"}"#)
        #expect(status.results.allSatisfy { ["n2", "n3", "n4"].contains($0.node) })
        #expect(cluster.workers.joined().map(\.count).reduce(0, +) == 4, "each service was looked up once")
        // Another node knows the job as well, although it has never heard of it.
        #expect(try await cluster.stations[2].gateway.status(id, seen: nil, patience: .zero) == status)
        await cluster.stop()
    }

    /// Of 24 jobs some have work on every node.
    @Test func theDeathOfAWorkerIsMadeGood() async throws {
        let cluster = try Cluster(4, duration: .seconds(1))
        try await cluster.start()
        let gateway = cluster.stations[0].gateway
        let victim = cluster.nodes[3]
        var ids: [WorkID] = []
        for _ in 0..<24 {
            let id = try await gateway.submit(LookupRequest(target: LookupTarget("192.0.2.7"), services: Self.all)).jobId
            if cluster.nodes[0].ring.owner(of: "\(id)", role: "lookup")?.name != victim.identity.name { ids.append(id) }
        }
        await victim.stop()
        var resent = 0
        for id in ids {
            let status = try await gateway.end(of: id)
            #expect(status.status == .completed && status.results.count == 4)
            resent += status.resent
        }
        #expect(!ids.isEmpty && resent > 0)
        await cluster.stop()
    }

    /// The nodes stop without leaving the mesh, while they look the target up.
    @Test func anOrderThatKillsItsWorkersDoesNotKillThemAll() async throws {
        let cluster = try Cluster(6, duration: .seconds(2))
        try await cluster.start()
        let gateway = cluster.stations[0].gateway, ring = cluster.nodes[0].ring
        let killed = Mutex<[String]>([])
        var poisoned: WorkID?
        for _ in 0..<100 where poisoned == nil {
            let id = try await gateway.submit(LookupRequest(target: LookupTarget("192.0.2.7"), services: [2, 3])).jobId
            let home = ring.owner(of: "\(id)", role: "lookup")
            // The home's turn shall come last, so that there is somebody to tell.
            if ring.owners(of: "\(id)/2", count: 5, role: "lookup").last?.name != home?.name {
                _ = try await gateway.cancel(id)
            } else {
                poisoned = id
            }
        }
        let id = try #require(poisoned)
        for (node, workers) in zip(cluster.nodes, cluster.workers) {
            workers[2].poison.withLock { poison in
                poison = {
                    killed.withLock { $0.append(node.identity.name) }
                    Task { await node.stop() }
                }
            }
        }
        let status = try await gateway.end(of: id)
        let dead = killed.withLock { $0 }
        #expect(status.status == .completed && status.results.map(\.isSuccess) == [false, true])
        let sentence = try #require(status.results.first?.errorMessage)
        #expect(sentence.hasPrefix("nodes died while they looked this up: ") && sentence.hasSuffix("; it is given to no other"))
        // A node that says goodbye is known to be dead only later: the next may have the order by then.
        #expect(3...4 ~= dead.count && dead.count { sentence.contains($0) } == 3, "\(dead): \(sentence)")
        await cluster.stop()
    }

    @Test func aStationTellsTheLogWhatWillKeepItsWorkersFromWorking() async throws {
        let log = HeardLog(), folder = try TemporaryFolder(), missing = "/nowhere/City.mmdb"
        let worker = GeoIPWorker(try await Names.resolver(), files: [missing], base: "")
        var configuration = NodeConfiguration(
            mesh: "log", name: "n1", bindHost: "127.0.0.1", address: MemberAddress(host: "127.0.0.1", port: TestPorts.block()), seeds: [],
            metadata: MemberMetadata(roles: ["lookup"]), dataDirectory: folder.path)
        configuration.errors = LookupStation.errors
        let node = try Node(configuration, world: SystemWorld(), log: Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() })
        let station = LookupStation(
            node: node, workers: [worker], results: MemoryLookupResultStore(), log: Logger(label: "heard") { _ in log })
        #expect(log.lines.withLock { $0.count } == 1 && log.lines.withLock { $0[0].contains(missing) })
        #expect(await station.unfinishedJobs() == 0)
        await node.stop()
    }
}

/// A log that a test reads.
private final class HeardLog: LogHandler {
    let lines = Mutex<[String]>([])
    var logLevel: Logger.Level { get { .trace } set {} }
    var metadata: Logger.Metadata { get { [:] } set {} }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? { get { nil } set {} }

    func log(event: LogEvent) { lines.withLock { $0.append(event.message.description) } }
}

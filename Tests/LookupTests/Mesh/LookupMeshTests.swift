import Choreography
import Jobs
import JobTestSupport
import JSONDocument
import Lookup
import Synchronization
import Testing
import TestSupport
import World

/// A worker that waits a moment and counts how often it was asked.
private final class PatientWorker: LookupWorker {
    let service: LookupService
    let timeout = Duration.seconds(15)
    private let duration: Duration
    private let keep: Duration?
    private let calls = Mutex(0)

    init(_ service: LookupService, duration: Duration, keep: Duration?) {
        self.service = service
        self.duration = duration
        self.keep = keep
    }

    var count: Int { calls.withLock { $0 } }

    func lookUp(_ target: LookupTarget, _ world: any World) async throws -> LookupAnswer {
        calls.withLock { $0 += 1 }
        try await world.sleep(for: duration)
        if service == .geoIP { throw LookupFailure("private range", source: .target, keep: keep) }
        // Larger than a register takes.
        if service == .rdap { return LookupAnswer(["text": .string(String(repeating: "x", count: 100_000))], keep: keep) }
        return LookupAnswer(["target": .string(target.text)], keep: keep)
    }
}

/// Lookups on real nodes in this process, over sockets of 127.0.0.1, with real registers.
@Suite(.serialized, .bounded) struct LookupMeshTests {
    private static func withMesh(
        stores: Int = 3, duration: Duration = .milliseconds(10), ofLast last: Duration? = nil, keep: Duration? = nil,
        _ body: (JobMesh<LookupJob>, [PatientWorker]) async throws -> Void
    ) async throws {
        let workers = (0..<stores).map { index in
            LookupService.all.map { PatientWorker($0, duration: index == stores - 1 ? last ?? duration : duration, keep: keep) }
        }
        try await JobMesh<LookupJob>.with(
            LookupJob.work, stores: stores, limits: LookupRequest.defaultLimits,
            worker: { name in
                let own = workers[Int(name.dropFirst()).map { $0 - 1 } ?? 0]
                return LookupCrew(bench: LookupBench(world: SystemWorld(), node: name, workers: own, store: MemoryLookupResultStore()))
            }
        ) { try await body($0, Array(workers.joined())) }
    }

    private static func id() -> WorkID { WorkIDGenerator(SystemWorld()).next() }
    private static func request(_ target: String = "192.0.2.7", isFresh: Bool = false) throws -> LookupRequest {
        LookupRequest(target: try LookupTarget(target), services: [3, 0, 1, 2], isFresh: isFresh)
    }

    @Test func aTargetIsLookedUpAcrossNodesFromAnEdgeThatLooksNothingUp() async throws {
        try await Self.withMesh { mesh, workers in
            let id = Self.id()
            try await mesh["n0"].submit(Self.request(), id: id)
            let status = try await mesh["n0"].end(of: id)
            #expect(status.status == .completed && status.results.map(\.service) == [3, 0, 1, 2])
            #expect(status.results.map(\.isSuccess) == [true, false, true, true] && status.results[1].errorMessage == "private range")
            #expect(status.results[2].data == #"{"target":"192.0.2.7"}"# && status.results[3].data?.count ?? 0 > 100_000)
            #expect(status.results.allSatisfy { ["n1", "n2", "n3"].contains($0.node) })
            #expect(workers.map(\.count).reduce(0, +) == 4, "each service was looked up once")
            // Another node knows the job as well, although it has never heard of it.
            #expect(try await mesh["n2"].status(id, seen: nil, patience: .zero) == status)
        }
    }

    /// Wherever their homes are, all have it done by the same node, which does it once.
    @Test func jobsAboutTheSameTargetAskOnceAcrossTheMesh() async throws {
        try await Self.withMesh(duration: .milliseconds(300), keep: .seconds(600)) { mesh, workers in
            let ids = (0..<8).map { _ in Self.id() }
            // Some at the same time, and some when it is known.
            for id in ids.prefix(4) { try await mesh["n0"].submit(Self.request(), id: id) }
            for id in ids.prefix(4) { _ = try await mesh["n0"].end(of: id) }
            for id in ids.dropFirst(4) { try await mesh["n0"].submit(Self.request(), id: id) }
            var statuses: [LookupStatus] = []
            for id in ids { statuses.append(try await mesh["n0"].end(of: id)) }
            #expect(Set(ids.compactMap { mesh.home(of: $0) }).count > 1, "or nothing is shown")
            #expect(workers.map(\.count).reduce(0, +) == 4, "each service was asked once for all of them")
            for status in statuses {
                #expect(status.results.map(\.data) == statuses[0].results.map(\.data))
                #expect(status.results.map(\.isSuccess) == [true, false, true, true])
                #expect(status.results.map(\.node) == statuses[0].results.map(\.node))
            }
            for status in statuses.dropFirst(4) { #expect(status.results.allSatisfy { $0.cache?.way == .hit && $0.durationMs == 0 }) }
            let fresh = Self.id()
            try await mesh["n0"].submit(Self.request(isFresh: true), id: fresh)
            let status = try await mesh["n0"].end(of: fresh)
            #expect(status.results.allSatisfy { $0.cache?.way == .request } && workers.map(\.count).reduce(0, +) == 8)
        }
    }

    /// Of twelve jobs some have their home on the node that dies, and some have work there.
    @Test func jobsAreDoneThoughANodeDies() async throws {
        try await Self.withMesh(duration: .seconds(1)) { mesh, _ in
            let ids = (0..<12).map { _ in Self.id() }
            for (index, id) in ids.enumerated() { try await mesh["n0"].submit(Self.request("192.0.2.\(index)"), id: id) }
            await mesh.kill("n3")
            var resent = 0
            for id in ids {
                let status = try await mesh["n0"].end(of: id)
                #expect(status.status == .completed && status.results.count == 4 && status.warnings.isEmpty)
                #expect(status.results.map(\.isSuccess) == [true, false, true, true])
                resent += status.resent
            }
            #expect(resent > 0)
        }
    }

    // MARK: From several nodes

    private static func vantage(_ nodes: [String]) throws -> LookupRequest {
        LookupRequest(target: try LookupTarget("192.0.2.7"), services: [3, 2], vantage: LookupVantage(asked: .all, nodes: nodes))
    }

    @Test func everyNodeLooksForItself() async throws {
        try await Self.withMesh { mesh, workers in
            let id = Self.id()
            try await mesh["n0"].submit(Self.vantage(["n2", "n3", "n1"]), id: id)
            let status = try await mesh["n0"].end(of: id)
            #expect(status.status == .completed && status.warnings.isEmpty && status.resent == 0)
            #expect(status.results.map(\.service) == [3, 3, 3, 2, 2, 2] && status.results.map(\.node) == ["n2", "n3", "n1", "n2", "n3", "n1"])
            #expect(status.results.allSatisfy { $0.isSuccess && $0.resolvedAddress == "192.0.2.7" })
            #expect(workers.filter { $0.service == .reverseDNS || $0.service == .rdap }.allSatisfy { $0.count == 1 }, "each node has asked once")
        }
    }

    /// What it was to find nobody else can; the others' results are there, and nobody waits for the deadline of a minute.
    @Test func whenANodeDiesItsPartsFailByNameAndTheOthersAreThere() async throws {
        try await Self.withMesh(ofLast: .seconds(14)) { mesh, _ in
            let ids = (0..<4).map { _ in Self.id() }
            for id in ids { try await mesh["n0"].submit(Self.vantage(["n1", "n2", "n3"]), id: id) }
            await mesh.kill("n3")
            for id in ids {
                let status = try await mesh["n0"].end(of: id)
                #expect(status.status == .completed && status.completionPercentage == 100)
                #expect(status.results.map(\.node) == ["n1", "n2", "n3", "n1", "n2", "n3"])
                for result in status.results where result.node != "n3" { #expect(result.isSuccess) }
                for result in status.results where result.node == "n3" {
                    #expect(result.errorMessage?.hasPrefix("node n3 ") == true && result.failureSource == .mesh, "\(result)")
                }
            }
        }
    }

    /// A name that no node has: as when it is gone before its job begins.
    @Test func aNodeThatIsNotThereHasAResultToo() async throws {
        try await Self.withMesh { mesh, _ in
            let id = Self.id()
            try await mesh["n0"].submit(Self.vantage(["n1", "n9"]), id: id)
            let results = try await mesh["n0"].end(of: id).results
            #expect(results.map(\.node) == ["n1", "n9", "n1", "n9"] && results.map(\.isSuccess) == [true, false, true, false])
            #expect(results[1].errorMessage == "node n9 cannot be had: it has left, is out of reach, or does no lookup")
        }
    }
}

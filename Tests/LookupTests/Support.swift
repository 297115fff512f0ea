import Foundation
import JSONDocument
import Lookup
import Synchronization
import Testing
import TestSupport
import World

/// The document of a lookup, or the sentence that it failed with.
func look(_ worker: some LookupWorker, _ target: String) async throws -> Result<JSON, LookupFailure> {
    try await wholeLook(worker, target).map(\.document)
}

/// All that a lookup tells.
func wholeLook(_ worker: some LookupWorker, _ target: String) async throws -> Result<LookupAnswer, LookupFailure> {
    do {
        return .success(try await worker.lookUp(try LookupTarget(target), SystemWorld()))
    } catch let failure as LookupFailure {
        return .failure(failure)
    }
}

extension Result<JSON, LookupFailure> {
    var json: JSON? { try? get() }
    var complaint: String? { if case .failure(let failure) = self { failure.message } else { nil } }
}

extension Result<LookupAnswer, LookupFailure> {
    var answer: LookupAnswer? { try? get() }
    var failure: LookupFailure? { if case .failure(let failure) = self { failure } else { nil } }
}

/// Workers ask nobody but the name server of the tests.
enum Names {
    /// Started, and installed if need be, once for all.
    private static let starting = Task {
        let many = (1...60).map { "--host-record=many.lookup.test,198.51.100.\($0)" }
            + (1...60).map { "--ptr-record=60.2.0.192.in-addr.arpa,name-\($0).lookup.test" }
        return try await NameServer.start(records: [
            "--local=/test/", "--local=/in-addr.arpa/", "--local=/ip6.arpa/", "--host-record=host.lookup.test,192.0.2.1,2001:db8::1",
            "--host-record=loop.lookup.test,127.0.0.1", "--host-record=six.lookup.test,::1", "--cname=alias.lookup.test,loop.lookup.test",
            "--ptr-record=9.2.0.192.in-addr.arpa,first.lookup.test", "--ptr-record=9.2.0.192.in-addr.arpa,second.lookup.test",
            "--txt-record=text.lookup.test,nothing else", "--host-record=google.lookup.test,8.8.8.8",
            "--host-record=meta.lookup.test,169.254.169.254", "--host-record=mixed.lookup.test,8.8.8.8",
            "--host-record=mixed.lookup.test,10.0.0.1",
        ] + many)
    }

    /// - Parameter outside: the door; one of its own without.
    static func client(through outside: OutsideHosts = OutsideHosts(world: SystemWorld())) async throws -> DNSClient {
        DNSClient(.init(servers: [try await starting.value.address]), through: outside)
    }

    static func resolver(through outside: OutsideHosts = OutsideHosts(world: SystemWorld())) async throws -> LookupResolver {
        LookupResolver(try await client(through: outside))
    }

    /// Nobody listens there.
    static var deadAddress: String { "127.0.0.1:\(TestPorts.block(of: 1))" }
}

extension DNSClient {
    /// With a door of its own.
    init(_ settings: Settings) { self.init(settings, through: OutsideHosts(world: SystemWorld())) }
}

extension OutsideHosts {
    /// What one host has been asked; `nil` when it never was.
    func host(_ name: String) -> OutsideHost? { hosts.first { $0.name == name }?.host }
}

extension AddressJudge {
    /// How many were refused for this reason, as the metrics tell it.
    func refused(_ reason: AddressRefusal.Reason) -> Double? {
        metrics.first { $0.labels == [.init("reason", reason.rawValue)] }?.value
    }
}

/// The real world, whose monotonic clock a test puts forward.
final class AheadWorld: World {
    private let real = SystemWorld()
    private let lead = Mutex(Duration.zero)

    /// Sleeps that have begun are not shortened.
    func advance(_ duration: Duration) { lead.withLock { $0 += duration } }

    var now: Instant { real.now + lead.withLock { $0 } }
    var wallTime: WallTime { real.wallTime }
    var files: any FileSystem { real.files }
    var mutations: Set<Mutation> { real.mutations }
    func random(_ name: String) -> RandomStream { real.random(name) }
    func sleep(until deadline: Instant) async throws { try await real.sleep(until: deadline - lead.withLock { $0 }) }
    func makeExecutor(_ name: String) -> any ActorExecutor { real.makeExecutor(name) }
    func compute<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value { try await real.compute(body) }
    func makeBlockingThread(_ name: String) -> any BlockingThread { real.makeBlockingThread(name) }
    func environment(_ name: String) -> String? { real.environment(name) }
    func buggify(_ point: String) -> Bool { real.buggify(point) }
    func shutDown() { real.shutDown() }

    @discardableResult
    func spawn(_ name: String, on executor: (any ActorExecutor)?, _ body: @escaping @Sendable () async -> Void) -> SpawnedTask {
        real.spawn(name, on: executor, body)
    }
}

/// A folder that is removed when this value goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "lookup-" + UUID().uuidString)
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

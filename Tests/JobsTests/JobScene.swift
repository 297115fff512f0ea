import Choreography
import Jobs
import Registers
import Synchronization
import WorkTestSupport
import World

/// A desk over registers in memory, and what a test may do to the way between them.
final class JobScene: Sendable {
    static let startMs: Int64 = 1_800_000_000_000

    let engine: MemoryEngine
    let desk: JobDesk<SumJob>
    let results: Results
    private let breadth: Mutex<Int>
    private let objection: Mutex<String?>
    private let settlements = Mutex<[Bool]>([])
    private let deeds = Deeds()

    /// Results that are somewhere, or nowhere.
    final class Results: ResultStore {
        let bytes = Mutex<[ResultLocation: [UInt8]]>([:])

        func save(_ bytes: [UInt8], of work: WorkID) async throws(WorkRefusal) -> ResultLocation {
            throw WorkRefusal(.overloaded, "this keeps nothing")
        }

        func read(_ location: ResultLocation) async -> [UInt8]? { bytes.withLock { $0[location] } }
        func start(isOver: @escaping @Sendable (WorkID) async -> Bool?) {}
    }

    /// What happens on the way.
    fileprivate final class Deeds: Sendable {
        let beforeChange = Mutex<(@Sendable (MemoryEngine) throws -> Void)?>(nil)
        let whileWaiting = Mutex<(@Sendable (MemoryEngine) throws -> Void)?>(nil)
        let failure = Mutex<RegisterError?>(nil)
        let waits = Mutex<[Duration]>([])
    }

    private struct Way: RegisterEngine {
        let engine: MemoryEngine
        let deeds: Deeds

        func change(
            _ key: RegisterKey, operation: WorkID?, command: [UInt8], patience: Duration
        ) async throws(RegisterError) -> [UInt8] {
            if let failure = deeds.failure.withLock({ $0 }) { throw failure }
            try? deeds.beforeChange.withLock { $0.take() }?(engine)
            return try await engine.change(key, operation: operation, command: command, patience: patience)
        }

        func read(_ key: RegisterKey, query: [UInt8], patience: Duration) async throws(RegisterError) -> [UInt8] {
            if let failure = deeds.failure.withLock({ $0 }) { throw failure }
            return try await engine.read(key, query: query, patience: patience)
        }

        func glance(
            _ key: RegisterKey, query: [UInt8], seen: UInt64?, patience: Duration
        ) async throws(RegisterError) -> RegisterGlance {
            if seen != nil {
                deeds.waits.withLock { $0.append(patience) }
                if let deed = deeds.whileWaiting.withLock({ $0.take() }) {
                    try? deed(engine)
                } else {
                    try? await SystemWorld().sleep(for: patience)
                }
            }
            return try await engine.glance(key, query: query, seen: seen, patience: patience)
        }
    }

    /// - Parameter mutations: what the node of the desk breaks on purpose.
    init(breadth: Int = 4, objection: String? = nil, mutations: Set<Mutation> = []) {
        engine = MemoryEngine([SumJob.self, TotalJob.self], now: WallTime(millisecondsSince1970: Self.startMs))
        results = Results()
        self.breadth = Mutex(breadth)
        self.objection = Mutex(objection)
        let box = Box()
        desk = JobDesk(
            world: SystemWorld(mutations: mutations), actors: DurableActors(engine: Way(engine: engine, deeds: deeds)),
            limits: JobLimits(deadline: .seconds(60), runningJobs: 2),
            surroundings: .init(results: results, breadth: { box.scene?.breadth.withLock { $0 } ?? 0 }) { _ in
                box.scene?.admit() ?? .refused("there is no scene")
            })
        box.held.withLock { $0 = Weak(scene: self) }
    }

    private func admit() -> JobAdmission {
        if let objection = objection.withLock({ $0 }) { return .refused(objection) }
        return .granted { [self] mayHaveBegun in settlements.withLock { $0.append(mayHaveBegun) } }
    }

    private struct Weak { weak var scene: JobScene? }
    private final class Box: Sendable {
        let held = Mutex(Weak())
        var scene: JobScene? { held.withLock { $0.scene } }
    }

    // MARK: What a test does

    func workers(_ breadth: Int) { self.breadth.withLock { $0 = breadth } }
    func object(_ objection: String?) { self.objection.withLock { $0 = objection } }
    func fail(_ error: RegisterError?) { deeds.failure.withLock { $0 = error } }
    func beforeNextChange(_ deed: @escaping @Sendable (MemoryEngine) throws -> Void) { deeds.beforeChange.withLock { $0 = deed } }
    func whileWaiting(_ deed: @escaping @Sendable (MemoryEngine) throws -> Void) { deeds.whileWaiting.withLock { $0 = deed } }
    /// Of each place that was kept for a job: whether the home was told that it may have begun.
    var settled: [Bool] { settlements.withLock { $0 } }
    /// How long somebody wanted to wait for news, each time.
    var waits: [Duration] { deeds.waits.withLock { $0 } }
}

extension MemoryEngine {
    /// A worker has answered a part of a job.
    func answer(_ id: WorkID, _ part: Int, _ result: WorkResult = .done([2])) throws {
        try change(ActorName(SumJob.kind, of: id), .answer(part: "\(part)", WorkReport(result: result, node: "n2")))
    }
}

extension WorkID {
    static func job(_ number: UInt64) -> WorkID { WorkID(milliseconds: UInt64(JobScene.startMs) + number, randomA: 0, randomB: number) }
}

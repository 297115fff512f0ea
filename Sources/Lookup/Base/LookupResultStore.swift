import JSONDocument
import Logging
import Synchronization
import World

/// Keeps outcomes, so that an order that comes again is answered without another lookup.
public protocol LookupResultStore: Sendable {
    /// Keeps the outcome until room is needed for later ones. Durable, as far as the store is, when it returns.
    /// - Throws: when it could not be kept.
    func save(_ outcome: LookupOutcome, of job: WorkID) async throws

    /// What was saved for this service of this job, if it is still kept.
    func outcome(of job: WorkID, service: Int) async -> LookupOutcome?
}

/// Keeps outcomes for as long as the process lives.
public final class MemoryLookupResultStore: LookupResultStore {
    private let table: Mutex<BoundedTable<[Int: LookupOutcome]>>

    /// - Parameter jobs: whose outcomes are kept; then the job goes that came first. At least 1.
    public init(jobs: Int = 1_024) { table = Mutex(BoundedTable(limit: jobs)) }

    public func save(_ outcome: LookupOutcome, of job: WorkID) {
        table.withLock { table in
            var outcomes = table[job] ?? [:]
            outcomes[outcome.service] = outcome
            table.insert(outcomes, for: job)
        }
    }

    public func outcome(of job: WorkID, service: Int) -> LookupOutcome? { table.withLock { $0[job]?[service] } }
}

/// Keeps each outcome in a file `<job>-<service>.json` of one directory, durably.
///
/// Ids of jobs begin with their time, so the names sort by age: when there are too many files, the first goes.
public actor FileLookupResultStore: LookupResultStore {
    private let world: any World
    private let executor: any ActorExecutor
    private let directory: String
    private let limit: Int
    private let log: Logger
    /// The files that are there, sorted.
    private var names: [String]

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes the directory if need be and reads its list, blocking; files of a former life are found again.
    /// - Parameter files: outcomes that are kept; at least 1.
    public init(world: any World, directory: String, files limit: Int = 4_096, log: Logger = Logger(label: "lookup")) throws(FileError) {
        precondition(limit > 0, "a store that may hold nothing")
        self.world = world
        self.directory = directory
        self.limit = limit
        self.log = log
        executor = world.makeExecutor("lookup.results")
        try world.files.createDirectory(directory)
        names = try world.files.list(directory).filter { Self.isName($0) }.sorted()
    }

    public func save(_ outcome: LookupOutcome, of job: WorkID) async throws {
        let name = Self.name(job, outcome.service)
        let (world, directory, bytes) = (world, directory, Array(outcome.json.text().utf8))
        let isNew = try await world.compute {
            do throws(FileError) {
                try world.files.writeDurably(bytes, to: directory + "/" + name)
                return false
            } catch where error.code == .notFound {
                // Somebody has removed the directory: what was in it is gone, and no reason to keep nothing from now on.
                try world.files.createDirectory(directory)
                try world.files.writeDurably(bytes, to: directory + "/" + name)
                return true
            }
        }
        if isNew {
            log.warning("the directory \(directory) had vanished with the lookup results in it, and was made again")
            names = []
        }
        insert(name)
        guard names.count > limit else { return }
        let excess = Array(names.prefix(names.count - limit))
        names.removeFirst(excess.count)
        try await world.compute { for name in excess { try world.files.remove(directory + "/" + name) } }
    }

    public func outcome(of job: WorkID, service: Int) async -> LookupOutcome? {
        let name = Self.name(job, service)
        guard position(of: name).isThere else { return nil }
        let (world, directory) = (world, directory)
        // A file that cannot be read or is damaged counts as none: the lookup is done once more and the file written anew.
        let bytes = try? await world.compute { try world.files.read(directory + "/" + name) }
        guard let bytes, let json = try? JSON(parsing: bytes), let outcome = LookupOutcome(json), outcome.service == service else {
            return nil
        }
        if let data = outcome.data, (try? JSON(parsing: data.utf8)) == nil { return nil }
        return outcome
    }

    private static let suffix = ".json"

    private static func name(_ job: WorkID, _ service: Int) -> String { "\(job)-\(service)\(suffix)" }

    /// Whether this store has written it: a temporary file that a crash has left is not one of its own.
    private static func isName(_ text: String) -> Bool {
        guard text.hasSuffix(suffix), let job = WorkID(text.prefix(36)) else { return false }
        return Int(text.dropFirst(37).dropLast(suffix.count)).map { name(job, $0) == text } ?? false
    }

    private func insert(_ name: String) {
        let (index, isThere) = position(of: name)
        if !isThere { names.insert(name, at: index) }
    }

    private func position(of name: String) -> (index: Int, isThere: Bool) {
        var low = 0, high = names.count
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return (low, low < names.count && names[low] == name)
    }
}

extension LookupOutcome {
    /// As it lies in a file.
    var json: JSON {
        [
            "service": .number(service), "success": .bool(isSuccess), "data": .text(data), "errorMessage": .text(errorMessage),
            "completedAtMs": .number(completedAtMs), "durationMs": .number(durationMs), "node": .string(node),
            "resolvedAddress": .text(resolvedAddress), "failureSource": .text(failureSource?.rawValue), "cache": cache?.json ?? .null,
        ]
    }

    init?(_ json: JSON) {
        guard let service = json["service"]?.integer(), let completedAtMs = json["completedAtMs"]?.integer(Int64.self),
            let durationMs = json["durationMs"]?.integer(Int64.self), let node = json["node"]?.string
        else { return nil }
        let result: Result<String, LookupFailure>
        switch (json["success"], json["data"]?.string, json["errorMessage"]?.string) {
        case (.bool(true)?, let data?, nil): result = .success(data)
        case (.bool(false)?, nil, let message?):
            // A file of an earlier release does not say.
            let source = json["failureSource"]?.string.flatMap { LookupFailure.Source(rawValue: $0) }
            result = .failure(LookupFailure(message, source: source ?? .server))
        default: return nil
        }
        self.init(
            service: service, result: result, completedAtMs: completedAtMs, durationMs: durationMs, node: node,
            resolvedAddress: json["resolvedAddress"]?.string, cache: json["cache"].flatMap { CacheUse($0) })
    }
}

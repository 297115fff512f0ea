import Choreography
import Logging
import Registers
import Synchronization
import World

/// The results that one node keeps: each a file in the directory `blobs` of its data directory, checked whenever it is read.
///
/// All that touches the disk is done by one thread, one after the other. What finds no room is refused; nothing that is kept goes for it.
public final class FileResults: Sendable {
    private struct State {
        var index: ResultIndex
        /// Files of which was said that they cannot be read.
        var unreadable: Set<ResultName> = []
    }

    private let files: any FileSystem
    private let directory: String
    private let thread: any BlockingThread
    private let log: Logger
    private let state: Mutex<State>

    /// Makes the directory if need be and reads its list, blocking; results of former lives are found again.
    /// - Parameters:
    ///   - bytes: of all results together, beyond which no more is taken.
    ///   - limit: files, beyond which no more is taken.
    public init(
        world: any World, dataDirectory: String, bytes: Int = ResultLimits.storedBytes, files limit: Int = ResultLimits.storedFiles,
        log: Logger
    ) throws(FileError) {
        files = world.files
        directory = dataDirectory + "/blobs"
        self.log = log
        thread = world.makeBlockingThread("gossamer-results")
        var index = ResultIndex(byteLimit: bytes, fileLimit: limit)
        try files.createDirectory(directory)
        for name in try files.list(directory) {
            if let name = ResultName(name) {
                index.insert(name)
            } else if name.hasSuffix(Self.unfinished), ResultName(String(name.dropLast(Self.unfinished.count))) != nil {
                try files.remove(directory + "/" + name)
            }
        }
        state = Mutex(State(index: index))
    }

    /// Behind the name of a file that a crash has left half written.
    private static let unfinished = ".tmp"

    /// How much is kept.
    package var kept: (files: Int, bytes: Int) { state.withLock { ($0.index.files, $0.index.bytes) } }

    /// Keeps a result. When this returns it survives a power cut.
    package func save(_ bytes: [UInt8], _ digest: ResultDigest, of work: WorkID) async throws(WorkRefusal) {
        let name = ResultName(work: work, digest: digest, size: bytes.count)
        let result: Result<Void, WorkRefusal> = await onThread { [self] in
            if let obstacle = state.withLock({ $0.index.obstacle(to: name) }) {
                return .failure(WorkRefusal(.overloaded, "\(obstacle); room comes when the work ends that they are of"))
            }
            do throws(FileError) {
                // Also when it is there: who reads it may be the first to find that it is damaged.
                try write(bytes, name)
            } catch {
                log.error("a result cannot be kept: \(error)")
                return .failure(WorkRefusal(.overloaded, "the result cannot be kept: \(error)"))
            }
            state.withLock { state in
                state.index.insert(name)
                state.unreadable.remove(name)
            }
            return .success(())
        }
        try result.get()
    }

    private func write(_ bytes: [UInt8], _ name: ResultName) throws(FileError) {
        do throws(FileError) {
            try files.writeDurably(bytes, to: path(name))
        } catch where error.code == .notFound {
            // Somebody has removed the directory: what was in it is gone, and no reason to keep nothing from now on.
            try files.createDirectory(directory)
            try files.writeDurably(bytes, to: path(name))
            log.error("the directory \(directory) had vanished with the results in it, and was made again")
            state.withLock { $0.index = ResultIndex(byteLimit: $0.index.byteLimit, fileLimit: $0.index.fileLimit) }
        }
    }

    /// The result, if it is here and what it was.
    package func read(_ digest: ResultDigest) async -> [UInt8]? {
        await onThread { [self] in
            for name in state.withLock({ $0.index.named(digest) }) {
                do throws(FileError) {
                    let bytes = try files.read(path(name))
                    if ResultDigest(of: bytes) == digest { return bytes }
                    complain(name, "is damaged")
                } catch {
                    complain(name, "cannot be read: \(error.reason)")
                }
            }
            return nil
        }
    }

    /// Once for each file. It stays where it is: the disk may say something else another time.
    private func complain(_ name: ResultName, _ what: String) {
        guard state.withLock({ $0.unreadable.insert(name).inserted }) else { return }
        log.error("the result \(path(name)) \(what); it counts as not there, and is read from another node that keeps it")
    }

    // MARK: Sweeping

    /// What is here of work that was made in an hour before that one; the oldest first.
    func names(madeBefore hour: CreationHour) -> [ResultName] { state.withLock { $0.index.files { CreationHour(of: $0.work) < hour } } }

    func remove(_ names: [ResultName]) async {
        await onThread { [self] in
            for name in names {
                do throws(FileError) {
                    try files.remove(path(name))
                } catch {
                    log.error("a result of work that is over cannot be removed: \(error)")
                    continue
                }
                state.withLock { state in
                    state.index.remove(name)
                    state.unreadable.remove(name)
                }
            }
        }
    }

    private func path(_ name: ResultName) -> String { "\(directory)/\(name)" }

    private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withUnsafeContinuation { continuation in thread.run { continuation.resume(returning: body()) } }
    }
}

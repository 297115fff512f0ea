/// The disk of a simulated node. It outlives the node's lives.
///
/// It refuses what a real one refuses: a file in a directory that is not there, the removal of a directory that is not
/// empty. And it keeps apart what is written and what is on the disk, so that a power cut takes what was not synced: the
/// removals in a directory since something was last made there, because nothing else returns before it is durable.
public final class SimulatedFileSystem: FileSystem, @unchecked Sendable {
    private enum Entry {
        case file([UInt8])
        case directory
    }

    /// As the running system sees it. The root and the working directory are always there.
    private var entries: [String: Entry] = [:]
    /// As it is after a power cut.
    private var durable: [String: Entry] = [:]
    /// While true every write fails for lack of space.
    public var isFull = false

    public init() {}

    /// Takes back everything that was not synced, as the loss of power does.
    public func powerCut() { entries = durable }

    public func read(_ path: String) throws(FileError) -> [UInt8] {
        switch entry(path) {
        case .file(let content): return content
        case .directory: throw FileError(code: .isDirectory, path: path, reason: "Is a directory")
        case nil: throw missing(path)
        }
    }

    public func writeDurably(_ bytes: [UInt8], to path: String) throws(FileError) {
        let path = FilePath.withoutTrailingSlashes(path)
        try requireDirectory(FilePath.parent(of: path), for: path)
        guard !isFull else { throw FileError(code: .noSpace, path: path, reason: "No space left on device") }
        if case .directory = entry(path) { throw FileError(code: .isDirectory, path: path, reason: "Is a directory") }
        entries[path] = .file(bytes)
        sync(FilePath.parent(of: path))
    }

    public func createDirectory(_ path: String) throws(FileError) {
        let path = FilePath.withoutTrailingSlashes(path)
        switch entry(path) {
        case .directory: return
        case .file: throw FileError(code: .exists, path: path, reason: "File exists")
        case nil:
            let parent = FilePath.parent(of: path)
            if entry(parent) == nil { try createDirectory(parent) }
            try requireDirectory(parent, for: path)
            entries[path] = .directory
            sync(parent)
        }
    }

    public func exists(_ path: String) -> Bool { entry(path) != nil }

    public func remove(_ path: String) throws(FileError) {
        let path = FilePath.withoutTrailingSlashes(path)
        guard names(in: path).isEmpty else { throw FileError(code: .notEmpty, path: path, reason: "Directory not empty") }
        entries[path] = nil
    }

    /// A simulated node's lives follow each other, and what a killed one held is not given back: every lock is granted.
    public func lock(_ path: String) throws(FileError) -> (any HeldLock)? { SimulatedLock() }

    public func list(_ directory: String) throws(FileError) -> [String] {
        try requireDirectory(directory, for: directory)
        return names(in: FilePath.withoutTrailingSlashes(directory))
    }

    private func entry(_ path: String) -> Entry? {
        let path = FilePath.withoutTrailingSlashes(path)
        return path == "/" || path == "." ? .directory : entries[path]
    }

    private func names(in directory: String) -> [String] {
        entries.keys.filter { FilePath.parent(of: $0) == directory }.map { String($0.split(separator: "/").last ?? "") }.sorted()
    }

    private func requireDirectory(_ directory: String, for path: String) throws(FileError) {
        switch entry(directory) {
        case .directory: return
        case .file: throw FileError(code: .notDirectory, path: path, reason: "Not a directory")
        case nil: throw missing(path)
        }
    }

    private func missing(_ path: String) -> FileError {
        FileError(code: .notFound, path: path, reason: "No such file or directory")
    }

    /// Makes what the directory holds durable; what it does not hold any more is gone with all below it.
    private func sync(_ directory: String) {
        let removed = durable.keys.filter { FilePath.parent(of: $0) == directory && entries[$0] == nil }
        for path in removed {
            durable = durable.filter { $0.key != path && !$0.key.hasPrefix(path + "/") }
        }
        for (path, entry) in entries where FilePath.parent(of: path) == directory { durable[path] = entry }
    }
}

private final class SimulatedLock: HeldLock {}

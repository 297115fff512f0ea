/// The disk of a simulated node. It outlives the node's lives.
public final class SimulatedFileSystem: FileSystem, @unchecked Sendable {
    private var contents: [String: [UInt8]] = [:]
    private var directories: Set<String> = []
    /// While true every write fails for lack of space.
    public var isFull = false

    public func read(_ path: String) throws(FileError) -> [UInt8] {
        guard let content = contents[path] else {
            throw FileError(code: .notFound, path: path, reason: "No such file or directory")
        }
        return content
    }

    public func writeDurably(_ bytes: [UInt8], to path: String) throws(FileError) {
        guard !isFull else { throw FileError(code: .noSpace, path: path, reason: "No space left on device") }
        contents[path] = bytes
    }

    public func createDirectory(_ path: String) throws(FileError) { directories.insert(path) }

    public func exists(_ path: String) -> Bool { contents[path] != nil || directories.contains(path) }

    public func remove(_ path: String) throws(FileError) {
        contents[path] = nil
        directories.remove(path)
    }

    /// A simulated node's lives follow each other, and what a killed one held is not given back: every lock is granted.
    public func lock(_ path: String) throws(FileError) -> (any HeldLock)? { SimulatedLock() }

    public func list(_ directory: String) throws(FileError) -> [String] {
        let prefix = directory + "/"
        let names = contents.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
        return names.filter { !$0.contains("/") }.sorted()
    }
}

private final class SimulatedLock: HeldLock {}

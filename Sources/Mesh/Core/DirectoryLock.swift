import World

/// Keeps a data directory for one process, and in it for one node, so that no two take the same life.
final class DirectoryLock: Sendable {
    private let lock: any HeldLock

    /// - Throws: ``NodeError`` that names the directory and who has it.
    init(_ directory: String, files: any FileSystem) throws(NodeError) {
        let path = directory + "/life.lock"
        let held: (any HeldLock)?
        do {
            held = try files.lock(path)
        } catch {
            throw NodeError(.dataDirectory, "cannot lock \(error); give the node a directory that it may write")
        }
        guard let held else {
            let owner = (try? files.read(path)).map { String(decoding: $0.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self) } ?? ""
            throw NodeError(
                .dataDirectory,
                "the data directory \(directory) is used by \(owner.isEmpty ? "another process" : "process \(owner)"); stop that, or choose another with dataDir")
        }
        lock = held
    }
}

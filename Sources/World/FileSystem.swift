/// The files of a node. Paths are absolute or relative to the process's working directory.
public protocol FileSystem: Sendable {
    /// The whole content of the file.
    func read(_ path: String) throws(FileError) -> [UInt8]

    /// Replaces the file's content so that after a crash or a power cut it is the old or the new one, never a mixture:
    /// a temporary file, `fsync`, `rename`, `fsync` of the directory. The directory must be there. After a crash the temporary file may be
    /// there too, with `.tmp` behind its name.
    func writeDurably(_ bytes: [UInt8], to path: String) throws(FileError)

    /// Creates the directory and those above it, durably. No error when it is there already.
    func createDirectory(_ path: String) throws(FileError)

    /// Whether there is a file or a directory of this name.
    func exists(_ path: String) -> Bool

    /// Removes a file or an empty directory. No error when it is not there. After a power cut it may be there again, unless
    /// something was created or durably written in the same directory since.
    func remove(_ path: String) throws(FileError)

    /// Takes a lock on a file, which holds the number of the process that has it and is made when it is not there. `nil` when
    /// another has it. The lock ends with the returned object or with the process.
    func lock(_ path: String) throws(FileError) -> (any HeldLock)?

    /// The names of the files and directories in a directory, sorted.
    func list(_ directory: String) throws(FileError) -> [String]
}

/// A lock that ends with the last reference to this.
public protocol HeldLock: AnyObject, Sendable {}

/// A file that could not be read, written or made.
public struct FileError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable { case notFound, permission, noSpace, isDirectory, notDirectory, notEmpty, exists, other }

    public let code: Code
    /// What was to be read, written or made.
    public let path: String
    /// The system's own words.
    public let reason: String

    public init(code: Code, path: String, reason: String) {
        self.code = code
        self.path = path
        self.reason = reason
    }

    public var description: String { "\(path): \(reason)" }
}

/// Paths as text.
enum FilePath {
    /// The directory that holds what `path` names; `.` for a bare name, `/` for itself.
    static func parent(of path: String) -> String {
        let path = withoutTrailingSlashes(path)
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : withoutTrailingSlashes(String(path[..<slash]))
    }

    static func withoutTrailingSlashes(_ path: String) -> String {
        var path = path[...]
        while path.count > 1 && path.hasSuffix("/") { path = path.dropLast() }
        return String(path)
    }
}

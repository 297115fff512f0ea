import Glibc

extension SystemFileSystem {
    /// Removes a directory with everything in it. Links are removed, not followed. No error when it is not there.
    public func removeTree(_ path: String) throws(FileError) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR {
            for name in try list(path) { try removeTree(path + "/" + name) }
        }
        try remove(path)
    }

    /// Bytes of a file from `offset` on, at most `limit`; empty at its end. For logs that grow.
    public func read(_ path: String, from offset: Int64, limit: Int) throws(FileError) -> [UInt8] {
        let file = try open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = pread(file, &buffer, limit, off_t(offset))
        return count > 0 ? Array(buffer[..<count]) : []
    }

    /// Adds bytes once at a file's end; see ``AppendedFile``.
    public func append(_ bytes: [UInt8], to path: String) throws(FileError) { try AppendedFile(path: path).append(bytes) }

    /// Gives a file another name, in the place of what had it.
    public func move(_ path: String, to newPath: String) throws(FileError) {
        guard rename(path, newPath) == 0 else { throw failure(path) }
    }

    /// The size of a file in bytes; 0 when it is not there.
    public func size(of path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    /// The absolute path of what `path` names; relative paths count from the working directory. Links stay.
    public static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        guard getcwd(&buffer, buffer.count) != nil else { return path }
        let directory = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return directory + "/" + path
    }
}

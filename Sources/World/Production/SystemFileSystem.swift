import Glibc

/// Files by the system calls, so that every `fsync` is one that was asked for.
public struct SystemFileSystem: FileSystem {
    public init() {}

    public func read(_ path: String) throws(FileError) -> [UInt8] {
        let file = try open(path, O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        var content: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw failure(path) }
            if count == 0 { return content }
            content.append(contentsOf: buffer[..<count])
        }
    }

    public func writeDurably(_ bytes: [UInt8], to path: String) throws(FileError) {
        let temporary = path + ".tmp"
        let file = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC)
        do {
            defer { close(file) }
            try writeAll(bytes, to: file, path: temporary)
            guard fsync(file) == 0 else { throw failure(temporary) }
        }
        guard rename(temporary, path) == 0 else { throw failure(path) }
        let directory = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let handle = try open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw failure(directory) }
    }

    private func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws(FileError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress! + offset, $0.count - offset) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            offset += count
        }
    }

    public func createDirectory(_ path: String) throws(FileError) {
        if mkdir(path, 0o755) == 0 { return }
        switch errno {
        case EEXIST where isDirectory(path): return
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { throw failure(path) }
            try createDirectory(String(path[..<slash]))
            guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure(path) }
        default: throw failure(path)
        }
    }

    private func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    public func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    public func remove(_ path: String) throws(FileError) {
        guard Glibc.remove(path) == 0 || errno == ENOENT else { throw failure(path) }
    }

    public func lock(_ path: String) throws(FileError) -> (any HeldLock)? { try FileLock(path: path) }

    public func list(_ directory: String) throws(FileError) -> [String] {
        guard let handle = opendir(directory) else { throw failure(directory) }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private func open(_ path: String, _ flags: Int32) throws(FileError) -> Int32 {
        while true {
            let file = Glibc.open(path, flags, 0o644)
            if file >= 0 { return file }
            if errno != EINTR { throw failure(path) }
        }
    }

    private func failure(_ path: String) -> FileError {
        let error = errno
        let code: FileError.Code = switch error {
        case ENOENT: .notFound
        case EACCES, EPERM, EROFS: .permission
        case ENOSPC, EDQUOT: .noSpace
        case EISDIR: .isDirectory
        default: .other
        }
        return FileError(code: code, path: path, reason: String(cString: strerror(error)))
    }
}

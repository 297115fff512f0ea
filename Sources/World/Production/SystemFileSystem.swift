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
        do throws(FileError) {
            defer { close(file) }
            try writeAll(bytes, to: file, path: temporary)
            guard fsync(file) == 0 else { throw failure(temporary) }
        } catch {
            // On a full disk it would take what room there is.
            unlink(temporary)
            throw error
        }
        guard rename(temporary, path) == 0 else {
            let failure = failure(path)
            unlink(temporary)
            throw failure
        }
        try syncDirectory(of: path)
    }

    /// Makes the names in a path's directory last through a power cut.
    private func syncDirectory(of path: String) throws(FileError) {
        let directory = FilePath.parent(of: path)
        let handle = try open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { close(handle) }
        guard fsync(handle) == 0 else { throw failure(directory) }
    }

    /// Writes a new file that only its owner may read, from its first byte on.
    /// - Throws: ``FileError`` with code `exists` when there is one of the name already.
    public func createSecret(_ bytes: [UInt8], at path: String) throws(FileError) {
        let file = try open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode: 0o600)
        do {
            defer { close(file) }
            try writeAll(bytes, to: file, path: path)
            guard fsync(file) == 0 else { throw failure(path) }
        }
        try syncDirectory(of: path)
    }

    func writeAll(_ bytes: [UInt8], to file: Int32, path: String) throws(FileError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { write(file, $0.baseAddress! + offset, $0.count - offset) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            offset += count
        }
    }

    public func createDirectory(_ path: String) throws(FileError) {
        let path = FilePath.withoutTrailingSlashes(path)
        if mkdir(path, 0o755) != 0 {
            switch errno {
            case EEXIST where isDirectory(path): return
            case ENOENT where FilePath.parent(of: path) != path:
                try createDirectory(FilePath.parent(of: path))
                guard mkdir(path, 0o755) == 0 || errno == EEXIST else { throw failure(path) }
            default: throw failure(path)
            }
        }
        try syncDirectory(of: path)
    }

    /// Makes a directory, and those above it. Only its owner may enter it, from its first moment on; one that is there already is
    /// closed to others too.
    /// - Throws: ``FileError`` with code `permission` when it belongs to somebody else.
    public func createPrivateDirectory(_ path: String) throws(FileError) {
        let path = FilePath.withoutTrailingSlashes(path)
        try createDirectory(FilePath.parent(of: path))
        // Narrow at once, whatever the umask; a mode set later would leave a gap.
        guard mkdir(path, 0o700) != 0 else { return try syncDirectory(of: path) }
        guard errno == EEXIST else { throw failure(path) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path) }
        guard status.st_uid == geteuid() || geteuid() == 0 else {
            throw FileError(code: .permission, path: path, reason: "it belongs to user \(status.st_uid)")
        }
        guard chmod(path, 0o700) == 0 else { throw failure(path) }
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

    func open(_ path: String, _ flags: Int32, mode: mode_t = 0o644) throws(FileError) -> Int32 {
        while true {
            let file = Glibc.open(path, flags, mode)
            if file >= 0 { return file }
            if errno != EINTR { throw failure(path) }
        }
    }

    func failure(_ path: String) -> FileError {
        let error = errno
        let code: FileError.Code = switch error {
        case ENOENT: .notFound
        case EACCES, EPERM, EROFS: .permission
        case ENOSPC, EDQUOT: .noSpace
        case EISDIR: .isDirectory
        case EEXIST: .exists
        case ENOTDIR: .notDirectory
        case ENOTEMPTY: .notEmpty
        default: .other
        }
        return FileError(code: code, path: path, reason: String(cString: strerror(error)))
    }
}

import Glibc

/// A lock on a file that ends with the process, however it ends (`flock(2)`).
public final class FileLock: HeldLock {
    private let descriptor: Int32

    /// Takes the lock. `nil` when another process holds it. The file is made when it is not there.
    public init?(path: String) throws(FileError) {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw SystemFileSystem().failure(path) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            return nil
        }
        descriptor = file
        // For whoever finds it locked. A number that is not there, or is cut, costs that message its detail.
        let owner = "\(getpid())\n"
        if ftruncate(file, 0) == 0 { _ = pwrite(file, owner, owner.utf8.count, 0) }
    }

    deinit {
        // Closing alone would leave the lock to a child that is being started just now, until that has closed its copy.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}

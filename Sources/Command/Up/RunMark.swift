import World

/// The mark that a process of ours runs here: a lock that ends with it, and its identity for those who want to end it.
package final class RunMark: Sendable {
    private let lock: FileLock
    private let pidFile: String
    private let files: any FileSystem

    /// - Parameter who: for the message: `node n1`.
    /// - Throws: `unavailable` when another process holds it, `ioError` when the files cannot be written.
    package init(lock: String, pid: String, who: String, files: any FileSystem) throws(CommandFailure) {
        do {
            guard let held = try FileLock(path: lock) else {
                let other = NodeFiles.running(pid, files).map { " as process \($0.pid)" } ?? ""
                throw CommandFailure(.unavailable, "\(who) runs already\(other); its lock is \(lock)")
            }
            self.lock = held
            if let own = ProcessIdentity.own { try files.writeDurably(Array("\(own)\n".utf8), to: pid) }
        } catch let error as FileError {
            throw CommandFailure(.ioError, "\(who) cannot write its mark: \(error)")
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(.software, "\(error)")
        }
        pidFile = pid
        self.files = files
    }

    /// Takes the identity away. The lock goes with this object, or with the process.
    package func remove() { try? files.remove(pidFile) }
}

import CPlatform
import Glibc

/// The descriptors that a child gets, prepared for `posix_spawn`.
struct SpawnActions: ~Copyable {
    private var actions = posix_spawn_file_actions_t()
    private var toClose: [Int32] = []
    private(set) var readEnd: Int32 = -1
    private(set) var lifeline: Int32 = -1

    init() { posix_spawn_file_actions_init(&actions) }

    mutating func destroy() {
        posix_spawn_file_actions_destroy(&actions)
        for descriptor in toClose { close(descriptor) }
        toClose = []
    }

    mutating func connectInput(_ input: ChildProcess.Input) throws(FileError) {
        switch input {
        case .null: posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        case .lifeline:
            let ends = try makePipe()
            posix_spawn_file_actions_adddup2(&actions, ends.read, 0)
            toClose.append(ends.read)
            lifeline = ends.write
        }
    }

    mutating func connect(_ output: ChildProcess.Output, to target: Int32) throws(FileError) {
        switch output {
        case .inherited: break
        case .file(let path):
            let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
            guard file >= 0 else { throw failure(path, errno) }
            posix_spawn_file_actions_adddup2(&actions, file, target)
            toClose.append(file)
        case .pipe:
            let ends = try makePipe()
            posix_spawn_file_actions_adddup2(&actions, ends.write, target)
            toClose.append(ends.write)
            readEnd = ends.read
        }
    }

    /// The child starts with the default action for every signal and none blocked, whatever this process does with them; and it
    /// gets no descriptor beyond the three. Libraries open some that are inherited, and who reads a pipe to its end would wait for
    /// the end of every child that holds the other end without knowing.
    mutating func spawn(path: String, arguments: [String]) throws(FileError) -> Int32 {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) | Int16(Self.newSession))
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        cplatform_spawn_close_from(&actions, 3)
        var pid: pid_t = 0
        let code = posix_spawn(&pid, path, &actions, &attributes, words, environ)
        guard code == 0 else {
            if readEnd >= 0 { close(readEnd) }
            if lifeline >= 0 { close(lifeline) }
            throw failure(path, code)
        }
        return pid
    }

    /// `POSIX_SPAWN_SETSID`, which glibc shows to GNU sources only.
    private static let newSession = 0x80

    private func makePipe() throws(FileError) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard cplatform_pipe(&ends) == 0 else { throw failure("pipe", errno) }
        return (ends[0], ends[1])
    }

    private func failure(_ path: String, _ code: Int32) -> FileError {
        FileError(
            code: code == ENOENT ? .notFound : code == EACCES ? .permission : .other, path: path,
            reason: String(cString: strerror(code)))
    }
}

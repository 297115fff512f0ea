import CPlatform
import Foundation

/// Runs a program to its end: for tests that need a second opinion from another implementation.
public enum CommandLineTool {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public struct Output: Sendable {
        /// The exit status, or 128 plus the signal that ended the program.
        public let status: Int32
        public let standardOutput: [UInt8]
        public let standardError: String
    }

    /// Runs `program`, found on the PATH unless it has a slash, and waits until it ends or `seconds` have passed, after
    /// which it is killed and a ``Failure`` thrown. Its three streams are files, so that neither side can wait for
    /// the other to empty a pipe.
    public static func run(
        _ program: String, _ arguments: [String], input: [UInt8] = [], seconds: Int = 300
    ) async throws -> Output {
        try await onOwnThread { try runBlocking(program, arguments, input: input, seconds: seconds) }
    }

    /// ``run(_:_:input:seconds:)`` on the calling thread: for what ends at once.
    public static func runBlocking(
        _ program: String, _ arguments: [String], input: [UInt8] = [], seconds: Int = 300
    ) throws -> Output {
        let folder = try temporaryFolder()
        defer { remove(folder: folder) }
        try write(input, to: folder + "/in")

        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, folder + "/in", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, folder + "/out", O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, folder + "/err", O_WRONLY | O_CREAT, 0o600)
        // What else this process has open is none of the program's business, and a pipe of others would not end before it does.
        cplatform_spawn_close_from(&actions, 3)

        // Threads of tests may block signals, and a child that inherits that cannot be ended.
        var attributes = posix_spawnattr_t(), none = sigset_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        defer { argv.forEach { free($0) } }
        argv.append(nil)
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, program, &actions, &attributes, argv, environ)
        guard code == 0 else {
            throw Failure(description: "\(program) cannot be started: \(String(cString: strerror(code)))")
        }
        let status = try wait(for: pid, program, seconds: seconds)
        return Output(
            status: status, standardOutput: try read(folder + "/out"),
            standardError: String(decoding: try read(folder + "/err"), as: UTF8.self))
    }

    /// Writes a program that may be started at once.
    ///
    /// Another process writes it: if this one did, a child that a test beside this one starts meanwhile could inherit the file
    /// while it is open for writing, and the system runs no such file ("text file busy").
    public static func writeProgram(_ text: String, to path: String) throws {
        let output = try runBlocking("sh", ["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh", path], input: Array(text.utf8))
        guard output.status == 0 else { throw Failure(description: "\(path) cannot be written: \(output.standardError)") }
    }

    private static func wait(for pid: pid_t, _ program: String, seconds: Int) throws -> Int32 {
        let stepsPerSecond = 100
        for _ in 0..<seconds * stepsPerSecond {
            var status: Int32 = 0
            if waitpid(pid, &status, WNOHANG) == pid {
                return status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
            }
            usleep(UInt32(1_000_000 / stepsPerSecond))
        }
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        throw Failure(description: "\(program) did not end within \(seconds) s and was killed")
    }

    // MARK: Files

    private static func temporaryFolder() throws -> String {
        let template = strdup("/tmp/gossamer-test-XXXXXX")
        defer { free(template) }
        guard let template, let made = mkdtemp(template) else {
            throw Failure(description: "no folder can be made under /tmp: \(String(cString: strerror(errno)))")
        }
        return String(cString: made)
    }

    private static func remove(folder: String) {
        for file in ["/in", "/out", "/err"] { unlink(folder + file) }
        rmdir(folder)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    static func read(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(filePath: path)))
    }
}

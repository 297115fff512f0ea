import Foundation
import Synchronization

/// A Python of the tests' own, in which packages of the index serve as an independent implementation.
///
/// It lies in `.venv` at the root of the package and is kept between runs. Making it is guarded by a lock on a file in
/// it, so that tests that run in parallel, in one process or in several, wait for the first.
public enum PythonEnvironment {
    /// The root of this package, found from this file's place in it.
    public static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static let folder = packageRoot + "/.venv"
    private static let python = folder + "/bin/python"
    /// The requirements that have been installed, one a line.
    private static let stamp = folder + "/.installed"

    /// Requirements that this process has seen installed, so that most calls need no lock; nil before it has seen the environment.
    private static let ready = Mutex<Set<String>?>(nil)

    /// Makes sure of an environment that holds `packages` (requirements as pip takes them, "msgpack" or "pyzmq>=25"), and
    /// gives the path of its Python.
    ///
    /// May take a minute the first time.
    /// - Throws: ``CommandLineTool/Failure`` that says what is missing and how to get it. A test must let it through:
    ///   without Python its claim is untested, which is a failure.
    @discardableResult
    public static func prepare(packages: [String]) async throws -> String {
        try await onOwnThread { try prepareBlocking(packages) }
    }

    private static func prepareBlocking(_ packages: [String]) throws -> String {
        if ready.withLock({ $0?.isSuperset(of: packages) ?? false }) { return python }
        mkdir(folder, 0o755)
        let lock = open(folder + "/.lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard lock >= 0 else {
            throw CommandLineTool.Failure(
                description: "\(folder)/.lock cannot be opened: \(String(cString: strerror(errno))); make it writable")
        }
        defer { close(lock) }
        while flock(lock, LOCK_EX) != 0 && errno == EINTR {}

        let stamped = (try? String(contentsOfFile: stamp, encoding: .utf8)) ?? ""
        var installed = Set(stamped.split(separator: "\n").map(String.init))
        if !isUsable() {
            try make()
            installed = []
        }
        let missing = packages.filter { !installed.contains($0) }
        if !missing.isEmpty {
            try install(missing)
            installed.formUnion(missing)
            try CommandLineTool.write(Array(installed.sorted().joined(separator: "\n").utf8), to: stamp)
        }
        ready.withLock { $0 = ($0 ?? []).union(packages) }
        return python
    }

    /// Runs a script of the folder Tests/Python in the environment, and gives what it prints.
    /// - Throws: ``CommandLineTool/Failure`` with the script's error output unless it ends with status 0.
    public static func run(
        script: String, _ arguments: [String] = [], packages: [String], input: [UInt8] = []
    ) async throws -> [UInt8] {
        let python = try await prepare(packages: packages)
        let path = packageRoot + "/Tests/Python/" + script
        let output = try await CommandLineTool.run(python, [path] + arguments, input: input)
        guard output.status == 0 else {
            throw CommandLineTool.Failure(description: "\(script) ended with \(output.status): \(output.standardError)")
        }
        return output.standardOutput
    }

    /// A Python that was upgraded or removed since leaves an environment behind that cannot start.
    private static func isUsable() -> Bool {
        (try? CommandLineTool.runBlocking(python, ["-m", "pip", "--version"]))?.status == 0
    }

    private static func make() throws {
        let made = try? CommandLineTool.runBlocking("python3", ["-m", "venv", folder])
        guard let made, made.status == 0 else {
            throw CommandLineTool.Failure(description: """
                These tests compare with Python and found no python3 that can make an environment \
                (\(made?.standardError ?? "not on the PATH")). Install it: apt-get install python3 python3-venv
                """)
        }
    }

    private static func install(_ packages: [String]) throws {
        let installed = try CommandLineTool.runBlocking(
            python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"] + packages)
        guard installed.status == 0 else {
            throw CommandLineTool.Failure(description: """
                pip cannot install \(packages.joined(separator: ", ")) into \(folder): \(installed.standardError)
                Allow access to a package index (PIP_INDEX_URL), or install them there by hand.
                """)
        }
    }
}

import Command
import Foundation
import Synchronization
import TestSupport
import Testing
import Topology
import Web
import World

/// A mesh of real processes for a test: a topology file in a directory of its own, and the built program.
struct TestMesh: Sendable {
    let directory: String
    let file: String
    let names: [String]
    let world = SystemWorld()

    /// The program lies beside the bundle of tests.
    static let program: String = {
        let own = ChildProcess.ownProgram
        return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) + "/gossamer"
    }()

    struct Outcome {
        let status: Int32?
        let output: String
        let error: String
    }

    /// Which file of tests has which ports.
    private static let users = Mutex<[Int: String]>([:])

    /// For tests that are about something else: they are many clients at one address.
    private static let raisedLimits = "limits: {post: {limit: 1000000}, get: {limit: 1000000}, all: {limit: 1000000}}\n"

    /// Runs `body` with a mesh of `count` nodes on ports from `port` on, ten for each; the first `edges` nodes are edges.
    /// - Parameter extra: further sections of the file, a line each; limits of requests are raised where it has none.
    /// - Parameter more: what a node's entry says besides, beginning with a comma, by the node's name.
    static func with(
        _ count: Int, port: Int, edges: Int = 1, extra: String = "", more: [String: String] = [:], caller: String = #fileID,
        _ body: (TestMesh) async throws -> Void
    ) async throws {
        // Tests run side by side, so ports that two files share would collide now and then; better always.
        let other = users.withLock { users in users.updateValue(caller, forKey: port) }
        try #require(other == nil || other == caller, "port \(port) is that of \(other ?? "") too")
        try await withDirectory { directory in
            let names = (1...count).map { "n\($0)" }
            let nodes = names.enumerated().map { index, name in
                let base = port + 10 * index
                let edge = index < edges ? ", edge: {port: \(base + 4)}" : ""
                return "  - {name: \(name), port: \(base), admin: {port: \(base + 3)}\(edge)\(more[name] ?? "")}\n"
            }
            let mesh = TestMesh(directory: directory, file: directory + "/mesh.yaml", names: names)
            let limits = extra.contains("limits:") ? "" : raisedLimits
            try append("mesh: test-\(port)\nnodes:\n\(nodes.joined())\(extra)\(limits)", to: mesh.file)
            do {
                try await body(mesh)
                await mesh.stopAll()
            } catch {
                await mesh.stopAll()
                throw error
            }
        }
    }

    private func stopAll() async {
        _ = try? await run("down", file, "--grace", "5")
        for process in names.compactMap(process) { process.signal(9) }
    }

    func start(_ arguments: [String], input: ChildProcess.Input = .null) throws -> ChildProcess {
        try ChildProcess(
            path: Self.program, arguments: arguments, input: input, output: .file(directory + "/out-\(arguments[0])"),
            error: .file(directory + "/err-\(arguments[0])"))
    }

    /// Runs the program to its end, at most 60 s.
    func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

    func run(_ arguments: [String]) async throws -> Outcome {
        let files = SystemFileSystem()
        let (out, err) = (directory + "/out-\(arguments[0])", directory + "/err-\(arguments[0])")
        for path in [out, err] { try files.remove(path) }
        let child = try start(arguments)
        let deadline = world.now + .seconds(60)
        var report = child.poll()
        while report == nil, world.now < deadline {
            try await world.sleep(for: .milliseconds(10))
            report = child.poll()
        }
        if report == nil {
            child.signal(9)
            report = child.wait()
        }
        var status: Int32?
        if case .exited(let code)? = report?.ending { status = code }
        return Outcome(status: status, output: text(out), error: text(err))
    }

    func text(_ path: String) -> String {
        String(decoding: (try? SystemFileSystem().read(path)) ?? [], as: UTF8.self)
    }

    /// Starts all nodes, or those named, and expects that to succeed.
    /// - Parameter options: for the command, besides the usual ones.
    func up(_ nodes: String..., options: [String] = [], sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let child = try start(["up", file] + nodes + ["--detach", "--timeout", "30"] + options)
        let report = try await onOwnThread { child.wait() }
        try #require(
            report.ending == .exited(code: 0), "\(text(directory + "/err-up"))\(logs())", sourceLocation: sourceLocation)
    }

    private func logs() -> String { names.map { "\n\($0): \(text(place($0).log).suffix(1_000))" }.joined() }

    func place(_ name: String) -> NodeFiles { NodeFiles(directory: directory + "/.gossamer/\(meshName)/\(name)") }

    var meshName: String {
        String(text(file).dropFirst("mesh: ".count).prefix { $0 != "\n" })
    }

    func process(_ name: String) -> ProcessIdentity? { place(name).running(SystemFileSystem()) }

    /// The members as `name` sees them.
    func members(at name: String) async -> [MemberRow]? {
        guard let topology = try? Topology.load(file, from: SystemFileSystem()), let node = topology.node(named: name)
        else { return nil }
        return try? await MeshAccess(points: [AdminPoint(node, of: topology)], topology: nil).members(isQuiet: true)
    }

    /// The node that looks after a job, as the first that answers says.
    func home(ofJob id: String, sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
        let topology = try Topology.load(file, from: SystemFileSystem())
        let deadline = world.now + .seconds(30)
        while world.now < deadline {
            for node in topology.nodes {
                guard let answer = await ask(node.name, "/jobs") else { continue }
                let job = answer.json?["jobs"]?.elements?.first { $0["jobId"]?.string == id }
                if let home = job?["home"]?.string { return home }
            }
            try await world.sleep(for: .milliseconds(20))
        }
        return try #require(nil as String?, "nobody lists job \(id)", sourceLocation: sourceLocation)
    }

    /// Waits, at most 30 s, until `isEnough` says so.
    func until(sourceLocation: SourceLocation = #_sourceLocation, _ isEnough: () -> Bool) async throws {
        let deadline = world.now + .seconds(30)
        while !isEnough() {
            try #require(world.now < deadline, sourceLocation: sourceLocation)
            try await world.sleep(for: .milliseconds(20))
        }
    }

    func untilGone(_ process: ProcessIdentity) async throws { try await until { !process.isRunning } }

    /// Waits, at most 30 s, until the rows for `name` at all `observers` satisfy `isEnough`.
    func until(
        _ name: String, seenBy observers: [String], sourceLocation: SourceLocation = #_sourceLocation,
        _ isEnough: (MemberRow) -> Bool
    ) async throws {
        let deadline = world.now + .seconds(30)
        var last = ""
        while world.now < deadline {
            last = ""
            for observer in observers {
                let row = await members(at: observer)?.last { $0.name == name }
                if row.map(isEnough) != true { last += " \(observer): \(row?.document.text() ?? "nothing")" }
            }
            if last.isEmpty { return }
            try await world.sleep(for: .milliseconds(20))
        }
        Issue.record("\(name) is not as expected:\(last)", sourceLocation: sourceLocation)
    }
}

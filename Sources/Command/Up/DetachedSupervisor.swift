import Glibc
import World

/// `gossamer up --detach --restart`: somebody has to stay who starts nodes again, so the command starts itself in the
/// background and waits until it has done the first part of its work.
struct DetachedSupervisor {
    let plan: UpPlan
    /// The nodes that were asked for; empty for all.
    let names: [String]
    let settings: UpRun.Settings
    let world: any World

    /// - Returns: the supervisor's process, which is responsible for all nodes of the file that run.
    func start() async throws -> Int32 {
        let place = MeshFiles(plan.topology), files = SystemFileSystem()
        try files.createDirectory(place.directory)
        let offset = files.size(of: place.log)
        let arguments = ["up", plan.topology.file] + names + [
            "--restart", "--background", "--timeout", String(settings.timeout.milliseconds / 1_000),
            "--grace", String(settings.grace.milliseconds / 1_000),
        ] + settings.nodeArguments
        let supervisor = try ChildProcess(
            path: ChildProcess.ownProgram, arguments: arguments, output: .pipe, error: .file(place.log))
        let interrupts = Interrupts(world) { supervisor.signal(SIGTERM) }
        let started = world.now
        // Not the mesh is asked but the supervisor: a node that dies before it has seen all of them ends its start.
        let word = try await world.compute { supervisor.readLine() }
        guard word == Self.word else {
            let report = try await world.compute { supervisor.wait() }
            guard interrupts.count == 0 else {
                throw CommandFailure(.interrupted, "ended by Ctrl-C; all nodes have been stopped")
            }
            throw failure(report.ending, place.log, from: offset)
        }
        Console.note("all \(plan.all.count) nodes see each other alive after \(DurationText.short(world.now - started))")
        Console.note("process \(supervisor.pid) starts them again when they end by themselves; it writes to \(place.log)")
        Console.note("end them with: gossamer down \(plan.topology.file)")
        return supervisor.pid
    }

    /// What the supervisor prints, and all it prints, once every node sees every node.
    static let word = "complete"

    private func failure(_ ending: ChildProcess.Ending, _ log: String, from offset: Int64) -> CommandFailure {
        let bytes = (try? SystemFileSystem().read(log, from: offset, limit: 16_384)) ?? []
        var status = ExitStatus.software
        if case .exited(let code) = ending, let known = ExitStatus(rawValue: code), known != .ok { status = known }
        return CommandFailure(status, String(decoding: bytes, as: UTF8.self))
    }
}

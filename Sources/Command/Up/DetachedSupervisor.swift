import Glibc
import World

/// `gossamer up --detach --restart`: somebody has to stay who starts nodes again, so the command starts itself in the
/// background and waits until it has done the first part of its work.
struct DetachedSupervisor {
    let plan: UpPlan
    let settings: UpRun.Settings
    let world: any World

    func start() async throws {
        let place = MeshFiles(plan.topology), files = SystemFileSystem()
        try files.createDirectory(place.directory)
        let offset = files.size(of: place.log)
        let arguments = ["up", plan.topology.file] + plan.starting.map(\.name) + [
            "--restart", "--background", "--timeout", String(settings.timeout.milliseconds / 1_000),
            "--grace", String(settings.grace.milliseconds / 1_000),
        ]
        let supervisor = try ChildProcess(
            path: ChildProcess.ownProgram, arguments: arguments, output: .file(place.log), error: .file(place.log))
        let interrupts = Interrupts(world)
        let watcher = MeshWatcher(plan.all, plan.topology, world: world)
        defer { watcher.stop() }
        let started = world.now
        while watcher.picture?.isComplete != true {
            if let report = supervisor.poll() { throw failure(report.ending, place.log, from: offset) }
            if interrupts.count > 0 {
                supervisor.signal(SIGTERM)
                throw CommandFailure(.interrupted, "ended by Ctrl-C; the nodes are being stopped")
            }
            try await world.sleep(for: .milliseconds(20))
        }
        Console.note("all \(plan.all.count) nodes see each other alive after \(DurationText.short(world.now - started))")
        Console.note("process \(supervisor.pid) starts them again when they end by themselves; it writes to \(place.log)")
        Console.note("end them with: gossamer down \(plan.topology.file)")
    }

    private func failure(_ ending: ChildProcess.Ending, _ log: String, from offset: Int64) -> CommandFailure {
        let bytes = (try? SystemFileSystem().read(log, from: offset, limit: 16_384)) ?? []
        var status = ExitStatus.software
        if case .exited(let code) = ending, let known = ExitStatus(rawValue: code), known != .ok { status = known }
        return CommandFailure(status, String(decoding: bytes, as: UTF8.self))
    }
}

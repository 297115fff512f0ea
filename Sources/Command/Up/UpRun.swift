import Topology
import World

/// One run of `gossamer up`: from the first process to the last.
struct UpRun {
    struct Settings: Sendable {
        var restarts: Bool
        var staysInForeground: Bool
        /// Nobody looks, and the nodes outlive an accident of this process.
        var isBackground: Bool
        var timeout: Duration
        var grace: Duration
        /// For every node's command line.
        var nodeArguments: [String] = []
    }

    private let plan: UpPlan
    private let settings: Settings
    private let world: any World
    private let files = SystemFileSystem()
    private let supervisor: Supervisor
    private let screen: UpScreen

    init(plan: UpPlan, settings: Settings, world: any World) {
        self.plan = plan
        self.settings = settings
        self.world = world
        supervisor = Supervisor(
            Self.seats(plan, settings), of: plan.topology, starting: plan.starting,
            settings: .init(
                endsWithParent: settings.staysInForeground && !settings.isBackground, restarts: settings.restarts,
                grace: settings.grace, arguments: settings.nodeArguments),
            world: world)
        screen = UpScreen(plan, isInteractive: settings.staysInForeground && Terminal.error.isInteractive, world: world)
    }

    /// Whom this run is responsible for: who returns at once, for what it starts; who stays, for all nodes of the file that
    /// others start later too, so that the mesh has one who starts again and ends. In the foreground nodes that ran before
    /// and were not asked for are nobody's business.
    private static func seats(_ plan: UpPlan, _ settings: Settings) -> [TopologyNode] {
        guard settings.staysInForeground else { return plan.starting }
        return plan.topology.nodes.filter { node in
            settings.isBackground || !plan.running.contains { $0.node.name == node.name }
        }
    }

    func run() async throws {
        let mark = try markForeground()
        defer { mark?.remove() }
        let interrupts = Interrupts(world)
        let handover = settings.staysInForeground ? Interrupts(world, Interrupts.handover) : nil
        do {
            try supervisor.start()
            screen.begin(processes)
            try await becomeComplete(interrupts, handover)
        } catch {
            // What was started ends again, whatever went wrong; why it went wrong is what the user is told.
            _ = await supervisor.stop(.ownChildren, now: { interrupts.count > 1 })
            screen.end()
            throw error
        }
        guard settings.staysInForeground else { return screen.detached() }
        if settings.isBackground { Console.put(DetachedSupervisor.word) }
        try await stay(interrupts, handover)
    }

    /// Two commands in the foreground would fight over the nodes of one file; a detached start has none to fight over.
    private func markForeground() throws(CommandFailure) -> RunMark? {
        guard settings.staysInForeground else { return nil }
        let place = MeshFiles(plan.topology)
        do { try files.createDirectory(place.directory) } catch {
            throw CommandFailure(.ioError, "the mesh's directory cannot be made: \(error)")
        }
        return try RunMark(
            lock: place.lock, pid: place.pid, who: "\"gossamer up \(plan.topology.file)\"", files: files)
    }

    private var processes: [String: Int32] {
        var processes = supervisor.processes
        for entry in plan.running { processes[entry.node.name] = entry.process.pid }
        return processes
    }

    /// Returns once every node sees every node.
    private func becomeComplete(_ interrupts: Interrupts, _ handover: Interrupts?) async throws {
        let started = world.now
        let watcher = MeshWatcher(plan.all, plan.topology, world: world)
        defer { watcher.stop() }
        while true {
            for event in supervisor.tick() { try judgeEarly(event) }
            if interrupts.count > 0 { throw CommandFailure(.interrupted, "ended by Ctrl-C; all nodes have been stopped") }
            if let handover, handover.count > 0 {
                supervisor.release()
                throw CommandFailure(.interrupted, "given up: \"gossamer down\" ends the nodes")
            }
            if let picture = watcher.picture {
                screen.show(picture, processes)
                if picture.isComplete { return screen.complete(after: world.now - started) }
            }
            guard world.now - started < settings.timeout else {
                let why = watcher.picture?.missing ?? "nobody has answered yet"
                throw CommandFailure(
                    .timedOut, "after \(DurationText.short(settings.timeout)) the mesh is not complete: \(why); "
                        + "the nodes have been stopped again. Their logs: gossamer logs --topology \(plan.topology.file)")
            }
            try await world.sleep(for: .milliseconds(10))
        }
    }

    /// A node that ends before the mesh has been complete ends the start.
    private func judgeEarly(_ event: Supervisor.Event) throws(CommandFailure) {
        switch event {
        case .started, .adopted: return
        case .notStarted(let node, let reason): throw CommandFailure(.ioError, "node \(node) cannot be started: \(reason)")
        case .ended(let node, let ending, _):
            var status = ExitStatus.software
            if case .reported(.exited(let code)) = ending, code != 0, let known = ExitStatus(rawValue: code) { status = known }
            let words = supervisor.lastWords(of: node).map { "\n  \($0)" }.joined()
            throw CommandFailure(
                status, "node \(node) ended while the mesh was starting, with \(ending); "
                    + "the others have been stopped again. Its last words:" + (words.isEmpty ? " none" : words))
        }
    }

    /// Shows the mesh until Ctrl-C, until somebody takes the nodes over, or until no node is left.
    private func stay(_ interrupts: Interrupts, _ handover: Interrupts?) async throws {
        let watcher = MeshWatcher(plan.topology.nodes, plan.topology, world: world)
        while interrupts.count == 0, handover?.count == 0, !supervisor.isOver {
            for event in supervisor.tick() { screen.tell(event) }
            if let picture = watcher.picture { screen.show(picture, processes) }
            try await world.sleep(for: .milliseconds(50))
        }
        watcher.stop()
        screen.end()
        if interrupts.count == 0, let handover, handover.count > 0 {
            supervisor.release()
            return Console.note("\"gossamer down\" ends the nodes")
        }
        guard interrupts.count > 0 else { return Console.note("all nodes have ended") }
        Console.note("ending \(supervisor.processes.count) nodes ...")
        let killed = await supervisor.stop(now: { interrupts.count > 1 })
        Console.note(killed.isEmpty ? "all nodes have left" : "killed, because they did not leave in time: \(killed.joined(separator: ", "))")
        for entry in plan.running where !settings.isBackground && entry.process.isRunning {
            Console.note(
                "\(entry.node.name) (process \(entry.process.pid)) was started by another command and goes on; "
                    + "end it with: gossamer down \(plan.topology.file)")
        }
    }
}

import Glibc
import Topology
import World

/// The directory of one run: the mesh's file, its nodes' directories, the history; and the mark of who runs it, by which a later
/// run finds what a dead one has left behind.
package struct RunFolder: Hashable, Sendable {
    package let path: String

    package init(path: String) { self.path = path }

    /// The harness's own identity.
    package var mark: String { path + "/run.pid" }
    /// The process that starts the mesh.
    package var starterMark: String { path + "/starter.pid" }
    package var topology: String { path + "/mesh.yaml" }
    package var history: String { path + "/history.jsonl" }
    package var verdict: String { path + "/verdict.json" }

    /// Where the runs of this user are.
    package static func root(_ world: any World) -> String {
        (world.environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp") + "/gossamer-chaos-\(getuid())"
    }

    /// Makes the directory of a run and marks it with this process.
    package static func make(_ name: String, world: any World) throws(StageFailure) -> RunFolder {
        let files = SystemFileSystem(), root = root(world)
        var random = world.random("chaos.folder")
        do {
            try files.createPrivateDirectory(root)
            for _ in 0..<100 {
                let folder = RunFolder(path: root + "/\(name)-" + hexadecimal(random.below(1 << 24)))
                guard !files.exists(folder.path) else { continue }
                try files.createDirectory(folder.path)
                if let own = ProcessIdentity.own { try files.writeDurably(Array("\(own)\n".utf8), to: folder.mark) }
                return folder
            }
        } catch {
            throw StageFailure("the directory of the run cannot be made: \(error); set TMPDIR to a place that can be written")
        }
        throw StageFailure("no free name for the run's directory in \(root)")
    }

    private static func hexadecimal(_ number: Int) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    package func note(starter: ProcessIdentity) {
        try? SystemFileSystem().writeDurably(Array("\(starter)\n".utf8), to: starterMark)
    }

    static func identity(_ path: String) -> ProcessIdentity? {
        (try? SystemFileSystem().read(path)).flatMap { ProcessIdentity(String(decoding: $0, as: UTF8.self)) }
    }
}

/// Ends what runs have left whose harness was killed.
package struct Leftovers {
    package struct Ended: Hashable, Sendable {
        package let folder: String
        package let processes: [Int32]
        /// Why some may run on; nil when none does.
        package let problem: String?
    }

    let world: any World
    let stage: @Sendable (Topology) -> any ChaosStage

    package init(world: any World, stage: @escaping @Sendable (Topology) -> any ChaosStage) {
        self.world = world
        self.stage = stage
    }

    /// Ends every process of every run whose harness is gone.
    /// - Parameter removesFolders: with their histories and logs, also of runs that ended in order and kept theirs. The folder of a
    ///   run some of whose processes may run on stays: they are found by what it says.
    package func end(removesFolders: Bool) async -> [Ended] {
        let files = SystemFileSystem(), root = RunFolder.root(world)
        var ended: [Ended] = []
        for name in (try? files.list(root)) ?? [] {
            let folder = RunFolder(path: root + "/" + name)
            // Without a mark it is being made, or is nobody's.
            guard let harness = RunFolder.identity(folder.mark), !harness.isRunning else { continue }
            let (processes, problem) = await RunProcesses(folder, world: world, stage: stage).end()
            if !processes.isEmpty || problem != nil || removesFolders {
                ended.append(Ended(folder: folder.path, processes: processes, problem: problem))
            }
            if removesFolders, problem == nil { try? files.removeTree(folder.path) }
        }
        return ended
    }
}

/// The processes of one run, by the identities that they have written down.
struct RunProcesses {
    private let folder: RunFolder
    private let world: any World
    private let stage: @Sendable (Topology) -> any ChaosStage

    init(_ folder: RunFolder, world: any World, stage: @escaping @Sendable (Topology) -> any ChaosStage) {
        self.folder = folder
        self.world = world
        self.stage = stage
    }

    /// Kills all of them and returns when they are gone. Whoever starts nodes goes first.
    /// - Returns: who was ended, and why others may run on.
    func end() async -> (ended: [Int32], problem: String?) {
        var ended: [Int32] = []
        // Asked first, because it ends in order the nodes of which nobody else knows yet.
        if let starter = RunFolder.identity(folder.starterMark), starter.signal(SIGTERM) {
            ended.append(starter.pid)
            await wait(for: [starter], atMost: .seconds(20))
            starter.signal(SIGKILL)
        }
        let topology: Topology
        // A run that has not come as far as its file has no nodes.
        guard SystemFileSystem().exists(folder.topology) else { return (ended, nil) }
        do { topology = try Topology.load(folder.topology, from: SystemFileSystem()) } catch {
            return (ended, "its nodes cannot be found: \(error)")
        }
        let stage = stage(topology)
        // A node that was being started writes its mark a moment later, so the last look must find nothing.
        for attempt in 0..<100 {
            let nodes = topology.nodes.compactMap { stage.process(of: $0.name) }
            if nodes.isEmpty, attempt > 0 || ended.isEmpty { return (ended, nil) }
            for node in nodes where node.signal(SIGKILL) { ended.append(node.pid) }
            await wait(for: nodes, atMost: .seconds(10))
            if nodes.isEmpty { try? await world.sleep(for: .milliseconds(200)) }
        }
        return (ended, "nodes start again as often as they are ended")
    }

    private func wait(for processes: [ProcessIdentity], atMost limit: Duration) async {
        let deadline = world.now + limit
        while world.now < deadline, processes.contains(where: \.isRunning) { try? await world.sleep(for: .milliseconds(10)) }
    }
}

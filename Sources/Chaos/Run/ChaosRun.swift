import JSONDocument
import Synchronization
import Topology
import World

/// One run of a scenario, from its directory to its verdict.
package struct ChaosRun: Sendable {
    package struct Report: Sendable {
        package let scenario: Scenario
        package let verdict: Verdict
        package let folder: RunFolder
        /// The folder is there: its owner may want to look.
        package let isKept: Bool
        package let wasInterrupted: Bool
        package let duration: Duration
    }

    private let scenario: Scenario
    private let mutations: Set<Mutation>
    private let keeps: Bool
    private let stage: @Sendable (Topology) -> any ChaosStage
    private let isInterrupted: @Sendable () -> Bool
    private let show: @Sendable (String) -> Void
    private let makeWorld: @Sendable () -> any World

    /// - Parameters:
    ///   - mutations: what the nodes break on purpose.
    ///   - keeps: the directory stays even when all went well.
    ///   - show: takes a line for each event.
    ///   - makeWorld: a world for the run alone, which ends with it.
    package init(
        _ scenario: Scenario, mutations: Set<Mutation>, keeps: Bool, stage: @escaping @Sendable (Topology) -> any ChaosStage,
        isInterrupted: @escaping @Sendable () -> Bool, show: @escaping @Sendable (String) -> Void,
        makeWorld: @escaping @Sendable () -> any World
    ) {
        self.scenario = scenario
        self.mutations = mutations
        self.keeps = keeps
        self.stage = stage
        self.isInterrupted = isInterrupted
        self.show = show
        self.makeWorld = makeWorld
    }

    /// Runs, takes everything back, ends every process, and judges.
    /// - Throws: when not even the directory could be made.
    package func run() async throws(StageFailure) -> Report {
        let world = makeWorld()
        let folder = try RunFolder.make(scenario.name, world: world)
        let line = Mutex(HistoryLine())
        let recorder = Recorder(world: world, path: folder.history) { [show] record in
            if let text = line.withLock({ $0.line(record) }) { show(text) }
        }
        let begun = world.now
        do throws(StageFailure) {
            try await play(recorder, folder, world)
        } catch {
            recorder.record(.director, .end(.broken), outcome: .failed, detail: error.description)
        }
        // First those who only record: what they see from now on is our own doing.
        world.shutDown()
        let end = makeWorld()
        _ = await RunProcesses(folder, world: end, stage: stage).end()
        let verdict = Judge.verdict(recorder.records, expectations: scenario.expectations, bites: scenario.bites)
        let isKept = keeps || verdict.answer != .holds || recorder.problem != nil
        let report = Report(
            scenario: scenario, verdict: verdict, folder: folder, isKept: isKept, wasInterrupted: isInterrupted(),
            duration: end.now - begun)
        if isKept {
            try? SystemFileSystem().writeDurably(Array((report.json.text(indented: true) + "\n").utf8), to: folder.verdict)
        } else {
            try? SystemFileSystem().removeTree(folder.path)
        }
        end.shutDown()
        return report
    }

    private func play(_ recorder: Recorder, _ folder: RunFolder, _ world: any World) async throws(StageFailure) {
        let limit = world.now + scenario.limit
        let topology = try write(folder, world)
        let stage = stage(topology)
        let expected = try await count(world)
        try await stage.start(
            mutations: mutations, timeout: .seconds(60), isInterrupted: isInterrupted, starter: { folder.note(starter: $0) })
        let nodes = topology.nodes.map(\.name)
        recorder.record(.director, .start(nodes: nodes), detail: Mutation.text(mutations).map { "mutation \($0)" } ?? "")
        let board = JobBoard(), observer = Observer(stage: stage, recorder: recorder, nodes: nodes)
        observer.begin(world)
        let client = Client(
            stage: stage, recorder: recorder, board: board, world: world, edges: topology.nodes.filter(\.isEdge).map(\.name))
        for (load, expected) in zip(scenario.workload, expected) { load.begin(client, expected: expected) }
        let harm = Harm(stage: stage, recorder: recorder, board: board, nodes: nodes, mutations: mutations, world: world)
        let director = Director(scenario, harm: harm, observer: observer, world: world)
        var ending: HistoryEvent.Ending?
        while ending == nil {
            if isInterrupted() {
                ending = .interrupted
            } else if world.now > limit || recorder.isFull {
                ending = .limit
            } else {
                ending = await director.tick()
            }
            if ending == nil, (try? await world.sleep(for: .milliseconds(20))) == nil { ending = .interrupted }
        }
        await director.undoAll()
        let detail = recorder.isFull ? "more than \(Recorder.limit) events" : recorder.problem ?? ""
        recorder.record(.director, .end(ending ?? .broken), detail: detail)
    }

    /// The mesh of the run, on ports that are free now.
    private func write(_ folder: RunFolder, _ world: any World) throws(StageFailure) -> Topology {
        var random = world.random("chaos.ports")
        guard let ports = FreePorts.blocks(scenario.mesh.nodes.count, of: MeshDraft.portsPerNode, random: &random) else {
            throw StageFailure("there are not enough free ports between 20000 and 32000 for \(scenario.mesh.nodes.count) nodes")
        }
        let text = scenario.mesh.text(mesh: "chaos-\(scenario.name)", ports: ports, dataDir: "mesh")
        do {
            try SystemFileSystem().writeDurably(Array(text.utf8), to: folder.topology)
            return try Topology.load(folder.topology, from: SystemFileSystem())
        } catch {
            throw StageFailure("the topology of the run is no good: \(error)")
        }
    }

    /// The right answers, in the order of the workload.
    private func count(_ world: any World) async throws(StageFailure) -> [UInt64?] {
        let loads = scenario.workload
        do {
            return try await world.compute {
                try loads.map { if case .primes(let load) = $0 { try load.count() } else { nil } }
            }
        } catch {
            throw StageFailure("the harness cannot count for itself: \(error)")
        }
    }
}

extension ChaosRun.Report {
    package var json: JSON {
        [
            "scenario": .string(scenario.name), "file": .string(scenario.file), "verdict": .string(verdict.answer.rawValue),
            "interrupted": .bool(wasInterrupted), "seconds": .number(duration.seconds), "findings": verdict.json["findings"] ?? .null,
            "directory": .text(isKept ? folder.path : nil), "history": .text(isKept ? folder.history : nil),
        ]
    }
}

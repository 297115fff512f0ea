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
        let left = await RunProcesses(folder, world: end, stage: stage).end().problem
        var verdict = Judge.verdict(
            recorder.records, expectations: scenario.expectations, bites: scenario.bites, workload: scenario.workload)
        if let left { verdict = verdict.adding("processes of the run may go on: \(left)") }
        if let problem = recorder.problem { verdict = verdict.adding("the history is not whole: \(problem)") }
        let report = keep(verdict, folder, end.now - begun)
        end.shutDown()
        return report
    }

    /// Writes the verdict beside the history, or takes all of it away. A verdict that cannot be kept is told, and proves nothing.
    private func keep(_ verdict: Verdict, _ folder: RunFolder, _ duration: Duration) -> Report {
        func report(_ verdict: Verdict, isKept: Bool) -> Report {
            Report(
                scenario: scenario, verdict: verdict, folder: folder, isKept: isKept, wasInterrupted: isInterrupted(), duration: duration)
        }
        guard keeps || verdict.answer != .holds else {
            do {
                try SystemFileSystem().removeTree(folder.path)
                return report(verdict, isKept: false)
            } catch {
                // All went well, and its owner may want to know where the rest of it lies.
                return report(verdict, isKept: true)
            }
        }
        let whole = report(verdict, isKept: true)
        do {
            try SystemFileSystem().writeDurably(Array((whole.json.text(indented: true) + "\n").utf8), to: folder.verdict)
            return whole
        } catch {
            return report(verdict.adding("the verdict cannot be written: \(error)"), isKept: true)
        }
    }

    private func play(_ recorder: Recorder, _ folder: RunFolder, _ world: any World) async throws(StageFailure) {
        let limit = world.now + scenario.limit
        let topology = try write(folder, world)
        let stage = stage(topology)
        guard let expected = try await count(world, until: limit) else {
            recorder.record(
                .director, .end(isInterrupted() ? .interrupted : .limit), detail: "the harness had not yet counted for itself")
            return
        }
        try await stage.start(
            mutations: mutations, timeout: .seconds(60), isInterrupted: isInterrupted, starter: { folder.note(starter: $0) })
        let nodes = topology.nodes.map(\.name), edges = topology.nodes.filter(\.isEdge).map(\.name)
        recorder.record(.director, .start(nodes: nodes), detail: Mutation.text(mutations).map { "mutation \($0)" } ?? "")
        let board = JobBoard(), observer = Observer(stage: stage, recorder: recorder, nodes: nodes)
        observer.begin(world)
        let client = Client(stage: stage, recorder: recorder, board: board, world: world, edges: edges)
        for (index, (load, expected)) in zip(scenario.workload, expected).enumerated() {
            load.begin(client, number: index + 1, expected: expected)
        }
        let harm = Harm(
            stage: stage, recorder: recorder, board: board, nodes: nodes, edges: edges, mutations: mutations, world: world)
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
        // Whoever interrupts by a terminal's key may have ended nodes too.
        if ending != .interrupted, !isInterrupted() { director.takeCensus() }
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

    /// The right answers, in the order of the workload; nil when the run was over before all were there.
    private func count(_ world: any World, until limit: Instant) async throws(StageFailure) -> [UInt64?]? {
        let loads = scenario.workload, isInterrupted = isInterrupted
        do {
            return try await world.compute {
                var counts: [UInt64?] = []
                for load in loads {
                    guard case .primes(let load) = load else {
                        counts.append(nil)
                        continue
                    }
                    guard let count = try load.count(while: { !isInterrupted() && world.now < limit }) else { return nil }
                    counts.append(count)
                }
                return counts
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

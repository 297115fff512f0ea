import ArgumentParser
import Chaos
import JSONDocument
import Topology
import World

/// `gossamer chaos`: breaks meshes on purpose.
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos", abstract: "Break meshes of real processes on purpose, and judge what came of it.",
        discussion: """
            Scenario files are described in docs/CHAOS.md; some lie in chaos/. Work that a mesh has accepted must end, whichever \
            nodes are killed, cut off or stopped, and in whatever number: a job that is lost is a broken promise.
            """,
        subcommands: [ChaosRunCommand.self, ChaosCheckCommand.self, ChaosCleanCommand.self])
}

/// `gossamer chaos run`: one scenario after the other.
struct ChaosRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run scenarios.",
        discussion: """
            Every run has a mesh of its own on free ports and in a fresh directory, which is kept unless all went well. Exit code 0 \
            when every run shows what it should; 1 when one breaks an invariant; 2 when none does but one proves nothing, \
            because a fault was not felt or an answer is missing; 64 when a file makes no sense, and then nothing is run.
            """)

    @Argument(help: ArgumentHelp("Scenario files.", valueName: "file"))
    var files: [String]

    @Option(help: "Run every scenario this often.")
    var `repeat` = 1

    @Flag(help: "Keep the directories of runs in which all went well, too.")
    var keep = false

    @Flag(help: "Print JSON, for programs.")
    var json = false

    @OptionGroup var mutation: MutationOptions

    func validate() throws {
        guard (1...10_000).contains(self.repeat) else { throw ValidationError("--repeat \(self.repeat): 1 to 10000") }
    }

    func run() async throws {
        let world = SystemWorld()
        let scenarios = try ChaosFiles.load(files, world.files)
        let interrupts = Interrupts(world)
        await ChaosFiles.endLeftovers(world)
        var reports: [ChaosRun.Report] = [], failure: CommandFailure?
        let rounds = scenarios.flatMap { scenario in (1...self.repeat).map { (scenario, $0) } }
        for (scenario, round) in rounds where failure == nil && interrupts.count == 0 {
            if !json { Console.note(header(scenario, round)) }
            do throws(CommandFailure) {
                let report = try await run(scenario, interrupts, world)
                reports.append(report)
                if !json { Console.put(text(report)) }
            } catch {
                failure = error
            }
        }
        if json { Console.put(.array(reports.map(\.json))) } else if reports.count > 1 { Console.put(summary(reports)) }
        if interrupts.count > 0, failure == nil {
            failure = CommandFailure(.interrupted, json ? "" : "interrupted; all harm is undone and every process has ended")
        }
        try judge(reports.map(\.verdict.answer), failure)
    }

    /// What has broken weighs more than why it went no further.
    private func judge(_ answers: [Verdict.Answer], _ failure: CommandFailure?) throws(CommandFailure) {
        if answers.contains(.broken) { throw CommandFailure(.negative, failure?.message ?? "") }
        if let failure { throw failure }
        if answers.contains(.unknown) { throw CommandFailure(.unknown, "") }
    }

    private func run(
        _ scenario: Scenario, _ interrupts: Interrupts, _ world: SystemWorld
    ) async throws(CommandFailure) -> ChaosRun.Report {
        let isQuiet = json
        let run = ChaosRun(
            scenario, mutations: mutation.all, keeps: keep, stage: { ProcessStage($0, world: world) },
            isInterrupted: { interrupts.count > 0 }, show: { if !isQuiet { Console.note($0) } }, makeWorld: { SystemWorld() })
        do { return try await run.run() } catch { throw CommandFailure(.ioError, error.description) }
    }

    private func header(_ scenario: Scenario, _ round: Int) -> String {
        let count = self.repeat > 1 ? " (\(round) of \(self.repeat))" : ""
        return "\(scenario.file)\(count)" + (scenario.description.isEmpty ? "" : ": \(scenario.description)")
    }

    private func text(_ report: ChaosRun.Report) -> String {
        var lines = ["\(report.scenario.name): \(report.verdict.answer.rawValue) after \(DurationText.short(report.duration))"]
        lines += report.verdict.lines
        if report.isKept { lines.append("  history \(report.folder.history), logs of the nodes under \(report.folder.path)/mesh") }
        return lines.joined(separator: "\n")
    }

    private func summary(_ reports: [ChaosRun.Report]) -> String {
        let counts = [Verdict.Answer.holds, .broken, .unknown].map { answer in
            "\(reports.count { $0.verdict.answer == answer }) \(answer.rawValue)"
        }
        return "\(reports.count) runs: \(counts.joined(separator: ", "))"
    }
}

/// `gossamer chaos check`: reads scenario files.
struct ChaosCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "check", abstract: "Check scenario files; run nothing.")

    @Argument(help: ArgumentHelp("Scenario files.", valueName: "file"))
    var files: [String]

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func run() throws {
        let scenarios = try ChaosFiles.load(files, SystemFileSystem())
        if json { return Console.put(.array(scenarios.map(document))) }
        for scenario in scenarios {
            Console.put("\(scenario.file): in order: \(scenario.mesh.nodes.count) nodes, \(scenario.steps.count) steps")
        }
    }

    private func document(_ scenario: Scenario) -> JSON {
        [
            "file": .string(scenario.file), "name": .string(scenario.name), "description": .string(scenario.description),
            "nodes": .array(scenario.mesh.nodes.map { .string($0.name) }), "steps": .number(scenario.steps.count),
        ]
    }
}

/// `gossamer chaos clean`: after a harness that was killed.
struct ChaosCleanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clean", abstract: "End what runs have left whose harness was killed, and remove the directories of all that are over.",
        discussion: "Runs that are going on are left alone.")

    func run() async throws {
        let world = SystemWorld()
        let ended = await Leftovers(world: world, stage: { ProcessStage($0, world: world) }).end(removesFolders: true)
        for entry in ended {
            let processes = entry.processes.isEmpty ? "" : ", ended \(entry.processes.map(String.init).joined(separator: " "))"
            if let problem = entry.problem {
                Console.note("\(entry.folder) stays, and its processes may\(processes): \(problem)")
            } else {
                Console.put("removed \(entry.folder)\(processes)")
            }
        }
        if ended.isEmpty { Console.note("no run has left anything") }
        if ended.contains(where: { $0.problem != nil }) { throw CommandFailure(.ioError, "") }
    }
}

enum ChaosFiles {
    /// All of them, or a failure with all that is wrong with any.
    static func load(_ paths: [String], _ files: any FileSystem) throws(CommandFailure) -> [Scenario] {
        var scenarios: [Scenario] = [], complaints: [String] = []
        for path in paths {
            do { scenarios.append(try Scenario.load(path, from: files)) } catch { complaints.append(error.description) }
        }
        guard complaints.isEmpty else { throw CommandFailure(.usage, complaints.joined(separator: "\n")) }
        return scenarios
    }

    static func endLeftovers(_ world: any World) async {
        for entry in await Leftovers(world: world, stage: { ProcessStage($0, world: world) }).end(removesFolders: false) {
            if !entry.processes.isEmpty {
                Console.note("ended \(entry.processes.count) processes of a run whose harness was killed: \(entry.folder)")
            }
            if let problem = entry.problem { Console.note("processes of \(entry.folder) may still run: \(problem)") }
        }
    }
}

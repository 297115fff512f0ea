import ArgumentParser
import Chaos
import JSONDocument
import Topology
import World

/// `gossamer chaos`: breaks meshes on purpose.
struct ChaosCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "chaos", abstract: "Break meshes of real processes on purpose, and judge what came of it.",
        discussion: "Scenario files are described in docs/CHAOS.md; some lie in chaos/.",
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
        var reports: [ChaosRun.Report] = []
        for scenario in scenarios {
            for round in 1...self.repeat where interrupts.count == 0 {
                if !json { Console.note(header(scenario, round)) }
                let report = try await run(scenario, interrupts, world)
                reports.append(report)
                if !json { Console.put(text(report)) }
            }
        }
        if json { Console.put(.array(reports.map(\.json))) }
        if interrupts.count > 0 { throw CommandFailure(.interrupted, json ? "" : "interrupted; all harm is undone and every process has ended") }
        let answers = reports.map(\.verdict.answer)
        if !json, reports.count > 1 { Console.put(summary(reports)) }
        if answers.contains(.broken) { throw CommandFailure(.negative, "") }
        if answers.contains(.unknown) { throw CommandFailure(.unknown, "") }
    }

    private func run(_ scenario: Scenario, _ interrupts: Interrupts, _ world: SystemWorld) async throws -> ChaosRun.Report {
        let isQuiet = json
        let run = ChaosRun(
            scenario, mutations: mutation.all, keeps: keep, stage: { ProcessStage($0, world: world) },
            isInterrupted: { interrupts.count > 0 }, show: { if !isQuiet { Console.note($0) } }, makeWorld: { SystemWorld() })
        do { return try await run.run() } catch let failure as StageFailure { throw CommandFailure(.ioError, failure.description) }
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

    func run() throws {
        for scenario in try ChaosFiles.load(files, SystemFileSystem()) {
            Console.put("\(scenario.file): in order: \(scenario.mesh.nodes.count) nodes, \(scenario.steps.count) steps")
        }
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
            Console.put("removed \(entry.folder)\(processes)")
        }
        if ended.isEmpty { Console.note("no run has left anything") }
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
            Console.note("ended \(entry.processes.count) processes of a run whose harness was killed: \(entry.folder)")
        }
    }
}

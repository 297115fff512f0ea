import ArgumentParser
import Campaign
import JSONDocument
import Synchronization
import World

/// `gossamer simulate`: whole meshes in virtual time.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Run whole meshes in virtual time, trouble them, and judge what became of their registers and work.",
        discussion: """
            Every seed is another mesh with another fate, and is the same every time. One seed in twenty is run twice, to see that it is. \
            Exit code 0 when all promises held; 1 when a seed broke one, with the command that repeats it, or when more than \
            \(NumberText.share(CampaignTally.undecidedShare, of: 1)) of the histories were too hard to judge; 64 when the arguments make \
            no sense.

            SCENARIOS:
            \(SimulateCommand.scenarioLines)
            """)

    private static let scenarioLines = Scenario.named.map { scenario in
        "  " + scenario.name + String(repeating: " ", count: max(1, 16 - scenario.name.count)) + scenario.summary
    }.joined(separator: "\n")

    @Option(help: "How many seeds, 1 to 100000000.")
    var seeds = 100

    @Option(help: "The first seed.")
    var from: UInt64 = 1

    @Option(help: ArgumentHelp("What happens; see below.", valueName: "name"))
    var scenario = Scenario.all.name

    @Flag(help: "Print a line for every event. Only with --seeds 1.")
    var verbose = false

    @Option(
        name: .customLong("mutate"),
        help: ArgumentHelp(
            "Break a promise on purpose, to see that the simulation notices: "
                + Mutation.allCases.map(\.rawValue).joined(separator: ", "),
            valueName: "name"))
    var mutations: [Mutation] = []

    @Flag(help: "Print JSON, for programs.")
    var json = false

    func validate() throws {
        guard (1...100_000_000).contains(seeds) else { throw ValidationError("--seeds \(seeds): 1 to 100000000") }
        guard UInt64.max - from >= UInt64(seeds) else {
            throw ValidationError("--from \(from): with \(seeds) seeds at most \(UInt64.max - UInt64(seeds))")
        }
        guard Scenario(scenario) != nil else {
            throw ValidationError("there is no scenario \"\(scenario)\"; give one of \(Scenario.named.map(\.name).joined(separator: ", "))")
        }
        guard !verbose || seeds == 1 else { throw ValidationError("--verbose prints thousands of lines for a seed; add --seeds 1") }
    }

    func run() async throws {
        let world = SystemWorld()
        let interrupts = Interrupts(world)
        let sweep = Sweep(scenario: Scenario(scenario) ?? .all, mutations: Set(mutations), from: from, count: seeds, show: show)
        let started = world.now
        let workers = (0..<min(SystemWorld.processorCount, seeds)).map { number in
            world.spawn("simulation \(number)") { while interrupts.count == 0, await sweep.runNext(in: world) {} }
        }
        let screen = spawnScreen(sweep, started, world)
        for worker in workers { await worker.finished() }
        screen?.cancel()
        await screen?.finished()
        let tally = sweep.tally
        if json { Console.put(document(tally)) } else { Console.put(text(tally, took: world.now - started)) }
        if !tally.isClean { throw CommandFailure(.negative, "") }
        if interrupts.count > 0 { throw CommandFailure(.interrupted, json ? "" : "interrupted after \(tally.runs) of \(seeds) seeds") }
    }

    private var show: (@Sendable (String) -> Void)? {
        guard verbose else { return nil }
        let isForPrograms = json
        return { line in if isForPrograms { Console.note(line) } else { Console.put(line) } }
    }

    private func spawnScreen(_ sweep: Sweep, _ started: Instant, _ world: any World) -> SpawnedTask? {
        guard Terminal.error.isInteractive, !json, !verbose else { return nil }
        let total = seeds
        return world.spawn("progress") {
            var block = LiveBlock(.error)
            while true {
                let tally = sweep.tally
                let bar = ProgressBar(done: tally.runs, total: total, elapsed: world.now - started, unit: "seeds")
                block.draw([bar.line(width: Terminal.error.columns)] + (tally.badCount == 0 ? [] : ["\(tally.badCount) bad"]))
                do { try await world.sleep(for: .milliseconds(100)) } catch { return block.clear() }
            }
        }
    }
}

/// The seeds of a sweep, and what came of them. Each worker takes the next one.
private final class Sweep: Sendable {
    private struct State {
        var next: Int = 0
        var tally = CampaignTally()
    }

    private let scenario: Scenario
    private let mutations: Set<Mutation>
    private let from: UInt64
    private let count: Int
    private let show: (@Sendable (String) -> Void)?
    private let state = Mutex(State())

    init(scenario: Scenario, mutations: Set<Mutation>, from: UInt64, count: Int, show: (@Sendable (String) -> Void)?) {
        (self.scenario, self.mutations, self.from, self.count, self.show) = (scenario, mutations, from, count, show)
    }

    var tally: CampaignTally { state.withLock { $0.tally } }

    /// Runs the next seed on a thread for such work. False when there is none.
    func runNext(in world: any World) async -> Bool {
        guard let number = take() else { return false }
        do {
            try await world.compute { self.run(number) }
            return true
        } catch { return false }
    }

    private func take() -> Int? {
        state.withLock { state in
            guard state.next < count else { return nil }
            state.next += 1
            return state.next - 1
        }
    }

    private func run(_ number: Int) {
        let run = CampaignRun(seed: from + UInt64(number), scenario: scenario, mutations: mutations)
        let first = run.run(show: show)
        let second = number % 20 == 0 ? run.run() : nil
        state.withLock { state in
            state.tally.add(first)
            if let second { state.tally.compare(first, second) }
        }
    }
}

// MARK: What is said

extension SimulateCommand {
    private func repetition(_ seed: UInt64) -> String {
        let planted = Set(mutations).sorted().map { " --mutate \($0.rawValue)" }.joined()
        return "gossamer simulate --seeds 1 --from \(seed) --scenario \(scenario)\(planted) --verbose"
    }

    private func text(_ tally: CampaignTally, took time: Duration) -> String {
        var lines: [String] = []
        for result in tally.bad {
            lines.append("seed \(result.seed) is bad:")
            lines += result.violations.prefix(5).map { "  \($0)" }
            if result.violations.count > 5 { lines.append("  and \(result.violations.count - 5) more") }
            lines.append("  repeat it with: \(repetition(result.seed))")
        }
        if tally.badCount > tally.bad.count { lines.append("and \(tally.badCount - tally.bad.count) more bad seeds") }
        for seed in tally.unlike {
            lines.append("seed \(seed) went another way the second time: something in the simulation depends on more than its seed")
        }
        let planted = mutations.isEmpty ? "" : ", with \(Mutation.text(Set(mutations)) ?? "")"
        lines += [
            "\(tally.runs) seed\(tally.runs == 1 ? "" : "s") of \(scenario)\(planted) in \(DurationText.short(time)): "
                + "\(tally.runs - tally.badCount) clean, \(tally.badCount) bad",
            "\(tally.repeated) run twice, \(tally.repeated - tally.unlike.count) of them alike",
            "\(DurationText.short(tally.virtualTime)) of virtual time, \(NumberText.grouped(UInt64(tally.events))) events, "
                + "\(NumberText.grouped(UInt64(tally.strikes))) troubles",
            shares("operations", tally.acknowledged, "acknowledged", failed: tally.failed, unknown: tally.unknown, of: tally.operations),
        ]
        let wishes = tally.wishes
        if wishes.asked > 0 {
            lines.append(
                shares("requests of users", wishes.done, "done", failed: wishes.failed, unknown: wishes.unknown, of: wishes.asked))
        }
        if tally.undecided > 0 {
            let most = NumberText.share(CampaignTally.undecidedShare, of: 1)
            lines.append(
                "\(tally.undecided) of \(tally.ordered) value registers have histories too hard to judge"
                    + (tally.isDecided ? "" : ": with more than \(most) the campaign is not clean"))
        }
        lines.append("hash of all traces \(hexadecimal(tally.hash))")
        return lines.joined(separator: "\n")
    }

    private func shares(_ what: String, _ good: Int, _ word: String, failed: Int, unknown: Int, of all: Int) -> String {
        func share(_ count: Int) -> String { NumberText.share(Double(count), of: Double(all)) }
        return "\(NumberText.grouped(UInt64(all))) \(what): \(share(good)) \(word), \(share(failed)) failed, \(share(unknown)) unknown"
    }

    private func document(_ tally: CampaignTally) -> JSON {
        [
            "scenario": .string(scenario), "from": .number(from), "seeds": .number(seeds), "runs": .number(tally.runs),
            "mutations": .array(Set(mutations).sorted().map { .string($0.rawValue) }),
            "clean": .number(tally.runs - tally.badCount), "bad": .number(tally.badCount),
            "repeated": .number(tally.repeated), "unlike": .array(tally.unlike.map { .number($0) }),
            "operations": .number(tally.operations), "acknowledged": .number(tally.acknowledged), "failed": .number(tally.failed),
            "unknown": .number(tally.unknown),
            "users": [
                "asked": .number(tally.wishes.asked), "done": .number(tally.wishes.done), "failed": .number(tally.wishes.failed),
                "unknown": .number(tally.wishes.unknown),
            ],
            "ordered": .number(tally.ordered), "undecided": .number(tally.undecided),
            "decided": .bool(tally.isDecided), "events": .number(tally.events),
            "troubles": .number(tally.strikes), "virtualSeconds": .number(tally.virtualTime.seconds),
            "hash": .string(hexadecimal(tally.hash)), "badSeeds": .array(tally.bad.map(document)),
        ]
    }

    private func document(_ result: CampaignResult) -> JSON {
        [
            "seed": .number(result.seed), "hash": .string(hexadecimal(result.traceHash)), "repeat": .string(repetition(result.seed)),
            "violations": .array(
                result.violations.map { ["kind": .string($0.kind.rawValue), "sentence": .string($0.sentence)] }),
        ]
    }

    private func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

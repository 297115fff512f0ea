import Chaos
import Command
import Foundation
import JSONDocument
import TestSupport
import Testing
import Topology
import World

/// The command, on meshes of real processes that it breaks.
@Suite(.serialized, .bounded) struct RunTests {
    private static let house = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    /// The program lies beside the bundle of tests.
    private static let program = URL(filePath: ChildProcess.ownProgram).deletingLastPathComponent().path + "/gossamer"

    /// A directory for the runs of one test, which it looks through afterwards.
    struct Place {
        let path: String
        let world = SystemWorld()

        func text(_ name: String) -> String {
            String(decoding: (try? SystemFileSystem().read(path + "/" + name)) ?? [], as: UTF8.self)
        }

        func write(_ text: String, to name: String) throws -> String {
            try SystemFileSystem().writeDurably(Array(text.utf8), to: path + "/" + name)
            return path + "/" + name
        }

        /// Starts `gossamer` with this directory in the place of the system's for temporary files.
        func start(_ arguments: [String], output: String? = nil) throws -> ChildProcess {
            try ChildProcess(
                path: "/usr/bin/env", arguments: ["TMPDIR=" + path, RunTests.program] + arguments,
                output: .file(output ?? path + "/out"), error: .file(path + "/err"))
        }

        /// Runs it to its end.
        func run(_ arguments: [String]) async throws -> Int32? {
            for name in ["out", "err"] { try SystemFileSystem().remove(path + "/" + name) }
            return try await end(of: start(arguments))
        }

        func expect(_ status: Int32, from arguments: [String], sourceLocation: SourceLocation = #_sourceLocation) async throws {
            let actual = try await run(arguments)
            #expect(actual == status, "\(text("out"))\(text("err"))", sourceLocation: sourceLocation)
        }

        /// The exit code; nil after four minutes, or a signal.
        func end(of child: ChildProcess) async throws -> Int32? {
            let deadline = world.now + .seconds(240)
            while world.now < deadline {
                if let report = child.poll() {
                    if case .exited(let code) = report.ending { return code }
                    return nil
                }
                try await world.sleep(for: .milliseconds(20))
            }
            child.signal(SIGKILL)
            _ = child.wait()
            return nil
        }

        var runs: [RunFolder] {
            let root = path + "/gossamer-chaos-\(getuid())"
            return ((try? SystemFileSystem().list(root)) ?? []).map { RunFolder(path: root + "/" + $0) }
        }

        /// Every process whose command line names this directory: nodes, and whoever starts them.
        var processes: [Int32] {
            let numbers = ((try? SystemFileSystem().list("/proc")) ?? []).compactMap { Int32($0) }
            return numbers.filter { number in
                let line = commandLine(number)
                return line.contains(path) && line.contains("gossamer") && ProcessIdentity(pid: number) != nil
            }
        }

        /// Its arguments, each with a space behind it.
        func commandLine(_ number: Int32) -> String {
            let bytes = (try? SystemFileSystem().read("/proc/\(number)/cmdline")) ?? []
            return String(decoding: bytes.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
        }

        func until(_ seconds: Int, _ condition: () -> Bool) async throws -> Bool {
            let deadline = world.now + .seconds(Int64(seconds))
            while world.now < deadline {
                if condition() { return true }
                try await world.sleep(for: .milliseconds(20))
            }
            return condition()
        }

        func history() throws -> [JSON] {
            guard let run = runs.first else { return [] }
            let bytes = try SystemFileSystem().read(run.history)
            return try String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
        }
    }

    func withPlace(_ body: (Place) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.path + "/chaos-" + UUID().uuidString.prefix(8)
        try SystemFileSystem().createDirectory(path)
        let place = Place(path: path)
        defer {
            for number in place.processes { ProcessIdentity(pid: number)?.signal(SIGKILL) }
            try? SystemFileSystem().removeTree(path)
        }
        try await body(place)
        #expect(place.processes.isEmpty, "processes are left")
    }

    func chaos(_ name: String) -> String { Self.house + "/chaos/\(name).yaml" }

    /// A small job that takes a few seconds, with the steps that a test wants.
    private func scenario(
        _ steps: String, expect: String = "jobs end, total exact", bites: String = "resent > 0", to: Int = 30_000_000
    ) -> String {
        """
        name: test
        topology: {nodes: 3, edges: 2}
        workload:
          - primes: {from: 0, to: \(to), algorithm: trial, chunks: 200}
        steps:
        \(steps)
        expect: [\(expect)]
        bites: [\(bites)]

        """
    }

    @Test func aKilledWorkerCostsNothingButTime() async throws {
        try await withPlace { place in
            try await place.expect(0, from: ["chaos", "run", chaos("kill-primes-worker")])
            #expect(place.text("out").hasPrefix("kill-primes-worker: true after "))
            #expect(place.text("err").contains("  director  kill     n"))
            #expect(place.runs.isEmpty, "a run in which all went well keeps nothing")
        }
    }

    @Test func aHomeThatNeverSendsAgainIsFoundOut() async throws {
        try await withPlace { place in
            let status = try await place.run(["chaos", "run", chaos("kill-primes-worker"), "--mutate", "no-resend"])
            #expect(status == 1, "\(place.text("out"))\(place.text("err"))")
            #expect(place.text("out").contains("  BROKEN   jobs end: job 1 (primes "), "\(place.text("out"))")
            let run = try #require(place.runs.first)
            #expect(place.text("out").contains("history \(run.history), logs of the nodes under \(run.path)/mesh"))
            let records = try place.history()
            #expect(records.first?["op"] == "start" && records.first?["detail"] == "mutation no-resend")
            #expect(records.last?["op"] == "end" && records.last?["output"]?["because"] == "stuck")
            let report = try JSON(parsing: SystemFileSystem().read(run.verdict))
            #expect(report["verdict"] == "false" && report["scenario"] == "kill-primes-worker")
            // The next thing anybody runs leaves it alone; `clean` takes it away.
            try await place.expect(0, from: ["chaos", "clean"])
            #expect(place.runs.isEmpty)
        }
    }

    @Test(arguments: ["pause-worker", "kill-home", "kill-two", "kill-all"])
    func whateverWasAcceptedEnds(_ name: String) async throws {
        try await withPlace { place in
            try await place.expect(0, from: ["chaos", "run", chaos(name)])
        }
    }

    @Test func halvesGrowTogetherAgain() async throws {
        try await withPlace { place in
            try await place.expect(0, from: ["chaos", "run", chaos("halves-during-lookups"), "--json", "--keep"])
            let report = try JSON(parsing: Array(place.text("out").utf8))[0]
            #expect(report?["verdict"] == "true" && report?["directory"]?.string == place.runs.first?.path)
            let history = try place.history()
            let heal = history.first { $0["op"] == "heal" }
            #expect((heal?["output"]?["hits"]?.integer(Int.self) ?? 0) > 0 && heal?["outcome"] == "ok")
            let jobs = history.filter { $0["op"] == "submit" && $0["outcome"] == "ok" }
            let audits = history.filter { $0["op"] == "audit" }
            #expect(jobs.count >= 90)
            #expect(audits.count == 2 * jobs.count, "every edge is asked for every job")
        }
    }

    @Test func checkFindsTheScenariosOfTheHouseInOrder() async throws {
        try await withPlace { place in
            let names = try SystemFileSystem().list(Self.house + "/chaos").filter { $0.hasSuffix(".yaml") }
            try await place.expect(0, from: ["chaos", "check"] + names.map { Self.house + "/chaos/" + $0 })
            #expect(names.count >= 6 && place.text("out").split(separator: "\n").count == names.count)
        }
    }

    @Test func aVerdictThatCannotBeKeptIsToldAndProvesNothing() async throws {
        try await withPlace { place in
            let text = "name: test\ntopology: {nodes: 3}\nworkload: [primes: {from: 0, to: 1000000}]\nexpect: [jobs end]\n"
            let child = try place.start(["chaos", "run", place.write(text, to: "kept.yaml"), "--keep"])
            let begins = try await place.until(60) { place.runs.contains { SystemFileSystem().exists($0.topology) } }
            #expect(begins)
            // A file cannot be given the name of a directory that has something in it.
            let verdict = try #require(place.runs.first?.verdict)
            try SystemFileSystem().createDirectory(verdict + "/in the way")
            let status = try await place.end(of: child)
            let complaint = "  unknown  files: the verdict cannot be written: \(verdict)"
            #expect(status == 2 && place.text("out").contains(complaint), "\(place.text("out"))")
        }
    }

    @Test func aNodeThatDiesByItselfIsNoticed() async throws {
        try await withPlace { place in
            // n3 is killed from outside while a fault that has nothing to do with it is still under way.
            let text = scenario(
                "  - at: 1ms\n    pause: {node: n2, for: 8s}", expect: "total exact", bites: "victim seen suspect", to: 1_000_000)
            let child = try place.start(["chaos", "run", place.write(text, to: "death.yaml")])
            let isPaused = try await place.until(60) { place.text("err").contains("  director  pause    n2") }
            #expect(isPaused, "\(place.text("err"))")
            let victim = place.processes.first { place.commandLine($0).contains("mesh.yaml n3 ") }
            #expect(ProcessIdentity(pid: victim ?? 0)?.signal(SIGKILL) == true)
            let status = try await place.end(of: child)
            #expect(status == 1, "\(place.text("out"))\(place.text("err"))")
            #expect(place.text("out").contains("  BROKEN   nodes: n3, to which nothing was done: process \(victim ?? 0) is gone"))
        }
    }

    @Test func pausesOfOneNodeDoNotOverlap() async throws {
        try await withPlace { place in
            let text = scenario(
                """
                  - at: 1ms
                    pause: {node: n3, for: 4s}
                  - at: 1ms
                    pause: {node: n3, for: 1s}
                """, expect: "total exact, views equal within 20s of resume", bites: "victim seen suspect", to: 1_000_000)
            try await place.expect(2, from: ["chaos", "run", place.write(text, to: "twice.yaml"), "--keep"])
            #expect(place.text("out").contains("step 2: pause n3 for 1s: n3 stands still already"), "\(place.text("out"))")
            let resumes = try place.history().filter { $0["op"] == "resume" }
            #expect(resumes.count == 1)
        }
    }

    @Test func cutsHealBeforeTheirTimeAndANodeIsStartedAgain() async throws {
        try await withPlace { place in
            let text = scenario(
                """
                  - when: {job: running, done: ">3"}
                    cut: {from: n1, to: n2, mode: hold, for: 60s}
                  - when: {job: running, done: ">60"}
                    heal: all
                  - at: 0s
                    restart: worker with most parts in flight but not the home
                """, expect: "jobs end, total exact, counted once, views equal within 30s of restart")
            try await place.expect(0, from: ["chaos", "run", place.write(text, to: "more.yaml"), "--keep"])
            let ops = try place.history().compactMap { $0["op"]?.string }.filter { ["kill", "restart", "cut", "heal"].contains($0) }
            #expect(ops == ["cut", "heal", "kill", "restart"])
        }
    }

    @Test func aFaultThatNobodyFeelsProvesNothing() async throws {
        try await withPlace { place in
            let text = scenario("  - at: 1ms\n    pause: {node: n3, for: 1ms}", bites: "victim seen dead", to: 1_000_000)
            let file = try place.write(text, to: "idle.yaml")
            try await place.expect(2, from: ["chaos", "run", file])
            #expect(place.text("out").contains(": nobody has seen n3 as dead; the fault was not felt"))
        }
    }

    @Test func aResultThatCannotBeWrittenIsStillTheResult() async throws {
        try await withPlace { place in
            let text = scenario("  - at: 1ms\n    pause: {node: n3, for: 1ms}", bites: "victim seen dead", to: 1_000_000)
            let file = try place.write(text, to: "idle.yaml")
            let status = try await place.end(of: place.start(["chaos", "run", file, "--repeat", "2"], output: "/dev/full"))
            #expect(status == 2, "\(place.text("err"))")
            #expect(place.runs.count == 2, "both rounds were made")
            #expect(place.text("err").contains("standard output cannot be written"), "\(place.text("err"))")
        }
    }

    @Test func aStepThatCannotBeCarriedOutProvesNothing() async throws {
        try await withPlace { place in
            let text = scenario("  - when: {job: ended}\n    kill: home of the oldest job", bites: "victim seen dead", to: 1_000)
            try await place.expect(2, from: ["chaos", "run", place.write(text, to: "late.yaml")])
            #expect(place.text("out").contains("step 1: kill home of the oldest job: "), "\(place.text("out"))")
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func whoInterruptsARunFindsNothingLeft(_ signal: Int32) async throws {
        try await withPlace { place in
            let text = scenario(
                "  - when: {job: running}\n    cut: {isolate: n3, for: 50s}\n  - at: 0s\n    pause: {node: n3, for: 50s}", to: 200_000_000)
            let child = try place.start(["chaos", "run", try place.write(text, to: "long.yaml")])
            let isPaused = try await place.until(60) { place.text("err").contains("  director  pause    n3") }
            #expect(isPaused, "\(place.text("err"))")
            #expect(place.processes.count == 4)
            child.signal(signal)
            let status = try await place.end(of: child)
            #expect(status == 130, "\(place.text("err"))")
            #expect(place.processes.isEmpty)
            let ops = try place.history().map { "\($0["op"]?.string ?? "") \($0["outcome"]?.string ?? "")" }
            #expect(ops.contains("heal ok") && ops.contains("resume ok"), "\(ops.suffix(5))")
        }
    }

    @Test func whoInterruptsTheHarnessWhileItCountsNeedNotWait() async throws {
        try await withPlace { place in
            let text = "name: test\ntopology: {nodes: 3}\nworkload: [primes: {from: 0, to: 30000000000}]\nexpect: [jobs end]\n"
            let child = try place.start(["chaos", "run", place.write(text, to: "count.yaml")])
            let counts = try await place.until(60) { place.runs.contains { SystemFileSystem().exists($0.topology) } }
            #expect(counts && place.processes.count == 1, "no node is there before the harness knows the answer")
            child.signal(SIGINT)
            #expect(try await place.end(of: child) == 130)
            let last = try place.history().last
            #expect(last?["op"] == "end" && last?["output"]?["because"] == "interrupted", "\(place.text("err"))")
        }
    }

    @Test func aRunWhoseHarnessWasKilledIsEndedByTheNext() async throws {
        try await withPlace { place in
            let text = scenario("  - when: {job: running}\n    pause: {node: n3, for: 50s}", to: 200_000_000)
            let file = try place.write(text, to: "long.yaml")
            let child = try place.start(["chaos", "run", file])
            let isPaused = try await place.until(60) { place.text("err").contains("  director  pause    n3") }
            #expect(isPaused, "\(place.text("err"))")
            child.signal(SIGKILL)
            _ = child.wait()
            #expect(place.processes.count == 3, "the nodes outlive a harness that is killed")
            try await place.expect(0, from: ["chaos", "clean"])
            #expect(place.processes.isEmpty && place.runs.isEmpty, "\(place.text("out"))")
            #expect(place.text("out").contains(", ended "))
        }
    }

    @Test func aFileWithAMistakeStartsNothing() async throws {
        try await withPlace { place in
            let file = try place.write(scenario("  - at: 1s\n    klil: n3"), to: "bad.yaml")
            try await place.expect(64, from: ["chaos", "run", chaos("kill-primes-worker"), file])
            let complaint = "\(file):7:5: unknown key \"klil\" under steps[0]; did you mean \"kill\"?"
            #expect(place.text("err").contains(complaint), "\(place.text("err"))")
            #expect(place.runs.isEmpty)
            try await place.expect(0, from: ["chaos", "check", chaos("kill-primes-worker")])
            try await place.expect(64, from: ["chaos", "check", file])
        }
    }

    @Test func mutationsNeedChaosAndAreShown() async throws {
        try await withPlace { place in
            let port = 24_400
            let file = try place.write(
                "mesh: mutated\nnodes:\n  - {name: n1, port: \(port), admin: {port: \(port + 3)}}\n", to: "mesh.yaml")
            for command in [["node", file, "n1"], ["up", file, "--detach"]] {
                try await place.expect(64, from: command + ["--mutate", "no-resend"])
                #expect(place.text("err").contains("only together with --chaos"), "\(place.text("err"))")
                try await place.expect(64, from: command + ["--chaos", "--mutate", "no-resent"])
            }
            try await place.expect(0, from: ["up", file, "--detach", "--chaos", "--mutate", "no-resend"])
            try await place.expect(0, from: ["members", "--topology", file, "--json"])
            let member = try JSON(parsing: Array(place.text("out").utf8))[0]
            #expect(member?["labels"]?["mutation"] == "no-resend", "\(place.text("out"))")
            try await place.expect(0, from: ["down", file])
        }
    }
}

import Chaos
import Testing
import Topology
import World

/// Scenario files, good and bad.
@Suite struct ScenarioTests {
    static let good = """
        name: kill
        topology: {nodes: 3}
        workload:
          - primes: {from: 0, to: 1000000}
        steps:
          - when: {job: running, done: ">3"}
            kill: worker with most parts in flight but not the home
          - at: 500ms
            cut: {into: halves, mode: hold, for: 3s}
        expect:
          - jobs end
          - views equal within 8s of heal
        bites:
          - resent > 0

        """

    private func scenario(_ text: String) throws -> Scenario {
        try Scenario.parse(text, file: "chaos/test.yaml", files: SystemFileSystem())
    }

    /// All that is wrong.
    private func problems(_ text: String) -> [String] {
        do {
            _ = try scenario(text)
            return []
        } catch {
            return (error as? TopologyError)?.problems.map(\.description) ?? ["\(error)"]
        }
    }

    /// The first thing that is wrong.
    private func complaint(_ text: String) -> String { problems(text).first ?? "nothing is wrong" }

    @Test func aFileSaysWhatIsDone() throws {
        let scenario = try scenario(Self.good)
        #expect(scenario.name == "kill" && scenario.limit == .seconds(180) && scenario.patience == .seconds(20))
        #expect(scenario.mesh.nodes.map(\.name) == ["n1", "n2", "n3"] && scenario.mesh.nodes.map(\.isEdge) == [true, true, false])
        #expect(scenario.steps.count == 2)
        let condition = Step.Trigger.when(Condition(job: .running, done: Comparison(.greater, 3)), within: .seconds(30))
        #expect(scenario.steps[0] == Step(trigger: condition, action: .kill([.busiestWorker(exceptHomes: true)])))
        let cut = Cut(shape: .halves, mode: .hold, duration: .seconds(3))
        #expect(scenario.steps[1] == Step(trigger: .at(.milliseconds(500)), action: .cut(cut)))
        #expect(scenario.expectations == [.jobsEnd, .viewsEqual(within: .seconds(8), of: .heal)])
        #expect(scenario.bites == [.resent(Comparison(.greater, 0))])
    }

    @Test func someNodesCanBeHarmedAtOnce() throws {
        let one = "kill: worker with most parts in flight but not the home"
        let text = Self.good.replacing(one, with: "kill: [n2, home of the newest job]")
        #expect(try scenario(text).steps[0].action == .kill([.node("n2"), .homeOfJob(.newest)]))
    }

    /// What is put in the place of what, and how the complaint begins and what it says.
    @Test(arguments: [
        ("name: kill", "nmae: kill", "chaos/test.yaml:1:1: unknown key \"nmae\"", "did you mean \"name\"?"),
        ("kill: worker", "klil: worker", "chaos/test.yaml:7:5: unknown key \"klil\" under steps[0]", "did you mean \"kill\"?"),
        ("done: \">3\"", "doen: \">3\"", "chaos/test.yaml:6:26: unknown key \"doen\" under steps[0].when", "did you mean \"done\"?"),
        ("\">3\"", "\"> few\"", "chaos/test.yaml:6:32: \"steps[0].when.done\" is \"> few\"", "compare with a number"),
        (
            "but not the home", "but not a home", "chaos/test.yaml:7:11:",
            "did you mean \"worker with most parts in flight but not the home\"?"
        ),
        ("kill: worker with most parts in flight but not the home", "kill: n9", "chaos/test.yaml:7:11:", "did you mean \"n1\"?"),
        ("into: halves", "into: halfs", "chaos/test.yaml:9:17:", "did you mean \"halves\"?"),
        ("mode: hold", "mode: holt", "chaos/test.yaml:9:31:", "did you mean \"hold\"?"),
        (", for: 3s", "", "chaos/test.yaml:9:10: steps[1].cut lacks the key \"for\"", ""),
        ("for: 3s", "for: 3", "chaos/test.yaml:9:42:", "from 1ms to 1h"),
        ("for: 3s", "for: 2h", "chaos/test.yaml:9:42:", "from 1ms to 1h"),
        ("at: 500ms", "at: soon", "chaos/test.yaml:8:9:", "from 0s to 1h"),
        ("  - at: 500ms\n    cut", "  - cut", "chaos/test.yaml:8:5: steps[1] needs either \"at\"", ""),
        ("- jobs end", "- jobs ends", "chaos/test.yaml:11:5: \"expect[0]\" is \"jobs ends\"", "did you mean \"jobs end\"?"),
        (
            "- jobs end", "- accepted jobs end, none lost except those whose home died", "chaos/test.yaml:11:5:",
            "no death excuses one; write \"jobs end\""
        ),
        ("kill: worker with most parts in flight but not the home", "kill: [n1, n9]", "chaos/test.yaml:7:16:", "did you mean \"n1\"?"),
        ("kill: worker with most parts in flight but not the home", "kill: [n1, n1]", "chaos/test.yaml:7:16:", "is there twice"),
        ("kill: worker with most parts in flight but not the home", "kill: []", "chaos/test.yaml:6:5:", "names nobody under \"kill\""),
        ("of heal", "of heel", "chaos/test.yaml:12:5:", "did you mean \"views equal within 8s of heal\"?"),
        ("resent > 0", "resend > 0", "chaos/test.yaml:14:5:", "did you mean \"resent > 0\"?"),
        ("bites:\n  - resent > 0\n", "", "chaos/test.yaml:1:1: the scenario does harm but lacks the key \"bites\"", ""),
        ("nodes: 3", "nodes: 0", "chaos/test.yaml:2:19:", "from 1 to 50"),
        ("nodes: 3", "nodes: 3, membership: {probeIntervall: 1s}", "chaos/test.yaml:2:", "did you mean \"probeInterval\"?"),
        ("nodes: 3", "nodes: 3, override: {n4: {zone: a}}", "chaos/test.yaml:2:", "unknown key \"n4\""),
        ("nodes: 3", "file: nowhere.yaml", "chaos/test.yaml:2:", "cannot be read"),
        ("- primes", "- prime", "chaos/test.yaml:4:5: unknown key \"prime\" under workload[0]", "did you mean \"primes\"?"),
        ("to: 1000000", "to: minus", "chaos/test.yaml:4:23: \"workload[0].primes.to\": minus", ""),
        ("to: 1000000", "to: 200000000000", "chaos/test.yaml:4:13:", "say the right answer under \"expect\""),
        ("topology: {nodes: 3}\n", "", "chaos/test.yaml:1:1: the scenario lacks the key \"topology\"", ""),
        ("name: kill\n", "name: kill\n\tx: y\n", "chaos/test.yaml:2:", "no YAML"),
        ("name: kill\n", "name: kill\ndescription: {a: b}\n", "chaos/test.yaml:2:14: \"description\" is a mapping", "must be text"),
        ("name: kill\n", "name: kill\nlimit: 3s\n", "chaos/test.yaml:9:9:", "must come with the 3s that the fault lasts before the limit"),
        (
            "    cut: {into: halves, mode: hold, for: 3s}\n",
            "    cut: {into: halves, mode: hold, for: 3s}\n  - at: 499ms\n    kill: n1\n", "chaos/test.yaml:10:9:",
            "must not be before the time of a step above, 500ms"
        ),
        ("into: halves", "from: n1, to: n1", "chaos/test.yaml:9:25:", "must be another than \"from\""),
        ("cut: {into: halves, mode: hold, for: 3s}", "heal: all", "chaos/test.yaml:9:11:", "must come after a cut"),
        ("  - jobs end\n", "  - jobs end\n  - jobs  end\n", "chaos/test.yaml:12:5:", "is there twice"),
        ("of heal", "of restart", "chaos/test.yaml:12:5:", "none has \"restart\""),
        ("cut: {into: halves, mode: hold, for: 3s}", "kill: n1", "chaos/test.yaml:12:5:", "none has \"cut\""),
        ("resent > 0", "resent < 7", "chaos/test.yaml:14:5:", "must not hold for 0"),
        ("resent > 0", "rule hits >= 0", "chaos/test.yaml:14:5:", "must not hold for 0"),
        ("nodes: 3", "nodes: 3, override: {n3: {roles: [prims]}}", "chaos/test.yaml:2:", "did you mean \"primes\"?"),
        ("nodes: 3", "nodes: 3, override: {n3: {roles: [edgee]}}", "chaos/test.yaml:2:46:", "known: lookup, primes, store"),
        (
            "- primes: {from: 0, to: 1000000}", "- lookups: {targets: [127.0.0.1.9], rate: 1, for: 3s}", "chaos/test.yaml:4:25:",
            "must be an address or a domain name"
        ),
        (
            "- primes: {from: 0, to: 1000000}", "- lookups: {targets: [localhost.test], services: [Pong], rate: 1, for: 3s}",
            "chaos/test.yaml:4:53:", "did you mean \"Ping\"?"
        ),
        (
            "- primes: {from: 0, to: 1000000}", "- lookups: {targets: [127.0.0.1], rate: 1, for: 4m}", "chaos/test.yaml:4:",
            "the limit of the run, 3m"
        ),
    ])
    func whatIsWrongIsNamedAtItsLine(_ old: String, _ new: String, _ beginning: String, _ remedy: String) throws {
        try #require(Self.good.contains(old))
        let text = Self.good.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: new)
        let complaint = complaint(text)
        #expect(complaint.hasPrefix(beginning) && (remedy.isEmpty || complaint.contains(remedy)), "\(complaint)")
    }

    @Test func whatNoStepDoesNeedsNoBite() {
        let text = Self.good.replacing(/steps:\n(.|\n)*expect:/, with: "expect:").replacing("of heal", with: "of start")
        #expect(complaint(text).contains("there are no steps"), "\(complaint(text))")
        #expect(complaint(text.replacing("bites:\n  - resent > 0\n", with: "")) == "nothing is wrong")
    }

    @Test func aMistakeInASectionIsToldOnce() {
        let text = Self.good.replacing("nodes: 3", with: "nodes: 3, membership: {probeIntervall: 1s}")
        #expect(problems(text).count == 1, "\(problems(text))")
    }

    @Test func theHarnessCountsForALimitedTimeInAll() {
        let load = "  - primes: {from: 0, to: 30000000000}\n"
        func text(_ loads: Int) -> String {
            Self.good.replacing("  - primes: {from: 0, to: 1000000}\n", with: String(repeating: load, count: loads))
        }
        #expect(complaint(text(1)) == "nothing is wrong")
        #expect(complaint(text(20)).contains("say the right answer"), "\(complaint(text(20)))")
    }

    /// Ten lists, each of ten names of the one above: ten thousand million values in a few lines.
    @Test func aliasesDoNotMultiplyWithoutEnd() {
        var levels = "&a0 [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]"
        for level in 1...9 {
            levels += ", &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]"
        }
        let complaint = complaint(Self.good.replacing("nodes: 3", with: "nodes: 3, log: {level: [\(levels)]}"))
        #expect(complaint.contains("aliases make more than"), "\(complaint)")
    }

    @Test func everyPhraseThatMessagesSuggestIsUnderstood() {
        #expect(Invariant.examples.allSatisfy { Invariant($0)?.description == $0 })
        #expect(Bite.examples.allSatisfy { Bite($0)?.description == $0 })
        for phrase in Target.phrases { #expect(Target("  \(phrase.text) ", nodes: [])?.description == phrase.text) }
        #expect(Target("n2", nodes: ["n1", "n2"]) == .node("n2") && Target("n3", nodes: ["n1", "n2"]) == nil)
    }

    @Test func numbersAreComparedAsWritten() {
        let table: [(String, Int, Bool)] = [
            (">3", 4, true), ("> 3", 3, false), (">=3", 3, true), ("<= 3", 4, false), ("<3", 2, true), ("=3", 3, true), ("3", 2, false),
        ]
        for (text, value, holds) in table { #expect(Comparison(text)?.holds(value) == holds, "\(text) \(value)") }
        for text in ["", ">", "-1", "> -1", "3.5", "many", "=>3", "99999999999999999999"] { #expect(Comparison(text) == nil, "\(text)") }
    }

    @Test func theTopologyOfARunHasWhatTheScenarioSays() throws {
        let text = Self.good.split(separator: "{nodes: 3}", maxSplits: 1).joined(
            separator: "{nodes: 3, edges: 1, membership: {preset: wan, probeTimeout: 600ms}, "
                + "override: {n2: {roles: [primes], capacity: 2}}}")
        let mesh = try scenario(text).mesh.text(mesh: "chaos-kill", ports: [20_000, 20_010, 20_020], dataDir: "mesh")
        let topology = try Topology.parse(mesh, file: "run/mesh.yaml")
        #expect(topology.nodes.map(\.port) == [20_000, 20_010, 20_020] && topology.nodes.map(\.isEdge) == [true, false, false])
        #expect(topology.membership.preset == .wan && topology.membership.probeTimeout == .milliseconds(600))
        #expect(topology.nodes[1].roles == ["primes"] && topology.nodes[1].capacity == 200)
        #expect(topology.nodes[0].dataDir == "run/mesh/n1")
    }

    @Test func aTopologyFileLendsItsNodesAndFigures() throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let text = Self.good.split(separator: "nodes: 3", maxSplits: 1).joined(separator: "file: ../topology/local.yaml")
        let scenario = try Scenario.parse(text, file: "/\(root)/chaos/test.yaml", files: SystemFileSystem())
        let ports = (0..<5).map { 20_000 + 10 * $0 }
        let topology = try Topology.parse(scenario.mesh.text(mesh: "m", ports: ports, dataDir: "mesh"), file: "mesh.yaml")
        #expect(topology.nodes.map(\.name) == ["n1", "n2", "n3", "n4", "n5"] && topology.nodes.map(\.port) == ports)
        #expect(topology.nodes.map(\.isEdge) == [true, true, false, false, false])
    }

    @Test func theScenariosOfTheHouseAreNamedLikeTheirFiles() throws {
        let folder = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/chaos"
        let files = try SystemFileSystem().list(folder).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 11)
        for file in files {
            let scenario = try Scenario.load(folder + "/" + file, from: SystemFileSystem())
            #expect(scenario.name + ".yaml" == file)
        }
    }
}

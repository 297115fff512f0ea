import Command
import Edge
import Lookup
import Membership
import Mesh
import Testing
import Topology
import World

@Suite struct NodeConfigurationTests {
    private func topology(_ text: String, file: String = "mesh.yaml") throws -> Topology {
        try Topology.parse(text, file: file)
    }

    @Test func whatTheFileSaysReachesTheNode() throws {
        let topology = try topology("""
            mesh: shop
            defaults: {bind: 0.0.0.0}
            nodes:
              - {name: a, port: 7100, advertise: a.example.org, admin: {port: 9100}, edge: {host: 10.0.0.1, port: 80}, zone: z1, capacity: 1.5}
              - {name: b, port: 7100, advertise: b.example.org}
            membership: {preset: wan, probeInterval: 7s}
            transport: {window: 99}
            """)
        let node = try NodeConfiguration(topology.nodes[0], of: topology, files: SystemFileSystem())
        #expect(node.mesh == "shop" && node.name == "a" && node.bindHost == "*")
        #expect(node.address == MemberAddress(host: "a.example.org", port: 7_100))
        #expect(node.metadata.adminURL == nil, "the admin port of this machine's loopback is no other machine's")
        #expect(node.metadata.edgeURL == "http://10.0.0.1:80")
        #expect(node.metadata.zone == "z1" && node.metadata.capacity == 150)
        #expect(node.membership.probeInterval == .seconds(7))
        #expect(node.membership.gossipInterval == MembershipConfiguration.wan.gossipInterval)
        #expect(node.links.window == 99)
        #expect(node.curve == nil)
    }

    @Test func anAdminPortIsToldToThoseWhoCanReachIt() throws {
        func url(_ node: String) throws -> String? {
            let topology = try topology("mesh: m\nnodes:\n  - {name: a, port: 7100, \(node)}\n")
            return try NodeConfiguration(topology.nodes[0], of: topology, files: SystemFileSystem()).metadata.adminURL
        }
        #expect(try url("admin: {port: 9100}") == "http://127.0.0.1:9100")
        #expect(try url("bind: 10.0.0.1, admin: {port: 9100}") == nil)
        #expect(try url("bind: 10.0.0.1, admin: {host: 0.0.0.0, port: 9100}") == "http://10.0.0.1:9100")
        #expect(try url("bind: 10.0.0.1, admin: {host: 10.0.0.2, port: 9100}") == "http://10.0.0.2:9100")
    }

    @Test func theDefaultsAreTheRooms() throws {
        let topology = try topology("mesh: m\nnodes:\n  - {name: a, port: 7100}\n")
        let node = try NodeConfiguration(topology.nodes[0], of: topology, files: SystemFileSystem())
        #expect(node.membership.probeInterval == MembershipConfiguration.lan.probeInterval)
        #expect(node.bindHost == "127.0.0.1" && node.metadata.adminURL == nil && node.metadata.edgeURL == nil)
        #expect(node.metadata.roles == ["lookup", "primes", "store"] && node.metadata.capacity == 100)
        #expect(node.dataDirectory.hasSuffix(".gossamer/m/a"))
    }

    @Test func theProfileOfLookupsIsThatOfTheFile() throws {
        for (text, profile) in [("", LookupProfile.readme), ("lookup: {profile: readme}\n", .readme), ("lookup: {profile: code}\n", .code)] {
            #expect(LookupProfile(try topology(Self.node + text).lookup) == profile)
        }
    }

    private func problems(_ text: String) throws -> [String] {
        try withDirectory { directory in
            let file = directory + "/mesh.yaml"
            try append(text, to: file)
            do throws(TopologyError) {
                _ = try Topology.loadChecked(file, from: SystemFileSystem())
                return []
            } catch { return error.problems.map { String($0.description.dropFirst(directory.count + 1)) } }
        }
    }

    private static let node = "mesh: m\nnodes:\n  - {name: a, port: 7100}\n"

    @Test func aFigureThatCannotWorkIsNamedWithItsLineAndTheRest() throws {
        let text = Self.node + "membership:\n  probeInterval: 1s\n  probeTimeout: 2s\n"
        let problems = try problems(text)
        #expect(problems.count == 1 && problems[0].hasPrefix("mesh.yaml:6:3: probeTimeout is "), "\(problems)")
        let more = try self.problems(text + "log: {level: loud}\n")
        #expect(more.count == 2 && more[0] == problems[0] && more[1].hasPrefix("mesh.yaml:7:"), "\(more)")
    }

    @Test func pausesThatCannotGrowAreRefused() throws {
        let sentence = "which cannot work: the longest pause must be at least the first one"
        let both = try problems(Self.node + "lookup:\n  outside: {pauseMin: 2m, pauseMax: 90s}\n")
        #expect(both == ["mesh.yaml:5:13: pauseMin is 2m and pauseMax 90s, \(sentence)"])
        let one = try problems(Self.node + "lookup: {outside: {pauseMax: 10ms}}\n")
        #expect(one == ["mesh.yaml:4:20: pauseMin is 1s and pauseMax 10ms, \(sentence)"])
        #expect(try problems(Self.node + "lookup: {outside: {pauseMin: 1m}}\n") == [])
    }

    @Test func theFiguresForOutsideHostsReachTheLookups() throws {
        let all = "calls: 2, questions: 3, waiting: 4, attempts: 5, failures: 6, pauseMin: 7s, pauseMax: 8s, hosts: 9"
        let given = try topology(Self.node + "lookup: {outside: {\(all)}}\n").lookup
        let figures = OutsideFigures(
            calls: 2, questions: 3, waiting: 4, attempts: 5, failures: 6, pauseMin: .seconds(7), pauseMax: .seconds(8), hosts: 9)
        #expect(LookupConfiguration(given).outside == figures)
        #expect(LookupConfiguration(try topology(Self.node).lookup).outside == OutsideFigures())
    }

    @Test func theFiguresForPingsReachTheLookups() throws {
        let all = "count: 20, interval: 30ms, timeout: 4s, methods: [tcp, icmp-raw], ports: [8443, 22]"
        let given = try topology(Self.node + "lookup: {ping: {\(all)}}\n").lookup
        let settings = PingSettings(
            methods: [.tcp, .icmpRaw], count: 20, interval: .milliseconds(30), patience: .seconds(4), ports: [8443, 22])
        #expect(LookupConfiguration(given).ping == settings)
        #expect(LookupConfiguration(try topology(Self.node).lookup).ping == PingSettings())
    }

    @Test func theRangesOfPingsInTheFileAreThoseOfTheLookups() throws {
        func isRead(_ key: String, _ value: String) -> Bool {
            (try? topology(Self.node + "lookup: {ping: {\(key): \(value)}}\n")) != nil
        }
        for (key, range, unit) in [
            ("count", PingSettings.countAllowed, ""), ("interval", PingSettings.intervalAllowed.milliseconds, "ms"),
            ("timeout", PingSettings.patienceAllowed.milliseconds, "ms"),
        ] {
            #expect(isRead(key, "\(range.lowerBound)\(unit)") && isRead(key, "\(range.upperBound)\(unit)"), "\(key)")
            #expect(!isRead(key, "\(range.lowerBound - 1)\(unit)") && !isRead(key, "\(range.upperBound + 1)\(unit)"), "\(key)")
        }
        let most = PingSettings.portsAllowed.upperBound
        #expect(isRead("ports", "\((1...most).map { $0 })") && !isRead("ports", "\((1...most + 1).map { $0 })"))
        #expect(PingOptions.Method.allCases.map(\.rawValue) == PingMethod.allCases.map(\.rawValue))
    }

    @Test func aPingThatNoJobHasTheTimeForIsRefused() throws {
        func problems(_ lookup: String) throws -> [String] { try self.problems(Self.node + "lookup: {\(lookup)}\n") }
        let begun = "a host that does not answer takes", what = "count - 1 intervals and the timeout"
        let twice = "it may take 15s at most, for another node is asked as well after that: lower count, interval or timeout"
        #expect(try problems("ping: {count: 100, interval: 1s}") == ["mesh.yaml:4:17: \(begun) 104s, \(what); \(twice)"])
        #expect(try problems("ping: {interval: 4s}") == ["mesh.yaml:4:17: \(begun) 17s, \(what); \(twice)"])
        #expect(try problems("ping: {count: 21}") == [] && problems("ping: {count: 22}").count == 1)
        let never = "a job has 6s, so that it would never be told: lower them or raise lookup.deadline"
        #expect(try problems("deadline: 6s, ping: {timeout: 5s}") == ["mesh.yaml:4:31: \(begun) 6500ms, \(what); \(never)"])
        #expect(try problems("deadline: 7s, ping: {timeout: 5s}") == [])
        #expect(try problems("deadline: 6s") == [], "what the file does not say cannot be wrong in it")
    }

    /// A ping that ends in its time is not given to another node.
    @Test func thePingsThatAreAllowedEndBeforeTheirNodeCountsAsSilent() {
        #expect(PingSettings.longestAllowed == .seconds(15) && LookupJob.work.shortestSilence == .seconds(20))
        #expect(PingSettings().longest <= PingSettings.longestAllowed)
        #expect(PingSettings.patienceAllowed.upperBound <= PingSettings.longestAllowed)
    }

    @Test func privateTargetsAreRefusedWhereAnEdgeIsOpen() throws {
        func refuses(_ edge: String) throws -> Bool {
            let node = "mesh: m\nnodes:\n  - {name: a, port: 7100, edge: {host: \(edge), port: 8080}}\n"
            return LookupConfiguration(try topology(node)).addresses.refusesPrivateTargets
        }
        #expect(try refuses("0.0.0.0") && !refuses("127.0.0.1"))
    }

    @Test func theFiguresForWhatIsKeptReachTheLookups() throws {
        let given = try topology(Self.node + "lookup: {cache: {entries: 0, bytes: 2MiB, keepMax: 3s, failedMax: 4s}}\n").lookup
        let figures = LookupCacheSettings(entries: 0, bytes: 2 << 20, keepMax: .seconds(3), failedMax: .seconds(4))
        #expect(LookupConfiguration(given).cache == figures)
        #expect(LookupConfiguration(try topology(Self.node).lookup).cache == LookupCacheSettings())
    }

    /// What the file's reader lets pass is what the lookups take as it is.
    @Test func theRangesOfTheFileAreThoseOfTheLookups() throws {
        let ranges: [(key: String, range: ClosedRange<Int>, unit: String)] = [
            ("calls", OutsideFigures.callsAllowed, ""), ("questions", OutsideFigures.callsAllowed, ""),
            ("waiting", OutsideFigures.waitingAllowed, ""), ("attempts", OutsideFigures.attemptsAllowed, ""),
            ("failures", OutsideFigures.failuresAllowed, ""), ("hosts", OutsideFigures.hostsAllowed, ""),
            ("pauseMax", OutsideFigures.pauseAllowed.milliseconds, "ms"), ("pauseMin", OutsideFigures.pauseAllowed.milliseconds, "ms"),
        ]
        for (key, range, unit) in ranges { try check("outside", key, range, unit) }
        let kept: [(key: String, range: ClosedRange<Int>, unit: String)] = [
            ("entries", LookupCacheSettings.entriesAllowed, ""), ("bytes", LookupCacheSettings.bytesAllowed, ""),
            ("keepMax", LookupCacheSettings.keepAllowed.milliseconds, "ms"),
            ("failedMax", LookupCacheSettings.keepAllowed.milliseconds, "ms"),
        ]
        for (key, range, unit) in kept { try check("cache", key, range, unit) }
    }

    private func check(_ section: String, _ key: String, _ range: ClosedRange<Int>, _ unit: String) throws {
        func isRead(_ value: Int) -> Bool {
            (try? topology(Self.node + "lookup: {\(section): {\(key): \(value)\(unit)}}\n")) != nil
        }
        #expect(isRead(range.lowerBound) && isRead(range.upperBound), "\(key)")
        #expect(!isRead(range.lowerBound - 1) && !isRead(range.upperBound + 1), "\(key)")
    }

    @Test func aRestThatIsNeverReachedIsRefused() throws {
        let problems = try problems(Self.node + "membership: {quietPeriod: 366d}\n")
        #expect(problems.count == 1 && problems[0].hasPrefix("mesh.yaml:4:14: quietPeriod is "), "\(problems)")
    }

    @Test func aNodeThatSaysTooMuchOfItselfIsRefused() throws {
        let labels = (0..<60).map { "k\($0): \(String(repeating: "v", count: 200))" }.joined(separator: ", ")
        let problems = try problems("mesh: m\nnodes:\n  - {name: a, port: 7100, labels: {\(labels)}}\n")
        #expect(problems.count == 1 && problems[0].contains("node \"a\" says too much"), "\(problems)")
    }

    private func failure(_ body: () throws(CommandFailure) -> Void) -> CommandFailure? {
        do { try body() } catch { return error }
        return nil
    }

    @Test func filesThatANodeNeedsAreMissedBeforeItStarts() throws {
        try withDirectory { directory in
            let key = String(repeating: "0", count: 40)
            let secret = directory + "/a.key", token = directory + "/token"
            let topology = try topology("""
                mesh: m
                nodes:
                  - {name: a, port: 7100}
                security:
                  curve:
                    nodes:
                      a: {publicKey: "\(key)", secretKeyFile: \(secret)}
                admin:
                  tokenFile: \(token)
                """)
            let files = SystemFileSystem()
            func check() -> CommandFailure? {
                failure { () throws(CommandFailure) in try topology.checkFiles(of: topology.nodes, files) }
            }
            let missing = try #require(check())
            let lines = missing.message.split(separator: "\n")
            #expect(missing.status == .ioError && lines.count == 2, "\(missing)")
            #expect(lines.first?.hasPrefix("mesh.yaml:9:3: the token of the admin ports cannot be read") == true, "\(missing)")
            #expect(lines.last?.hasPrefix("mesh.yaml:7:") == true && missing.message.contains("gossamer keys new --out"), "\(missing)")
            #expect(failure { () throws(CommandFailure) in try topology.checkFiles(of: [], files) }?.message.contains("token") == true)
            try append("\n", to: token)
            #expect(check()?.message.contains("holds no token") == true)
            try append("secret\n", to: token)
            try append("\(key)\n", to: secret)
            let wrong = try #require(check())
            #expect(wrong.status == .usage && wrong.message.hasPrefix("mesh.yaml:7:"), "\(wrong)")
            #expect(wrong.message.contains("does not hold the secret key that belongs to the public key of a"), "\(wrong)")
        }
    }
}

@Suite struct SamplesTests {
    @Test func percentilesAreOfTheNearestRank() {
        let samples = Samples((1...100).map(Double.init).reversed())
        #expect(samples.percentile(0.5) == 50 && samples.percentile(0.99) == 99 && samples.percentile(1) == 100)
        #expect(samples.median == 50.5)
        #expect(Samples([]).percentile(0.5) == 0 && Samples([7]).percentile(0.99) == 7)
    }

    @Test func spreadIsTheWholeWidthInMedians() {
        #expect(Samples([90, 100, 110]).spread == 0.2)
        #expect(Samples([5, 5, 5]).spread == 0 && Samples([]).spread == 0)
    }

    @Test func aGoalIsMetByRatioOrByFigure() {
        func row(_ ours: Double, _ yardstick: Double?, _ goal: BenchRow.Goal?) -> BenchRow {
            BenchRow("x", "us", ours: Samples([ours]), yardstick: yardstick.map { Samples([$0]) }, goal: goal)
        }
        #expect(row(60, 40, .ratioAtMost(1.5)).met == true)
        #expect(row(61, 40, .ratioAtMost(1.5)).met == false)
        #expect(row(61, nil, .ratioAtMost(1.5)).met == nil)
        #expect(row(150_000, nil, .oursAtLeast(150_000)).met == true)
        #expect(row(61, nil, .oursAtMost(60)).met == false)
        #expect(row(61, 1, nil).met == nil)
        #expect(
            row(60, 40, .ratioAtMost(1.5)).json.text()
                == #"{"name":"x","unit":"us","ours":60.000,"yardstick":40.000,"ratio":1.500,"goal":"ratio <= 1.50","met":true,"yardstickSpread":0.000}"#)
    }
}

extension ClosedRange<Duration> {
    fileprivate var milliseconds: ClosedRange<Int> { Int(lowerBound.milliseconds)...Int(upperBound.milliseconds) }
}

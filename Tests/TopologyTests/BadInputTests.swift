import Testing
import Topology
import World

/// Every kind of mistake, its line and its sentence.
@Suite struct BadInputTests {
    @Test func theGoodFileIsGood() { #expect(Files.problems(Files.good) == []) }

    @Test func anUnknownKeyIsRefusedWithTheNearestKnownOne() {
        #expect(
            Files.problems("mesh: t\nnodes:\n  - name: n1\n    port: 7100\n    rols: [store]") == [
                "t.yaml:5:5: unknown key \"rols\" under nodes[0]; did you mean \"roles\"?"
            ])
        #expect(
            Files.problems("msh: t\n" + Files.good.dropFirst("mesh: test\n".count)) == [
                "t.yaml:1:1: unknown key \"msh\"; did you mean \"mesh\"?",
                "t.yaml:1:1: the mesh has no name; give the file the key \"mesh\", such as mesh: local",
            ])
        #expect(
            Files.problems(Files.good + "\nlog: {colour: red}") == [
                "t.yaml:7:7: unknown key \"colour\" under log; known here: level"
            ])
        #expect(
            Files.problems(Files.good + "\nmembership:\n  probeIntervall: 1s") == [
                "t.yaml:8:3: unknown key \"probeIntervall\" under membership; did you mean \"probeInterval\"?"
            ])
        #expect(Files.errors(Files.good + "\ndefaults: {name: x}").map(\.code) == [.unknownKey])
    }

    /// Whoever asks for names cannot be asked for by name.
    @Test func aNameServerIsAnAddressWithItsPort() {
        for bad in ["localhost:53", "dns.example.org:53", "127.0.0.1", "[::1]", "::1", "127.0.0.1:0", "127.0.0:53"] {
            #expect(
                Files.problems(Files.good + "\nlookup: {dns: [\"\(bad)\"]}") == [
                    "t.yaml:7:16: \"lookup.dns[0]\" is \"\(bad)\"; it must be the address of a DNS server with its port, such as "
                        + "127.0.0.1:53 or [::1]:53"
                ])
        }
        #expect(Files.problems(Files.good + "\nlookup: {dns: [\"127.0.0.1:53\", \"[::1]:53\", \"[2001:db8::1]:5353\"]}") == [])
    }

    @Test func aProfileOfLookupsIsOneOfTwo() throws {
        #expect(
            Files.problems(Files.good + "\nlookup: {profile: cod}") == [
                "t.yaml:7:19: \"lookup.profile\" is \"cod\"; it must be one of readme, code; did you mean \"code\"?"
            ])
        #expect(try Topology.parse(Files.good + "\nlookup: {profile: code}", file: "t.yaml").lookup.profile == .code)
        #expect(try Topology.parse(Files.good, file: "t.yaml").lookup.profile == .readme)
    }

    @Test func aFigureForOutsideHostsIsRefusedWithItsRange() {
        for (key, bad, demand) in [
            ("calls", "0", "whole number from 1 to 1024"), ("questions", "1025", "whole number from 1 to 1024"),
            ("waiting", "-1", "whole number from 0 to 65536"), ("attempts", "11", "whole number from 1 to 10"),
            ("failures", "0", "whole number from 1 to 1000000"), ("hosts", "0", "whole number from 1 to 4096"),
            ("pauseMin", "0s", "duration from 1ms to 1h, with its unit, such as 200ms, 1.5s or 5m"),
            ("pauseMax", "61m", "duration from 1ms to 1h, with its unit, such as 200ms, 1.5s or 5m"),
        ] {
            #expect(
                Files.problems(Files.good + "\nlookup: {outside: {\(key): \(bad)}}") == [
                    "t.yaml:7:\(22 + key.count): \"lookup.outside.\(key)\" is \"\(bad)\"; it must be a \(demand)"
                ])
        }
        #expect(
            Files.problems(Files.good + "\nlookup: {outside: {call: 1}}") == [
                "t.yaml:7:20: unknown key \"call\" under lookup.outside; did you mean \"calls\"?"
            ])
    }

    @Test func aFigureForPingsIsRefusedWithItsRange() {
        for (key, bad, demand) in [
            ("count", "0", "must be a whole number from 1 to 100"), ("count", "101", "must be a whole number from 1 to 100"),
            ("interval", "9ms", "must be a duration from 10ms to 10s, with its unit, such as 200ms, 1.5s or 5m"),
            ("timeout", "16s", "must be a duration from 10ms to 15s, with its unit, such as 200ms, 1.5s or 5m"),
        ] {
            #expect(
                Files.problems(Files.good + "\nlookup: {ping: {\(key): \(bad)}}") == [
                    "t.yaml:7:\(19 + key.count): \"lookup.ping.\(key)\" is \"\(bad)\"; it \(demand)"
                ])
        }
        for (key, bad, value, demand) in [
            ("methods", "[udp]", "udp", "must be one of icmp, icmp-raw, tcp"),
            ("ports", "[443, 0]", "0", "must be a port, a whole number from 1 to 65535"),
            ("ports", "[65536]", "65536", "must be a port, a whole number from 1 to 65535"),
            ("ports", "[80, 80]", "80", "stands in the list before"),
            ("methods", "[]", "0 values", "must be a list of 1 to 3"),
            ("ports", "[1, 2, 3, 4, 5, 6, 7, 8, 9]", "9 values", "must be a list of 1 to 8"),
        ] {
            let problems = Files.problems(Files.good + "\nlookup: {ping: {\(key): \(bad)}}")
            #expect(problems.count == 1 && problems[0].hasSuffix("is \"\(value)\"; it \(demand)"), "\(problems)")
            #expect(problems.allSatisfy { $0.hasPrefix("t.yaml:7:") && $0.contains("\"lookup.ping.\(key)") }, "\(problems)")
        }
        let good = "{count: 100, interval: 10ms, timeout: 15s, methods: [tcp, icmp], ports: [7]}"
        #expect(Files.problems(Files.good + "\nlookup: {ping: \(good)}") == [])
    }

    @Test func aFigureForWhatIsKeptIsRefusedWithItsRange() {
        for (key, bad, demand) in [
            ("entries", "1000001", "whole number from 0 to 1000000"),
            ("bytes", "1KiB", "number of bytes from 1048576 to 17179869184, such as 1400, 64KiB or 16MiB"),
            ("keepMax", "8d", "duration from 1s to 7d, with its unit, such as 200ms, 1.5s or 5m"),
            ("failedMax", "0s", "duration from 1s to 7d, with its unit, such as 200ms, 1.5s or 5m"),
        ] {
            #expect(
                Files.problems(Files.good + "\nlookup: {cache: {\(key): \(bad)}}") == [
                    "t.yaml:7:\(20 + key.count): \"lookup.cache.\(key)\" is \"\(bad)\"; it must be a \(demand)"
                ])
        }
    }

    @Test func everyProblemIsReportedInTheOrderOfTheLines() {
        let problems = Files.errors(
            """
            mesh: Test
            nodes:
              - name: n1
                port: seven
              - name: n 2
                port: 0
              - nam: n3
            seeds: [n9]
            membership: {preset: lann}
            """)
        #expect(problems.map(\.line) == [1, 4, 5, 6, 7, 7, 8, 9])
        #expect(
            problems.map(\.code) == [
                .badValue, .wrongType, .badValue, .badValue, .unknownKey, .missingKey, .unknownNode, .badValue,
            ])
        #expect(
            problems.map(\.keyPath) == [
                "mesh", "nodes[0].port", "nodes[1].name", "nodes[1].port", "nodes[2].nam", "nodes[2]", "seeds[0]",
                "membership.preset",
            ])
    }

    @Test(arguments: [
        ("port: 7100", "port: \"7100\"", "is the quoted text \"7100\"; it must be a whole number from 1 to 65533, without quotes"),
        ("port: 7100", "port: [1]", "is a list; it must be a whole number from 1 to 65533"),
        ("port: 7100", "port:", "is empty; it must be a whole number from 1 to 65533"),
        ("port: 7100", "port: x1", "is the text \"x1\"; it must be a whole number from 1 to 65533"),
        ("name: n1", "name: [a]", "is a list; it must be text"),
        ("name: n1", "name: ~", "is empty; it must be text"),
    ])
    func aWrongTypeIsSaidToBeOne(good: String, bad: String, sentence: String) {
        let problems = Files.errors(Files.good.replacing(good, with: bad, maxReplacements: 1))
        #expect(problems.map(\.code) == [.wrongType])
        #expect(problems.first?.sentence.hasSuffix(sentence) == true, "\(problems)")
        #expect(problems.first?.line == (good.hasPrefix("name") ? 3 : 4))
    }

    @Test func sectionsOfAWrongTypeAreRefused() {
        #expect(Files.problems("just text") == ["t.yaml:1:1: the file is the text \"just text\"; it must be a mapping (key: value)"])
        #expect(Files.problems("- a") == ["t.yaml:1:1: the file is a list; it must be a mapping (key: value)"])
        #expect(Files.errors("mesh: m\nnodes: 5").map(\.code) == [.wrongType])
        #expect(Files.errors("mesh: m\nnodes: [n1]").map(\.code) == [.wrongType])
        #expect(Files.errors(Files.good + "\nseeds: n1").map(\.code) == [.wrongType])
        #expect(Files.errors(Files.good + "\nlog: debug").map(\.code) == [.wrongType])
        #expect(Files.errors(Files.good + "\n[a]: 1").map(\.code) == [.wrongType])
    }

    @Test func missingKeysAreNamed() {
        #expect(Files.problems("mesh: m") == ["t.yaml:1:1: the file lists no nodes; give it the key \"nodes\""])
        #expect(
            Files.problems("mesh: m\nnodes:\n  - name: n1\n") == [
                "t.yaml:3:5: node \"n1\" has no port; give it one, or one for all nodes under \"defaults\""
            ])
        #expect(Files.problems("mesh: m\nnodes:\n  - port: 7100\n") == ["t.yaml:3:5: nodes[0] has no name; give it one"])
        #expect(
            Files.problems("mesh: m\nnodes:\n  - {name: n1, port: 7100, admin: {host: 127.0.0.1}}\n") == [
                "t.yaml:3:35: \"nodes[0].admin\" has no port, nor has one under \"defaults\"; node \"n1\" needs it"
            ])
    }

    @Test func aMeshWithoutNodesIsRefused() {
        #expect(Files.errors("mesh: m\nnodes: []").map(\.code) == [.noNodes])
        #expect(Files.errors("mesh: m\nnodes: {}").map(\.code) == [.noNodes])
    }

    @Test func aNameGivenTwiceIsRefusedAtItsSecondPlace() {
        #expect(
            Files.problems(Files.good.replacing("n2", with: "n1")) == [
                "t.yaml:5:11: node \"n1\" is there already (line 3); every node needs a name of its own"
            ])
    }

    @Test func aKeyGivenTwiceIsRefusedAtItsSecondPlace() {
        #expect(
            Files.problems(Files.good + "\n    zone: a\n    port: 7120\n") == [
                "t.yaml:8:5: key \"port\" is there twice, the first time in line 6; remove one"
            ])
        #expect(
            Files.problems("mesh: m\nnodes: [{name: a, name: b}]") == ["t.yaml:2:10: key \"name\" is there twice; remove one"])
    }

    @Test(arguments: ["N1", "-a", "a b", "a/b", "", "ä", String(repeating: "a", count: 64)])
    func aBadNameIsRefused(name: String) {
        let problems = Files.errors(Files.good.replacing("name: n1", with: "name: \"\(name)\""))
        #expect(problems.map(\.code) == [.badValue])
        #expect(problems.first?.value == name && problems.first?.line == 3)
    }

    @Test(arguments: ["-1", "0", "65534", "99999999999999999999"]) func aBadPortIsRefused(port: String) {
        let problems = Files.problems(Files.good.replacing("7110", with: port))
        #expect(problems == ["t.yaml:6:11: \"nodes[1].port\" is \"\(port)\"; it must be a whole number from 1 to 65533"])
    }

    @Test(arguments: ["256.0.0.1", "1.2.3", "a..b", "-a", "a b", "host:80", "::1::", "1:2:3", "[::1]", "12345::"])
    func aBadHostIsRefused(host: String) {
        let problems = Files.errors(Files.good + "\n    bind: \"\(host)\"")
        #expect(problems.map(\.code) == [.badValue])
        #expect(problems.first?.keyPath == "nodes[1].bind" && problems.first?.line == 7)
    }

    @Test(arguments: ["::1", "fe80::1:2", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "node-1.example.org", "a_b", "10.0.0.1"])
    func aGoodHostIsTaken(host: String) {
        #expect(Files.problems(Files.good + "\n    advertise: \"\(host)\"") == [])
    }

    @Test(arguments: ["::1", "fe80::1:2", "::ffff:1.2.3.4", "10.0.0.1"]) func anAddressIsBound(address: String) {
        #expect(Files.problems(Files.good + "\n    bind: \"\(address)\"") == [])
    }

    @Test(arguments: ["localhost", "node-1.example.org"]) func aNameIsNotBound(name: String) {
        let problems = Files.errors(Files.good + "\n    bind: \(name)")
        #expect(problems.map(\.code) == [.badValue])
        #expect(problems.first?.line == 7 && problems.first?.sentence.contains("must be an IP address") == true, "\(problems)")
    }

    @Test func aJobsTableHoldsAtLeastOne() {
        #expect(Files.errors(Files.good + "\nprimes: {runningJobs: 0}").map(\.keyPath) == ["primes.runningJobs"])
        #expect(Files.problems(Files.good + "\nprimes: {runningJobs: 1}") == [])
    }

    @Test func aSocketsPathMustFit() {
        func problems(_ bytes: Int) -> [TopologyProblem] {
            let directory = "/" + String(repeating: "d", count: bytes - "//admin.sock".utf8.count)
            return Files.errors(Files.good + "\n    dataDir: \(directory)")
        }
        #expect(problems(107) == [])
        #expect(problems(108).map(\.code) == [.badValue])
        #expect(problems(108).first?.line == 7 && problems(108).first?.sentence.contains("108 bytes") == true)
    }

    @Test func whatOtherRoomsFindIsReportedWithTheRest() {
        func codes(_ text: String) -> [String] {
            do {
                _ = try Topology.parse(text, file: "t.yaml") { topology in
                    [topology.problem(.badValue, at: "membership.probeTimeout", value: "2s", "too long")]
                }
                return []
            } catch { return error.problems.map { "\($0.line) \($0.keyPath)" } }
        }
        let membership = "\nmembership:\n  probeTimeout: 2s"
        #expect(codes(Files.good + membership) == ["8 membership.probeTimeout"])
        #expect(codes(Files.good + membership + "\nlog: {levl: info}") == ["8 membership.probeTimeout", "9 log.levl"])
        // A fault of the section itself comes first: mended, the other may be gone.
        #expect(codes(Files.good + membership + "\n  probeInterval: x") == ["9 membership.probeInterval"])
    }

    @Test func aWildcardMustBeAdvertisedAsSomethingElse() {
        #expect(
            Files.problems(Files.good + "\n    bind: 0.0.0.0") == [
                "t.yaml:7:11: node \"n2\" binds 0.0.0.0, which nobody can connect to; say under \"advertise\" where others reach it"
            ])
        #expect(Files.errors(Files.good + "\n    advertise: 0.0.0.0").map(\.code) == [.badValue])
        #expect(Files.problems(Files.good + "\n    bind: 0.0.0.0\n    advertise: 10.0.0.1") == [])
    }

    @Test(arguments: ["5", "5 s", "s", "-1s", "1.2345s", "1h30m", "0s", "400d", "99999999999999999999s", "five", ".5s"])
    func aBadDurationIsRefused(duration: String) {
        let problems = Files.errors(Files.good + "\nprimes:\n  deadline: \(duration)")
        #expect(problems.map(\.code) == [.badValue])
        #expect(problems.first?.line == 8 && problems.first?.keyPath == "primes.deadline")
        #expect(problems.first?.sentence.contains("such as 200ms") == true)
    }

    @Test func badQuantitiesAreRefused() {
        let problems = Files.errors(
            Files.good + """

                transport: {queuedBytes: 1KB, queuedFrames: 3}
                membership: {nackFraction: nan, gossipFanout: 1.5, rumourBytes: 1}
                defaults: {capacity: 0.001}
                """)
        #expect(problems.map(\.keyPath) == [
            "transport.queuedBytes", "transport.queuedFrames", "membership.nackFraction",
            "membership.gossipFanout", "membership.rumourBytes", "defaults.capacity",
        ])
    }

    @Test func aWrongChoiceIsRefusedWithTheChoices() {
        #expect(
            Files.problems(Files.good + "\nmembership: {preset: lam}") == [
                "t.yaml:7:22: \"membership.preset\" is \"lam\"; it must be one of lan, local, wan; did you mean \"lan\"?"
            ])
    }

    @Test func whatIsNoYAMLIsRefusedAtItsLine() {
        let tab = Files.errors("mesh: m\nnodes:\n\t- name: n1")
        #expect(tab.map(\.code) == [.syntax] && tab.first?.line == 3)
        #expect(tab.first?.sentence.contains("not with tabs") == true)
        let open = Files.errors("mesh: m\nnodes: [{name: a\n")
        #expect(open.map(\.code) == [.syntax] && open.first?.line == 3)
        let two = Files.errors("mesh: m\n---\nmesh: n\n")
        #expect(two.map(\.code) == [.syntax] && two.first?.line == 2)
        let alias = Files.errors("mesh: *m\n")
        #expect(alias.map(\.code) == [.syntax] && alias.first?.line == 1)
        let control = Files.errors("mesh: m\nnodes: \u{1}\n")
        #expect(control.map(\.code) == [.syntax] && control.first?.line == 2, "\(control)")
    }

    @Test(arguments: ["", "\n# only a comment\n"]) func anEmptyFileIsRefused(text: String) {
        #expect(Files.problems(text) == ["t.yaml: the file is empty; it needs at least the keys \"mesh\" and \"nodes\""])
    }

    @Test func aFileThatCannotBeReadIsNamed() throws {
        let files: [String: [UInt8]] = [
            "latin.yaml": [0x6D, 0xFF, 0xFE], "large.yaml": Array(repeating: 0x20, count: 5 << 20),
            "good.yaml": Array(Files.good.utf8),
        ]
        func load(_ path: String) throws(TopologyError) -> Topology {
            try Topology.load(path) { path throws(FileError) in
                if let bytes = files[path] { return bytes }
                throw FileError(code: .notFound, path: path, reason: "No such file or directory")
            }
        }
        func problems(_ path: String) -> [String] {
            do throws(TopologyError) { _ = try load(path) } catch { return error.problems.map(\.description) }
            return []
        }
        #expect(problems("none.yaml") == ["none.yaml: the file cannot be read: No such file or directory"])
        #expect(problems("latin.yaml") == ["latin.yaml: the file is no UTF-8 text; save it as UTF-8"])
        #expect(problems("large.yaml").first?.contains("5242880 bytes") == true)
        #expect(problems("good.yaml") == [])
        #expect(try load("good.yaml").mesh == "test")
    }

    @Test func aProblemFoundLaterIsShownAtItsLine() throws {
        let topology = try Topology.parse(Files.good + "\nmembership:\n  probeTimeout: 3s", file: "t.yaml")
        #expect(
            topology.problem(.badValue, at: "membership.probeTimeout", value: "3s", "too long").description
                == "t.yaml:8:3: too long")
        #expect(topology.problem(.badValue, at: "membership.gossipFanout", value: nil, "x").line == 7)
        #expect(topology.problem(.portConflict, at: "nodes[1].port", value: "7110", "in use").line == 6)
        #expect(topology.problem(.badValue, at: "transport.ackDelay", value: nil, "x").description == "t.yaml: x")
    }

    @Test func spoiltFilesNeverTrap() throws {
        // Every kind of accident to a good file: the answer is a topology or an error with at least one problem.
        let whole = Array(try Files.shipped("reference.yaml").unicodeScalars)
        var random = RandomStream(seed: 12)
        let accidents = Array("[]{}:-#&*!|>'\"%@` \n\t0~,".unicodeScalars)
        for _ in 0 ..< 300 {
            var text = whole
            for _ in 0 ... random.below(4) {
                let index = random.below(text.count)
                switch random.below(3) {
                case 0: text.remove(at: index)
                case 1: text.insert(accidents[random.below(accidents.count)], at: index)
                default: text.removeSubrange(index ..< min(index + random.below(200), text.count))
                }
            }
            var spoilt = String.UnicodeScalarView()
            spoilt.append(contentsOf: text)
            do {
                _ = try Topology.parse(String(spoilt), file: "t.yaml")
            } catch {
                #expect(!error.problems.isEmpty)
            }
        }
    }
}

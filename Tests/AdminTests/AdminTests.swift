import Admin
import Choreography
import Glibc
import Jobs
import Logging
import Membership
import Mesh
import Placement
import Synchronization
import Testing
import Transport
import Web
import WebTestSupport
import World

/// A node that is not there.
final class FakeNode: NodeInspection, NodeControl, FaultControl {
    struct State: Sendable {
        var requests: [String] = []
        var rules: [FaultRule] = []
        var readiness = Readiness.healthy
        var reason: String?
        var lonelySince: Instant?
        var ring: HashRing?
        var members = FakeNode.firstMembers()
        var subscribers: [AsyncStream<MembershipEvent>.Continuation] = []
    }

    let state = Mutex(State())
    let identity = NodeIdentity(name: "n1", life: 7)
    let meshName = "fake"
    let clock = Instant(nanoseconds: 10_000_000_000)

    func membershipEvents() -> AsyncStream<MembershipEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: MembershipEvent.self)
        state.withLock { $0.subscribers.append(continuation) }
        return stream
    }

    /// Changes the members, or nothing, and tells of it.
    func happen(_ event: MembershipEvent, _ change: (inout [Member]) -> Void = { _ in }) {
        let subscribers = state.withLock { state in
            change(&state.members)
            return state.subscribers
        }
        for subscriber in subscribers { subscriber.yield(event) }
    }

    func inspectMembers() -> [Member] { state.withLock { $0.members } }

    fileprivate static func firstMembers() -> [Member] {
        [("n1", MemberStatus.alive), ("n2", .dead)].map { name, status in
            Member(
                identity: NodeIdentity(name: name, life: 7), address: MemberAddress(host: "127.0.0.1", port: 7101), incarnation: 3,
                status: status, metadataVersion: 1,
                metadata: MemberMetadata(
                    roles: ["primes", "edge"], labels: ["b": "2", "a": "1"], capacity: 200, zone: "z1",
                    versions: MemberVersions(software: "0.1.0"), adminURL: "http://127.0.0.1:9101",
                    edgeURL: name == "n1" ? "http://127.0.0.1:8080" : nil),
                since: Instant(nanoseconds: 4_000_000_000))
        }
    }

    func inspectRing() -> HashRing {
        state.withLock { $0.ring } ?? HashRing([
            RingMember(name: "n1", roles: ["primes"]), RingMember(name: "n2", capacity: 300, zone: "z", roles: ["lookup", "primes"]),
        ])
    }

    func inspectActors() -> [ActorRow] { [ActorRow(type: "PrimesHome", number: 0, unfinishedCalls: 2)] }

    func inspectMetrics() async -> [MetricSample] {
        [
            MetricSample("gossamer_calls_total", .counter, 5, help: "Calls."),
            MetricSample("gossamer_calls_total", .counter, 7, help: "Calls."),
        ]
    }

    var lonelySince: Instant? { state.withLock { $0.lonelySince } }
    func readiness() -> Readiness { state.withLock { $0.readiness } }
    var reason: String? { state.withLock { $0.reason } }
    func requestLeave() async { state.withLock { $0.requests.append("leave") } }
    func requestDrain() async { state.withLock { $0.requests.append("drain") } }

    func setFault(_ rule: FaultRule) async -> String? {
        state.withLock { state in
            state.rules.removeAll { $0.name == rule.name }
            state.rules.append(rule)
        }
        return nil
    }

    func clearFault(_ name: String?) async { state.withLock { $0.rules.removeAll { name == nil || $0.name == name } } }

    func listFaults() async -> [FaultRow] {
        state.withLock { $0.rules }.map { FaultRow(rule: $0, hits: 3, remainingMs: 900) }
    }
}

struct AdminBench {
    let node: FakeNode
    let network: String
    let socket: String
}

func withAdmin(
    token: String? = nil, chaos: Bool = true, jobs: (any JobOverview)? = nil, truth: (any TruthInspection)? = nil,
    work: (any WorkInspection)? = nil, readers: Int = 64, _ body: (AdminBench) async throws -> Void
) async throws {
    let node = FakeNode()
    let world = SystemWorld()
    var random = world.random("admin-tests")
    let path = "/tmp/gossamer-admin-\(random.next() % 1_000_000_000).sock"
    let server = AdminServer(
        address: .tcp(host: "127.0.0.1", port: 0), socketPath: path, token: token, node: node, control: node,
        faults: chaos ? node : nil, jobs: jobs, truth: truth, work: work, readers: readers, world: world, logger: Logger(label: "test"))
    let port = try await server.start()
    defer { unlink(path) }
    do {
        try await body(AdminBench(
            node: node, network: "http://127.0.0.1:\(port)", socket: "http+unix://\(path.replacing("/", with: "%2F"))"))
        await server.stop()
    } catch {
        await server.stop()
        throw error
    }
}

@Suite struct ReadingTests {
    @Test func membersAreToldWithAllThatIsKnownOfThem() async throws {
        try await withAdmin { bench in
            for base in [bench.network, bench.socket] {
                let members = try #require(try await ask("GET", "\(base)/members").json?.elements)
                #expect(members.map { $0["name"] } == ["n1", "n2"])
                let expected = """
                    {"name":"n1","address":"127.0.0.1:7101","status":"alive","life":7,"incarnation":3,"roles":["edge","primes"],\
                    "edge":"http://127.0.0.1:8080","admin":"http://127.0.0.1:9101","zone":"z1","capacity":2.0,\
                    "labels":{"a":"1","b":"2"},"version":"0.1.0","wire":{"min":1,"max":1},"load":0,"clock":null,"placed":true,"sinceMs":6000}
                    """
                #expect(members[0].text() == expected)
                #expect(members[1]["status"] == "dead")
                #expect(members[1]["edge"] == .null)
            }
        }
    }

    @Test func itIsToldOfAMemberThatItsClockIsOff() async throws {
        try await withAdmin { bench in
            bench.node.state.withLock { $0.members[0].metadata.labels[ClockWatch.label] = "behind" }
            let members = try #require(try await ask("GET", "\(bench.network)/members").json?.elements)
            #expect(members.map { $0["clock"] } == ["behind", .null])
        }
    }

    @Test func theRingTellsEveryonesShare() async throws {
        try await withAdmin { bench in
            let ring = try #require(try await ask("GET", "\(bench.network)/ring").json)
            let members = try #require(ring["members"]?.elements)
            #expect(members.map { $0["name"] } == ["n1", "n2"])
            let shares = members.compactMap { if case .number(let text)? = $0["share"] { Double(text) } else { nil } }
            #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
            #expect(shares[1] > shares[0])
            #expect(members[1]["capacity"] == .number(3.0))
            #expect(members[1]["shares"]?.members?.map(\.key) == ["lookup", "primes"])
            let lookup = try await ask("GET", "\(bench.network)/ring?role=lookup").json
            #expect(lookup?["members"]?.elements?.map { $0["name"] } == ["n2"])
            #expect(lookup?["members"]?[0]?["share"] == .number(1.0))
        }
    }

    @Test func theRingTellsWhoIsAskedForAKey() async throws {
        try await withAdmin { bench in
            let ring = bench.node.inspectRing()
            for key in ["alice", "Wörk/7 ?"] {
                let escaped = key.utf8.map { $0 < 128 && $0 != 47 && $0 > 32 && $0 != 63 ? String(UnicodeScalar($0)) : "%" + String($0, radix: 16) }
                let place = try await ask("GET", "\(bench.network)/ring/where/\(escaped.joined())?count=2").json
                #expect(place?["key"]?.string == key)
                #expect(place?["owner"]?.string == ring.owner(of: key)?.name)
                #expect(place?["owners"]?.elements?.map(\.string) == ring.owners(of: key, count: 2).map(\.name))
                #expect(place?["byRole"]?["lookup"] == ["n2"])
            }
            let bad = try await ask("GET", "\(bench.network)/ring/where/a?count=0")
            #expect(bad.status == 400)
            #expect(bad.json?["errors"]?["count"] != nil)
        }
    }

    @Test func actorsMetricsAndHealthAreThere() async throws {
        try await withAdmin { bench in
            #expect(try await ask("GET", "\(bench.network)/actors").json == [["type": "PrimesHome", "number": 0, "unfinishedCalls": 2]])
            let metrics = try await ask("GET", "\(bench.network)/metrics")
            #expect(metrics.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(metrics.text == "# HELP gossamer_calls_total Calls.\n# TYPE gossamer_calls_total counter\ngossamer_calls_total 5\n")
            #expect(try await ask("GET", "\(bench.network)/health/live").text == "Healthy")
            bench.node.state.withLock { $0.readiness = .unhealthy }
            #expect(try await ask("GET", "\(bench.network)/health/ready").status == 503)
        }
    }
}

@Suite struct ChangingTests {
    @Test func theSocketChangesTheNodeAndTheNetworkDoesNot() async throws {
        try await withAdmin { bench in
            for path in ["/leave", "/drain"] {
                let refused = try await ask("POST", bench.network + path)
                #expect(refused.status == 403)
                #expect(refused.json?["detail"]?.string?.contains(".sock") == true)
                #expect(try await ask("GET", bench.socket + path).status == 405)
            }
            #expect(bench.node.state.withLock { $0.requests } == [])
            #expect(try await ask("POST", "\(bench.socket)/leave").status == 202)
            #expect(try await ask("POST", "\(bench.socket)/drain").status == 202)
            #expect(bench.node.state.withLock { $0.requests } == ["leave", "drain"])
        }
    }

    @Test func aTokenOpensTheNetworkToItsBearer() async throws {
        try await withAdmin(token: "s3cret") { bench in
            for (header, status) in [
                ("Bearer s3cret", 202), ("bearer s3cret", 202), ("Bearer s3creT", 401), ("Bearer ", 401), ("s3cret", 401), ("Basic s3cret", 401),
            ] {
                let answer = try await ask("POST", "\(bench.network)/leave", headers: [("Authorization", header)])
                #expect(answer.status == status, "\(header)")
                if status == 401 { #expect(answer.headers["www-authenticate"] == "Bearer") }
            }
            #expect(try await ask("POST", "\(bench.network)/leave").status == 403)
            #expect(bench.node.state.withLock { $0.requests } == ["leave", "leave"])
        }
    }

    @Test func anEmptyTokenIsNobodys() async throws {
        try await withAdmin(token: "") { bench in
            let answer = try await ask("POST", "\(bench.network)/leave", headers: [("Authorization", "Bearer ")])
            #expect(answer.status == 403)
        }
    }

    @Test func faultsAreSetThroughTheSocketAlone() async throws {
        try await withAdmin(token: "s3cret") { bench in
            let rule = """
                {"name":"cut","peer":"n2","direction":"inbound","lanes":["pulse"],"kinds":["membership",16],"action":"delay",\
                "ms":100,"probability":0.5,"ttlMs":1000}
                """
            let authorized = [("Authorization", "Bearer s3cret")]
            for method in ["GET", "PUT", "DELETE"] {
                let answer = try await ask(method, "\(bench.network)/faults", body: method == "PUT" ? rule : nil, headers: authorized)
                #expect(answer.status == 403)
            }
            let set = try await ask("PUT", "\(bench.socket)/faults", body: rule)
            #expect(set.status == 200)
            let expected = """
                {"rules":[{"name":"cut","peer":"n2","direction":"inbound","lanes":["pulse"],"kinds":["membership","call"],\
                "action":"delay","ms":100,"jitterMs":0,"probability":0.5,"ttlMs":1000,"hits":3,"remainingMs":900}]}
                """
            #expect(set.json?.text() == expected)
            // What was listed can be set again, several at a time.
            let listed = try await ask("GET", "\(bench.socket)/faults").text
            #expect(try await ask("PUT", "\(bench.socket)/faults", body: listed).text == listed)
            let two = #"{"rules":[{"name":"a","action":"drop","ttlMs":5},{"name":"b","action":"throttle","bytesPerSecond":9,"ttlMs":5}]}"#
            #expect(try await ask("PUT", "\(bench.socket)/faults", body: two).json?["rules"]?.elements?.count == 3)
            #expect(try await ask("DELETE", "\(bench.socket)/faults/a").json?["rules"]?.elements?.count == 2)
            #expect(try await ask("DELETE", "\(bench.socket)/faults").json?["rules"] == [])
        }
    }

    @Test(arguments: [
        ("{}", "name"), (#"{"name":"a","action":"drop"}"#, "ttlMs"), (#"{"name":"a","ttlMs":5}"#, "action"),
        (#"{"name":"a","action":"explode","ttlMs":5}"#, "action"), (#"{"name":"a","action":"delay","ttlMs":5}"#, "ms"),
        (#"{"name":"a","action":"throttle","bytesPerSecond":"x","ttlMs":5}"#, "bytesPerSecond"),
        (#"{"name":"a","action":"drop","ttlMs":5,"direction":"up"}"#, "direction"),
        (#"{"name":"a","action":"drop","ttlMs":5,"lanes":"pulse"}"#, "lanes"), (#"{"name":"a","action":"drop","ttlMs":5,"lanes":["x"]}"#, "a"),
        (#"{"name":"a","action":"drop","ttlMs":5,"kinds":["nothing"]}"#, "kinds"), (#"{"name":"a","action":"drop","ttlMs":0}"#, "a"),
        (#"{"name":"a","action":"drop","ttlMs":5,"probability":2}"#, "a"), (#"{"rules":[5]}"#, "rules"),
        (#"{"rules":[{"name":"a","action":"drop","ttlMs":5},{"name":"b"}]}"#, "ttlMs"),
    ])
    func aWrongRuleIsNamedAndNothingSet(_ body: String, _ field: String) async throws {
        try await withAdmin { bench in
            let answer = try await ask("PUT", "\(bench.socket)/faults", body: body)
            #expect(answer.status == 400)
            #expect(answer.json?["errors"]?.members?.map(\.key) == [field], "\(answer.text)")
            #expect(bench.node.state.withLock { $0.rules.isEmpty })
        }
    }

    @Test func aNodeWithoutTheFilterSaysSo() async throws {
        try await withAdmin(chaos: false) { bench in
            let answer = try await ask("GET", "\(bench.socket)/faults")
            #expect(answer.status == 409)
            #expect(answer.json?["detail"]?.string?.contains("--chaos") == true)
        }
    }
}

@Suite struct PrometheusTextTests {
    @Test func samplesOfANameStandTogetherSortedAndEscaped() {
        let text = PrometheusText.text([
            MetricSample("z_total", .counter, 1, labels: [.init("peer", "n2")], help: "Sent.\nAnd \\ \"more\"."),
            MetricSample("a_seconds", .gauge, 0.25, help: "Half of a half."),
            MetricSample("z_total", .counter, 2, labels: [.init("peer", "n\"1\\\n")], help: "ignored"),
            MetricSample("9 bad-name", .gauge, .infinity, labels: [.init("a:b", "")], help: ""),
        ])
        #expect(text == """
            # HELP _9_bad_name \n\
            # TYPE _9_bad_name gauge
            _9_bad_name{a_b=""} +Inf
            # HELP a_seconds Half of a half.
            # TYPE a_seconds gauge
            a_seconds 0.25
            # HELP z_total Sent.\\nAnd \\\\ "more".
            # TYPE z_total counter
            z_total{peer="n2"} 1
            z_total{peer="n\\"1\\\\\\n"} 2

            """)
    }
}

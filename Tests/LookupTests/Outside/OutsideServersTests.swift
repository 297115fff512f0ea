import Hummingbird
import JSONDocument
import Logging
import Lookup
import Synchronization
import Testing
import TestSupport
import Web
import World

/// The door with servers that are there, and answer what a test says.
@Suite struct OutsideServersTests {
    private static func geoIP(_ base: String, through outside: OutsideHosts) async throws -> GeoIPWorker {
        GeoIPWorker(try await Names.resolver(through: outside), files: [], base: base)
    }

    /// Who counts what it is asked, and answers in turn with these states; with the last one ever after.
    private final class Counting: Sendable {
        private let statuses: [Int]
        private let counts = Mutex<[String: Int]>([:])
        private let headers: HTTPFields
        let base = Mutex("")

        init(_ statuses: [Int], headers: HTTPFields = [:]) {
            self.statuses = statuses
            self.headers = headers
        }

        func count(_ path: String) -> Int { counts.withLock { $0[path] ?? 0 } }

        private func next(_ path: String) -> Response {
            let number = counts.withLock { counts in
                counts[path, default: 0] += 1
                return counts[path] ?? 1
            }
            let status = statuses[min(number, statuses.count) - 1]
            let body = status == 200 ? #"{"status":"success","country":"Here"}"# : ""
            return answer(body, type: "application/json", status: .init(code: status), headers: headers)
        }

        var geoIP: WebRoute { WebRoute(.get, "/json/{address}") { [self] _ in next("geoip") } }

        /// A registry that names this server; and whoever else shall be asked before and after it.
        func rdap(before: [String] = [], after: [String] = []) -> [WebRoute] {
            [
                WebRoute(.get, "/dns.json") { [self] _ in
                    let servers = before + [base.withLock { $0 }] + after
                    return .json(["services": [[["test"], .array(servers.map { .string($0 + "/rdap") })]]])
                },
                WebRoute(.get, "/rdap/domain/{name}") { [self] _ in next("rdap") },
            ]
        }
    }

    /// A port where at first nobody listens.
    @Test func aServerThatIsNotThereIsLeftAloneAndFoundAgain() async throws {
        let world = AheadWorld(), port = TestPorts.block(of: 1)
        let base = "http://127.0.0.1:\(port)", host = "127.0.0.1:\(port)"
        let outside = OutsideHosts(world: world, figures: OutsideFigures(attempts: 1, pauseMin: .seconds(3_600)))
        let worker = try await Self.geoIP(base, through: outside)
        for _ in 0..<5 {
            #expect(try await look(worker, "8.8.8.8").complaint == "the GeoIP service \(base) has no answer: Connection refused")
        }
        let complaint = try await look(worker, "8.8.8.8").complaint
        let past = "\(host) failed 5 times in a row, last: Connection refused"
        let words = "the GeoIP service \(base) is not asked: \(past); it is asked again in "
        #expect(complaint?.hasPrefix(words) == true, "\(complaint ?? "an answer")")
        #expect(outside.host(host)?.counts.failed == 5 && outside.host(host)?.counts.refusedOpen == 1)

        let counting = Counting([200])
        let server = WebServer(
            name: "test", address: .tcp(host: "127.0.0.1", port: Int(port)), routes: [counting.geoIP], world: SystemWorld(),
            logger: Logger(label: "test"))
        _ = try await server.start()
        let early = try await look(worker, "8.8.8.8").complaint
        #expect(early?.hasPrefix(words) == true && counting.count("geoip") == 0, "its time is not over")
        world.advance(.seconds(3_600))
        #expect(try await look(worker, "8.8.8.8").json?["country"] == "Here")
        #expect(outside.host(host)?.breaker.phase == .closed)
        await server.stop()
    }

    @Test func aQuestionIsRepeatedWhenTheGatewayWasOutOfOrder() async throws {
        let counting = Counting([503, 502, 200]), outside = OutsideHosts(world: SystemWorld())
        try await withServer([counting.geoIP]) { (base) async throws in
            #expect(try await look(try await Self.geoIP(base, through: outside), "8.8.8.8").json?["country"] == "Here")
            #expect(counting.count("geoip") == 3)
            #expect(outside.host(String(base.dropFirst(7)))?.counts.retries == 2)
        }
    }

    @Test(arguments: [404, 500, 400]) func whatIsCertainToComeAgainIsAskedForOnce(_ status: Int) async throws {
        let counting = Counting([status, 200]), outside = OutsideHosts(world: SystemWorld())
        try await withServer([counting.geoIP]) { (base) async throws in
            let complaint = try await look(try await Self.geoIP(base, through: outside), "8.8.8.8").complaint
            #expect(complaint?.contains("returned") == true && counting.count("geoip") == 1)
        }
    }

    /// That there is no such domain is an answer, however often it is given.
    @Test func noNumberOfAnswersThatSayNoOpensTheBreaker() async throws {
        let counting = Counting([404]), outside = OutsideHosts(world: SystemWorld(), figures: OutsideFigures(failures: 2))
        try await withServer(counting.rdap()) { (base) async throws in
            counting.base.withLock { $0 = base }
            let worker = RDAPWorker(try await Names.resolver(through: outside), base: base)
            for _ in 0..<5 {
                #expect(try await look(worker, "no.test").complaint == "RDAP server returned NotFound for 'no.test'")
            }
            #expect(counting.count("rdap") == 5)
        }
    }

    /// The first server fails, the second is asked instead; after a while the first is not even tried.
    @Test func anotherServerIsAskedWhileOneIsLeftAlone() async throws {
        let failing = Counting([500]), good = Counting([200])
        let outside = OutsideHosts(world: SystemWorld(), figures: OutsideFigures(failures: 2, pauseMin: .seconds(3_600)))
        try await withServer(failing.rdap()) { (first) async throws in
            try await withServer(good.rdap(before: [first])) { (second) async throws in
                good.base.withLock { $0 = second }
                let worker = RDAPWorker(try await Names.resolver(through: outside), base: second)
                for _ in 0..<4 { #expect(try await look(worker, "a.test").json?["country"] == "Here") }
                #expect(failing.count("rdap") == 2 && good.count("rdap") == 4)
            }
        }
    }

    /// The second server would answer, but the first has said what counts for all.
    @Test func aServerThatWasAskedTooOftenIsLeftAloneForItsTime() async throws {
        let world = AheadWorld(), outside = OutsideHosts(world: world)
        let busy = Counting([429, 200], headers: [.retryAfter: "3600"]), other = Counting([200])
        try await withServer(other.rdap()) { (second) async throws in
            try await withServer(busy.rdap(after: [second])) { (first) async throws in
                busy.base.withLock { $0 = first }
                let worker = RDAPWorker(try await Names.resolver(through: outside), base: first)
                let complaint = try await look(worker, "a.test").complaint
                #expect(complaint == "RDAP server returned TooManyRequests for 'a.test'; Retry-After: 3600")
                // The registry is on the same host, and is kept.
                let host = String(first.dropFirst(7)), refusal = try await look(worker, "a.test").complaint
                let past = "\(host) was asked too often (TooManyRequests)"
                let words = "RDAP server \(host) is not asked for 'a.test': \(past); it is asked again in "
                #expect(refusal?.hasPrefix(words) == true, "\(refusal ?? "an answer")")
                #expect(busy.count("rdap") == 1 && other.count("rdap") == 0)
                world.advance(.seconds(3_600))
                #expect(try await look(worker, "a.test").json?["country"] == "Here")
                #expect(busy.count("rdap") == 2)
            }
        }
    }

    /// Twelve lookups at once of a server that answers when all its places are taken and all others wait.
    @Test func noMoreCallsThanPlacesReachAServerAtOnce() async throws {
        let outside = OutsideHosts(world: SystemWorld(), figures: OutsideFigures(calls: 3))
        let inside = Mutex((now: 0, most: 0)), isOpen = Mutex(false)
        let route = WebRoute(.get, "/json/{address}") { _ in
            inside.withLock { inside in
                inside.now += 1
                inside.most = max(inside.most, inside.now)
            }
            defer { inside.withLock { $0.now -= 1 } }
            while !isOpen.withLock({ $0 }) { try await SystemWorld().sleep(for: .milliseconds(5)) }
            return .json(["status": "success"])
        }
        try await withServer([route]) { (base) async throws in
            let worker = GeoIPWorker(try await Names.resolver(through: outside), files: [], base: base, timeout: .seconds(600))
            let host = String(base.dropFirst(7))
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<12 { group.addTask { try await look(worker, "8.8.8.8").json != nil } }
                try await eventually("three are asking and nine wait") {
                    inside.withLock { $0.now } == 3 && outside.host(host)?.bulkhead.queue.count == 9
                }
                isOpen.withLock { $0 = true }
                for try await isGood in group { #expect(isGood) }
            }
            #expect(inside.withLock { $0.most } == 3)
            #expect(outside.host(host)?.counts.answered == 12 && outside.host(host)?.bulkhead.isIdle == true)
        }
    }

    @Test func aSilentNameServerIsLeftAloneAndTheNextAskedAtOnce() async throws {
        let good = try await NameServer.start(
            records: ["--local=/in-addr.arpa/", "--local=/test/", "--host-record=far.lookup.test,192.0.2.55"])
        let silent = try TinyNameServer { _ in nil }
        defer { silent.stop() }
        let outside = OutsideHosts(world: SystemWorld(), figures: OutsideFigures(failures: 2, pauseMin: .seconds(3_600)))
        let settings = DNSClient.Settings(servers: [silent.address, good.address], patience: .milliseconds(100))
        let worker = ReverseDNSWorker(DNSClient(settings, through: outside))
        while outside.host(silent.address)?.breaker.phase ?? .closed == .closed {
            #expect(try await look(worker, "192.0.2.55").json?["hostName"] == "far.lookup.test")
        }
        let questions = silent.questions
        #expect(try await look(worker, "192.0.2.55").json?["hostName"] == "far.lookup.test")
        #expect(silent.questions == questions)
        let lonely = DNSClient(.init(servers: [silent.address]), through: outside)
        let complaint = try await look(ReverseDNSWorker(lonely), "192.0.2.55").complaint
        let words = "the name of 192.0.2.55 is unknown: the name server \(silent.address) failed 2 times in a row, last: "
        #expect(complaint?.hasPrefix(words) == true, "\(complaint ?? "an answer")")
    }

    /// A lookup whose own time is over before the server's: what nobody waits for any longer was silence all the same.
    @Test func aNameServerThatOutlastsTheLookupsIsSilent() async throws {
        let silent = try TinyNameServer { _ in nil }
        defer { silent.stop() }
        let world = SystemWorld(), outside = OutsideHosts(world: SystemWorld(), figures: OutsideFigures(failures: 2))
        let client = DNSClient(.init(servers: [silent.address], patience: .milliseconds(200)), through: outside)
        let bench = LookupBench(
            world: world, node: "n1", workers: [ReverseDNSWorker(client, timeout: .milliseconds(300))], store: MemoryLookupResultStore())
        let order = LookupOrder(service: 3, target: try LookupTarget("192.0.2.1")), ids = WorkIDGenerator(world)
        for _ in 0..<2 {
            #expect(try await bench.perform(order: order, job: ids.next()).errorMessage == "Reverse DNS lookup timed out after 300ms.")
        }
        try await eventually("the server is left alone") { outside.host(silent.address)?.breaker.phase != .closed }
    }

    /// A server that fails because of the name is there for others.
    @Test func aNameServerThatCouldNotFindOutIsStillAsked() async throws {
        let failing = try TinyNameServer { TinyNameServer.reply($0, code: 2) }
        defer { failing.stop() }
        let outside = OutsideHosts(world: SystemWorld(), figures: OutsideFigures(failures: 1))
        let worker = ReverseDNSWorker(DNSClient(.init(servers: [failing.address]), through: outside))
        for _ in 0..<3 { #expect(try await look(worker, "192.0.2.1").complaint?.contains("SERVFAIL") == true) }
        #expect(failing.questions == 3)
    }

    @Test(arguments: [
        ("https://RDAP.example/x", "rdap.example:443"), ("http://rdap.example", "rdap.example:80"), ("HTTPS://a.test:81/x", "a.test:81"),
        ("http://u:p@a.test:82?q", "a.test:82"), ("http://[2001:DB8::1]/x", "[2001:db8::1]:80"), ("http://[::1]:83/x", "[::1]:83"),
        ("https://u:7@a.test/", "a.test:443"), ("http://a.test:99999/", "a.test:80"),
    ])
    func oneServerHasOneName(_ url: String, _ name: String) { #expect(HTTPReference.endpoint(url) == name) }
}

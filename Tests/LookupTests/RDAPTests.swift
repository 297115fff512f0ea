import Hummingbird
import JSONDocument
import Logging
import Lookup
import Synchronization
import Testing
import TestSupport
import Web
import World

@Suite struct RDAPTests {
    /// The bootstrap registries and a server that both play their parts, good and bad.
    private final class Play: Sendable {
        let base = Mutex("")
        let dead = "http://" + Names.deadAddress
        /// Fetches of a registry.
        let fetches = Mutex(0)
        let isBootstrapDown = Mutex(false)
        /// The registries begin and never end.
        let doesBootstrapStall = Mutex(false)

        private var server: JSON { .string(base.withLock { $0 } + "/rdap/") }

        private func registry(_ services: [(entries: [JSON], servers: [JSON])]) throws -> Response {
            fetches.withLock { $0 += 1 }
            if doesBootstrapStall.withLock({ $0 }) { return Self.endless }
            guard !isBootstrapDown.withLock({ $0 }) else { return answer("", type: "text/plain", status: .serviceUnavailable) }
            let pairs = services.map { JSON.array([.array($0.entries), .array($0.servers)]) }
            return .json(["version": "1.0", "services": .array(pairs + [["broken"], [["x"], []], [["y"], ["ftp://no"]]])])
        }

        var routes: [WebRoute] {
            [
                WebRoute(.get, "/dns.json") { [self] _ in
                    try registry([
                        (["test"], [server]), (["two.test"], [.string(dead + "/"), server]),
                        (["broken-first.test"], [.string(base.withLock { $0 } + "/broken/"), server]),
                        (["endless-first.test"], [.string(base.withLock { $0 } + "/endless/"), server]),
                        (["dead.test"], [.string(dead)]),
                    ])
                },
                WebRoute(.get, "/ipv4.json") { [self] _ in
                    try registry([(["192.0.0.0/8"], [.string(dead)]), (["192.0.2.0/24", "not a prefix"], [server])])
                },
                WebRoute(.get, "/ipv6.json") { [self] _ in try registry([(["2001:db8::/32"], [server])]) },
                WebRoute(.get, "/broken/domain/{name}") { _ in answer("", type: "text/plain", status: .badGateway) },
                WebRoute(.get, "/endless/domain/{name}") { _ in Self.endless },
                WebRoute(.get, "/members") { _ in .json(["secret": true]) },
                WebRoute(.get, "/rdap/ip/{address}") { request in .json(["handle": .string(request.parameter("address"))]) },
                WebRoute(.get, "/rdap/hop/{count}/{name}") { request in Self.hop(Int(request.parameter("count")) ?? 0) },
                WebRoute(.get, "/rdap/domain/{name}") { [self] request in try await domain(request) },
            ]
        }

        private static func hop(_ count: Int) -> Response {
            count == 0 ? answer(#"{"handle":"at last"}"#, type: "application/rdap+json") : redirect("../\(count - 1)/x")
        }

        /// A head, and a byte now and then.
        private static var endless: Response {
            var response = answer("", type: "application/rdap+json")
            response.body = .init { writer in
                for _ in 0..<10_000 {
                    try await writer.write(ByteBuffer(string: " "))
                    try await SystemWorld().sleep(for: .milliseconds(20))
                }
                try await writer.finish(nil)
            }
            return response
        }

        private static func redirect(_ location: String) -> Response {
            answer("", type: "text/plain", status: .found, headers: [.location: location])
        }

        private func domain(_ request: WebRequest) async throws -> Response {
            let name = request.parameter("name")
            switch name.prefix(while: { $0 != "." }) {
            case "good":
                let accept = request.headers[.accept] ?? ""
                let text = #"{"zeta":1.50,"handle":"H","big":18446744073709551615,"accept":"\#(accept)"}"#
                return answer(text, type: "application/rdap+json")
            case "busy": return answer("", type: "text/plain", status: .tooManyRequests, headers: [.retryAfter: "120"])
            case "html": return answer("<html>no</html>", type: "text/html; charset=utf-8")
            case "array": return answer("[1]", type: "application/rdap+json")
            case "deep": return answer(String(repeating: "[", count: 5_000), type: "application/rdap+json")
            case "huge": return answer("{\"a\":\"" + String(repeating: "a", count: 2 << 20) + "\"}", type: "application/rdap+json")
            case "slow":
                try await SystemWorld().sleep(for: .seconds(3_600))
                return answer("{}", type: "application/rdap+json")
            case "endless": return Self.endless
            case "inside": return Self.redirect(base.withLock { $0 } + "/members")
            case "localhost": return Self.redirect(base.withLock { $0 }.replacing("127.0.0.1", with: "localhost") + "/members")
            case "loop": return Self.redirect(request.path)
            case "hops5": return Self.redirect("/rdap/hop/4/x")
            case "hops6": return Self.redirect("/rdap/hop/5/x")
            case "nowhere": return Self.redirect("ftp://example.test/")
            case "local": return Self.redirect("file:///etc/passwd")
            default: return answer("{}", type: "application/rdap+json", status: .notFound)
            }
        }
    }

    private func withPlay<T>(timeout: Duration = .seconds(30), _ body: (RDAPWorker, Play) async throws -> T) async throws -> T {
        let play = Play()
        return try await withServer(play.routes) { base in
            play.base.withLock { $0 = base }
            return try await body(RDAPWorker(try await Names.resolver(), base: base, timeout: timeout), play)
        }
    }

    @Test func theServersDocumentIsTheResultAsItIs() async throws {
        try await withPlay { (worker, _) async throws in
            let document = try await look(worker, "good.test").json
            #expect(document?.text() == #"{"zeta":1.50,"handle":"H","big":18446744073709551615,"accept":"application/rdap+json"}"#)
            #expect(try await look(worker, "192.0.2.7").json == ["handle": "192.0.2.7"])
            #expect(try await look(worker, "2001:DB8::7").json == ["handle": "2001:db8::7"])
        }
    }

    @Test func theLongestEntryDecidesWhomToAsk() async throws {
        try await withPlay { (worker, play) async throws in
            let complaint = try await look(worker, "192.9.9.9").complaint
            #expect(complaint?.contains(play.dead.dropFirst(7)) == true, "\(complaint ?? "an answer")")
            #expect(complaint?.contains("Connection refused") == true)
            #expect(try await look(worker, "good.dead.test").complaint?.contains("has no answer for 'good.dead.test'") == true)
            #expect(try await look(worker, "good.undead.test").json?["handle"] == "H", "whole labels are compared")
        }
    }

    @Test(arguments: [
        ("127.0.0.1", "127.0.0.0/8 is loopback (RFC 1122)"), ("10.1.2.3", "10.0.0.0/8 is private (RFC 1918)"),
        ("fe80::1", "fe80::/10 is link-local (RFC 4291)"), ("::ffff:192.168.0.1", "192.168.0.0/16 is private (RFC 1918)"),
    ])
    func addressesOfNobodyAreNotAskedFor(_ target: String, _ reason: String) async throws {
        // Were anybody asked, the complaint would be that nobody listens.
        let worker = RDAPWorker(try await Names.resolver(), base: "http://\(Names.deadAddress)")
        let complaint = try await look(worker, target).complaint
        #expect(complaint?.hasSuffix("is registered to nobody: \(reason)") == true, "\(complaint ?? "an answer")")
    }

    @Test func whereNoServerIsKnownThatIsSaid() async throws {
        try await withPlay { (worker, _) async throws in
            #expect(try await look(worker, "example.zzz").complaint
                == "no RDAP server is known for 'example.zzz': the registry dns.json names no server for .zzz")
            #expect(try await look(worker, "9.9.9.9").complaint
                == "no RDAP server is known for '9.9.9.9': the registry ipv4.json has no block with it")
        }
    }

    @Test func whenOneServerIsSilentOrBrokenTheNextIsAsked() async throws {
        try await withPlay { (worker, _) async throws in
            #expect(try await look(worker, "good.two.test").json?["handle"] == "H")
            #expect(try await look(worker, "good.broken-first.test").json?["handle"] == "H")
        }
    }

    @Test func refusalsHaveTheWordsOfTheContract() async throws {
        try await withPlay { (worker, _) async throws in
            #expect(try await look(worker, "missing.test").complaint == "RDAP server returned NotFound for 'missing.test'")
            let complaint = try await look(worker, "busy.test").complaint
            #expect(complaint == "RDAP server returned TooManyRequests for 'busy.test'; Retry-After: 120")
        }
    }

    @Test(arguments: [
        ("html", "a page for people ('text/html; charset=utf-8'), which is no RDAP document"), ("array", "it is an array"),
        ("deep", "nested deeper"),
        ("huge", "longer than 1048576 bytes"), ("hops6", "more than 5 times"),
        ("loop", "in a circle for 'loop.test': back to 'http://127.0.0.1:"),
        ("nowhere", "redirects to 'ftp://example.test/'"), ("local", "redirects to 'file:///etc/passwd'"),
    ])
    func hostileAnswersAreNamed(_ name: String, _ sentence: String) async throws {
        try await withPlay { (worker, _) async throws in
            let complaint = try await look(worker, "\(name).test").complaint
            #expect(complaint?.contains(sentence) == true && complaint?.contains("\(name).test") == true, "\(complaint ?? "an answer")")
        }
    }

    @Test func fiveRedirectsAreFollowed() async throws {
        try await withPlay { (worker, _) async throws in #expect(try await look(worker, "hops5.test").json == ["handle": "at last"]) }
    }

    @Test func aSlowServerIsGivenUp() async throws {
        try await withPlay(timeout: .milliseconds(800)) { (worker, _) async throws in
            #expect(try await look(worker, "slow.test").complaint?.contains(": no answer within 400 ms") == true)
        }
    }

    @Test func aServerThatNeverEndsItsAnswerIsGivenUpAndTheNextAsked() async throws {
        try await withPlay(timeout: .milliseconds(800)) { (worker, _) async throws in
            #expect(try await look(worker, "endless.test").complaint?.contains("no whole answer within 400 ms") == true)
            #expect(try await look(worker, "good.endless-first.test").json?["handle"] == "H")
        }
    }

    @Test func aRegistryThatNeverEndsTakesNothingFromLaterLookups() async throws {
        try await withPlay(timeout: .milliseconds(800)) { (worker, play) async throws in
            play.doesBootstrapStall.withLock { $0 = true }
            let complaint = try await look(worker, "good.test").complaint
            #expect(complaint?.contains("dns.json has no answer: no whole answer within 400 ms") == true, "\(complaint ?? "an answer")")
            play.doesBootstrapStall.withLock { $0 = false }
            #expect(try await look(worker, "good.test").json?["handle"] == "H")
        }
    }

    /// However long the fetch takes that others may still want.
    @Test func whoeverNoLongerWantsARegistryDoesNotWaitForIt() async throws {
        try await withPlay(timeout: .seconds(3_600)) { (worker, play) async throws in
            play.doesBootstrapStall.withLock { $0 = true }
            let world = SystemWorld(), target = try LookupTarget("good.test")
            let leaver = world.spawn("leaver") {
                await #expect(throws: CancellationError.self) { try await worker.lookUp(target, world) }
            }
            while play.fetches.withLock({ $0 }) == 0 { try await world.sleep(for: .milliseconds(5)) }
            leaver.cancel()
            await leaver.finished()
            #expect(play.fetches.withLock { $0 } == 1)
        }
    }

    /// The registry comes from elsewhere, through a socket that has no address, so it may name no server in this network.
    @Test func noRegistryOfElsewhereLeadsIntoThisNetwork() async throws {
        let play = Play(), folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let outside = WebServer(
            name: "outside", address: .unixSocket(path: path), routes: play.routes, world: SystemWorld(), logger: Logger(label: "test"))
        try await outside.start()
        let socket = "http+unix://" + path.replacing("/", with: "%2F")
        let door = OutsideHosts(world: SystemWorld())
        try await withServer(play.routes) { (base) async throws in
            play.base.withLock { $0 = base }
            let worker = RDAPWorker(try await Names.resolver(through: door), base: socket)
            let place = base.dropFirst(7), words = "that is no address of the Internet: 127.0.0.0/8 is loopback (RFC 1122)"
            let complaint = try await look(worker, "good.test").complaint
            #expect(complaint == "the RDAP bootstrap names the server '\(place)' for 'good.test', and \(words)")
            #expect(door.host(String(place)) == nil && door.addresses.refused(.loopback) == 1)
        }
        await outside.stop()
    }

    @Test(arguments: [
        ("http://127.0.0.1:9100/members", "loopback"), ("http://loop.lookup.test:9100/members", "that is 127.0.0.1 and"),
        ("http://LOCALHOST:9100/", "loopback"), ("http://[::ffff:127.0.0.1]/", "loopback"), ("https://[::1]:9100", "loopback"),
        ("http://10.0.0.1/", "private"), ("https://mixed.lookup.test/", "that is 10.0.0.1 and"), ("http://[fe80::1]/", "link-local"),
        ("http://127%2E0.0.1/members", "no plain name"), ("http://google.lookup.test\\@127.0.0.1/members", "a user before the host"),
        ("http://none.lookup.test/", "no address"), ("http://2130706433/", "address"), ("http://0.0.0.0/", "reserved"),
        ("http://8.8.8.8:22/", "no port where RDAP is served"), ("http://8.8.8.8:99999/", "no port where RDAP is served"),
        ("http://8.8.8.8:0/", "no port where RDAP is served"), ("http://[fe80::1%25eth0]/", "no plain name"),
    ])
    func whoComesFromTheInternetLeadsNobodyInside(_ url: String, _ words: String) async throws {
        let path = RDAPPath(resolver: try await Names.resolver(), base: "https://8.8.8.8/rdap")
        do {
            let addresses = try await path.judge(url, SystemWorld())
            Issue.record("\(url) may be asked at \(addresses)")
        } catch {
            #expect("\(error)".contains(words), "\(url): \(error)")
        }
    }

    /// A registry on the loopback says nothing for the rest of the network.
    @Test func whatTheRegistrysOwnPlaceExcusesIsThatPlaceAlone() async throws {
        let path = RDAPPath(resolver: try await Names.resolver(), base: "http://127.0.0.1:1/rdap"), world = SystemWorld()
        #expect(try await path.judge("http://127.0.0.9:8080/x", world).map(\.description) == ["127.0.0.9"])
        #expect(try await path.judge("https://google.lookup.test/x", world).map(\.description) == ["8.8.8.8"])
        for url in ["http://10.0.0.1/", "http://169.254.169.254/", "http://[fd00:ec2::254]/", "http://192.0.2.1/"] {
            await #expect(throws: (any Error).self) { try await path.judge(url, world) }
        }
        let own = RDAPPath(resolver: try await Names.resolver(), base: "http://169.254.169.1/")
        #expect(try await own.judge("http://169.254.7.7/", world).count == 1)
        await #expect(throws: (any Error).self) { try await own.judge("http://169.254.169.254/", world) }
    }

    /// A mesh that has its own registry in its own network may be led about in it.
    @Test(arguments: ["inside", "localhost"]) func aRegistryInThisNetworkMayLeadIntoIt(_ name: String) async throws {
        try await withPlay { (worker, _) async throws in
            #expect(try await look(worker, "\(name).test").json?["secret"] == true)
        }
    }

    /// The name may lead elsewhere when it is asked for once more. Nobody listens at the first of its addresses.
    @Test func whatWasJudgedIsWhatIsConnectedTo() async throws {
        let route = WebRoute(.get, "/x") { request in .json(["host": .string(request.headers[.init("Host")!] ?? request.authority ?? "")]) }
        try await withServer([route]) { (base) async throws in
            let url = base.replacing("127.0.0.1", with: "elsewhere.invalid") + "/x", outside = OutsideHosts(world: SystemWorld())
            await #expect(throws: LookupHTTP.NoAnswer.self) {
                try await LookupHTTP.get(url, accept: "*/*", patience: .seconds(30), limit: 1_000, through: outside)
            }
            let addresses = ["::1", "127.0.0.1"].compactMap { IPAddress($0) }
            let answer = try await LookupHTTP.get(
                url, accept: "*/*", patience: .seconds(30), limit: 1_000, through: outside, at: addresses)
            #expect(answer.status == 200 && String(decoding: answer.body, as: UTF8.self).contains("elsewhere.invalid"))
        }
    }

    @Test(arguments: [
        ("http://a.test", "a.test"), ("https://a.test:81/x", "a.test"), ("http://u:p@a.test:81?q", "a.test"), ("http://[::1]:81/x", "::1"),
        ("http://u@v@a.test#f", "a.test"),
    ])
    func theHostOfAnAddressIsFound(_ url: String, _ host: String) { #expect(HTTPReference.host(url) == host) }

    @Test func aRegistryIsFetchedOnceForAll() async throws {
        try await withPlay { (worker, play) async throws in
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<20 { group.addTask { try await look(worker, "good.test").json?["handle"] == "H" } }
                for try await isGood in group { #expect(isGood) }
            }
            #expect(play.fetches.withLock { $0 } == 1)
            play.isBootstrapDown.withLock { $0 = true }
            #expect(try await look(worker, "good.test").json?["handle"] == "H", "it is kept")
            #expect(try await look(worker, "192.0.2.7").complaint?.contains("ipv4.json returned ServiceUnavailable") == true)
            play.isBootstrapDown.withLock { $0 = false }
            #expect(try await look(worker, "192.0.2.7").json?["handle"] == "192.0.2.7", "a failure is not kept")
        }
    }

    @Test(arguments: [
        ("https://a.test/x/y?q", "https://b.test/z", "https://b.test/z"), ("https://a.test/x/y?q", "HTTPS://b.test/z", "https://b.test/z"),
        ("https://a.test/x/y?q", "//b.test/z", "https://b.test/z"), ("https://a.test/x/y?q", "/z", "https://a.test/z"),
        ("https://a.test/x/y?q/r", "z", "https://a.test/x/z"), ("http://a.test:81", "z#f", "http://a.test:81/z"),
        ("https://a.test/x/y/z", "../w", "https://a.test/x/w"), ("https://a.test/x/y", "../../../w/./v/..?q=..", "https://a.test/w/?q=.."),
        ("https://a.test/x", "ftp://b.test/", nil), ("https://a.test/x", "javascript:1", nil), ("https://a.test/x", "", nil),
        ("https://a.test/x", "https:///z", nil), ("https://a.test/x", "https://", nil), ("https://a.test/x", "/a b", nil),
        ("https://a.test/x", "/a\r\nX: y", nil), ("https://a.test/x", "/ä", nil),
    ] as [(String, String, String?)])
    func redirectsLeadWhereTheRFCSays(_ base: String, _ location: String, _ target: String?) {
        #expect(HTTPReference.resolve(location, from: base) == target)
    }
}

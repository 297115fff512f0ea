import Hummingbird
import JSONDocument
import Lookup
import Synchronization
import Testing
import TestSupport
import Web
import World

/// What servers of RDAP send that they should not: each has its own text, and none of them has the last word.
@Suite struct RDAPHostileTests {
    private static let rdap = "application/rdap+json"

    /// A registry that names these servers for `test`.
    private static func registry(_ servers: [String]) -> WebRoute {
        WebRoute(.get, "/dns.json") { _ in .json(["services": [[["test"], .array(servers.map { .string($0) })]]]) }
    }

    private static func redirect(_ location: String?) -> Response {
        answer("", type: "text/plain", status: .found, headers: location.map { [.location: $0] } ?? [:])
    }

    /// A server that is bad in as many ways as there are names.
    private static let bad = WebRoute(.get, "/bad/domain/{name}") { request in
        let name = request.parameter("name")
        let error = #"{"errorCode":500,"title":"Out of\nluck","description":["come","again\u0007"]}"#
        switch name.prefix(while: { $0 != "." }) {
        case "plain": return answer("{}", type: "text/plain")
        case "packed": return answer("{}", type: rdap, headers: [.contentEncoding: "gzip"])
        case "empty": return answer(" \n", type: rdap)
        case "page": return answer("\n<!doctype html><p>No", type: rdap)
        case "words": return answer("no such luck", type: rdap)
        case "mistaken": return answer(error, type: rdap)
        case "failing": return answer(error, type: rdap, status: .internalServerError)
        case "wrong": return answer(#"{"objectClassName":"entity"}"#, type: rdap)
        case "lost": return redirect(nil)
        case "circle": return redirect(request.path)
        case "user": return redirect("http://me:secret@8.8.8.8/")
        case "mail": return redirect("http://127.0.0.1:25/")
        case "far": return redirect("http://8.8.8.8:99999/")
        case "escaped": return redirect("http://127%2E0.0.1/members")
        case "meta": return redirect("http://169.254.169.254/latest/meta-data/")
        case "mapped": return redirect("http://[::ffff:169.254.169.254]/")
        case "nat64": return redirect("//[64:ff9b::a9fe:a9fe]:8080/")
        case "named": return redirect("http://meta.lookup.test/")
        case "mixed": return redirect("https://mixed.lookup.test/x")
        case "private": return redirect("http://10.0.0.1/")
        case "nameless": return redirect("http://none.lookup.test/")
        case "file": return redirect("file:///etc/passwd")
        default: return answer(error, type: rdap, status: .forbidden)
        }
    }

    private static let good = WebRoute(.get, "/good/domain/{name}") { _ in
        answer(#"{"objectClassName":"domain","handle":"H"}"#, type: rdap)
    }

    @Test(arguments: [
        ("plain", "with 'text/plain' in place of 'application/rdap+json'"), ("packed", "in the encoding 'gzip', which was not asked for"),
        ("empty", "answered 'empty.test' with nothing"),
        ("page", "with a page for people ('application/rdap+json'), which is no RDAP document"),
        ("words", "with 'application/rdap+json', which is no JSON: "),
        ("mistaken", "with an error document: InternalServerError (Out of luck; come; again)"),
        ("failing", "returned InternalServerError for 'failing.test' (Out of luck; come; again)"),
        ("wrong", "with an object of the class 'entity' in place of 'domain'"), ("lost", "redirects to nowhere for 'lost.test'"),
        ("circle", "redirects in a circle for 'circle.test': back to 'http://127.0.0.1:"),
        ("user", "redirects to 'me:secret@8.8.8.8' for 'user.test', and that has a user before the host"),
        ("mail", "for 'mail.test', and that is no port where RDAP is served (80, 443, 1024 to 65535)"),
        ("far", "redirects to '8.8.8.8:99999' for 'far.test', and that is no port where RDAP is served (80, 443, 1024 to 65535)"),
        ("escaped", "for 'escaped.test', and that is no plain name or address of a host"),
        ("meta", "and that is no address of the Internet: 169.254.169.254 is where a cloud's metadata service answers"),
        ("mapped", "and that is no address of the Internet: ::ffff:169.254.169.254 is where a cloud's metadata service answers"),
        ("nat64", "and that is no address of the Internet: 64:ff9b::a9fe:a9fe is where a cloud's metadata service answers"),
        ("named", "to 'meta.lookup.test' for 'named.test', and that is 169.254.169.254 and is no address of the Internet: 169.254."),
        ("mixed", "and that is 10.0.0.1 and is no address of the Internet: 10.0.0.0/8 is private (RFC 1918)"),
        ("private", "and that is no address of the Internet: 10.0.0.0/8 is private (RFC 1918)"),
        ("nameless", "redirects to 'none.lookup.test' for 'nameless.test', and that host has no address"),
        ("file", "redirects to 'file:///etc/passwd' for 'file.test', which is no address of HTTP"),
    ])
    func eachHostileAnswerHasItsOwnTextAndTheNextServerIsAsked(_ name: String, _ words: String) async throws {
        try await withServer([Self.bad, Self.good]) { (server) async throws in
            try await withServer([Self.registry([server + "/bad"])]) { (base) async throws in
                let complaint = try await look(RDAPWorker(try await Names.resolver(), base: base), "\(name).test").complaint
                #expect(complaint?.contains(words) == true, "\(complaint ?? "an answer")")
            }
            try await withServer([Self.registry([server + "/bad/", server + "/good"])]) { (base) async throws in
                let result = try await look(RDAPWorker(try await Names.resolver(), base: base), "\(name).test")
                #expect(result.json?["handle"] == "H", "\(result)")
            }
        }
    }

    /// A word about the question is not asked for again elsewhere.
    @Test func aRefusalCountsForAllServersAndIsToldWithItsReason() async throws {
        try await withServer([Self.bad, Self.good]) { (server) async throws in
            try await withServer([Self.registry([server + "/bad", server + "/good"])]) { (base) async throws in
                let complaint = try await look(RDAPWorker(try await Names.resolver(), base: base), "denied.test").complaint
                #expect(complaint == "RDAP server returned Forbidden for 'denied.test' (Out of luck; come; again)")
            }
        }
    }

    @Test func refusedHopsAreCounted() async throws {
        let outside = OutsideHosts(world: SystemWorld())
        try await withServer([Self.bad]) { (server) async throws in
            try await withServer([Self.registry([server + "/bad", "http://10.0.0.1/rdap/"])]) { (base) async throws in
                let worker = RDAPWorker(try await Names.resolver(through: outside), base: base)
                let complaint = try await look(worker, "named.test").complaint
                #expect(complaint?.contains("; the RDAP bootstrap names the server '10.0.0.1' for 'named.test', and that is no") == true)
            }
        }
        #expect(outside.addresses.refused(.metadata) == 1 && outside.addresses.refused(.private) == 1)
        #expect(outside.host("10.0.0.1:80") == nil && outside.host("meta.lookup.test:80") == nil)
    }

    @Test(arguments: [
        (RawServer.Behaviour.ends("HTTP/1.1 200 OK\r\nContent-Type: application/rdap+json\r\nContent-Length: 999\r\n\r\n{}"),
         "the connection was closed before the answer's end"),
        (.ends("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}"), "what it sends is no HTTP"),
        (.ends("SSH-2.0-OpenSSH_9.6\r\n"), "what it sends is no HTTP"),
        (.ends("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 200_000) + "\r\n\r\n"),
         "the head of the answer is longer than is read"),
        (.ends(""), "the connection was closed before the answer's end"),
        (.drips("HTTP/1.1 200 OK\r\n", "X-Slow: 1\r\n"), ": no answer within 600 ms"),
        (.drips("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n{", " "), ": no whole answer within 600 ms"),
    ])
    func whatIsNoAnswerOfHTTPIsToldAndTheNextServerAsked(_ behaviour: RawServer.Behaviour, _ words: String) async throws {
        try await RawServer.with(behaviour) { (raw) async throws in
            try await withServer([Self.registry([raw])]) { (base) async throws in
                let worker = RDAPWorker(try await Names.resolver(), base: base, timeout: .milliseconds(1_200))
                let complaint = try await look(worker, "a.test").complaint
                #expect(complaint?.hasPrefix("RDAP server \(raw.dropFirst(7)) has no answer for 'a.test': ") == true)
                #expect(complaint?.contains(words) == true, "\(complaint ?? "an answer")")
            }
            try await withServer([Self.good]) { (server) async throws in
                try await withServer([Self.registry([raw, server + "/good"])]) { (base) async throws in
                    let worker = RDAPWorker(try await Names.resolver(), base: base, timeout: .seconds(6))
                    #expect(try await look(worker, "a.test").json?["handle"] == "H")
                }
            }
        }
    }

    /// Slow servers together take no longer than the lookup has, so that each is named in place of nobody.
    @Test func severalSlowServersAreNamedWithinTheTimeOfTheLookup() async throws {
        let slow = RawServer.Behaviour.drips("HTTP/1.1 200 OK\r\n", "X-Slow: 1\r\n")
        try await RawServer.with(slow) { (one) async throws in
            try await RawServer.with(slow) { (two) async throws in
                try await withServer([Self.registry([one, two, "http://127.0.0.1:1"])]) { (base) async throws in
                    let worker = RDAPWorker(try await Names.resolver(), base: base, timeout: .seconds(2))
                    let complaint = try #require(try await look(worker, "a.test").complaint)
                    let faults = complaint.split(separator: "; ").map(String.init)
                    try #require(faults.count == 3, "\(complaint)")
                    #expect(faults[0] == "RDAP server \(one.dropFirst(7)) has no answer for 'a.test': no answer within 1000 ms")
                    #expect(faults[1].hasPrefix("RDAP server \(two.dropFirst(7)) has no answer for 'a.test': no answer within "))
                    #expect(!faults[1].hasSuffix(" 1000 ms"), "it has what is left: \(complaint)")
                    #expect(faults[2] == "no time is left for RDAP server 127.0.0.1:1")
                }
            }
        }
    }

    // MARK: Times

    /// The label says what the answer says: the age of "a60", "no-store", nothing for "unsaid"; those with an "m" are missing.
    private static let aging = WebRoute(.get, "/aging/domain/{name}") { request in
        let label = request.parameter("name").prefix { $0 != "." }
        let control = label.hasSuffix("0") ? "max-age=\(label.dropFirst())" : String(label)
        let fields: HTTPFields = label.contains("unsaid") ? [:] : [.cacheControl: control]
        return answer("{}", type: rdap, status: label.hasPrefix("m") ? .notFound : .ok, headers: fields)
    }

    @Test func anAnswerIsKeptForAsLongAsItSays() async throws {
        try await withServer([Self.aging]) { (server) async throws in
            try await withServer([Self.registry([server + "/aging"])]) { (base) async throws in
                let worker = RDAPWorker(try await Names.resolver(), base: base), world = SystemWorld()
                for (name, keep) in [("a7200", 7_200), ("a10", 60), ("a9999990", 86_400), ("unsaid", 3_600), ("no-store", nil)] {
                    let found = try await worker.lookUp(try LookupTarget("\(name).test"), world)
                    #expect(found.keep == keep.map { .seconds($0) }, "\(name)")
                }
                for (name, keep) in [("m600", 600), ("m-unsaid", 300)] {
                    let sentence = "RDAP server returned NotFound for '\(name).test'"
                    await #expect(throws: LookupFailure(sentence, source: .target, keep: .seconds(keep))) {
                        try await worker.lookUp(try LookupTarget("\(name).test"), world)
                    }
                }
                let sentence = "no RDAP server is known for 'a.zzz': the registry dns.json names no server for .zzz"
                await #expect(throws: LookupFailure(sentence, source: .target, keep: .seconds(3_600))) {
                    try await worker.lookUp(try LookupTarget("a.zzz"), world)
                }
            }
        }
    }

    @Test func aServerThatNamesADateIsLeftAloneUntilThen() async throws {
        let world = AheadWorld(), outside = OutsideHosts(world: world), asked = Mutex(0)
        let until = WallTime(millisecondsSince1970: world.wallTime.millisecondsSince1970 + 1_200_000).httpDate
        let route = WebRoute(.get, "/x/domain/{name}") { _ in
            let isFirst = asked.withLock { asked in
                asked += 1
                return asked == 1
            }
            guard isFirst else { return answer(#"{"handle":"H"}"#, type: Self.rdap) }
            return answer("", type: "text/plain", status: .tooManyRequests, headers: [.retryAfter: until])
        }
        try await withServer([route]) { (server) async throws in
            try await withServer([Self.registry([server + "/x"])]) { (base) async throws in
                let worker = RDAPWorker(try await Names.resolver(through: outside), base: base)
                let words = "RDAP server returned TooManyRequests for 'a.test'; Retry-After: \(until)"
                #expect(try await look(worker, "a.test").complaint == words)
                world.advance(.seconds(600))
                let refusal = try await look(worker, "a.test").complaint
                #expect(refusal?.contains("was asked too often (TooManyRequests); it is asked again in ") == true)
                #expect(asked.withLock { $0 } == 1)
                world.advance(.seconds(660))
                #expect(try await look(worker, "a.test").json?["handle"] == "H")
            }
        }
    }

    /// A registry that says how long it holds, and the good server that it names.
    private final class Registrar: Sendable {
        let fetches = Mutex(0), isDown = Mutex(false), base = Mutex("")

        var routes: [WebRoute] {
            [RDAPHostileTests.good, WebRoute(.get, "/dns.json") { [self] _ in
                fetches.withLock { $0 += 1 }
                if isDown.withLock({ $0 }) { return answer("", type: "text/plain", status: .notFound) }
                let server = JSON.string(base.withLock { $0 } + "/good")
                return .json(["services": [[["test"], [server]]]], headers: [.cacheControl: "max-age=1800"])
            }]
        }

        /// - Parameter body: is given what expects an answer.
        func with(_ world: AheadWorld, _ body: (_ expectAnswer: () async throws -> Void) async throws -> Void) async throws {
            try await withServer(routes) { (base) async throws in
                self.base.withLock { $0 = base }
                let worker = RDAPWorker(try await Names.resolver(through: OutsideHosts(world: world)), base: base)
                try await body {
                    let document = try await look(worker, "a.test").json
                    #expect(document?["handle"] == "H")
                }
            }
        }
    }

    @Test func aRegistryIsKeptForAsLongAsItSaysAndThenFetchedBesideTheLookups() async throws {
        let registrar = Registrar(), world = AheadWorld()
        try await registrar.with(world) { expectAnswer in
            try await expectAnswer()
            world.advance(.seconds(1_500))
            try await expectAnswer()
            #expect(registrar.fetches.withLock { $0 } == 1)
            world.advance(.seconds(301))
            try await expectAnswer()
            try await eventually("it is fetched anew") { registrar.fetches.withLock { $0 } == 2 }
        }
    }

    @Test func anOldRegistryServesOnWhileNoneCanBeHad() async throws {
        let registrar = Registrar(), world = AheadWorld()
        try await registrar.with(world) { expectAnswer in
            try await expectAnswer()
            registrar.isDown.withLock { $0 = true }
            world.advance(.seconds(30 * 24 * 3_600))
            try await expectAnswer()
            #expect(registrar.fetches.withLock { $0 } == 2, "one that is so old is asked for first")
            try await expectAnswer()
            #expect(registrar.fetches.withLock { $0 } == 2, "and not so soon again")
        }
    }
}

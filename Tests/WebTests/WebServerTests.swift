import AsyncHTTPClient
import Glibc
import Hummingbird
import JSONDocument
import Logging
import NIOCore
import Testing
import Web
import WebTestSupport
import World

/// One that answers at once, one that takes a second, and one that reads its body.
func plainRoutes(_ world: any World) -> [WebRoute] {
    [
        WebRoute(.get, "/fast") { _ in .text("fast") },
        WebRoute(.get, "/late") { _ in
            try await world.sleep(for: .seconds(1))
            return .text("late")
        },
        WebRoute(.post, "/things") { request in .json(try await request.object(), status: .accepted) },
    ]
}

/// Runs a server on a free port and asks it.
func withServer<T>(
    _ routes: [WebRoute], limits: WebLimits = WebLimits(), _ body: (String) async throws -> T
) async throws -> T {
    let server = WebServer(
        name: "test", address: .tcp(host: "127.0.0.1", port: 0), routes: routes, world: SystemWorld(), limits: limits,
        logger: Logger(label: "test"))
    let port = try await server.start()
    do {
        let result = try await body("http://127.0.0.1:\(port)")
        await server.stop()
        return result
    } catch {
        await server.stop()
        throw error
    }
}

@Suite struct WebServerTests {
    private var routes: [WebRoute] {
        [
            WebRoute(.get, "/things/{id}") { request in
                .json(["id": .string(request.parameter("id")), "q": .text(request.query("Q"))])
            },
            WebRoute(.post, "/things") { request in .json(try await request.object(), status: .accepted) },
            WebRoute(.delete, "/things/{id}") { _ in throw Problem.unavailable("not now", retryAfter: 7) },
            WebRoute(.get, "/slow") { _ in
                try await SystemWorld().sleep(for: .seconds(3_600))
                return .text("never")
            },
            WebRoute(.get, "/broken") { _ in throw CancellationError() },
        ]
    }

    @Test(arguments: [
        ("localhost", true), ("a-b.example:8080", true), ("127.0.0.1:1", true), ("[::1]", true), ("[fe80::1]:80", true), ("", true),
        ("h:", true), ("%41.example", true), ("a/b", false), ("a\"b", false), ("a@b", false), ("a:b", false), ("a:1:2", false),
        ("[::1", false), ("[]", false), ("[::1]x", false), ("[::/]", false), ("%4", false), ("%zz", false), ("a?b", false),
        ("a#b", false), ("a\\b", false), ("b\u{FC}cher.example", false),
    ])
    func aHostThatIsNoAuthorityIsRefused(_ host: String, _ isValid: Bool) async throws {
        try await withServer(routes) { base in
            let answer = try await ask("GET", "\(base)/things/1", headers: [("Host", host)])
            #expect(answer.status == (isValid ? 200 : 400), "\(answer.text)")
            if !isValid { #expect(answer.headers["content-type"] == "application/problem+json") }
        }
    }

    @Test func aRouteAnswersWithItsParameters() async throws {
        try await withServer(routes) { base in
            let answer = try await ask("GET", "\(base)/Things/A%20b?q=x%2By")
            #expect(answer.status == 200)
            #expect(answer.json?["id"] == "A b")
            #expect(answer.json?["q"] == "x+y")
            #expect(answer.headers["content-type"] == "application/json; charset=utf-8")
            #expect(try await ask("GET", "\(base)/things/a/").status == 200)
            // What is no escape stays.
            #expect(try await ask("GET", "\(base)/things/%+1%4").json?["id"] == "%+1%4")
            let head = try await ask("HEAD", "\(base)/things/a")
            #expect(head.status == 200)
            #expect(head.text.isEmpty)
        }
    }

    @Test func whatIsNotThereIsAProblem() async throws {
        try await withServer(routes) { base in
            let answer = try await ask("GET", "\(base)/nowhere")
            #expect(answer.status == 404)
            #expect(answer.headers["content-type"] == "application/problem+json")
            #expect(answer.json?["title"] == "Not Found")
            #expect(answer.json?["status"] == 404)
            #expect(answer.json?["detail"]?.string?.contains("/nowhere") == true)
            #expect(answer.json?["type"] == "about:blank")
        }
    }

    @Test func aMethodThatIsNotOfferedSaysWhichAre() async throws {
        try await withServer(routes) { base in
            let answer = try await ask("PUT", "\(base)/things/a", body: "{}")
            #expect(answer.status == 405)
            #expect(answer.headers["allow"] == "GET, HEAD, DELETE, OPTIONS")
            #expect(answer.json?["detail"]?.string?.contains("PUT") == true)
            #expect(try await ask("GET", "\(base)/things").status == 405)
            let options = try await ask("OPTIONS", "\(base)/things/a")
            #expect(options.status == 204 && options.text.isEmpty)
            #expect(options.headers["allow"] == "GET, HEAD, DELETE, OPTIONS")
            #expect(try await ask("TRACE", "\(base)/things/a").status == 405)
            // Of these the router has never heard.
            for method in ["QUERY", "PROPFIND"] {
                let refused = try await ask(method, "\(base)/things/a")
                #expect(refused.status == 405 && refused.headers["allow"] == "GET, HEAD, DELETE, OPTIONS")
                #expect(refused.json?["detail"]?.string?.hasPrefix(method) == true, "\(refused.text)")
                #expect(try await ask(method, "\(base)/nowhere").status == 404)
            }
            #expect(try await ask("OPTIONS", "\(base)/nothing").status == 404)
        }
    }

    @Test func aGreedyParameterTakesAllSegmentsThatItCan() async throws {
        let route = WebRoute(.get, "/of/{+name}/size", refusal: .emptyBody) { .json(["name": .string($0.parameter("name"))]) }
        try await withServer([route]) { base in
            for (path, name) in [
                ("a/size", "a"), ("a/b/size", "a/b"), ("size/size", "size"), ("a/size/size", "a/size"), ("%C3%A9%2F/SIZE", "é/"),
                ("a", ""), ("size", ""), ("a/size/b", ""), ("a/oversize", ""), ("a/b/size/", "a/b"), ("a/size//", ""),
            ] {
                let answer = try await ask("GET", "\(base)/Of/\(path)")
                #expect(answer.status == 200 && answer.json?["name"]?.string == name, "\(path): \(answer.text)")
            }
            let refused = try await ask("DELETE", "\(base)/of/a/b/size")
            #expect(refused.status == 405 && refused.text.isEmpty && refused.headers["allow"] == "GET, HEAD, OPTIONS")
        }
    }

    /// Else all names that are no UTF-8 would be one.
    @Test func aNameThatIsNoUTF8IsRefusedAndSaidAsItWasSent() async throws {
        let named = [
            WebRoute(.get, "/named/{id}") { .json(["id": .string(try $0.name("id")), "none": .string(try $0.name("other"))]) },
            WebRoute(.get, "/of/{+name}/size") { .json(["id": .string(try $0.name("name"))]) },
        ]
        try await withServer(routes + named) { base in
            for (sent, name) in [("a%20b", "a b"), ("%C3%A9", "é"), ("%EF%BF%BD", "\u{FFFD}"), ("%+1%4", "%+1%4"), ("%zz", "%zz")] {
                for path in ["/named/\(sent)", "/of/\(sent)/size"] {
                    let answer = try await askAsWritten("GET", base, path)
                    #expect(answer.status == 200 && answer.json?["id"]?.string == name, "\(path): \(answer.text)")
                }
            }
            for sent in ["%FF", "a%c3", "%C3%28", "%ed%a0%80", "%E9t%E9", "%C0%AF"] {
                for (path, field) in [("/named/\(sent)", "id"), ("/of/x/\(sent)/size", "name")] {
                    let answer = try await askAsWritten("GET", base, path)
                    #expect(answer.status == 400 && answer.headers["content-type"] == "application/problem+json", "\(path): \(answer.text)")
                    let message = answer.json?["errors"]?[field]?[0]?.string
                    #expect(message?.contains("\(sent)\" is no UTF-8") == true, "\(path): \(answer.text)")
                }
                // What is only looked up is simply not there.
                #expect(try await askAsWritten("GET", base, "/things/\(sent)").status == 200)
            }
        }
    }

    @Test func headIsRefusedWhereThereIsNoGET() async throws {
        try await withServer(routes) { base in
            let answer = try await ask("HEAD", "\(base)/things")
            #expect(answer.status == 405 && answer.headers["allow"] == "POST, OPTIONS")
        }
    }

    @Test func aBodyMustBeAJSONObjectOfJSONType() async throws {
        try await withServer(routes, limits: WebLimits(body: 100)) { base in
            #expect(try await ask("POST", "\(base)/things", body: #"{"a":1}"#).status == 202)
            #expect(try await ask("POST", "\(base)/things", body: "{}", type: "Application/JSON ; charset=utf-8").status == 202)
            let plain = try await ask("POST", "\(base)/things", body: "{}", type: "text/plain")
            #expect(plain.status == 415)
            #expect(plain.json?["detail"]?.string?.contains("text/plain") == true)
            #expect(try await ask("POST", "\(base)/things", body: "{}", type: nil).status == 415)
            #expect(try await ask("POST", "\(base)/things", body: "\u{FEFF}{}", type: "text/json").status == 202)
            #expect(try await ask("POST", "\(base)/things", body: #"{"a":1,"b":{"C":2,"c":3},"A":4}"#).json == ["A": 4, "b": ["c": 3]])
            for text in ["", "{", "[]", "1", "nil"] {
                let answer = try await ask("POST", "\(base)/things", body: text)
                #expect(answer.status == 400, "\(text)")
                #expect(answer.json?["errors"]?["$"]?[0]?.string != nil, "\(answer.text)")
            }
            let long = try await ask("POST", "\(base)/things", body: "{\"a\":\"\(String(repeating: "x", count: 200))\"}")
            #expect(long.status == 413)
            #expect(long.json?["detail"]?.string?.contains("100 bytes") == true)
        }
    }

    @Test func problemsKeepTheirHeaders() async throws {
        try await withServer(routes) { base in
            let answer = try await ask("DELETE", "\(base)/things/a")
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "7")
        }
    }

    @Test func aRequestThatTakesTooLongIsToldSo() async throws {
        try await withServer(routes, limits: WebLimits(requestDeadline: .milliseconds(50))) { base in
            let answer = try await ask("GET", "\(base)/slow")
            #expect(answer.status == 503)
            #expect(answer.json?["detail"]?.string?.contains("deadline of 50 ms") == true)
        }
    }

    @Test func aFaultOfTheServerTellsNothingOfIt() async throws {
        try await withServer(routes) { base in
            let answer = try await ask("GET", "\(base)/broken")
            #expect(answer.status == 500)
            #expect(!answer.text.contains("Cancellation"))
        }
    }

    @Test func aPortInUseIsNamed() async throws {
        let first = WebServer(
            name: "a", address: .tcp(host: "127.0.0.1", port: 0), routes: [], world: SystemWorld(), logger: Logger(label: "t"))
        let port = try await first.start()
        let second = WebServer(
            name: "b", address: .tcp(host: "127.0.0.1", port: port), routes: [], world: SystemWorld(),
            logger: Logger(label: "t"))
        do {
            try await second.start()
            Issue.record("two servers on one port")
        } catch {
            #expect(error.code == .portInUse)
            #expect(error.description.contains("127.0.0.1:\(port)"))
        }
        await second.stop()
        await first.stop()
    }

    @Test func anAddressOfAnotherMachineIsRefused() async throws {
        let server = WebServer(
            name: "a", address: .tcp(host: "192.0.2.1", port: 0), routes: [], world: SystemWorld(), logger: Logger(label: "t"))
        do {
            try await server.start()
            Issue.record("listens at an address of another machine")
        } catch {
            #expect(error.code == .addressUnavailable)
        }
    }

    @Test func aSocketInTheFileSystemIsItsUsersAlone() async throws {
        let path = "/tmp/gossamer-web-\(getpid()).sock"
        let echo = WebRoute(.get, "/how") { request in .text(request.transport == .unixSocket ? "socket" : "network") }
        for _ in 0..<2 {  // The second finds the file of the first.
            let server = WebServer(
                name: "s", address: .unixSocket(path: path), routes: [echo], world: SystemWorld(), logger: Logger(label: "t"))
            try await server.start()
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600)
            let encoded = path.replacing("/", with: "%2F")
            // The client would keep the connection, and try it on the next server.
            let answer = try await ask("GET", "http+unix://\(encoded)/how", headers: [("connection", "close")])
            #expect(answer.text == "socket")
            await server.stop()
        }
        unlink(path)
    }

    @Test func aSocketPathThatIsTooLongIsNamed() async {
        let path = "/tmp/" + String(repeating: "x", count: 120)
        let server = WebServer(
            name: "s", address: .unixSocket(path: path), routes: [], world: SystemWorld(), logger: Logger(label: "t"))
        do {
            try await server.start()
            Issue.record("bound a path that does not fit")
        } catch {
            #expect(error.code == .pathTooLong)
            #expect(error.description.contains("107"))
        }
    }

    @Test func aStreamEndsWhenTheServerStops() async throws {
        let world = SystemWorld()
        let stream = WebRoute(.get, "/events") { request in
            .eventStream(request, world: world) {
                try await world.sleep(for: .milliseconds(10))
                return [ServerSentEvent(id: "1", event: "tick", data: ["n": 1])]
            }
        }
        let server = WebServer(
            name: "t", address: .tcp(host: "127.0.0.1", port: 0), routes: [stream], world: world, logger: Logger(label: "t"))
        let port = try await server.start()
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "http://127.0.0.1:\(port)/events"), timeout: .seconds(20))
        #expect(response.headers.first(name: "content-type") == "text/event-stream")
        var text = ""
        var isStopped = false
        for try await chunk in response.body {
            text += String(buffer: chunk)
            if text.contains("data: "), !isStopped {
                isStopped = true
                world.spawn("stop") { await server.stop() }
            }
        }
        #expect(text.hasPrefix("retry: 1000\n\nid: 1\nevent: tick\ndata: {\"n\":1}\n\n"))
        await server.stop()
    }
}

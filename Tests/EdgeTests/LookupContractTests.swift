import Edge
import Foundation
import Hummingbird
import JSONDocument
import Logging
import Lookup
import Testing
import TestSupport
import Web
import WebTestSupport
import World

/// What the contract of lookups says of a submission, from the bytes of a request to those of its answer.
@Suite struct LookupContractTests {
    private static func withLookups(_ body: (String, FakeLookups) async throws -> Void) async throws {
        let gateway = FakeLookups(), world = gateway.world
        let edge = EdgeServer(
            address: .tcp(host: "127.0.0.1", port: 0), groups: [LookupRoutes(gateway: gateway, services: LookupService.all, world: world)],
            readiness: { .healthy }, version: "0.1.0", world: world, logger: Logger(label: "test"))
        let port = try await edge.start()
        do { try await body("http://127.0.0.1:\(port)", gateway) } catch {
            await edge.stop()
            throw error
        }
        await edge.stop()
    }

    private static func examples() throws -> [JSON] {
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let path = tests.appending(path: "LookupTests/vectors/target-examples.json").path
        let bytes = try #require(FileManager.default.contents(atPath: path), "\(path) is missing")
        return try #require(JSON(parsing: Array(bytes)).elements)
    }

    @Test func everyExampleOfTheContractIsAnsweredAsThere() async throws {
        let examples = try Self.examples()
        #expect(examples.count >= 35)
        try await Self.withLookups { base, gateway in
            for example in examples {
                let body = JSON.object([.init("target", try #require(example["target"]))]).text()
                let answer = try await ask("POST", base + "/api/lookup", body: body)
                #expect(answer.status == example["status"]?.integer(), "\(body): \(answer.text)")
                if answer.status == 202 {
                    let id = try #require(answer.json?["jobId"]?.string)
                    let told = try await ask("GET", base + "/api/lookup/\(id)")
                    #expect(told.json?["targetType"] == example["targetType"], "\(body): \(told.text)")
                } else {
                    #expect(example["body"] == "problem", "\(body)")
                    #expect(answer.headers["content-type"] == "application/problem+json")
                    #expect(answer.json?["errors"] == .object([.init("Target", .array([example["message"] ?? .null]))]), "\(body)")
                    #expect(answer.json?["title"] == "One or more validation errors occurred." && answer.json?["status"] == 400)
                }
            }
            let accepted = examples.count { $0["status"] == 202 }
            #expect(gateway.state.withLock { $0.jobs.count } == accepted)
        }
    }

    @Test(arguments: [
        (#"{"target":"1.2.3.4","TARGET":"a.test"}"#, "a.test", [0, 1, 2, 3]),
        (#"{"Target":"x","target":"A.test."}"#, "a.test", [0, 1, 2, 3]),
        (#"{"target":"a.test","services":[9],"Services":["rdap","0"]}"#, "a.test", [2, 0]),
        (#"{"tArGeT":"[2001:DB8::1]:443","other":1}"#, "2001:db8::1", [0, 1, 2, 3]),
        (#"{"target":"fe80::1%3","sErViCeS":["REVERSEDNS","gEoIp"]}"#, "fe80::1%3", [3, 0]),
        ("\u{FEFF}{\"target\":\"a.test\"}", "a.test", [0, 1, 2, 3]),
    ])
    func keysAndNamesAreReadInAnyCaseAndTheLastOfSeveralCounts(_ body: String, _ target: String, _ services: [Int]) async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await ask("POST", base + "/API/lookup/", body: body)
            #expect(answer.status == 202, "\(answer.text)")
            let request = try #require(gateway.state.withLock { $0.jobs.values.first?.request })
            #expect(request.target.text == target && request.services == services)
        }
    }

    @Test(arguments: [
        ("[]", "At least one service must be specified if services is provided"), ("[0,1,0]", "Duplicate services are not allowed"),
        (#"["ping","1"]"#, "Duplicate services are not allowed"), ("[-1]", "Invalid service type specified"),
        (#"["4"]"#, "Invalid service type specified"), (#"["geo ip"]"#, "Invalid service type specified"),
        ("[null]", "Invalid service type specified"),
        ("[99999999999999999999]", "Invalid service type specified"),
        ("[0,1,2,3,4,5,6,7,8,9,10]", "Maximum 10 services can be requested at once"),
    ])
    func whatIsWrongWithServicesIsToldInTheWordsOfTheOriginal(_ services: String, _ sentence: String) async throws {
        try await Self.withLookups { base, gateway in
            let answer = try await ask("POST", base + "/api/lookup", body: #"{"target":"a.test","services":\#(services)}"#)
            #expect(answer.status == 400 && answer.headers["content-type"] == "application/problem+json")
            let errors = answer.json?["errors"]
            #expect(errors?.members?.map(\.key) == ["Services"] && errors?["Services"]?[0]?.string == sentence, "\(answer.text)")
            #expect(answer.json?["type"]?.string?.hasPrefix("https://") == true, "\(answer.text)")
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    @Test func whatIsWrongWithAFieldComesBeforeTheSentenceOfTheSecondCheck() async throws {
        try await Self.withLookups { base, _ in
            let answer = try await ask("POST", base + "/api/lookup", body: #"{"target":"8.8.8.8%eth0","services":[]}"#)
            #expect(answer.status == 400 && answer.json?["errors"]?.members?.map(\.key) == ["Services"], "\(answer.text)")
        }
    }

    @Test func methodsThatAreNotOfferedAreToldWithThoseThatAre() async throws {
        try await Self.withLookups { base, _ in
            for (path, allowed, methods) in [
                ("", "POST, OPTIONS", ["GET", "HEAD", "PUT", "PATCH", "DELETE"]),
                ("/services", "GET, HEAD, OPTIONS", ["POST", "PUT", "PATCH", "DELETE"]),
                ("/017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "GET, HEAD, DELETE, OPTIONS", ["POST", "PUT", "PATCH"]),
            ] {
                for method in methods {
                    // Not by the client of the others: it takes an answer that comes while it still sends for a broken connection.
                    let answer = try await askAsWritten(method, base, "/Api/Lookup\(path)/", body: method.hasPrefix("P") ? "{}" : nil)
                    #expect(answer.status == 405 && answer.headers["allow"] == allowed, "\(method) \(path): \(answer.text)")
                }
                let options = try await ask("OPTIONS", "\(base)/api/lookup\(path)")
                #expect(options.status == 204 && options.headers["allow"] == allowed)
            }
        }
    }

    /// The answer comes while nothing of the body, or not all of it, has been sent.
    @Test(arguments: [
        "Content-Length: \(1 << 20 + 1)\r\n\r\n", "Content-Length: 1000000000000\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n40000000\r\n" + String(repeating: " ", count: (1 << 20) + 1),
    ])
    func aBodyOfMoreThanAMebibyteIsRefusedBeforeItsEnd(_ rest: String) async throws {
        try await Self.withLookups { base, gateway in
            let head = "POST /api/lookup HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
            let answer = try await onOwnThread {
                let connection = try RawConnection(base)
                connection.send(head + rest)
                return connection.readAnswer()
            }
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.lowercased().contains("connection: close"), "\(answer)")
            #expect(answer.contains("a body may have at most 1048576 bytes"))
            #expect(gateway.state.withLock { $0.jobs.isEmpty })
        }
    }

    @Test func aBodyOfAMebibyteIsRead() async throws {
        try await Self.withLookups { base, _ in
            let body = #"{"target":"a.test"}"#
            let space = String(repeating: " ", count: (1 << 20) - body.utf8.count)
            let answer = try await ask("POST", base + "/api/lookup", body: body + space)
            #expect(answer.status == 202)
        }
    }
}

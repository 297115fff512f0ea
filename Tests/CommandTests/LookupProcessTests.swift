import Command
import JSONDocument
import TestSupport
import Testing
import World

/// Lookups as a person makes them, with curl and with `gossamer lookup`, on a mesh of processes.
@Suite struct LookupProcessTests {
    /// A mesh whose edges are n1 and n2 of three nodes. A name server of the tests' own answers; whoever else is to be asked is not there.
    /// - Parameter more: what the section of lookups says besides, beginning with a comma.
    private func withMesh(
        port: Int, nobody: String = "127.0.0.1:\(TestPorts.block(of: 1))", more: String = "",
        _ body: (TestMesh, _ edges: [String]) async throws -> Void
    ) async throws {
        let names = try await NameServer.start(records: [
            "--local=/test/", "--local=/in-addr.arpa/", "--host-record=host.lookup.test,127.0.0.1",
            "--ptr-record=9.2.0.192.in-addr.arpa,first.lookup.test",
        ])
        let urls = "rdap: \"http://\(nobody)\", geoip: {url: \"http://\(nobody)\"}, outside: {attempts: 2}"
        let extra = "lookup: {deadline: 20s, dns: [\"\(names.address)\"], \(urls)\(more)}\n"
        try await TestMesh.with(3, port: port, edges: 2, extra: extra) { mesh in
            try await mesh.up()
            try await body(mesh, ["http://127.0.0.1:\(port + 4)", "http://127.0.0.1:\(port + 14)"])
        }
        withExtendedLifetime(names) {}
    }

    private func curl(_ arguments: String...) async throws -> (status: String, body: String) {
        let output = try await CommandLineTool.run("curl", ["-sS", "-w", "\n%{http_code}"] + arguments, seconds: 30)
        try #require(output.status == 0, "\(output.standardError)")
        let lines = String(decoding: output.standardOutput, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return (String(lines.last ?? ""), lines.dropLast().joined(separator: "\n"))
    }

    private func submit(_ body: String, to edge: String) async throws -> JSON {
        let (status, text) = try await curl("-X", "POST", edge + "/api/lookup", "-H", "Content-Type: application/json", "-d", body)
        try #require(status == "202", "\(text)")
        return try JSON(parsing: text.utf8)
    }

    /// The document of an ended job, polled at another edge than the one that took it.
    private func poll(_ submitted: JSON, at edge: String) async throws -> JSON {
        let url = try #require(submitted["statusUrl"]?.string)
        for _ in 0..<400 {
            let (status, text) = try await curl(edge + url)
            try #require(status == "200", "\(text)")
            let document = try JSON(parsing: text.utf8)
            if document["status"] == "Completed" || document["status"] == "Failed" { return document }
            try await SystemWorld().sleep(for: .milliseconds(50))
        }
        return try #require(nil as JSON?, "the job at \(url) does not end")
    }

    @Test func theLinesOfTheContractWork() async throws {
        try await withMesh(port: 26_000) { mesh, edges in
            let submitted = try await submit(#"{"target": "192.0.2.9"}"#, to: edges[0])
            #expect(submitted.members?.map(\.key) == ["jobId", "statusUrl", "message"])
            #expect(submitted["statusUrl"]?.string == "/api/lookup/\(submitted["jobId"]?.string ?? "")")
            let document = try await poll(submitted, at: edges[1])
            #expect(document["target"] == "192.0.2.9" && document["targetType"] == "IPAddress" && document["status"] == "Completed")
            #expect(document["completionPercentage"] == 100 && document["requestedServices"] == [0, 1, 2, 3])
            let results = try #require(document["results"]?.elements)
            #expect(results.map { $0["serviceType"] } == ["0", "1", "2", "3"])
            // Each service that nobody serves fails alone and by name; the one whose server is there succeeds.
            #expect(results[0]["errorMessage"] == "reserved range")
            #expect(results[2]["success"] == false)
            #expect(results[2]["errorMessage"]?.string?.hasPrefix("the RDAP bootstrap http://127.0.0.1:") == true, "\(results[2].text())")
            #expect(results[3]["success"] == true && results[3]["errorMessage"] == .null)
            #expect(results[3]["data"]?.string?.contains("first.lookup.test") == true, "data is JSON in a string")
            #expect(results.allSatisfy { $0["durationMs"]?.integer(Int.self) != nil })

            let some = try await poll(try await submit(#"{"target": "host.lookup.test", "services": [0, 1]}"#, to: edges[1]), at: edges[0])
            #expect(some["targetType"] == "Domain" && some["requestedServices"] == [0, 1])
            let ping = try #require(some["results"]?.elements?.last)
            let echoes = try JSON(parsing: (ping["data"]?.string ?? "").utf8)
            #expect(["icmp", "icmp-raw", "tcp"].contains(echoes["method"]?.string), "\(ping.text())")
            #expect(echoes["resolvedAddress"] == "127.0.0.1")

            let (taken, batch) = try await curl(
                "-X", "POST", edges[0] + "/api/lookup/batch", "-H", "Content-Type: application/json", "-d",
                #"{"targets": ["192.0.2.9", "localhost", "127.0.0.1"], "services": ["reversedns"]}"#)
            let jobs = try #require(try JSON(parsing: batch.utf8)["jobs"]?.elements, "\(taken) \(batch)")
            #expect(taken == "202" && jobs.map { $0["jobId"] != nil } == [true, false, true], "\(batch)")
            for job in jobs {
                guard let id = job["jobId"]?.string else { continue }
                let document = try await poll(["statusUrl": .string("/api/lookup/\(id)")], at: edges[1])
                #expect(document["status"] == "Completed" && document["target"] == job["target"], "\(document.text())")
            }

            let (status, services) = try await curl(edges[1] + "/api/lookup/services")
            let listed = try #require(try JSON(parsing: services.utf8).elements)
            #expect(status == "200" && listed.map { $0["name"] } == ["GeoIP", "Ping", "RDAP", "ReverseDNS"])
            for path in ["/health/ready", "/health/live"] { #expect(try await curl(edges[0] + path).status == "200") }
            let (refused, why) = try await curl(
                "-X", "POST", edges[0] + "/api/lookup", "-H", "Content-Type: application/json", "-d", #"{"target": "host"}"#)
            #expect(refused == "400" && why.contains("Domain name must contain a dot"), "\(why)")
        }
    }

    /// Some node asks for the registration data, and nobody is there; the figures of that node say so.
    @Test func whoWasAskedAndWhatBecameOfItIsSeenInTheMetrics() async throws {
        let port = 22_400, nobody = "127.0.0.1:\(TestPorts.block(of: 1))"
        try await withMesh(port: port, nobody: nobody) { mesh, edges in
            let document = try await poll(try await submit(#"{"target": "192.0.2.9", "services": [2, 3]}"#, to: edges[0]), at: edges[0])
            let words = document["results"]?.elements?.first?["errorMessage"]?.string
            #expect(words == "the RDAP bootstrap http://\(nobody)/ipv4.json has no answer: Connection refused")
            var lines: [String] = []
            for admin in [port + 3, port + 13, port + 23] {
                lines += try await curl("http://127.0.0.1:\(admin)/metrics").body.split(separator: "\n").map(String.init)
            }
            #expect(lines.contains(#"gossamer_outside_calls_total{host="\#(nobody)",outcome="failed"} 2"#))
            #expect(lines.contains(#"gossamer_outside_retries_total{host="\#(nobody)"} 1"#))
            #expect(lines.contains(#"gossamer_outside_breaker_state{host="\#(nobody)"} 0"#))
            let answered = lines.filter { $0.hasPrefix("gossamer_outside_calls_total{") && $0.hasSuffix(#"outcome="answered"} 3"#) }
            #expect(answered.count == 1, "the name server was asked for the name, and for both kinds of its addresses")
        }
    }

    /// What leads into the nodes' network is refused by whoever would look, in every way of writing, and counted there.
    @Test func targetsInTheNodesNetworkAreRefusedAndCounted() async throws {
        let port = 22_640
        try await withMesh(port: port, more: ", privateTargets: refuse") { mesh, edges in
            let targets = [
                ("127.0.0.1", "reserved range"), ("::ffff:10.1.2.3", "private range"), ("64:ff9b::a9fe:a9fe", "reserved range"),
                ("host.lookup.test", "reserved range"),
            ]
            for (target, words) in targets {
                let submitted = try await submit("{\"target\": \"\(target)\", \"services\": [0, 1]}", to: edges[0])
                let results = try await poll(submitted, at: edges[1])["results"]?.elements ?? []
                #expect(results.map { $0["errorMessage"] } == [.string(words), .string(words)], "\(target)")
            }
            var lines: [String] = []
            for admin in [port + 3, port + 13, port + 23] {
                lines += try await curl("http://127.0.0.1:\(admin)/metrics").body.split(separator: "\n").map(String.init)
            }
            for (reason, count) in [("loopback", 4), ("private", 2), ("metadata", 2), ("reserved", 0)] {
                let name = #"gossamer_lookup_refused_addresses_total{reason="\#(reason)"} "#
                let counts = lines.filter { $0.hasPrefix(name) }.compactMap { Int($0.dropFirst(name.count)) }
                #expect(counts.count == 3 && counts.reduce(0, +) >= count, "\(reason): \(counts)")
            }
        }
    }

    @Test func theCommandShowsALineForEachService() async throws {
        try await withMesh(port: 26_100) { mesh, edges in
            let shown = try await mesh.run("lookup", "127.0.0.1", "--topology", mesh.file)
            #expect(shown.status == 0, "\(shown)")
            let lines = shown.output.split(separator: "\n")
            #expect(lines.first == "127.0.0.1 (address)")
            let services = ["GeoIP", "Ping", "RDAP", "ReverseDNS"]
            #expect(lines.dropFirst(2).map { $0.prefix { $0 != " " } } == services.map { $0[...] }, "\(shown.output)")
            #expect(shown.output.contains("echoes answered"), "\(shown.output)")
            #expect(shown.output.contains("'127.0.0.1' is registered to nobody"), "\(shown.output)")

            let document = try await mesh.run("lookup", "192.0.2.9", "--service", "reversedns", "--json", "--topology", mesh.file)
            #expect(document.status == 0, "\(document)")
            let json = try JSON(parsing: document.output.utf8)
            #expect(json["requestedServices"] == [3] && json["results"]?.elements?.first?["success"] == true, "\(document)")

            let failed = try await mesh.run("lookup", "none.lookup.test", "-s", "GeoIP", "-s", "3", "--topology", mesh.file)
            #expect(failed.status == 1 && failed.error.contains("no service has succeeded"), "\(failed)")
            #expect(failed.output.contains("failed: "), "\(failed)")
            let refused = try await mesh.run("lookup", "nodot", "--topology", mesh.file)
            #expect(refused.status == 64 && refused.error.contains("Domain name must contain a dot"), "\(refused)")
            let strange = try await mesh.run("lookup", "1.1.1.1%eth0", "--topology", mesh.file)
            #expect(strange.status == 64 && strange.error.contains("Target must be a valid IP address or domain name"), "\(strange)")
            let unknown = try await mesh.run("lookup", "127.0.0.1", "--service", "Pong", "--topology", mesh.file)
            #expect(unknown.status == 64 && unknown.error.contains("Pong") && unknown.error.contains("Ping"), "\(unknown)")
        }
    }
}

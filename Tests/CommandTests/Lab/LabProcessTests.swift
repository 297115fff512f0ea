import Command
import JSONDocument
import Lab
import TestSupport
import Testing
import World

/// The lab as a person runs it: real servers and real nodes in a network of their own.
@Suite(.serialized, .bounded, .enabled(if: LabMachine.obstacle == nil, Comment(rawValue: LabMachine.obstacle ?? "")))
struct LabProcessTests {
    private static let json = "Content-Type: application/json"

    /// The lines with curl of the original's description.
    @Test func theLinesWithCurlEndInFourSuccesses() async throws {
        try await LabMesh.with { lab in
            let accepted = try await lab.curl(
                "-X", "POST", "http://localhost:8080/api/lookup", "-H", Self.json, "-d", #"{"target": "8.8.8.8"}"#)
            #expect(accepted.members?.map(\.key) == ["jobId", "statusUrl", "message"], "\(accepted.text())")
            let job = try #require(accepted["jobId"]?.string)
            let document = try await lab.document(of: job)
            #expect(document["status"] == "Completed" && document["completionPercentage"] == 100, "\(document.text())")
            let results = try #require(document["results"]?.elements)
            #expect(results.count == 4 && results.allSatisfy { $0["success"] == true }, "\(document.text())")
            #expect(results[0].told?["city"] == "Mountain View", "\(results[0].text())")
            #expect(results[1].told?["resolvedAddress"] == "8.8.8.8", "\(results[1].text())")
            #expect(results[2].told?["handle"] == "NET-8-8-8-0-1", "\(results[2].text())")
            #expect(results[3].told?["hostName"] == "dns.google" && results[3].told?["forwardConfirmed"] == true, "\(results[3].text())")

            let some = try await lab.curl(
                "-X", "POST", "http://localhost:8080/api/lookup", "-H", Self.json, "-d", #"{"target": "google.com", "services": [0, 1]}"#)
            let named = try await lab.document(of: try #require(some["jobId"]?.string))
            #expect(named["results"]?.elements?.map { $0["success"] } == [true, true], "\(named.text())")

            let services = try await lab.curl("http://localhost:8080/api/lookup/services")
            #expect(services.elements?.map { $0["name"] } == ["GeoIP", "Ping", "RDAP", "ReverseDNS"])
            for path in ["health/ready", "health/live"] {
                #expect(try await lab.exec("curl", "-sSf", "http://localhost:8080/\(path)").status == 0, "\(path)")
            }
            let six = try await lab.lookUp("2001:4860:4860::8888")
            #expect(six["results"]?.elements?.map { $0["success"] } == [true, true, true, true], "\(six.text())")

            let routes = try await lab.exec("ip", "route", "show", "default")
            #expect(routes.status == 0 && routes.standardOutput.isEmpty, "there is no way out of the lab")
        }
    }

    /// By the command, by the user's shell, and by the line that the lab tells for those without the command.
    @Test func thoseInAnotherShellReachTheEdges() async throws {
        try await LabMesh.with { lab in
            let line = "curl -sSf http://localhost:8080/health/ready && exit 7"
            let executed = try await lab.exec("sh", "-c", line)
            #expect(executed.status == 7 && !executed.standardOutput.isEmpty, "\(executed.standardError)")

            let shell = lab.directory + "/shell"
            try append("#!/bin/sh\n\(line)\n", to: shell)
            let opened = try await CommandLineTool.run(
                "sh", ["-c", #"chmod +x "$0"; SHELL="$0" exec "$@""#, shell, TestMesh.program, "lab", "shell", "--topology", lab.file],
                seconds: 60)
            #expect(opened.status == 7 && opened.standardOutput == executed.standardOutput, "\(opened.standardError)")

            let status = try JSON(parsing: try await lab.command("status", "--json").standardOutput)
            let words = (status["join"]?.elements ?? []).compactMap(\.string)
            let told = String(decoding: try await lab.command("status").standardOutput, as: UTF8.self)
            #expect(told.contains("gossamer lab shell, or \(words.joined(separator: " ")) sh"), "\(told)")
            let joined = try await CommandLineTool.run(try #require(words.first), words.dropFirst() + ["sh", "-c", line], seconds: 60)
            #expect(joined.status == 7 && joined.standardOutput == executed.standardOutput, "\(joined.standardError)")
        }
    }

    /// What fails for 8.8.8.8 while one server is away, by the number of the service, what it says then, and the time that a service has.
    private static let absences: [(server: LabServer, service: Int?, words: [String])] = [
        (.rdap, 2, ["192.0.43."]), (.dnsmasq, 3, ["127.0.0.53"]), (.knot, 3, ["Reverse DNS lookup timed out after 5s."]),
        (.geoip, 0, ["8.8.8.8 is not in city.mmdb, asn.mmdb, country.mmdb"]),
        (.host, 1, ["8.8.8.8 cannot be reached from this node"]), (.unbound, nil, []),
    ]

    /// Milliseconds that GeoIP, Ping, RDAP and ReverseDNS have, by their number.
    private static let deadlines: [Int64] = [10_000, 11_500, 15_000, 5_000]

    @Test func aServerThatIsAwayFailsItsServiceAloneAndByName() async throws {
        try await LabMesh.with { lab in
            for (server, service, words) in Self.absences {
                try await untilAllSucceed(lab, before: server)
                let stopped = try await lab.command("stop", server.rawValue)
                #expect(stopped.status == 0, "\(stopped.standardError)")
                let document = try await lab.lookUp("8.8.8.8")
                let results = try #require(document["results"]?.elements)
                #expect(document["status"] == "Completed" && results.count == 4, "\(document.text())")
                for (number, result) in results.enumerated() {
                    #expect(result["success"] == .bool(number != service), "without \(server.rawValue): \(result.text())")
                    let took = result["durationMs"]?.integer(Int64.self) ?? .max
                    #expect(took <= Self.deadlines[number] + 5_000, "without \(server.rawValue): \(result.text())")
                    guard number == service else { continue }
                    #expect(!result.complaint.isEmpty, "\(result.text())")
                    for word in words { #expect(result.complaint.contains(word), "without \(server.rawValue): \(result.text())") }
                }
                let status = try JSON(parsing: try await lab.command("status", "--json").standardOutput)
                let state = status["servers"]?.elements?.first { $0["name"]?.string == server.rawValue }?["state"]
                #expect(state == "stopped", "\(status.text())")
                let started = try await lab.command("start", server.rawValue)
                #expect(started.status == 0, "\(started.standardError)")
            }
            try await untilAllSucceed(lab, before: .host)
        }
    }

    /// Who has been left alone for a while is asked again.
    private func untilAllSucceed(_ lab: LabMesh, before server: LabServer) async throws {
        var last = ""
        for _ in 0..<20 {
            let document = try await lab.lookUp("8.8.8.8")
            if document["results"]?.elements?.allSatisfy({ $0["success"] == true }) == true { return }
            last = document.text()
        }
        try #require(Bool(false), "before \(server.rawValue) is stopped not all services succeed: \(last)")
    }

    /// What each hostile answer leads to.
    private static func words(_ conduct: RDAPConduct) -> [String] {
        switch conduct {
        case .missing: ["RDAP server returned NotFound for 'missing.hostile.test'"]
        case .busySeconds: ["TooManyRequests", "30"]
        case .busyDate, .busy: ["TooManyRequests"]
        case .failing: ["InternalServerError", "192.0.43."]
        case .page: ["text/html"]
        case .garbled: ["application/rdap+json"]
        case .list: ["array"]
        case .huge: ["longer than 1048576 bytes"]
        case .slow: ["no whole answer within"]
        case .cutOff: ["192.0.43."]
        case .loop: ["redirects in a circle"]
        case .endless: ["redirects more than 5 times"]
        case .inside: ["redirects to '10.0.0.1'"]
        case .metadata: ["redirects to '169.254.169.254'"]
        case .metadataByName: ["redirects to 'metadata.hostile.test'", "169.254.169.254"]
        case .metadataMapped: ["169.254.169.254", "::ffff:"]
        case .elsewhere: ["ftp:"]
        case .dead: ["192.0.43.10:1082", "Connection refused"]
        case .unserved: ["no RDAP server is known for 'unserved.hostile.test'"]
        case .chain, .deadFirst: []
        }
    }

    @Test func eachHostileAnswerOfARegistryHasItsOwnText() async throws {
        try await LabMesh.with { lab in
            let results = try await lab.lookUp(RDAPConduct.allCases.map(\.domain), service: "rdap")
            var seen: [String: RDAPConduct] = [:]
            for conduct in RDAPConduct.allCases {
                let result = try #require(results[conduct.domain])
                #expect(result["success"] == .bool(conduct.isGoodInTheEnd), "\(conduct): \(result.text())")
                if conduct.isGoodInTheEnd {
                    #expect(result.told?["ldhName"]?.string == conduct.domain, "\(conduct): \(result.text())")
                    continue
                }
                for word in Self.words(conduct) { #expect(result.complaint.contains(word), "\(conduct): \(result.complaint)") }
                let text = result.complaint.replacing(conduct.domain, with: "")
                let other = seen.updateValue(conduct, forKey: text)
                #expect(other == nil, "\(conduct) says the same as \(other.map { "\($0)" } ?? ""): \(text)")
            }
            let led = try await lab.lookUp(LabTrap.name)
            for result in led["results"]?.elements?.prefix(2) ?? [] { #expect(result.complaint == "reserved range", "\(led.text())") }
            let trespasses = try await lab.curl("http://\(RDAPHosts.bootstrap)/trespasses")
            #expect(trespasses["trespasses"]?.integer() == 0, "a node was led to where none may go")
        }
    }

    @Test func eachAnswerOfANameServerHasItsOwnText() async throws {
        try await LabMesh.with { lab in
            let names = try await lab.lookUp(
                ["9.9.9.9", "11.11.11.11", "12.12.12.12", "13.13.13.13", "14.14.14.14", "15.15.15.15", "16.16.16.16", "17.17.17.17"],
                service: "reversedns")
            #expect(names["9.9.9.9"]?.told?["hostName"] == "dns9.quad9.net", "\(names)")
            let several = names["11.11.11.11"]?.told
            let all = [several?["hostName"]?.string] + (several?["aliases"]?.elements ?? []).map(\.string)
            #expect(all.compactMap { $0 }.sorted() == ["first.names.test", "second.names.test", "third.names.test"], "\(names)")
            #expect(names["12.12.12.12"]?.told?["forwardConfirmed"] == false, "\(names)")
            for address in ["13.13.13.13", "14.14.14.14"] {
                #expect(names[address]?["success"] == true && names[address]?.told?["found"] == false, "\(names)")
            }
            let failures = [
                ("15.15.15.15", "SERVFAIL"), ("16.16.16.16", "REFUSED"), ("17.17.17.17", "Reverse DNS lookup timed out after 5s."),
            ]
            for (address, word) in failures {
                #expect(names[address]?["success"] == false && names[address]?.complaint.contains(word) == true, "\(names)")
            }

            let places = try await lab.lookUp(
                ["20.20.20.20", "broken.names.test", "chain.names.test", "ring-a.names.test"], service: "geoip")
            #expect(places["20.20.20.20"]?.complaint.contains("20.20.20.20 is not in") == true, "\(places)")
            for name in ["broken.names.test", "ring-a.names.test"] {
                #expect(places[name]?.complaint == "Failed to resolve domain to IP", "\(places)")
            }
            // Its end has two, which come in any order.
            let end = places["chain.names.test"]?.told?["resolvedAddress"]?.string ?? ""
            #expect(["8.8.8.8", "8.8.4.4"].contains(end), "\(places)")

            let sentences = [
                "broken.names.test": "SERVFAIL", "refused.names.test": "REFUSED", "silent.names.test": "no answer of 127.0.0.53:53",
                "ring-a.names.test": "lead round in a circle", "nobody.names.test": "nobody.names.test has no address",
            ]
            let pings = try await lab.lookUp(["19.19.19.19", "18.18.18.18"] + sentences.keys.sorted(), service: "ping")
            for (name, sentence) in sentences { #expect(pings[name]?.complaint.contains(sentence) == true, "\(pings)") }
            #expect(pings["19.19.19.19"]?.complaint.contains("19.19.19.19 cannot be reached from this node") == true, "\(pings)")
            #expect(pings["18.18.18.18"]?["success"] == true, "that nobody answers is an answer: \(pings)")
            #expect(pings["18.18.18.18"]?.told?["packetsReceived"] == 0, "\(pings)")

            let owners = try await lab.lookUp(["21.21.21.21"], service: "rdap")
            #expect(owners["21.21.21.21"]?.complaint.hasPrefix("no RDAP server is known for '21.21.21.21'") == true, "\(owners)")
        }
    }
}

/// The command, where there is no lab.
@Suite struct LabCommandTests {
    @Test func withoutALabTheCommandsSaySo() async throws {
        try await withDirectory { directory in
            let file = directory + "/lab.yaml"
            try append("mesh: lab\nnodes: [{name: n1, port: 22990}]\n", to: file)
            for words in [["status"], ["stop", "rdap"], ["shell"], ["exec", "--topology", file, "--", "true"]] {
                let arguments = ["lab"] + words + (words[0] == "exec" ? [] : ["--topology", file])
                let output = try await CommandLineTool.run(TestMesh.program, arguments, seconds: 60)
                #expect(output.status == 69 && output.standardError.contains("does not run"), "\(words): \(output.standardError)")
            }
            let unknown = try await CommandLineTool.run(TestMesh.program, ["lab", "stop", "bind", "--topology", file], seconds: 60)
            #expect(unknown.status == 64, "\(unknown.standardError)")
            #expect(unknown.standardError.contains("knot, unbound, dnsmasq, rdap, geoip, host"), "\(unknown.standardError)")
        }
    }

    /// Nodes that would ask real servers are not started in a network where there are none; nothing of the network is touched before that.
    @Test func aTopologyThatAsksOthersIsRefused() async throws {
        try await withDirectory { directory in
            let file = directory + "/lab.yaml"
            try append("mesh: lab\nnodes: [{name: n1, port: 22990}]\n", to: file)
            let arguments = ["lab", "run", "--topology", file, "--inside", "user"]
            let output = try await CommandLineTool.run(TestMesh.program, arguments, seconds: 60)
            #expect(output.status == 64, "\(output.standardError)")
            for word in ["is no topology for the lab", "127.0.0.53:53", "http://192.0.43.8/rdap", "city.mmdb"] {
                #expect(output.standardError.contains(word), "\(output.standardError)")
            }
        }
    }
}

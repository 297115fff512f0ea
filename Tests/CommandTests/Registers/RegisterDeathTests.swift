import Command
import Glibc
import JSONDocument
import TestSupport
import Testing
import Web
import World

/// Values that were put, on meshes of processes that are killed and cut.
@Suite(.serialized, .bounded) struct RegisterDeathTests {
    private static let port = 26_240

    @Test func everyAcknowledgedPutIsThereAfterAllFiveWereKilledAtOnce() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin()
            var acknowledged: [String: String] = [:]
            for number in 0..<60 {
                let key = "k\(number % 40)", value = "v\(number)"
                let answer = await mesh.put(key, value, at: mesh.names[number % 5])
                try #require(answer?.status == 200, "\(answer?.text ?? "no answer")")
                acknowledged[key] = value
            }
            try await mesh.kill(mesh.names)
            try await mesh.begin()
            for (number, (key, value)) in acknowledged.sorted(by: { $0.key < $1.key }).enumerated() {
                let answer = await mesh.ask(mesh.names[number % 5], "/kv/\(key)")
                #expect(answer?.json?["value"]?.string == value, "\(key): \(answer?.text ?? "no answer")")
            }
            let get = try await mesh.run("kv", "get", "k7", "--topology", mesh.file)
            #expect(get.status == 0 && get.output == "v47\n", "\(get)")
        }
    }

    /// The kill comes in the middle of a stream of puts: whose answer came is there, whose did not is there or not.
    @Test func aPutThatWasAcknowledgedWhileTheKillCameIsThere() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin()
            let acknowledged = Tally()
            await withTaskGroup(of: Void.self) { group in
                for client in 0..<5 {
                    group.addTask {
                        for number in 0..<2_000 {
                            let key = "c\(client)-\(number)"
                            guard let answer = await mesh.put(key, key, at: mesh.names[client]), answer.status == 200 else { return }
                            acknowledged.note(key)
                        }
                    }
                }
                try? await mesh.until { acknowledged.keys.count > 100 }
                for process in mesh.names.compactMap(mesh.process) { process.signal(SIGKILL) }
            }
            for name in mesh.names { try await mesh.until { mesh.process(name) == nil } }
            try await mesh.begin()
            #expect(acknowledged.keys.count > 100)
            for key in acknowledged.keys {
                let answer = await mesh.ask("n1", "/kv/\(key)")
                #expect(answer?.json?["value"]?.string == key, "\(key): \(answer?.text ?? "no answer")")
            }
        }
    }

    /// What the home would have proposed is lost with it, so the put has certainly not happened.
    @Test func withoutItsHomeAndAnotherReplicaAKeyIsRefusedAndNeverStale() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin()
            #expect(await mesh.put("key", "before", at: "n1")?.status == 200)
            let replicas = try await mesh.replicas(of: "key", at: "n1")
            try #require(replicas.count == 3)
            let asker = try #require(mesh.names.first { !replicas.contains($0) })
            try await mesh.kill(Array(replicas.prefix(2)))
            // Who still takes the home for alive hands the put to it, and cannot know what becomes of that.
            let survivors = mesh.names.filter { !replicas.prefix(2).contains($0) }
            for victim in replicas.prefix(2) { try await mesh.until(victim, seenBy: survivors) { $0.status == "dead" } }

            let put = try await mesh.run("kv", "put", "key", "after", "--topology", mesh.file, "--timeout", "2")
            #expect(put.status == 69 && put.error.contains("no majority") && put.error.contains("nothing was put"), "\(put)")
            let get = try await mesh.run("kv", "get", "key", "--topology", mesh.file, "--timeout", "2")
            #expect(get.status == 69 && get.output.isEmpty, "\(get)")
            for name in [asker, replicas[2]] {
                for answer in [
                    await mesh.ask(name, "/kv/key?patienceMs=1000"), await mesh.put("key", "after", at: name, query: "?patienceMs=1000"),
                ] {
                    #expect(answer?.status == 503 && answer?.json?["outcome"]?.string == "failed", "\(answer?.text ?? "no answer")")
                    #expect(answer?.json?["code"]?.string == "no-majority", "\(answer?.text ?? "no answer")")
                }
            }
            let refusal = try await curl("http://127.0.0.1:\(Self.port + 10 * (mesh.names.firstIndex(of: asker) ?? 0) + 3)/kv/key?patienceMs=1000")
            #expect(refusal.contains("503") && refusal.lowercased().contains("retry-after: 1"), "\(refusal)")

            try await mesh.up()
            try await mesh.untilValue(of: "key", is: "before", at: asker)
            for name in mesh.names { try await mesh.untilValue(of: "key", is: "before", at: name) }
            let again = try await mesh.run("kv", "put", "key", "after", "--topology", mesh.file)
            #expect(again.status == 0, "\(again)")
            for name in mesh.names { try await mesh.untilValue(of: "key", is: "after", at: name) }
        }
    }

    /// A home that is left alone has proposed under its promise; the put may yet happen, once, and it says so.
    @Test func aPutWhoseHomeIsLeftAloneIsUnknownAndCountsOnceUnderItsId() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin()
            #expect(await mesh.put("key", "before", at: "n1")?.status == 200)
            let replicas = try await mesh.replicas(of: "key", at: "n1")
            try await mesh.kill(Array(replicas.dropFirst()))
            let id = "019a0000-0000-7000-8000-000000000001"
            let put = try await mesh.run("kv", "put", "key", "after", "--topology", mesh.file, "--timeout", "2", "--operation", id)
            #expect(put.status == 2 && put.error.contains("--operation \(id)"), "\(put)")
            try await mesh.up()
            let again = try await mesh.run("kv", "put", "key", "after", "--topology", mesh.file, "--operation", id)
            #expect(again.status == 0 && again.output.contains(id), "\(again)")
            // A later put counts, and the first one's return does not bring its value back.
            #expect(await mesh.put("key", "last", at: "n2")?.status == 200)
            let late = try await mesh.run("kv", "put", "key", "after", "--topology", mesh.file, "--operation", id, "--json")
            #expect(late.status == 0 && (try? JSON(parsing: late.output.utf8))?["operation"]?.string == id, "\(late)")
            for name in mesh.names { try await mesh.untilValue(of: "key", is: "last", at: name) }
        }
    }

    /// Each side of a cut goes on with the keys whose majority it has, and refuses the others.
    @Test func aCutLeavesEachSideItsKeysAndAllAgreeWhenItHeals() async throws {
        try await TestMesh.with(5, port: Self.port) { mesh in
            try await mesh.begin(options: ["--chaos"])
            let sides = [["n1", "n2", "n3"], ["n4", "n5"]], keys = (0..<24).map { "k\($0)" }
            var owner: [String: Int] = [:]
            for key in keys {
                #expect(await mesh.put(key, "before", at: "n1")?.status == 200)
                let replicas = try await mesh.replicas(of: key, at: "n1")
                owner[key] = sides[0].count { replicas.contains($0) } >= 2 ? 0 : 1
            }
            try #require(Set(owner.values) == [0, 1])
            try await cut(mesh, sides)
            try await mesh.until("n5", seenBy: sides[0]) { $0.status == "dead" }
            try await mesh.until("n1", seenBy: sides[1]) { $0.status == "dead" }
            for key in keys {
                let own = owner[key] ?? 0
                let here = await mesh.put(key, "during", at: sides[own][1], query: "?patienceMs=9000")
                #expect(here?.status == 200, "\(key) at side \(own): \(here?.text ?? "no answer")")
                let there = await mesh.ask(sides[1 - own][1], "/kv/\(key)?patienceMs=200")
                #expect(there?.status == 503, "\(key) at side \(1 - own): \(there?.text ?? "no answer")")
            }
            for name in mesh.names {
                let answer = try await HTTPAsker().ask("unix:" + mesh.place(name).socket, "/faults", method: .DELETE)
                #expect(answer.status == 200)
            }
            for key in keys { for name in ["n1", "n5"] { try await mesh.untilValue(of: key, is: "during", at: name) } }
        }
    }

    private func cut(_ mesh: TestMesh, _ sides: [[String]]) async throws {
        for (side, names) in sides.enumerated() {
            for name in names {
                let rules = sides[1 - side].map { peer -> JSON in
                    ["name": .string("cut-\(peer)"), "peer": .string(peer), "action": "drop", "ttlMs": 600_000]
                }
                let answer = try await HTTPAsker().ask(
                    "unix:" + mesh.place(name).socket, "/faults", method: .PUT, body: ["rules": .array(rules)])
                try #require(answer.status == 200, "\(answer.text)")
            }
        }
    }

    @Test func whoHoldsNoReplicaReachesTheKeyAllTheSame() async throws {
        try await TestMesh.with(5, port: Self.port, more: ["n5": ", roles: [primes]"]) { mesh in
            try await mesh.up(options: ["--init"])
            #expect(await mesh.stores(at: "n5")?["own"] == .null)
            #expect(await mesh.stores(at: "n5")?["stores"]?.elements?.count == 4)
            for number in 0..<12 {
                let key = "k\(number)", replicas = try await mesh.replicas(of: key, at: "n5")
                let stranger = try #require(mesh.names.first { !replicas.contains($0) && $0 != "n5" })
                for (writer, reader) in [("n5", stranger), (stranger, "n5")] {
                    let value = "by \(writer)"
                    #expect(await mesh.put(key, value, at: writer)?.status == 200)
                    #expect(await mesh.ask(reader, "/kv/\(key)")?.json?["value"]?.string == value)
                }
            }
            let put = try await mesh.run("kv", "put", "by command", "yes", "--topology", mesh.file, "--node", "n5")
            let get = try await mesh.run("kv", "get", "by command", "--topology", mesh.file, "--node", "n5", "--json")
            #expect(put.status == 0 && get.status == 0, "\(put) \(get)")
            #expect(try JSON(parsing: get.output.utf8)["value"]?.string == "yes", "\(get)")
        }
    }

    private func curl(_ url: String) async throws -> String {
        String(decoding: try await CommandLineTool.run("curl", ["-si", url], seconds: 30).standardOutput, as: UTF8.self)
    }
}

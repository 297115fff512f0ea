import Chaos
import Command
import Glibc
import JSONDocument
import NIOHTTP1
import TestSupport
import Testing
import Web
import World

/// Items on meshes of processes that are killed and stopped.
@Suite(.serialized, .bounded) struct ItemProcessTests {
    /// Clients add and count through two edges while nodes die: one, an edge, two within a moment, one that is stopped first, all five at once.
    /// Every count can be explained, and in the end all that was acknowledged counts once.
    @Test func everyAcknowledgedItemCountsOnceWhoeverDies() async throws {
        try await TestMesh.with(5, port: 27_500, edges: 2) { mesh in
            try await mesh.begin()
            let history = mesh.directory + "/items.jsonl"
            let hammer = try mesh.start(
                ["items", "hammer", "--topology", mesh.file, "--history", history, "--seconds", "14", "--tenants", "3", "--workers", "6"])
            for victims in [["n3"], ["n1"], ["n4", "n5"]] {
                for victim in victims {
                    try await mesh.world.sleep(for: .milliseconds(400))
                    try await mesh.kill([victim])
                }
                try await mesh.world.sleep(for: .milliseconds(700))
                for victim in victims { try await mesh.up(victim) }
            }
            let stopped = try #require(mesh.process("n2"))
            stopped.signal(SIGSTOP)
            try await mesh.world.sleep(for: .seconds(2))
            stopped.signal(SIGCONT)
            try await mesh.world.sleep(for: .milliseconds(500))
            try await mesh.kill(mesh.names)
            try await mesh.begin()
            let ending = try await onOwnThread { hammer.wait() }.ending
            let said = mesh.text(mesh.directory + "/out-items")
            #expect(ending == .exited(code: 0) && said.contains("\nlinearizable: 3 tenants"), "\(said)\(mesh.text(mesh.directory + "/err-items"))")
            let records = try records(history)
            try expectAll(records, said)
            #expect(Set(records.filter { $0.outcome == .ok }.map(\.via)) == ["n1", "n2"])
            #expect(records.contains { $0.outcome != .ok }, "the harm has to be felt")
            try await expectJudgement(of: history, records, mesh)
        }
    }

    /// The last count of each tenant is what was acknowledged, and maybe what nobody knows.
    private func expectAll(_ records: [ItemRecord], _ said: String) throws {
        for tenant in Set(records.map(\.tenant)) {
            let own = records.filter { $0.tenant == tenant }
            func ids(_ outcome: ItemRecord.Outcome) -> Int {
                own.reduce(0) { sum, record in
                    if case .add(let ids) = record.deed, record.outcome == outcome { sum + ids.count } else { sum }
                }
            }
            guard case .read(let count?)? = own.last(where: { $0.deed.isRead && $0.outcome == .ok })?.deed else {
                Issue.record("\(tenant) was never counted: \(said)")
                continue
            }
            #expect(ids(.ok) > 0 && (ids(.ok)...ids(.ok) + ids(.unknown)).contains(count), "\(tenant) has \(count): \(said)")
        }
    }

    private func records(_ path: String) throws -> [ItemRecord] {
        try SystemFileSystem().read(path).split(separator: UInt8(ascii: "\n")).map { try ItemRecord(JSON(parsing: $0)) }
    }

    /// The file is judged like the run; and a count that is too small by one is found out.
    private func expectJudgement(of history: String, _ records: [ItemRecord], _ mesh: TestMesh) async throws {
        let right = try await mesh.run("items", "check", history)
        #expect(right.status == 0 && right.output.hasPrefix("linearizable: "), "\(right)")
        var forged = records
        let last = try #require(forged.lastIndex { $0.deed.isRead && $0.outcome == .ok })
        let counted = forged.filter { $0.tenant == forged[last].tenant && $0.outcome == .ok }.reduce(0) { sum, record in
            if case .add(let ids) = record.deed { sum + ids.count } else { sum }
        }
        forged[last].deed = .read(count: counted - 1)
        let path = history + ".forged"
        try SystemFileSystem().writeDurably(Array(forged.map { $0.json.text() + "\n" }.joined().utf8), to: path)
        let wrong = try await mesh.run("items", "check", path)
        // Below what was acknowledged it is stale; below what an earlier read had told (and counted of what nobody knows) it goes back.
        let told = ["\(forged[last].tenant): stale: ", "\(forged[last].tenant): regress: "]
        #expect(wrong.status == 1 && wrong.output.contains("not linearizable: ") && told.contains { wrong.output.contains($0) }, "\(wrong)")
    }

    // MARK: One edge, three stores

    private static let base = "http://127.0.0.1:27604"

    private func add(_ ids: [String], to tenants: [String] = ["t"]) async throws -> HTTPAnswer {
        let body = tenants.flatMap { tenant in ids.map { JSON.object([.init("id", .string($0)), .init("tenant", .string(tenant))]) } }
        return try await HTTPAsker().ask(Self.base, "/items", method: .POST, body: .array(body), timeout: .seconds(15))
    }

    private func count(_ tenant: String = "t", _ query: String = "") async throws -> HTTPAnswer {
        try await HTTPAsker().ask(Self.base, "/items/\(tenant)/count" + query, timeout: .seconds(15))
    }

    private func untilCount(_ count: Int, of tenant: String = "t", _ mesh: TestMesh) async throws {
        let deadline = mesh.world.now + .seconds(60)
        var last: HTTPAnswer?
        while mesh.world.now < deadline {
            last = try? await self.count(tenant)
            if last?.json?["count"]?.integer() == count { return }
            try await mesh.world.sleep(for: .milliseconds(50))
        }
        Issue.record("\(tenant) has not \(count): \(last?.text ?? "no answer")")
    }

    /// What ``add(_:to:)`` has refused does not count, and what it has acknowledged does, whatever is stopped, cut off or dead.
    @Test func whatIsRefusedDoesNotCountAndWhatIsAcknowledgedStays() async throws {
        let roles = Dictionary(uniqueKeysWithValues: (1...4).map { ("n\($0)", $0 == 1 ? ", roles: [primes]" : ", roles: [store]") })
        try await TestMesh.with(4, port: 27_600, more: roles) { mesh in
            let stores = ["n2", "n3", "n4"]
            try await mesh.up(options: ["--init"])
            for name in stores { try await mesh.untilStore(at: name, is: "voting") }
            #expect(try await add(["a", "b", "a"]).text == #"{"message":"Success"}"#)
            #expect(try await add(["a", "b"], to: ["t", "u/v", "w"]).status == 200)
            try await untilCount(2, of: "u/v", mesh)
            var acknowledged = 2
            // One is cut off: the others decide, and it agrees when it is back, with another one away.
            let cut = try #require(mesh.process("n4"))
            cut.signal(SIGSTOP)
            acknowledged += try await expectAdded("c", within: .seconds(30), mesh)
            cut.signal(SIGCONT)
            try await mesh.kill(["n2"])
            try await untilCount(acknowledged, mesh)
            let stale = try await count("t", "?consistency=stale")
            #expect(stale.status == 200 && stale.version != nil, "\(stale.text)")
            // Two are out of reach: nothing that is refused counts.
            try await expectRefused("d", mesh)
            // None is there at all.
            try await mesh.kill(["n3", "n4"])
            try await expectRefused("e", mesh)
            let nobody = try await count("t", "?consistency=stale")
            #expect(nobody.status == 503 && nobody.json?["message"] == "Unable to get count", "\(nobody.text)")
            for store in stores { try await mesh.up(store) }
            try await untilCount(acknowledged, mesh)
            // Who has taken it dies.
            acknowledged += try await expectAdded("f", within: .seconds(30), mesh)
            try await mesh.kill(["n1"])
            try await mesh.up("n1")
            try await untilCount(acknowledged, mesh)
            #expect(refused.keys.count == 4)
            for tenant in refused.keys { try await untilCount(0, of: tenant, mesh) }
        }
    }

    /// Insists on one item, which counts once however often it was asked for.
    private func expectAdded(_ id: String, within limit: Duration, _ mesh: TestMesh) async throws -> Int {
        let deadline = mesh.world.now + limit
        var last: HTTPAnswer?
        while mesh.world.now < deadline {
            last = try? await add([id])
            if last?.isSuccess == true { return 1 }
        }
        Issue.record("\(id) was not added: \(last?.text ?? "no answer")")
        return 0
    }

    /// With one store alive, or none: as soon as the edge knows, items are refused for sure, those of one tenant and those of two.
    private func expectRefused(_ id: String, _ mesh: TestMesh) async throws {
        let victim = mesh.process("n3").map { [$0] } ?? []
        for process in victim { process.signal(SIGSTOP) }
        defer { for process in victim { process.signal(SIGCONT) } }
        for more in ["", "'"] {
            let deadline = mesh.world.now + .seconds(40)
            var last: HTTPAnswer?, tenant = ""
            repeat {
                // Each time another tenant: what is unknown may count some day.
                tenant = "\(id)-\(mesh.world.now.nanoseconds)"
                last = try await add([id], to: more.isEmpty ? [tenant] : [tenant, tenant + more])
                #expect(last?.status == 503 && last?.json?["message"] == "Unable to add items", "\(last?.text ?? "")")
            } while last?.json?["outcome"] != "not counted" && mesh.world.now < deadline
            #expect(last?.json?["outcome"] == "not counted", "\(last?.text ?? "no answer")")
            refused.note(tenant)
        }
    }

    private let refused = Tally()
}


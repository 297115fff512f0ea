import JSONDocument
import TestSupport
import Testing
import Web
import World

/// `gossamer kv` and `gossamer store` as people and scripts meet them.
@Suite(.serialized, .bounded) struct KeyValueCommandTests {
    private static let port = 26_420

    @Test(arguments: [
        (["put", "", "v"], "1 to 256 bytes, not 0"), (["put", String(repeating: "n", count: 257), "v"], "not 257"),
        (["put", "k", String(repeating: "v", count: 65_537)], "65537 bytes"), (["get", ""], "1 to 256 bytes, not 0"),
        (["put", "k", "v", "--timeout", "0"], "1 to 60 seconds"), (["get", "k", "--timeout", "61"], "1 to 60 seconds"),
        (["put", "k", "v", "--operation", "me"], "a UUID of version 7"), (["put", "k"], "value"),
        (["put", "k", "v", "--node", "n9", "--topology", "FILE"], "has no node \"n9\""),
        (["get", "k", "--node", "n9", "--topology", "FILE"], "has no node \"n9\""),
    ])
    func nonsenseIsRefusedWithItsReason(arguments: [String], reason: String) async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let outcome = try await mesh.run(["kv"] + arguments.map { $0 == "FILE" ? mesh.file : $0 })
            #expect(outcome.status == 64 && outcome.error.contains(reason), "\(outcome)")
        }
    }

    @Test func withoutANodeThereIsNothingToAsk() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let put = try await mesh.run("kv", "put", "k", "v", "--topology", mesh.file)
            #expect(put.status == 69 && put.error.contains("gossamer up"), "\(put)")
            let get = try await mesh.run("kv", "get", "k", "--topology", mesh.file)
            #expect(get.status == 69 && get.error.contains("gossamer up"), "\(get)")
            let list = try await mesh.run("store", "list", "--topology", mesh.file)
            #expect(list.status == 69, "\(list)")
        }
    }

    @Test func whatIsPutIsGotAndTold() async throws {
        try await TestMesh.with(3, port: Self.port) { mesh in
            try await mesh.begin()
            let missing = try await mesh.run("kv", "get", "a b/c%", "--topology", mesh.file)
            #expect(missing.status == 66 && missing.error.contains("nothing was ever put under \"a b/c%\""), "\(missing)")
            let put = try await mesh.run("kv", "put", "a b/c%", "é\u{1F600}", "--topology", mesh.file, "--json")
            let operation = try JSON(parsing: put.output.utf8)["operation"]?.string
            #expect(put.status == 0 && operation.flatMap { WorkID($0) } != nil, "\(put)")
            let get = try await mesh.run("kv", "get", "a b/c%", "--topology", mesh.file)
            #expect(get.status == 0 && get.output == "é\u{1F600}\n", "\(get)")
            let json = try await mesh.run("kv", "get", "a b/c%", "--topology", mesh.file, "--json")
            #expect(try JSON(parsing: json.output.utf8)["value"]?.string == "é\u{1F600}")
            let list = try await mesh.run("store", "--topology", mesh.file)
            #expect(list.status == 0 && mesh.names.allSatisfy(list.output.contains) && list.error.contains("own store: voting"), "\(list)")
            let place = try await mesh.run("store", "where", "kv/a b/c%", "--topology", mesh.file)
            #expect(place.status == 0 && place.output.contains("home") && place.output.contains("stands by"), "\(place)")
        }
    }
}

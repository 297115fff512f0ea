import Command
import JSONDocument
import TestSupport
import Testing
import Web
import World

/// What `gossamer store add|remove|replace|cancel` refuses, and how a script is told.
@Suite(.serialized, .bounded) struct StoreRefusalTests {
    private static let port = 26_560

    @Test(arguments: [
        (["add"], "node"), (["replace", "n1", "--timeout", "0"], "1 to 604800 seconds"),
        (["replace", "n1", "--admin", "http://127.0.0.1:1"], "--token-file belong together"),
        (["replace", "n1", "--token-file", "x"], "--token-file belong together"),
        (["add", "n1", "--with", "n2"], "--with"), (["remove", "n1", "--topology", "/nowhere.yaml"], "/nowhere.yaml"),
    ])
    func nonsenseIsRefusedWithItsReason(arguments: [String], reason: String) async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            let outcome = try await mesh.run(["store"] + arguments)
            #expect(outcome.status == 64 && outcome.error.contains(reason), "\(outcome)")
        }
    }

    @Test func helpSaysWhatItCostsAndHowItEnds() async throws {
        try await TestMesh.with(1, port: Self.port) { mesh in
            for command in ["add", "remove", "replace"] {
                let help = try await mesh.run("store", command, "--help")
                #expect(help.status == 0 && help.output.contains("The mesh does it by itself") && help.output.contains("--no-wait"), "\(help)")
            }
            let nobody = try await mesh.store("replace", "n1")
            #expect(nobody.status == 69 && nobody.error.contains("gossamer up"), "\(nobody)")
        }
    }

    @Test func whatCannotBeDoneIsRefusedAndChangesNothing() async throws {
        let roles = ["n4": ", roles: [primes]"]
        try await TestMesh.with(4, port: Self.port, extra: "admin: {tokenFile: token}\n", more: roles) { mesh in
            try SystemFileSystem().writeDurably(Array("secret\n".utf8), to: mesh.directory + "/token")
            try await mesh.up(options: ["--init"])
            for name in ["n1", "n2", "n3"] { try await mesh.untilStore(at: name, is: "voting") }
            let refusals: [([String], Int32, String)] = [
                (["add", "nobody"], 64, "\"nobody\""), (["add", "n4"], 1, "role \"store\""), (["remove", "n2"], 1, "--allow-one-copy"),
                (["replace", "n2", "--with", "n3"], 1, "n3 holds shards already"), (["replace", "n4"], 1, "nothing to replace"),
                (["replace", "n2", "--with", "n4"], 1, "role \"store\""), (["remove", "nobody"], 64, "\"nobody\""),
            ]
            for (arguments, status, words) in refusals {
                let outcome = try await mesh.run(["store"] + arguments + ["--topology", mesh.file])
                #expect(outcome.status == status && outcome.error.contains(words) && outcome.output.isEmpty, "\(arguments): \(outcome)")
            }
            let nothing: [([String], String)] = [
                (["add", "n2"], "n2 holds shards already"), (["replace", "n2"], "the shards are those of the store that n2 has"),
                (["remove", "n4"], "no store of n4 holds shards"), (["cancel"], "no change of stores is under way"),
            ]
            for (arguments, words) in nothing {
                let outcome = try await mesh.run(["store"] + arguments + ["--topology", mesh.file])
                #expect(outcome.status == 0 && outcome.output.contains(words), "\(arguments): \(outcome)")
            }
            try await theSchema(mesh)
            try await overTheNetwork(mesh)
            #expect(await mesh.stores(at: "n1")?["epoch"] == 1)

            try await mesh.kill(["n2", "n3"])
            for victim in ["n2", "n3"] { try await mesh.until(victim, seenBy: ["n1", "n4"]) { $0.status == "dead" } }
            let alone = try await mesh.run("store", "remove", "n3", "--allow-one-copy", "--topology", mesh.file)
            #expect(alone.status == 69 && alone.error.contains("nothing was changed"), "\(alone)")
        }
    }

    /// This release knows schema 1 alone.
    private func theSchema(_ mesh: TestMesh) async throws {
        let shown = try await mesh.run("store", "schema", "--topology", mesh.file)
        #expect(shown.status == 0 && shown.error.contains("states are written in schema 1"), "\(shown)")
        #expect(shown.output.split(separator: "\n").dropFirst().map { $0.split(separator: " ") } == [["n1", "1"], ["n2", "1"], ["n3", "1"]], "\(shown)")
        let json = try JSON(parsing: Array(try await mesh.run("store", "schema", "show", "--json", "--topology", mesh.file).output.utf8))
        #expect(json["active"] == 1 && json["stores"]?.elements?.map { $0["newest"] } == [1, 1, 1], "\(json.text())")
        let raised = try await mesh.run("store", "schema", "raise", "2", "--topology", mesh.file)
        #expect(raised.status == 1 && raised.output.isEmpty, "\(raised)")
        #expect(raised.error.contains("n1 (1), n2 (1), n3 (1)") && raised.error.contains("Update their programs"), "\(raised)")
        let again = try await mesh.run("store", "schema", "raise", "1", "--topology", mesh.file)
        #expect(again.status == 0 && again.output.contains("schema 1 is active already"), "\(again)")
        let nonsense = try await mesh.run("store", "schema", "raise", "zero", "--topology", mesh.file)
        #expect(nonsense.status == 64, "\(nonsense)")
    }

    /// With the token everything, without it nothing.
    private func overTheNetwork(_ mesh: TestMesh) async throws {
        let admin = "http://127.0.0.1:\(Self.port + 13)", token = mesh.directory + "/token", wrong = mesh.directory + "/wrong"
        try SystemFileSystem().writeDurably(Array("guess\n".utf8), to: wrong)
        let allowed = try await mesh.run("store", "cancel", "--admin", admin, "--token-file", token)
        #expect(allowed.status == 0 && allowed.output.contains("no change of stores is under way"), "\(allowed)")
        let denied = try await mesh.run("store", "cancel", "--admin", admin, "--token-file", wrong)
        #expect(denied.status == 1 && denied.error.contains("token"), "\(denied)")
        let bodies: [(JSON, Int, String)] = [
            (["change": "swap", "node": "n1"], 400, "swap"), (["change": "add"], 400, "name of a node"), (["node": 7, "change": "add"], 400, "node"),
            (["change": "remove", "node": "n1", "allowOneCopy": "yes"], 400, "true or false"),
            (["change": "add", "node": "n1", "with": "n2"], 400, "with"), (["change": "add", "node": "nobody"], 404, "unknown-node"),
            (["change": "schema"], 400, "a number from 1 on"), (["change": "schema", "schema": 0], 400, "a number from 1 on"),
            (["change": "schema", "schema": 2], 422, "n1 (1), n2 (1), n3 (1)"), (["change": "schema", "schema": 1], 200, "active already"),
            (["change": "schema", "schema": 1, "node": "n1"], 400, "takes no node"),
            (["change": "schema", "schema": 1, "with": "n2"], 400, "no other node"),
            (["change": "schema", "schema": 1, "allowOneCopy": true], 400, "no leave to keep one copy"),
            (["change": "add", "node": "n1", "allowOneCopy": false], 400, "no leave to keep one copy"),
            (["change": "cancel", "schema": 1], 400, "takes no schema"),
            (["change": "schema", "schema": 1, "node": nil, "with": nil, "allowOneCopy": nil], 200, "active already"),
            (["change": "remove", "node": "n1"], 422, "one-copy"), (["change": "add", "node": "n1"], 200, "holds shards"),
        ]
        for (body, status, words) in bodies {
            let answer = try await HTTPAsker().ask(admin, "/stores/changes", method: .POST, body: body, token: "secret")
            #expect(answer.status == status && answer.text.contains(words), "\(body.text()): \(answer.status) \(answer.text)")
        }
        let stranger = try await HTTPAsker().ask(admin, "/stores/changes", method: .POST, body: ["change": "cancel"])
        #expect(stranger.status == 403, "\(stranger.text)")
    }
}

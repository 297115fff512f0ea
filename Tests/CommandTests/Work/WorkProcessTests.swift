import Choreography
import Command
import Glibc
import JSONDocument
import Orders
import Registers
import Testing
import Truth
import World

/// Work that is stuck, seen and helped along by command, on meshes of processes.
@Suite(.serialized, .bounded) struct WorkProcessTests {
    private static let port = 27_000

    /// A name whose register lies as `isWanted` says of the names of its replicas.
    private static func name(_ kind: String, _ truth: TruthService, _ isWanted: ([String]) -> Bool) throws -> String {
        let name = (0..<10_000).lazy.map { "\(kind)-\($0)" }.first { name in
            RegisterKey("\(kind)/\(name)").flatMap { truth.explain($0) }.map { isWanted($0.replicas.map(\.store.name)) } ?? false
        }
        return try #require(name)
    }

    /// An id whose order lies on these nodes, and maybe on others, with this one as its home.
    private static func orderID(_ truth: TruthService, on nodes: Set<String>, home: String) throws -> WorkID {
        let ids = WorkIDGenerator(SystemWorld())
        for _ in 0..<10_000 {
            let id = ids.next(), replicas = truth.explain(ActorName(Order.kind, of: id).key)?.replicas.map(\.store.name) ?? []
            if Set(replicas).isSuperset(of: nodes), replicas.first == home { return id }
        }
        return try #require(nil)
    }

    private func until(_ mesh: TestMesh, _ arguments: [String], _ isEnough: (TestMesh.Outcome) -> Bool) async throws -> TestMesh.Outcome {
        let deadline = mesh.world.now + .seconds(60)
        while true {
            let outcome = try await mesh.run(arguments + ["--topology", mesh.file])
            if isEnough(outcome) { return outcome }
            guard mesh.world.now < deadline else {
                Issue.record("\(arguments) never said what was awaited: \(outcome)")
                throw CancellationError()
            }
            try await mesh.world.sleep(for: .milliseconds(100))
        }
    }

    /// The account has no majority while two nodes are dead, so the order waits for it; meanwhile its home dies. When the two are back,
    /// the order goes on elsewhere. Its trace tells all of that.
    @Test func aTraceShowsTheDetoursOfAnOrderAroundDeadNodes() async throws {
        try await TestMesh.with(5, port: Self.port, edges: 3) { mesh in
            try await mesh.begin()
            try await MeshClient.with(mesh, port: Self.port + 60, seeds: [Self.port, Self.port + 10]) { truth in
                let customer = try Self.name("account", truth) { $0.contains("n4") && $0.contains("n5") }
                let item = try Self.name("stock", truth) { Set($0) == ["n1", "n2", "n3"] }
                let id = try Self.orderID(truth, on: ["n1", "n2", "n3"], home: "n3")
                let account = try #require(ActorName("account", named: customer))
                let desk = OrderDesk(actors: truth.actors)
                _ = try await desk.setAccount(customer, balance: 100, over: 0, operation: WorkIDGenerator(SystemWorld()).next())
                _ = try await desk.setStock(item, quantity: 3, over: 0, operation: WorkIDGenerator(SystemWorld()).next())
                try await mesh.kill(["n4", "n5"])
                let deadline = SystemWorld().wallTime.millisecondsSince1970 + 300_000
                let place = Place(customer: customer, item: item, quantity: 1, amount: 20, failAt: nil, deadlineMs: deadline)
                try await desk.place(place, id: id)

                let stuck = try await until(mesh, ["saga", "list", "--stuck", "--overdue", "1", "--json"]) { $0.output.contains("\(id)") }
                let saga = try #require(try JSON(parsing: stuck.output.utf8)["sagas"]?.elements?.first { $0["work"]?.string == "\(id)" })
                #expect(saga["kind"] == "order" && saga["state"] == "Placed")
                #expect(saga["awaited"]?[0]?["to"]?.string == "\(account)" && saga["awaited"]?[0]?["event"] == "charge", "\(saga.text())")
                let waiting = try await until(mesh, ["trace", "\(id)", "--json"]) { outcome in
                    (try? JSON(parsing: outcome.output.utf8)["awaited"]?[0]?["attempts"]?.integer(Int.self)).map { $0 > 0 } ?? false
                }
                let awaited = try #require(try JSON(parsing: waiting.output.utf8)["awaited"]?[0])
                #expect(awaited["home"] == "n3" && awaited["state"] == "due", "its courier says what it tries: \(awaited.text())")
                let tree = try await mesh.run("trace", "\(id)", "--topology", mesh.file)
                #expect(tree.status == 0 && tree.output.contains("◆ place")
                    && tree.output.contains("has not taken charge (letter 1) for "), "\(tree)")

                try await mesh.kill(["n3"])
                try await mesh.up("n4", "n5")
                _ = try await until(mesh, ["job", "\(id)"]) { $0.output.contains("order \(id): Shipped") }
                let ended = try await until(mesh, ["trace", "\(id)"]) { $0.error.contains("nothing more is to come") }
                #expect(ended.output.contains("● charge") && ended.output.contains("▲ attempt "), "\(ended)")
                #expect(ended.output.contains("▲ home was n3/1"), "the order went on elsewhere: \(ended)")
                let diagram = try await mesh.run("trace", "\(id)", "--mermaid", "--topology", mesh.file)
                #expect(diagram.output.hasPrefix("sequenceDiagram\n") && diagram.output.contains("->>"), "\(diagram)")
                let list = try await mesh.run("saga", "list", "--topology", mesh.file)
                #expect(list.status == 0 && !list.output.contains("\(id)"), "\(list)")
            }
        }
    }

    /// Letters to an account whose replicas are all down, so that none of them has half taken one, are called dead by hand, as a courier does that
    /// hears a refusal.
    @Test func deadLettersAreListedShownRedrivenAndDiscarded() async throws {
        try await TestMesh.with(5, port: Self.port + 100, edges: 3) { mesh in
            try await mesh.begin()
            try await MeshClient.with(mesh, port: Self.port + 160, seeds: [Self.port + 100, Self.port + 110]) { truth in
                let customer = try Self.name("account", truth) { Set($0) == ["n3", "n4", "n5"] }
                let account = try #require(ActorName("account", named: customer)), desk = OrderDesk(actors: truth.actors)
                let ids = WorkIDGenerator(SystemWorld())
                _ = try await desk.setAccount(customer, balance: 100, over: 0, operation: ids.next())
                _ = try await desk.setStock("lamp", quantity: 3, over: 0, operation: ids.next())
                try await mesh.kill(["n3", "n4", "n5"])
                let deadline = SystemWorld().wallTime.millisecondsSince1970 + 300_000
                var letters: [(work: WorkID, id: String)] = []
                for _ in 0..<2 {
                    let work = try Self.orderID(truth, on: ["n1", "n2"], home: "n1"), order = ActorName(Order.kind, of: work)
                    let place = Place(customer: customer, item: "lamp", quantity: 1, amount: 20, failAt: nil, deadlineMs: deadline)
                    try await desk.place(place, id: work)
                    let bury = ActorCommand.bury(to: account, sequence: 1, cause: "the account is closed")
                    try await truth.actors.write(bury, to: order, patience: .seconds(10))
                    letters.append((work, DeadID.letter(from: order, sequence: 1, to: account).description))
                }
                let list = try await until(mesh, ["dead-letters", "list"]) { outcome in
                    letters.allSatisfy { outcome.output.contains($0.id) }
                }
                #expect(list.output.contains("the account is closed") && list.status == 0, "\(list)")
                let shown = try await mesh.run("dead-letters", "show", letters[0].id, "--topology", mesh.file)
                #expect(shown.status == 0 && shown.output.contains("{\"amount\":20,\"fails\":false}")
                    && shown.output.contains("\(letters[0].work)"), "\(shown)")
                let stuck = try await mesh.run("saga", "list", "--stuck", "--topology", mesh.file)
                #expect(stuck.output.contains("has refused charge (letter 1): the account is closed"), "\(stuck)")

                // A courier that had begun to deliver goes on for a while, whatever was written down meanwhile.
                try await mesh.world.sleep(for: .seconds(4))
                try await mesh.up("n3", "n4", "n5")
                let redriven = try await mesh.run("dead-letters", "redrive", letters[0].id, "--topology", mesh.file)
                #expect(redriven.status == 0 && redriven.output == "\(letters[0].id) is tried again\n", "\(redriven)")
                _ = try await until(mesh, ["job", "\(letters[0].work)"]) { $0.output.contains("Shipped") }
                let trace = try await mesh.run("trace", "\(letters[0].work)", "--topology", mesh.file)
                #expect(trace.output.contains("▲ dead: the account is closed") && trace.output.contains("▲ by an operator, redriven"),
                    "\(trace)")
                let late = try await mesh.run("dead-letters", "redrive", letters[0].id, "--topology", mesh.file)
                #expect(late.status == 1 && late.error.contains("is not dead"), "\(late)")
                let gone = try await mesh.run("dead-letters", "show", letters[0].id, "--topology", mesh.file)
                #expect(gone.status == 66, "\(gone)")

                let discarded = try await mesh.run("dead-letters", "discard", letters[1].id, "--json", "--topology", mesh.file)
                #expect(discarded.status == 0, "\(discarded)")
                #expect(try JSON(parsing: discarded.output.utf8)[0]?["id"]?.string == letters[1].id)
                _ = try await until(mesh, ["dead-letters", "list"]) { !$0.output.contains(letters[1].id) }
                // Nobody has asked the account to pay, so the order waits until its deadline, or until its customer thinks better of it.
                #expect(try await desk.cancel(letters[1].work, operation: ids.next()))
                _ = try await until(mesh, ["job", "\(letters[1].work)"]) { $0.output.contains("Cancelled") }
            }
        }
    }

    @Test func whatIsNotThereOrMakesNoSenseEndsAsItShould() async throws {
        try await TestMesh.with(1, port: Self.port + 200) { mesh in
            let id = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", file = ["--topology", mesh.file]
            for command in [["trace", id], ["saga"], ["dead-letters"], ["job", id],
                ["dead-letters", "redrive", "order/\(id)/1@account/a"]] {
                #expect(try await mesh.run(command + file).status == 69, "nobody answers: \(command)")
            }
            try await mesh.begin()
            let expectations: [([String], Int32, String)] = [
                (["trace", id], 66, "nobody knows a piece of work"), (["job", id], 66, "no work has the id"),
                (["job", id], 66, "its hour (2022-02-22T19:22:22.000Z) is past"),
                (["trace", "7"], 64, "no id of a piece of work"), (["job", "7"], 64, "no id of a piece of work"),
                (["trace", id, "--mermaid", "--json"], 64, "exclude each other"),
                (["saga", "list", "--overdue", "3"], 64, "give both"), (["saga", "list", "--limit", "0"], 64, "1 to 200"),
                (["saga", "list", "--before", "x"], 64, "no id"),
                (["saga", "list", "--kind", "zzz"], 64, "kind: no work is of the kind \"zzz\"; expected delivery, lookup, order, primes"),
                (["dead-letters", "show", "foo"], 64, "id: \"foo\" names no dead letter; expected SENDER/NUMBER@RECEIVER"),
                (["dead-letters", "list", "--limit", "0"], 64, "1 to 1000"),
                (["dead-letters", "show", "order/\(id)/1@account/a"], 66, "is not dead"),
                (["dead-letters", "redrive", "order/\(id)/1@account/a"], 1, "is not dead"),
                (["dead-letters", "discard", "x"], 64, "names no dead letter"),
            ]
            for (arguments, status, words) in expectations {
                let outcome = try await mesh.run(arguments + file)
                #expect(outcome.status == status && outcome.error.contains(words), "\(arguments): \(outcome)")
            }
            let none = try await mesh.run(["saga", "list"] + file)
            #expect(none.status == 0 && none.error.contains("no work is under way"), "\(none)")
            let json = try JSON(parsing: try await mesh.run(["dead-letters", "list", "--json"] + file).output.utf8)
            #expect(json["deadLetters"] == [] && json["changes"] == "no")
        }
    }
}

import Choreography
import Testing
import World

@Suite struct DeadIDTests {
    private static func account(_ name: String) throws -> ActorName { try #require(ActorName("account", named: name)) }

    @Test func itReadsAsPeopleWouldSayIt() throws {
        let order = ActorName("order", of: .first), alice = try Self.account("alice")
        #expect(DeadID.letter(from: order, sequence: 3, to: alice).description == "order/\(WorkID.first)/3@account/alice")
        #expect(DeadID.timer("deadline", of: order).description == "order/\(WorkID.first)/timer@deadline")
        #expect(DeadID.part("a b@", of: alice).description == "account/alice/part@a%20b%40")
    }

    @Test func everyIDIsReadBackAsWhatItWas() throws {
        let names = [
            "alice", "a/b", "a/", "/", "a@b", "a b;$(x)'\"", "50%", "%41", "3", "timer", "ünï", "\n", WorkID.first.description, "~",
        ]
        let actors = try names.map(Self.account) + [ActorName("order", of: .first), ActorName("order", of: .second)]
        var seen: Set<String> = []
        for actor in actors {
            for other in actors {
                for id in [DeadID.letter(from: actor, sequence: 1, to: other), .letter(from: actor, sequence: .max, to: other)] {
                    #expect(DeadID(id.description) == id, "\(id)")
                    #expect(seen.insert(id.description).inserted, "\(id)")
                }
            }
            for name in names {
                for id in [DeadID.timer(name, of: actor), .part(name, of: actor)] { #expect(DeadID(id.description) == id, "\(id)") }
            }
        }
        for text in seen { #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"@'\"$;&|<>() ".utf8.dropFirst().contains($0) }) }
    }

    /// A customer may have such a name. That is another register than the one of the work.
    @Test func anAccountWithTheIDOfWorkForItsNameIsToldApart() throws {
        let account = try Self.account(WorkID.first.description), work = ActorName("account", of: .first)
        #expect(account != work)
        let ids = [account, work].map { DeadID.timer("t", of: $0) }
        #expect(ids[0].description != ids[1].description)
        #expect(ids.map { DeadID($0.description) } == ids)
    }

    @Test(arguments: [
        "", "@", "order/x/1", "order/x/@account/a", "order/x/0@account/a", "order/x/01@account/a", "order/x/-1@account/a", "order/x/1@",
        "order/x/1@account", "order/x/1@account/", "/x/1@account/a", "order//1@account/a", "order/1@account/a", "order/x/1@account/a@b",
        "order/x/part@", "order/x/thing@a", "order/x/timer@%4", "order/x/timer@%zz", "order/x/timer@%ff",
        "order/x/18446744073709551616@account/a",
        "%2F/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/1@account/a",
        "\(String(repeating: "k", count: 65))/017f22e2-79b0-7cc3-98c4-dc0c0c07398f/1@account/a",
        "a/\(String(repeating: "n", count: 600))/1@account/a",
    ]) func whatNamesNothingIsNil(text: String) { #expect(DeadID(text) == nil) }
}

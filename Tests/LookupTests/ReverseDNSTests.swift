import JSONDocument
import Lookup
import Synchronization
import Testing
import World

/// How the answers about names are judged.
@Suite struct ReverseDNSTests {
    private typealias Server = TinyNameServer

    private static let pointer: UInt8 = 12, alias: UInt8 = 5, address: UInt8 = 1

    /// Looks 192.0.2.1 up at a server that answers so.
    private func look(
        patience: Duration = .seconds(2), rounds: Int = 1, _ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?
    ) async throws -> (result: Result<LookupAnswer, LookupFailure>, server: TinyNameServer) {
        let server = try Server(answer)
        defer { server.stop() }
        let settings = DNSClient.Settings(servers: [server.address], patience: patience, rounds: rounds)
        return (try await wholeLook(ReverseDNSWorker(DNSClient(settings)), "192.0.2.1"), server)
    }

    private static func names(_ texts: [String], seconds: UInt32 = 60) -> [[UInt8]] {
        texts.map { Server.record(type: pointer, data: Server.name($0), seconds: seconds) }
    }

    private static func texts(_ document: JSON?, _ key: String) -> [String] {
        (document?[key]?.elements ?? []).compactMap(\.string)
    }

    @Test func answersWithAnotherIdOrFromElsewhereDoNotCount() async throws {
        let server = try Server(packets: { question in
            func reply(_ name: String) -> [UInt8] { Server.reply(question, records: Self.names([name])) }
            var other = reply("other.test")
            other[0] ^= 0xFF
            return [.init(bytes: other), .init(bytes: reply("elsewhere.test"), isFromElsewhere: true), .init(bytes: reply("right.test"))]
        })
        defer { server.stop() }
        let document = try await LookupTests.look(ReverseDNSWorker(DNSClient(.init(servers: [server.address]))), "192.0.2.1").json
        #expect(document?["hostName"] == "right.test" && document?["aliases"] == [])
        #expect(document?["server"]?.string == server.address)
    }

    @Test func theServerThatHasAnsweredIsNamed() async throws {
        let failing = try Server { Server.reply($0, code: 2) }
        defer { failing.stop() }
        let good = try Server { Server.reply($0, records: Self.names(["good.test"])) }
        defer { good.stop() }
        let client = DNSClient(.init(servers: [failing.address, good.address]))
        let document = try await LookupTests.look(ReverseDNSWorker(client), "192.0.2.1").json
        #expect(document?["server"]?.string == good.address)
    }

    /// Whatever sends packets back is no name server.
    @Test func anEchoIsNoAnswer() async throws {
        let (result, server) = try await look { $0 }
        #expect(result.failure?.message ==
            "the name of 192.0.2.1 is unknown: the name server \(server.address) answered with what is no answer")
        #expect(result.failure?.source == .server && result.failure?.keep == nil)
    }

    @Test(arguments: [
        (1, "did not understand the question (FORMERR)"), (2, "could not find out (SERVFAIL)"),
        (4, "cannot answer such questions (NOTIMP)"), (5, "refused to answer (REFUSED)"),
        (9, "is not in charge of the name (NOTAUTH)"), (11, "answered with the code 11"),
    ] as [(UInt8, String)])
    func aCodeThatIsNoAnswerIsANamedFailureWhateverComesWithIt(_ code: UInt8, _ words: String) async throws {
        let (result, server) = try await look { Server.reply($0, code: code, records: Self.names(["not.test"])) }
        #expect(result.failure?.message == "the name of 192.0.2.1 is unknown: the name server \(server.address) \(words)")
        #expect(result.failure?.source == .server && result.failure?.keep == nil)
    }

    @Test func aReferralIsNotThatThereIsNoName() async throws {
        let (result, server) = try await look { question in
            Server.reply(question, authority: [Server.record(type: 2, data: Server.name("ns.test"), owner: "test")])
        }
        #expect(result.failure?.message ==
            "the name of 192.0.2.1 is unknown: the name server \(server.address) only says whom else to ask")
    }

    @Test func recordsOfOtherNamesAreNoAnswer() async throws {
        let (result, _) = try await look { question in
            Server.reply(question, records: [Server.record(type: 12, data: Server.name("x.test"), owner: "7.2.0.192.in-addr.arpa")])
        }
        let words = "answered with records of other names than 1.2.0.192.in-addr.arpa"
        #expect(result.failure?.message.hasSuffix(words) == true, "\(result)")
    }

    @Test(arguments: [0, 3] as [UInt8]) func thatThereIsNoNameIsKeptAsLongAsTheServerSays(_ code: UInt8) async throws {
        for (seconds, minimum, kept) in [(300, 60, 60), (20, 900, 20), (86_400, 86_400, 3 * 3_600)] as [(UInt32, UInt32, Int64)] {
            let (result, server) = try await look {
                Server.reply($0, code: code, authority: [Server.authority(seconds: seconds, minimum: minimum)])
            }
            let document = result.answer?.document
            #expect(document?["found"] == false && document?["hostName"] == .null && document?["aliases"] == [], "\(result)")
            #expect(document?["responseCode"]?.string == (code == 0 ? "NOERROR" : "NXDOMAIN"))
            #expect(document?["timeToLiveSeconds"]?.integer(UInt32.self) == min(seconds, minimum))
            #expect(document?["server"]?.string == server.address)
            #expect(result.answer?.keep == .seconds(kept))
        }
        let (silentOnTime, _) = try await look { Server.reply($0, code: code) }
        #expect(silentOnTime.answer?.document["found"] == false && silentOnTime.answer?.document["timeToLiveSeconds"] == .null)
        #expect(silentOnTime.answer != nil && silentOnTime.answer?.keep == nil, "nothing says for how long")
    }

    @Test func aChainThatOneAnswerDoesNotEndIsAskedOnFor() async throws {
        let delegated = "1.0-25.2.0.192.in-addr.arpa"
        let (result, server) = try await look { question in
            switch Server.asked(question) {
            case ("1.2.0.192.in-addr.arpa", 12):
                Server.reply(question, records: [Server.record(type: Self.alias, data: Server.name(delegated), seconds: 90)])
            case (delegated, 12): Server.reply(question, records: Self.names(["Host.Test"], seconds: 4_000))
            case ("host.test", 1): Server.reply(question, records: [Server.record(type: 1, data: [192, 0, 2, 1], seconds: 5_000)])
            default: Server.reply(question, authority: [Server.authority(seconds: 7_000, minimum: 7_000)])
            }
        }
        let document = result.answer?.document
        #expect(document?["hostName"] == "host.test" && document?["forwardConfirmed"] == true, "\(result)")
        #expect(Self.texts(document, "reverseAliases") == [delegated] && document?["reverseName"] == "1.2.0.192.in-addr.arpa")
        #expect(document?["timeToLiveSeconds"] == 90 && result.answer?.keep == .seconds(90))
        #expect(server.questions == 4)
    }

    @Test func anAliasWithoutANameBehindItIsNotFound() async throws {
        let (result, server) = try await look { question in
            Server.reply(
                question, code: 3, records: [Server.record(type: Self.alias, data: Server.name("gone.test"), seconds: 30)],
                authority: [Server.authority(seconds: 600, minimum: 600)])
        }
        #expect(result.answer?.document["found"] == false && result.answer?.document["timeToLiveSeconds"] == 30, "\(result)")
        #expect(server.questions == 1)
    }

    @Test func aliasesThatLeadNowhereEnd() async throws {
        let (own, first) = try await look { Server.reply($0, records: [Server.record(type: Self.alias, data: [0xC0, 12])]) }
        let circle = "the name of 192.0.2.1 is unknown: the aliases of 1.2.0.192.in-addr.arpa lead round in a circle"
        #expect(own.failure?.message == circle && first.questions == 1)
        #expect(own.failure?.source == .target)
        let (twoStep, second) = try await look { question in
            let next = Server.asked(question).name == "b.test" ? "1.2.0.192.in-addr.arpa" : "b.test"
            return Server.reply(question, records: [Server.record(type: Self.alias, data: Server.name(next))])
        }
        #expect(twoStep.failure?.message == circle && second.questions == 2)
        let count = Mutex(0)
        let (endless, third) = try await look { question in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return Server.reply(question, records: [Server.record(type: Self.alias, data: Server.name("a\(number).test"))])
        }
        #expect(endless.failure?.message.hasSuffix("in-addr.arpa lead on too far; 8 were followed") == true && third.questions == 8)
    }

    /// The order of the answer changes nothing, nor do letters; and each name is asked where it leads.
    @Test(arguments: [["b.test", "C.test", "a.test", "c.TEST"], ["c.test", "a.test", "b.test"]])
    func severalNamesComeInTheirOwnOrderWithThoseThatLeadBack(_ given: [String]) async throws {
        let (result, _) = try await look { question in
            switch Server.asked(question) {
            case (_, 12): Server.reply(question, records: Self.names(given, seconds: 500))
            case ("a.test", 1), ("c.test", 1):
                Server.reply(question, records: [[192, 0, 2, 9], [192, 0, 2, 1]].map { Server.record(type: 1, data: $0, seconds: 400) })
            case ("b.test", 1): Server.reply(question, records: [Server.record(type: 1, data: [192, 0, 2, 7], seconds: 400)])
            default: Server.reply(question, authority: [Server.authority(seconds: 450, minimum: 450)])
            }
        }
        let document = result.answer?.document
        #expect(document?["hostName"] == "a.test" && Self.texts(document, "aliases") == ["b.test", "c.test"], "\(result)")
        #expect(Self.texts(document, "addresses") == ["192.0.2.1", "192.0.2.9"])
        #expect(document?["forwardConfirmed"] == true && Self.texts(document, "confirmedNames") == ["a.test", "c.test"])
        #expect(document?["uncheckedNames"] == [] && document?["timeToLiveSeconds"] == 500)
        #expect(result.answer?.keep == .seconds(400) && result.answer?.address?.description == "192.0.2.1")
    }

    @Test func onlySomeOfManyNamesAreAskedWhereTheyLead() async throws {
        let many = (10...21).map { "n\($0).test" }
        let (result, server) = try await look { question in
            Server.asked(question).type == 12 ? Server.reply(question, records: Self.names(many)) : Server.reply(question, code: 3)
        }
        #expect(Self.texts(result.answer?.document, "uncheckedNames") == Array(many.suffix(4)), "\(result)")
        #expect(server.questions == 1 + 2 * ReverseDNSWorker.confirmationLimit)
    }

    @Test func aSilentServerOfTheNamesTakesNothingFromThem() async throws {
        let (result, _) = try await look { question in
            Server.asked(question).type == 12 ? Server.reply(question, records: Self.names(["lonely.test"], seconds: 999)) : nil
        }
        let document = result.answer?.document
        #expect(document?["hostName"] == "lonely.test" && document?["forwardConfirmed"] == false, "\(result)")
        #expect(Self.texts(document, "uncheckedNames") == ["lonely.test"])
        #expect(result.answer?.keep == ReverseDNSWorker.longestUncertainKeep)
    }

    @Test(arguments: [(2_000_000, 86_400), (0, nil), (1 << 31 + 5, nil)] as [(UInt32, Int64?)])
    func aNameIsKeptForADayAtMostAndNotAtAllWithoutATime(_ seconds: UInt32, _ kept: Int64?) async throws {
        let (result, _) = try await look { question in
            switch Server.asked(question) {
            case (_, 12): Server.reply(question, records: Self.names(["a.test"], seconds: seconds))
            case (_, 1): Server.reply(question, records: [Server.record(type: 1, data: [192, 0, 2, 1], seconds: 2_000_000)])
            default: Server.reply(question, authority: [Server.authority(seconds: 2_000_000, minimum: 2_000_000)])
            }
        }
        #expect(result.answer != nil && result.answer?.keep == kept.map { .seconds($0) }, "\(result)")
    }

    /// Sixty names do not fit into a packet of 512 bytes.
    @Test func manyNamesComeOverTCP() async throws {
        let document = try await LookupTests.look(ReverseDNSWorker(try await Names.client()), "192.0.2.60").json
        let names = [document?["hostName"]?.string ?? ""] + Self.texts(document, "aliases")
        #expect(names == (1...60).map { "name-\($0).lookup.test" }.sorted())
    }

    @Test func anAnswerThatIsCutWhereNobodyHasTheRestIsANamedFailure() async throws {
        let (result, server) = try await look { question in
            var reply = Server.reply(question, records: Self.names(["half.test"]))
            reply[2] |= 0x02
            return reply
        }
        #expect(result.failure?.message == "the name of 192.0.2.1 is unknown: the name server \(server.address) cannot be reached")
    }

    @Test func itIsSaidWhereAFailureLies() async throws {
        let domain = try await wholeLook(ReverseDNSWorker(try await Names.client()), "host.lookup.test")
        #expect(domain.failure?.source == .target)
        let wrong = try await wholeLook(ReverseDNSWorker(DNSClient(.init(servers: ["no address"]))), "192.0.2.1")
        #expect(wrong.failure?.source == .node)
        let dead = try await wholeLook(ReverseDNSWorker(DNSClient(.init(servers: [Names.deadAddress]))), "192.0.2.1")
        #expect(dead.failure?.source == .server)
    }
}

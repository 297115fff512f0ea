import JSONDocument
import Lookup
import Testing
import World

/// What several nodes have found, side by side.
@Suite struct LookupComparisonTests {
    private enum Said {
        case document(String, at: String?)
        case failure(LookupFailure.Source)
        /// A success that cannot be read.
        case unreadable
    }

    private static func compare(
        _ service: LookupService, _ said: [(node: String, Said)], nodes: [String] = ["n1", "n2", "n3"]
    ) throws -> LookupComparison {
        let request = LookupRequest(
            target: try LookupTarget("example.com"), services: [service.value], vantage: LookupVantage(asked: .all, nodes: nodes))
        var status = LookupStatus(jobId: WorkID(milliseconds: 1, randomA: 0, randomB: 0), request: request, status: .processing, createdAtMs: 0)
        var documents: [JSON?] = []
        for (node, said) in said {
            let (result, address): (Result<String, LookupFailure>, String?) =
                switch said {
                case .document(let text, let address): (.success(text), address)
                case .failure(let source): (.failure(LookupFailure("no", source: source)), nil)
                case .unreadable: (.success("{"), nil)
                }
            status.results.append(
                LookupOutcome(service: service.value, result: result, completedAtMs: 0, durationMs: 1, node: node, resolvedAddress: address))
            documents.append(try? JSON(parsing: (try? result.get())?.utf8 ?? "".utf8))
        }
        return try #require(status.comparisons(documents).first)
    }

    private static func compare(_ service: LookupService, _ documents: String...) throws -> LookupComparison {
        try compare(service, documents.enumerated().map { ("n\($0.offset + 1)", .document($0.element, at: nil)) })
    }

    private static func ping(_ received: Int, _ average: String) -> String {
        #"{"packetsSent":4,"packetsReceived":\#(received),"averageRoundtripMs":\#(average)}"#
    }

    @Test func nodesWithTheSameAnswerAreAGroupTheLargestFirst() throws {
        let far = #"{"city":"Sydney","country":"Australia","lat":1,"source":"x"}"#
        let comparison = try Self.compare(.geoIP, [
            ("n1", .document(far, at: "192.0.2.9")), ("n2", .document(#"{"country":"France","city":"Paris","lat":2}"#, at: "192.0.2.2")),
            ("n3", .document(#"{"lat":3,"country":"France","city":"Paris","source":"y"}"#, at: "192.0.2.1")),
        ])
        #expect(comparison.groups.map(\.nodes) == [["n2", "n3"], ["n1"]] && comparison.agreement == false)
        #expect(comparison.groups.map(\.addresses) == [["192.0.2.1", "192.0.2.2"], ["192.0.2.9"]])
        #expect(comparison.groups[0].answer == ["country": "France", "city": "Paris"])
        #expect(comparison.failures.isEmpty && comparison.pending.isEmpty && comparison.fastest == nil)
    }

    @Test func ofPingsItMattersWhoIsAnsweredAndTheTimesStandBeside() throws {
        let all = try Self.compare(.ping, Self.ping(4, "12.5"), Self.ping(1, "40"), Self.ping(3, "0.25"))
        #expect(all.agreement == true && all.groups.map(\.answer) == [["reachable": true]])
        #expect(all.fastest?.node == "n3" && all.fastest?.average == 0.25 && all.slowest?.node == "n2" && all.slowest?.average == 40)
        let some = try Self.compare(.ping, Self.ping(4, "12.5"), Self.ping(0, "0"))
        #expect(some.agreement == false && some.groups.map(\.nodes) == [["n1"], ["n2"]])
        #expect(some.fastest?.node == "n1" && some.slowest?.node == "n1", "nothing has come back to n2, so it took no time")
    }

    @Test func ofRegistrationsNoticesAndTheTimeOfTheDataBaseDoNotCount() throws {
        func document(_ at: String, handle: String = "H", holder: String = "A", notice: String = "x") -> String {
            """
            {"notices":["\(notice)"],"ldhName":"example.com","handle":"\(handle)","entities":[{"name":"\(holder)"}],\
            "events":[{"eventAction":"registration","eventDate":"1995"},\
            {"eventAction":"last update of RDAP database","eventDate":"\(at)"}]}
            """
        }
        let reordered = """
            {"handle":"H","events":[{"eventDate":"1995","eventAction":"registration"}],"entities":[{"name":"A"}],"ldhName":"example.com"}
            """
        #expect(try Self.compare(.rdap, document("2026"), document("2027", notice: "y"), reordered).agreement == true)
        #expect(try Self.compare(.rdap, document("1"), document("1", holder: "B")).groups.count == 2)
        let other = try Self.compare(.rdap, document("1"), document("1", handle: "G"))
        #expect(other.groups.map { $0.answer["handle"] } == ["H", "G"] && other.groups[0].answer["ldhName"] == "example.com")
    }

    @Test func namesAreASet() throws {
        func names(_ first: String, _ others: String...) -> String {
            #"{"found":true,"hostName":"\#(first)","aliases":[\#(others.map { "\"\($0)\"" }.joined(separator: ","))],"queriedAtUtc":"\#(first)"}"#
        }
        let comparison = try Self.compare(.reverseDNS, names("a.test", "b.test"), names("B.test", "A.test"), #"{"found":false,"hostName":null}"#)
        #expect(comparison.groups.map(\.nodes) == [["n1", "n2"], ["n3"]])
        #expect(comparison.groups.map(\.answer) == [["names": ["a.test", "b.test"]], ["names": []]])
    }

    @Test func aServiceThatNobodyKnowsIsComparedAsAWhole() throws {
        let whois = LookupService(value: 9, name: "Whois", description: "")
        #expect(try Self.compare(whois, #"{"a":1,"b":[2]}"#, #"{"b":[2],"a":1}"#).agreement == true)
        #expect(try Self.compare(whois, #"{"a":1}"#, #"{"a":2}"#).agreement == false)
    }

    @Test func failuresStandByWhereTheyLie() throws {
        let comparison = try Self.compare(
            .geoIP, [("n1", .failure(.server)), ("n2", .failure(.mesh)), ("n4", .failure(.server)), ("n5", .document("{}", at: nil))],
            nodes: ["n1", "n2", "n3", "n4", "n5"])
        #expect(comparison.failures == [.server: ["n1", "n4"], .mesh: ["n2"]] && comparison.pending == ["n3"])
        #expect(comparison.agreement == false)
    }

    @Test func agreementNeedsTwo() throws {
        #expect(try Self.compare(.geoIP, []).agreement == nil)
        #expect(try Self.compare(.geoIP, "{}").agreement == nil)
        #expect(try Self.compare(.geoIP, [("n1", .failure(.target)), ("n2", .failure(.target))]).agreement == true)
        #expect(try Self.compare(.geoIP, [("n1", .failure(.target)), ("n2", .failure(.server))]).agreement == false)
        #expect(try Self.compare(.geoIP, [("n1", .failure(.target)), ("n2", .document("{}", at: nil))]).agreement == false)
    }

    @Test func whatCannotBeReadIsAGroupOfItsOwn() throws {
        let comparison = try Self.compare(.ping, [("n1", .unreadable), ("n2", .document(Self.ping(4, "1"), at: nil))])
        #expect(comparison.groups.map(\.answer) == [.null, ["reachable": true]] && comparison.agreement == false)
    }

    @Test func withoutAVantageNothingIsCompared() throws {
        let request = LookupRequest(target: try LookupTarget("example.com"), services: [0])
        let status = LookupStatus(jobId: WorkID(milliseconds: 1, randomA: 0, randomB: 0), request: request, status: .pending, createdAtMs: 0)
        #expect(status.comparisons([]).isEmpty)
    }
}

import JSONDocument
import Lookup
import Testing
import World

/// What becomes of echoes, and how it is told.
@Suite struct PingReportTests {
    private static let begun = Instant(nanoseconds: 1_000_000_000)

    private static func at(_ milliseconds: Int64) -> Instant { begun + .milliseconds(milliseconds) }

    private func document(_ echoes: [PingReport.Echo]) throws -> JSON {
        let address = try #require(IPAddress("192.0.2.1"))
        return PingReport(target: LookupTarget(address), way: .init(address: address, method: .icmp), echoes: echoes).json
    }

    @Test func anAnswerThatComesAgainCountsOnce() {
        var ledger = EchoLedger(patience: .seconds(5))
        ledger.send(Self.at(0))
        ledger.send(Self.at(500))
        ledger.answer(0, hops: 64, Self.at(20))
        ledger.answer(0, hops: 60, Self.at(30))
        ledger.answer(0, hops: 60, Self.at(9_000))
        #expect(ledger.echoes == [.init(roundTrip: .milliseconds(20), hops: 64, status: "Success"), .init(status: "TimedOut")])
        #expect(ledger.duplicates == 2 && ledger.late == 0)
    }

    @Test func anAnswerThatComesTooLateIsNone() {
        var ledger = EchoLedger(patience: .seconds(5))
        for number in 0..<3 { ledger.send(Self.at(Int64(number) * 500)) }
        #expect(ledger.nextEnd == Self.at(5_000) && ledger.oldest == 0)
        ledger.expire(Self.at(5_000))
        #expect(ledger.nextEnd == Self.at(5_500) && ledger.oldest == 1)
        ledger.answer(0, hops: 64, Self.at(5_001))
        // Nobody has looked at the clock before this one.
        ledger.answer(1, hops: 64, Self.at(5_500))
        ledger.answer(2, hops: 64, Self.at(5_999))
        #expect(ledger.echoes.map(\.status) == ["TimedOut", "TimedOut", "Success"])
        #expect(ledger.late == 2 && ledger.duplicates == 0 && ledger.nextEnd == nil)
    }

    @Test func whatWasNeverSentIsNotAnswered() {
        var ledger = EchoLedger(patience: .seconds(5))
        ledger.answer(0, hops: 64, Self.at(0))
        ledger.send(Self.at(0))
        ledger.end(0, "DestinationHostUnreachable")
        ledger.end(0, "PacketTooBig")
        for index in [-1, 1, 65_535] { ledger.answer(index, hops: 64, Self.at(1)) }
        #expect(ledger.echoes == [.init(status: "DestinationHostUnreachable")])
        #expect(ledger.duplicates == 0 && ledger.late == 0)
    }

    @Test func figuresAreThoseOfWhatWasAnswered() throws {
        let document = try document([
            .init(roundTrip: .milliseconds(10), hops: 57, status: "Success"), .init(status: "TimedOut"),
            .init(roundTrip: .milliseconds(30), hops: 58, status: "Success"), .init(roundTrip: .nanoseconds(20_000_400), status: "Success"),
        ])
        #expect(document["packetsSent"] == 4 && document["packetsReceived"] == 3 && document["packetLoss"] == .number(25.0))
        #expect(document["minRoundtripMs"] == .number(10.0) && document["maxRoundtripMs"] == .number(30.0))
        #expect(document["averageRoundtripMs"] == .number(20.0), "to the microsecond")
        #expect(document["stddevRoundtripMs"] == .number(8.165))
        #expect((document["results"]?.elements ?? []).map { $0["ttl"] ?? .null } == [57, 0, 58, 0])
    }

    /// By nearest rank, so that each is one of the times.
    @Test(arguments: [
        (1, 1, 1, 1), (2, 1, 2, 2), (4, 2, 4, 4), (10, 5, 9, 10), (11, 6, 10, 11), (20, 10, 18, 20), (99, 50, 90, 99), (100, 50, 90, 99),
    ]) func percentilesAreTimesThatWereMeasured(_ count: Int, _ middle: Int, _ ninetieth: Int, _ ninetyNinth: Int) throws {
        // In no order; one that is lost has no part in it.
        let times = (1...count).map { PingReport.Echo(roundTrip: .milliseconds($0), status: "Success") }
        let document = try document(times.reversed() + [.init(status: "TimedOut")])
        #expect(document["p50RoundtripMs"] == .number(Double(middle)))
        #expect(document["p90RoundtripMs"] == .number(Double(ninetieth)))
        #expect(document["p99RoundtripMs"] == .number(Double(ninetyNinth)))
    }

    @Test func withoutAnAnswerAllFiguresAreNumbers() throws {
        let document = try document([.init(status: "TimedOut")])
        for key in ["averageRoundtripMs", "minRoundtripMs", "maxRoundtripMs", "stddevRoundtripMs", "p50RoundtripMs", "p99RoundtripMs"] {
            #expect(document[key] == .number(0.0), "\(key)")
        }
        #expect(document["packetLoss"] == .number(100.0))
    }
}

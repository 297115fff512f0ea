import Membership
import Testing
import World

@Suite struct SuspicionTests {
    /// Lifeguard's formula: max - (max - min) * log(n + 1) / log(k + 1), not below min.
    @Test(arguments: [
        (0, 3, 30.0), (1, 3, 16.0), (2, 3, 7.81), (3, 3, 2.0), (4, 3, 2.0),
        (0, 2, 30.0), (1, 2, 12.33), (2, 2, 2.0), (0, 1, 30.0), (1, 1, 2.0), (0, 0, 2.0), (5, 0, 2.0),
    ])
    func confirmationsShortenTheTimeByTheLogarithm(confirmations: Int, needed: Int, seconds: Double) {
        let timeout = Suspicion.timeout(confirmations: confirmations, needed: needed, min: .seconds(2), max: .seconds(30))
        #expect(abs(timeout.seconds - seconds) < 0.01)
    }

    @Test(arguments: [(2, 2.0), (5, 2.0), (10, 2.0), (100, 4.0), (1000, 6.0), (10000, 8.0)])
    func theShortestTimeGrowsWithTheLogarithmOfTheMesh(members: Int, seconds: Double) {
        #expect(abs(Suspicion.minimum(members: members, .lan).seconds - seconds) < 1e-6)
    }

    @Test func oneAccuserCountsOnce() {
        var suspicion = Suspicion(start: .zero, stretch: 1, accusers: [Accuser(name: "a", refused: false)])
        #expect(suspicion.confirmations == 0)
        let again = suspicion.add(Accuser(name: "a", refused: false)), other = suspicion.add(Accuser(name: "b", refused: false))
        #expect(!again && other && suspicion.confirmations == 1)
        let refusal = suspicion.add(Accuser(name: "a", refused: true))
        #expect(refusal, "a refusal says more than silence")
        #expect(suspicion.refusals == 1 && suspicion.confirmations == 1)
    }

    @Test func theSetOfAccusersIsBoundedAndRefusalsDisplaceSilence() {
        var suspicion = Suspicion(start: .zero, stretch: 1, accusers: [])
        let added = ["a", "b", "c", "d", "e"].map { suspicion.add(Accuser(name: $0, refused: false)) }
        #expect(added == [true, true, true, true, false])
        let refusal = suspicion.add(Accuser(name: "f", refused: true))
        #expect(refusal && suspicion.accusers.count == MembershipLimits.accusers && suspicion.refusals == 1)
    }

    /// The time of an unconfirmed accusation, of one confirmed once, of one confirmed twice, in a mesh of five.
    @Test(arguments: [(0, 12.0), (1, 12 - 10 * 0.6309), (2, 2.0)])
    func anAccusationEndsInDeathWhenItsTimeIsOver(confirmations: Int, seconds: Double) throws {
        var figures = MembershipConfiguration.lan
        figures.healthMaximum = 0
        var (node, peers) = try TestNode.among(4, figures: figures)
        // This node is among the accusers, so that its own probes confirm nothing more.
        let accusers = [Accuser(name: "self", refused: false)] + (0..<confirmations).map { Accuser(name: "p\($0 + 2)", refused: false) }
        let start = Instant.at(0.05)
        _ = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .suspect, accusers: accusers)]), from: peers[1], now: start)
        try #require(node.member(named: "p1")?.status == .suspect)
        var died: Instant?
        var now = start
        while died == nil && now < .at(30) {
            // The others are well, so that nothing but the time decides.
            for peer in peers.dropFirst() { _ = node.heard(from: peer.identity, now: now) }
            let effects = node.nextDeadline <= now ? node.tick(now: now) : []
            for event in effects.events { if case .failed(let member) = event, member.name == "p1" { died = now } }
            now = now + .milliseconds(10)
        }
        let end = try #require(died)
        #expect(abs((end - start).seconds - seconds) < 0.05)
    }
}

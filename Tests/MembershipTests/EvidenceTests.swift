import Membership
import Testing
import World

/// Refused connections, broken links, indirect probes, loneliness.
@Suite struct EvidenceTests {
    private static func refusal(_ target: MembershipPeer, by names: String...) -> MembershipMessage {
        .gossip(rumours: [TestNode.claim(target, .suspect, accusers: names.map { Accuser(name: $0, refused: true) })])
    }

    @Test func twoWitnessesOfARefusalEndTheSuspicionAtOnce() throws {
        var (node, peers) = try TestNode.among(4)
        let own = node.refused(peers[0], now: .at(1))
        #expect(node.member(named: "p1")?.status == .suspect)
        #expect(own.events.contains { if case .suspected = $0 { true } else { false } })
        let second = node.handle(Self.refusal(peers[0], by: "p2"), from: peers[1], now: .at(1.1))
        #expect(node.member(named: "p1")?.status == .dead)
        #expect(second.events.contains { if case .failed = $0 { true } else { false } })
    }

    @Test func oneWitnessIsEnoughInAMeshOfTwo() throws {
        var (node, peers) = try TestNode.among(1)
        _ = node.refused(peers[0], now: .at(1))
        #expect(node.member(named: "p1")?.status == .dead)
    }

    @Test func aLoneSurvivorIsWitnessEnough() throws {
        var (node, peers) = try TestNode.among(3)
        for peer in peers { _ = node.refused(peer, now: .at(1)) }
        #expect(peers.allSatisfy { !node.isLive($0.identity) })
    }

    @Test func theSameWitnessTwiceIsOneWitness() throws {
        var (node, peers) = try TestNode.among(4)
        for _ in 0..<3 { _ = node.refused(peers[0], now: .at(1)) }
        _ = node.handle(Self.refusal(peers[0], by: "self"), from: peers[1], now: .at(1.1))
        #expect(node.member(named: "p1")?.status == .suspect)
    }

    @Test func aRefusalOfAnEarlierLifeSaysNothingAboutThePresentOne() throws {
        var (node, peers) = try TestNode.among(1)
        let reborn = MembershipPeer(identity: NodeIdentity(name: "p1", life: 2), address: peers[0].address)
        _ = node.handle(.gossip(rumours: [TestNode.alive(reborn)]), from: reborn, now: .at(1))
        _ = node.refused(peers[0], now: .at(1))
        #expect(node.isLive(reborn.identity))
    }

    @Test func aBrokenLinkIsProbedAtOnceAndIsNoVerdict() throws {
        var (node, peers) = try TestNode.among(4)
        let effects = node.linkLost(peers[2], now: .at(0.01))
        #expect(effects.messages(to: peers[2]).count == 1 && node.member(named: "p3")?.status == .alive)
    }

    @Test func aSuspectIsToldOfItsAccusationWhenProbed() throws {
        var (node, peers) = try TestNode.among(4)
        let accusation = TestNode.claim(peers[0], .suspect, accusers: [Accuser(name: "p2", refused: false)])
        let pings = node.handle(.gossip(rumours: [accusation]), from: peers[1], now: .at(0.1)) + node.linkLost(peers[0], now: .at(0.2)) + node.run(until: .at(3))
        let first = try #require(pings.messages(to: peers[0]).first { if case .ping = $0 { true } else { false } })
        #expect(first.records.first?.identity == peers[0].identity && first.records.first?.status == .suspect)
    }

    @Test func aHelperAnswersForTheTargetOrSaysNotYetAtFourFifthsOfTheAskersTime() throws {
        var (node, peers) = try TestNode.among(4)
        let asked = node.handle(.pingRequest(sequence: 900, target: peers[1], remainingMs: 500, rumours: []), from: peers[0], now: .at(0.1))
        guard case .ping(let sequence, _)? = asked.messages(to: peers[1]).first else { return #expect(Bool(false), "no ping for the asker") }
        #expect(node.run(until: .at(0.499)).messages(to: peers[0]).allSatisfy { $0 != .nack(sequence: 900) })
        #expect(node.run(until: .at(0.501)).messages(to: peers[0]).contains(.nack(sequence: 900)))
        // Late is better than never: the answer is still passed on.
        let late = node.handle(.ack(sequence: sequence, rumours: []), from: peers[1], now: .at(0.55))
        #expect(late.messages(to: peers[0]).contains(.ack(sequence: 900, rumours: [])))
    }

    @Test func anAnswerOfTheNextLifeIsNoSignOfLifeOfTheLast() throws {
        var (node, peers) = try TestNode.among(1)
        let reborn = MembershipPeer(identity: NodeIdentity(name: "p1", life: 2), address: peers[0].address)
        let asked = node.linkLost(peers[0], now: .at(0.01))
        guard case .ping(let sequence, _)? = asked.messages(to: peers[0]).first else { return #expect(Bool(false), "no ping") }
        let effects = node.handle(.ack(sequence: sequence, rumours: []), from: reborn, now: .at(0.02))
        #expect(effects.messages(to: reborn).contains { if case .digest = $0 { true } else { false } }, "the new life is asked who it is")
        _ = node.run(until: .at(6))
        #expect(!node.isLive(peers[0].identity))
    }

    @Test func onlyTheTargetCanAnswerForItself() throws {
        var (node, peers) = try TestNode.among(4)
        let asked = node.handle(.pingRequest(sequence: 900, target: peers[1], remainingMs: 500, rumours: []), from: peers[0], now: .at(0.1))
        guard case .ping(let sequence, _)? = asked.messages(to: peers[1]).first else { return #expect(Bool(false), "no ping") }
        let forged = node.handle(.ack(sequence: sequence, rumours: []), from: peers[2], now: .at(0.2))
        #expect(!forged.messages(to: peers[0]).contains(.ack(sequence: 900, rumours: [])))
    }

    @Test func aNodeThatHearsNobodyAccusesNoOne() throws {
        var (node, _) = try TestNode.among(4)
        let effects = node.run(until: .at(25))
        #expect(node.isLonely && effects.events.contains(.lonely(true)))
        #expect(!effects.events.contains { if case .suspected = $0 { true } else { false } })
    }

    @Test func noSuspicionEndsInDeathWhileANodeIsLonely() throws {
        var (node, peers) = try TestNode.among(4)
        let accusers = ["self", "p2"].map { Accuser(name: $0, refused: false) }
        _ = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .suspect, accusers: accusers)]), from: peers[1], now: .at(0.05))
        _ = node.run(until: .at(25))
        #expect(node.member(named: "p1")?.status == .suspect)
    }

    @Test func whoHearsOfASuspicionLooksForItself() throws {
        var (node, peers) = try TestNode.among(4)
        let accusation = TestNode.claim(peers[0], .suspect, accusers: [Accuser(name: "p2", refused: false)])
        let effects = node.handle(.gossip(rumours: [accusation]), from: peers[1], now: .at(0.001))
        #expect(effects.messages(to: peers[0]).contains { if case .ping = $0 { true } else { false } })
    }

    @Test func aLonelyNodeLosesPatienceInTheEnd() throws {
        var (node, _) = try TestNode.among(4)
        _ = node.run(until: .at(120))
        #expect(node.liveMemberCount == 1)
    }

    @Test func withOneOtherMemberSilenceIsAccused() throws {
        var (node, peers) = try TestNode.among(1)
        _ = node.run(until: .at(10))
        #expect(node.member(named: "p1")?.status == .dead && peers.count == 1)
    }

    /// Heard all the time, but its answers do not come: nobody is declared dead on rumour alone.
    @Test func anyFrameCountsAsLife() throws {
        var (node, peers) = try TestNode.among(4)
        let accusers = ["p2", "p3", "p4"].map { Accuser(name: $0, refused: false) }
        _ = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .suspect, accusers: accusers)]), from: peers[1], now: .at(0.1))
        var events: [MembershipEvent] = []
        for step in 1...200 {
            for peer in peers { _ = node.heard(from: peer.identity, now: .at(Double(step) / 10)) }
            events += node.tick(now: .at(Double(step) / 10)).events
        }
        #expect(!events.contains { if case .failed = $0 { true } else { false } })
        // A verdict from elsewhere is an accusation here.
        let verdict = node.handle(.gossip(rumours: [TestNode.claim(peers[3], .dead, accusers: [Accuser(name: "x", refused: false)])]), from: peers[1], now: .at(20))
        #expect(node.member(named: "p4")?.status == .suspect && verdict.messages(to: peers[3]).count == 1)
    }

    @Test func anAnswerOverAFreshConnectionClearsTheProbe() throws {
        var (node, peers) = try TestNode.among(4)
        var events: [MembershipEvent] = []
        var answered = 0
        while node.nextDeadline < .at(8) {
            let now = node.nextDeadline
            let effects = node.tick(now: now)
            events += effects.events
            for case .probeFresh(let peer, let sequence) in effects {
                answered += 1
                events += node.handle(.ack(sequence: sequence, rumours: []), from: peer, now: now).events
            }
            _ = node.heard(from: TestNode.stranger.identity, now: now)
        }
        #expect(answered > 8)
        #expect(!events.contains { if case .suspected = $0 { true } else { false } } && peers.count == 4)
    }

    /// A session outlives its connections, so that one stands says nothing of the process at its end.
    @Test func aSessionThatStoodAlreadyIsNoSignOfLife() throws {
        var (node, peers) = try TestNode.among(4)
        var effects: [MembershipEffect] = []
        for step in 1...100 {
            for peer in peers { effects += node.connected(peer, stoodAlready: true, now: .at(Double(step) / 10)) }
            effects += node.tick(now: .at(Double(step) / 10))
        }
        #expect(node.isLonely)
        // Whom it leads to is asked for what it knows, if that is a stranger.
        #expect(node.connected(TestNode.stranger, stoodAlready: true, now: .at(10)).messages(to: TestNode.stranger).count == 1)
    }

    /// Time in which a node did not run is no time in which it heard anybody.
    @Test(arguments: [false, true]) func aNodeThatIsCutOffInAPauseAccusesNoOne(someFramesCame: Bool) throws {
        var (node, peers) = try TestNode.among(4)
        var effects: [MembershipEffect] = []
        while node.nextDeadline < .at(3) {
            for peer in peers { effects += node.heard(from: peer.identity, now: node.nextDeadline) }
            effects += node.tick(now: node.nextDeadline)
        }
        // The last question before the pause is not answered any more.
        var last: [MembershipEffect] = []
        while !last.contains(where: { if case .send(.ping, _) = $0 { true } else { false } }) { last = node.tick(now: node.nextDeadline) }
        if someFramesCame { for peer in peers { effects += node.heard(from: peer.identity, now: .at(9)) } }
        effects += node.tick(now: .at(9))
        effects += node.run(until: .at(30))
        #expect(node.isLonely)
        #expect(!effects.events.contains { if case .suspected = $0 { true } else { false } }, "\(effects.events)")
    }
}

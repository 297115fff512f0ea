import Membership
import Testing
import World

/// Farewell, forgetting, seeds.
@Suite struct LeavingTests {
    @Test func aFarewellIsToldAndThenTheProcessMayEnd() throws {
        var (node, peers) = try TestNode.among(4)
        var effects = node.leave(now: .at(1))
        for peer in peers { #expect(effects.messages(to: peer).flatMap(\.records).contains { $0.identity.name == "self" && $0.status == .left }) }
        #expect(!effects.contains(.farewellSaid))
        effects = node.run(until: .at(3.1))
        #expect(effects.contains(.farewellSaid))
        #expect(node.nextDeadline == .distantFuture || node.nextDeadline > .at(3.1))
    }

    @Test func aNodeThatKnowsNobodyLeavesAtOnce() throws {
        var node = try TestNode.make()
        #expect(node.leave(now: .at(1)).contains(.farewellSaid))
    }

    @Test func whoLeftIsLeftAndNotFailed() throws {
        var (node, peers) = try TestNode.among(3)
        let effects = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .left)]), from: peers[0], now: .at(0.01))
        #expect(effects.events.count == 1 && effects.contains(.forget(peers[0])))
        guard case .left? = effects.events.first else { return #expect(Bool(false)) }
        _ = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .dead, incarnation: 8, accusers: TestNode.twoRefusals)]), from: peers[1], now: .at(0.02))
        _ = node.handle(.gossip(rumours: [TestNode.alive(peers[0], incarnation: 9)]), from: peers[1], now: .at(0.03))
        #expect(node.member(named: "p1")?.status == .left)
    }

    @Test func theDeadAndTheLeftAreForgottenAfterTheStatedTime() throws {
        var figures = MembershipConfiguration.lan
        figures.reapDeadAfter = .seconds(60)
        figures.reapLeftAfter = .seconds(20)
        figures.lonelyPatience = .seconds(10_000)
        var (node, peers) = try TestNode.among(4, figures: figures)
        _ = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .left), TestNode.claim(peers[1], .dead, accusers: TestNode.twoRefusals)]), from: peers[2], now: .at(1))
        // Heard of late: it has been dead for half a minute already.
        let old = TestNode.peer("old", host: "10.0.0.99")
        _ = node.handle(.records([TestNode.claim(old, .dead, ageMs: 30_000)], wants: []), from: peers[2], now: .at(1))
        _ = node.run(until: .at(20.9))
        #expect(node.member(named: "p1") != nil)
        let first = node.run(until: .at(21.1))
        #expect(node.member(named: "p1") == nil && node.member(named: "p2") != nil)
        #expect(first.events.contains { if case .reaped = $0 { true } else { false } })
        _ = node.run(until: .at(31.1))
        #expect(node.member(named: "old") == nil && node.member(named: "p2") != nil)
        _ = node.run(until: .at(61.1))
        #expect(node.member(named: "p2") == nil && node.members.count == 3)
    }

    @Test func aForgottenIdentityDoesNotComeBackByAStragglingRumour() throws {
        var figures = MembershipConfiguration.lan
        figures.reapDeadAfter = .seconds(5)
        figures.reapLeftAfter = .seconds(5)
        figures.lonelyPatience = .seconds(10_000)
        var (node, peers) = try TestNode.among(4, figures: figures)
        _ = node.handle(
            .gossip(rumours: [TestNode.claim(peers[0], .dead, incarnation: 3, accusers: TestNode.twoRefusals), TestNode.claim(peers[1], .left)]), from: peers[2], now: .at(1))
        _ = node.run(until: .at(7))
        let told = node.handle(.gossip(rumours: [TestNode.alive(peers[0], incarnation: 3)]), from: peers[0], now: .at(8))
        #expect(node.member(named: "p1") == nil)
        #expect(told.messages(to: peers[0]).flatMap(\.records).contains { $0.status == .dead && $0.incarnation == 3 }, "it is told, so it can refute")
        _ = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .dead, incarnation: 3), TestNode.alive(peers[1], incarnation: 50)]), from: peers[2], now: .at(8))
        #expect(node.member(named: "p1") == nil && node.member(named: "p2") == nil)
        _ = node.handle(.gossip(rumours: [TestNode.alive(peers[0], incarnation: 4)]), from: peers[0], now: .at(9))
        #expect(node.isLive(peers[0].identity), "a refutation is news")
        let reborn = TestNode.peer("p2", life: 2, host: "10.0.0.12")
        _ = node.handle(.gossip(rumours: [TestNode.alive(reborn)]), from: reborn, now: .at(9))
        #expect(node.isLive(reborn.identity), "a higher life is news")
    }

    @Test func seedsAndTheDeadAreSoughtAgainAndAgain() throws {
        var node = try Membership(
            identity: NodeIdentity(name: "self", life: 1), address: MemberAddress(host: "10.0.0.1", port: 10000), metadata: MemberMetadata(),
            random: RandomStream(seed: 1), now: .zero)
        let seed = MemberAddress(host: "10.0.0.50", port: 10000)
        let first = node.start(seeds: [seed, node.ownMember.address], now: .zero)
        #expect(first.contains(.connect(seed)) && !first.contains(.connect(node.ownMember.address)))
        let peer = TestNode.peer("p1")
        _ = node.handle(.gossip(rumours: [TestNode.alive(peer)]), from: peer, now: .at(0.1))
        _ = node.refused(peer, now: .at(0.2))
        let later = node.run(until: .at(10))
        #expect(later.count { $0 == .connect(seed) } >= 7 && later.count { $0 == .connect(peer.address) } >= 7)
    }

    @Test func thoseWhoLeftDoNotHideTheDeadFromReconnection() throws {
        var (node, peers) = try TestNode.among(61)
        for peer in peers.dropFirst() {
            _ = node.handle(.gossip(rumours: [TestNode.claim(peer, .left)]), from: peer, now: .at(0.01))
        }
        _ = node.refused(peers[0], now: .at(0.02))
        let later = node.run(until: .at(20))
        // Alone, it tries five times a second.
        #expect(later.count { $0 == .connect(peers[0].address) } >= 50)
        #expect(!later.contains { effect in peers.dropFirst().contains { effect == .connect($0.address) } })
    }

    @Test func theTableHasALimit() throws {
        var figures = MembershipConfiguration.lan
        figures.memberLimit = 3
        let (node, _) = try TestNode.among(5, figures: figures)
        #expect(node.members.count == 3)
    }

    @Test func presetsAreValidAndBadFiguresAreNamed() throws {
        for preset in [MembershipConfiguration.lan, .local, .wan] { try preset.validate() }
        var figures = MembershipConfiguration.lan
        figures.probeTimeout = .seconds(2)
        let error = #expect(throws: MembershipError.self) { try figures.validate() }
        #expect(error?.code == .badFigure && error?.description.contains("probeTimeout") == true)
        figures = .lan
        figures.quietPeriod = figures.quietLimit + .milliseconds(1)
        let restless = #expect(throws: MembershipError.self) { try figures.validate() }
        #expect(restless?.description.contains("quietPeriod") == true)
    }

    @Test func figuresThatDoNotFitAFrameOfThePulseLaneAreRefused() {
        for change: (inout MembershipConfiguration) -> Void in [{ $0.exchangeBytes = 128 << 10 }, { $0.memberLimit = 1_000_000 }] {
            var figures = MembershipConfiguration.lan
            change(&figures)
            let error = #expect(throws: MembershipError.self) { try figures.validate() }
            #expect(error?.code == .badFigure)
        }
    }

    @Test func metadataHasALimit() throws {
        var node = try TestNode.make()
        let labels = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key\($0)", String(repeating: "v", count: 300)) })
        let error = #expect(throws: MembershipError.self) { _ = try node.updateMetadata(MemberMetadata(labels: labels), now: .zero) }
        #expect(error?.code == .metadataTooLarge)
    }
}

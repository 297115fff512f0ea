import Membership
import Testing
import World

/// Lives, incarnations, and what a process does when the mesh says something else about it than it does.
@Suite struct IdentityTests {
    private func gossip(_ node: inout Membership, _ records: MemberRecord..., from peer: MembershipPeer = TestNode.stranger, at now: Instant = .at(0.01))
        -> [MembershipEffect]
    {
        node.handle(.gossip(rumours: records), from: peer, now: now)
    }

    @Test func aHigherLifeReplacesTheOldProcessAtOnce() throws {
        var (node, peers) = try TestNode.among(3)
        let reborn = TestNode.peer("p1", life: 2, host: "10.0.0.11")
        let effects = gossip(&node, TestNode.alive(reborn))
        #expect(node.isLive(reborn.identity) && !node.isLive(peers[0].identity))
        guard case .replaced(let old, let new)? = effects.events.first else { return #expect(Bool(false), "\(effects.events)") }
        #expect(old.identity == peers[0].identity && new.identity == reborn.identity)
        #expect(effects.contains(.forget(peers[0])))
    }

    @Test func aLowerLifeIsIgnoredAndToldOfItsSuccessor() throws {
        var (node, _) = try TestNode.among(3)
        let reborn = TestNode.peer("p1", life: 2, host: "10.0.0.11"), old = TestNode.peer("p1", life: 1, host: "10.0.0.11")
        _ = gossip(&node, TestNode.alive(reborn))
        let effects = gossip(&node, TestNode.alive(old, incarnation: 99), from: old)
        #expect(node.isLive(reborn.identity))
        #expect(effects.messages(to: old).flatMap(\.records).contains { $0.identity == reborn.identity })
    }

    @Test func aHigherLifeReturnsAfterDeath() throws {
        var (node, peers) = try TestNode.among(3)
        _ = gossip(&node, TestNode.claim(peers[0], .dead, accusers: TestNode.twoRefusals))
        let reborn = TestNode.peer("p1", life: 2, host: "10.0.0.11")
        #expect(gossip(&node, TestNode.alive(reborn)).events.contains { if case .joined(let m) = $0 { m.identity == reborn.identity } else { false } })
    }

    @Test func aDeadIdentityNeverReturns() throws {
        var (node, peers) = try TestNode.among(3)
        _ = gossip(&node, TestNode.claim(peers[0], .dead, incarnation: 3, accusers: TestNode.twoRefusals))
        for incarnation in 0...3 { _ = gossip(&node, TestNode.alive(peers[0], incarnation: UInt64(incarnation), version: 9)) }
        #expect(node.member(named: "p1")?.status == .dead)
    }

    @Test func aHigherIncarnationReturnsFromTheDead() throws {
        var (node, peers) = try TestNode.among(3)
        _ = gossip(&node, TestNode.claim(peers[0], .dead, incarnation: 3, accusers: TestNode.twoRefusals))
        let effects = gossip(&node, TestNode.alive(peers[0], incarnation: 4))
        #expect(effects.events.contains { if case .returned = $0 { true } else { false } } && node.isLive(peers[0].identity))
    }

    @Test func theDeadThatSpeakAreToldOfTheirDeath() throws {
        var (node, peers) = try TestNode.among(3)
        _ = gossip(&node, TestNode.claim(peers[0], .dead, accusers: TestNode.twoRefusals))
        let effects = node.heard(from: peers[0].identity, now: .at(0.3))
        #expect(effects.messages(to: peers[0]).flatMap(\.records).contains { $0.status == .dead })
        #expect(node.heard(from: peers[0].identity, now: .at(0.4)).isEmpty, "at most once per gossip interval")
    }

    @Test(arguments: [MemberStatus.suspect, .dead]) func anAccusedProcessRefutesWithAHigherIncarnation(status: MemberStatus) throws {
        var (node, peers) = try TestNode.among(3)
        let me = node.ownMember.peer
        let effects = gossip(&node, TestNode.claim(me, status, incarnation: 6), from: peers[0])
        #expect(node.ownMember.incarnation == 7 && node.healthScore == 1)
        #expect(effects.messages(to: peers[0]).flatMap(\.records).contains { $0.identity == me.identity && $0.incarnation == 7 && $0.status == .alive })
        #expect(gossip(&node, TestNode.claim(me, status, incarnation: 6), from: peers[0]).isEmpty, "an old accusation is answered once")
    }

    @Test func aRefutationIsToldAsOftenAsAnyRumour() throws {
        var (node, peers) = try TestNode.among(3)
        #expect(node.run(until: .at(5)).records(about: "self").count == MembershipConfiguration.lan.retransmitMinimum)
        _ = gossip(&node, TestNode.claim(node.ownMember.peer, .suspect, incarnation: 6), from: peers[0], at: .at(5))
        let told = node.run(until: .at(60)).records(about: "self")
        #expect(told.count == MembershipConfiguration.lan.retransmitMinimum && told.allSatisfy { $0.incarnation == 7 })
    }

    @Test func aProcessThatIsHeldForLeftMustBeginANewLife() throws {
        var node = try TestNode.make(life: 5)
        #expect(gossip(&node, TestNode.claim(node.ownMember.peer, .left)).newLifeAbove == 5)
    }

    @Test(arguments: MemberStatus.allCases) func aProcessThatLostItsCounterMustBeginAboveTheLifeRemembered(status: MemberStatus) throws {
        var node = try TestNode.make(life: 1)
        let past = MembershipPeer(identity: NodeIdentity(name: "self", life: 7), address: node.ownMember.address)
        #expect(gossip(&node, TestNode.claim(past, status)).newLifeAbove == 7)
        let effects = node.beginNewLife(8, now: .at(0.02))
        #expect(node.ownMember.identity.life == 8 && node.ownMember.incarnation == 0 && effects.newLifeAbove == nil)
    }

    @Test func twoProcessesOfOneNameDoNotOutbidEachOther() throws {
        var node = try TestNode.make(life: 1)
        let rival = TestNode.peer("self", life: 7, host: "10.0.7.7")
        let effects = gossip(&node, TestNode.alive(rival))
        #expect(effects.newLifeAbove == nil)
        #expect(effects.events == [.nameConflict(holder: rival, rival: node.ownMember.peer)])
        let silence = node.run(until: .at(10))
        #expect(!silence.contains { if case .send(.ping, _) = $0 { true } else { false } })
        // When the holder is gone the name is free again, above its life.
        #expect(gossip(&node, TestNode.claim(rival, .dead), at: .at(11)).newLifeAbove == 7)
    }

    @Test func allObserversAgreeOnTheLowerAddressOfTwoProcessesInOneLife() throws {
        let low = TestNode.peer("twin", host: "10.0.0.2"), high = TestNode.peer("twin", host: "10.0.0.3")
        for order in [[low, high], [high, low]] {
            var (node, _) = try TestNode.among(3)
            var conflicts = 0
            for _ in 0..<5 {
                for peer in order {
                    conflicts += gossip(&node, TestNode.alive(peer, incarnation: peer == high ? 9 : 0)).events.count { $0 == .nameConflict(holder: low, rival: high) }
                }
            }
            #expect(node.member(named: "twin")?.address == low.address)
            #expect(conflicts == 1, "reported once, not \(conflicts) times")
        }
    }

    @Test func theSecondProcessOfANameIsToldWhoHoldsIt() throws {
        let low = TestNode.peer("twin", host: "10.0.0.2"), high = TestNode.peer("twin", host: "10.0.0.3")
        var (node, _) = try TestNode.among(3)
        _ = gossip(&node, TestNode.alive(low))
        let told = gossip(&node, TestNode.alive(high), from: high).messages(to: high).flatMap(\.records)
        #expect(told.contains { $0.address == low.address && $0.status == .alive })
    }

    @Test func theHolderOfANameReportsItsRival() throws {
        var node = try TestNode.make(life: 5, host: "10.0.0.1")
        let rival = TestNode.peer("self", life: 5, host: "10.0.0.2")
        #expect(gossip(&node, TestNode.alive(rival)).events == [.nameConflict(holder: node.ownMember.peer, rival: rival)])
    }

    @Test func anotherProcessAtTheAddressOfAMemberIsAWitnessAgainstIt() throws {
        var (node, peers) = try TestNode.among(1)
        let newcomer = MembershipPeer(identity: NodeIdentity(name: "other", life: 1), address: peers[0].address)
        _ = node.connected(newcomer, now: .at(0.01))
        #expect(node.member(named: "p1")?.status == .dead)
    }

    @Test func metadataIsNotHiddenByAnAccusationThatOvertakesIt() throws {
        var (node, peers) = try TestNode.among(3)
        _ = gossip(&node, TestNode.claim(peers[0], .suspect, incarnation: 1, accusers: [Accuser(name: "p2", refused: false)]))
        let effects = gossip(&node, TestNode.alive(peers[0], incarnation: 1, version: 2, metadata: MemberMetadata(roles: ["edge"])))
        #expect(node.member(named: "p1")?.metadata.roles == ["edge"] && node.member(named: "p1")?.status == .suspect)
        #expect(effects.events.contains { if case .updated = $0 { true } else { false } })
    }
}

import Membership
import Testing
import World

@Suite struct DecidedViewTests {
    private func tell(_ node: inout Membership, _ record: MemberRecord, at seconds: Double) {
        _ = node.handle(.gossip(rumours: [record]), from: TestNode.stranger, now: .at(seconds))
    }

    private func decisions(_ effects: [MembershipEffect]) -> [[String]] {
        effects.events.compactMap { if case .decided(let view) = $0 { view.members.map(\.name) } else { nil } }
    }

    @Test func aDecisionWaitsForQuiet() throws {
        var (node, _) = try TestNode.among(2)
        #expect(node.decided.members.map(\.name) == ["self"])
        #expect(decisions(node.run(until: .at(0.25))).isEmpty)
        #expect(decisions(node.run(until: .at(0.35))) == [["p1", "p2", "self"]])
    }

    @Test func aSuspicionChangesNothing() throws {
        var (node, peers) = try TestNode.among(3)
        _ = node.run(until: .at(0.5))
        let before = node.decided
        tell(&node, TestNode.claim(peers[0], .suspect, accusers: [Accuser(name: "p2", refused: false)]), at: 0.6)
        _ = node.run(until: .at(1.2))
        #expect(node.decided == before)
    }

    @Test func aDeathThatIsRefutedWithinTheQuietPeriodMovesNothing() throws {
        var (node, peers) = try TestNode.among(3)
        _ = node.run(until: .at(0.5))
        let before = node.decided.version
        tell(&node, TestNode.claim(peers[0], .dead, accusers: TestNode.twoRefusals), at: 0.6)
        tell(&node, TestNode.alive(peers[0], incarnation: 1), at: 0.7)
        _ = node.run(until: .at(1.5))
        #expect(node.decided.version == before && node.decided.members.count == 4)
    }

    @Test func restlessnessHoldsADecisionBackForALimitedTime() throws {
        var node = try TestNode.make()
        var decided: [Double] = []
        for step in 0..<30 {
            let now = Double(step) * 0.1
            tell(&node, TestNode.alive(TestNode.peer("m\(step)", host: "10.0.1.\(step)")), at: now)
            if !decisions(node.tick(now: .at(now))).isEmpty { decided.append(now) }
        }
        #expect(decided.count == 1 && decided[0] >= 2.0 && decided[0] <= 2.2)
    }

    @Test func nodesThatHoldTheSameMembersDecideTheSame() throws {
        let records = (0..<20).map { TestNode.alive(TestNode.peer("m\($0)", host: "10.0.1.\($0)")) }
        var fingerprints: Set<UInt64> = []
        for order in [records, records.reversed()] {
            // Two nodes that know each other too.
            var a = try TestNode.make(name: "a", host: "10.0.2.1"), b = try TestNode.make(name: "b", host: "10.0.2.2")
            let metadata = MemberMetadata(roles: ["store"])
            for record in order { tell(&a, record, at: 0); tell(&b, record, at: 0.1) }
            tell(&a, TestNode.alive(b.ownMember.peer, metadata: metadata), at: 0.1)
            tell(&b, TestNode.alive(a.ownMember.peer, metadata: metadata), at: 0.1)
            _ = a.run(until: .at(0.6)); _ = b.run(until: .at(0.6))
            fingerprints.formUnion([a.decided.fingerprint, b.decided.fingerprint])
        }
        #expect(fingerprints.count == 1)
    }

    @Test func loadAloneDecidesNothingAndRolesDo() throws {
        var (node, peers) = try TestNode.among(3)
        _ = node.run(until: .at(0.5))
        let before = node.decided.fingerprint
        tell(&node, TestNode.alive(peers[0], version: 2, metadata: MemberMetadata(roles: ["store"], load: 900)), at: 0.6)
        _ = node.run(until: .at(1.2))
        #expect(node.decided.fingerprint == before)
        tell(&node, TestNode.alive(peers[0], version: 3, metadata: MemberMetadata(roles: ["edge"], load: 900)), at: 1.3)
        _ = node.run(until: .at(1.9))
        #expect(node.decided.fingerprint != before)
    }

    @Test func whoFlapsStaysOutForLongerEachTime() throws {
        var (node, peers) = try TestNode.among(3)
        _ = node.run(until: .at(0.5))
        var now = 1.0
        var absences: [Double] = []
        for round in 0..<5 {
            tell(&node, TestNode.claim(peers[0], .dead, incarnation: UInt64(round), accusers: TestNode.twoRefusals), at: now)
            for peer in peers.dropFirst() { _ = node.heard(from: peer.identity, now: .at(now)) }
            _ = node.run(until: .at(now + 0.5))
            tell(&node, TestNode.alive(peers[0], incarnation: UInt64(round) + 1), at: now + 0.5)
            var back = now + 0.5
            while !node.decided.members.contains(where: { $0.name == "p1" }) && back < now + 20 {
                back += 0.05
                for peer in peers { _ = node.heard(from: peer.identity, now: .at(back)) }
                _ = node.run(until: .at(back))
            }
            absences.append(back - now - 0.5)
            now = back + 0.5
        }
        #expect(absences[0] < 0.4 && absences[4] > 2, "\(absences)")
        #expect(zip(absences, absences.dropFirst()).allSatisfy { $0 < $1 + 0.1 }, "\(absences)")
    }
}

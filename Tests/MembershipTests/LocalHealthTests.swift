import Membership
import Testing
import World

@Suite struct LocalHealthTests {
    @Test(arguments: [(3, 3, 0), (3, 2, 1), (3, 0, 3), (1, 1, 0), (0, 0, 1)])
    func missingNacksAreASignOfBadHealth(expected: Int, received: Int, penalty: Int) {
        #expect(LocalHealth.penalty(nacksExpected: expected, nacksReceived: received) == penalty)
    }

    @Test(arguments: [(100, 1), (499, 1), (1000, 2), (5000, 3)])
    func latenessIsASignOfBadHealth(lateMs: Int, penalty: Int) {
        #expect(LocalHealth.penalty(lateness: .milliseconds(lateMs), probeTimeout: .milliseconds(500)) == penalty)
    }

    @Test func theScoreStaysBetweenZeroAndItsMaximum() {
        var health = LocalHealth(maximum: 8)
        let down = health.change(by: -1)
        #expect(!down && health.score == 0 && health.stretch == 1)
        let up = health.change(by: 100)
        #expect(up && health.score == 8 && health.stretch == 9)
    }

    /// A probe of `target` fails; `helpers` of the three helpers say that they are there but cannot reach it either.
    private func failAProbe(nacks: Int) throws -> (node: Membership, accused: Bool) {
        var (node, peers) = try TestNode.among(12)
        var effects: [MembershipEffect] = []
        var target: MembershipPeer?
        while target == nil {
            effects = node.tick(now: node.nextDeadline)
            for case .send(.ping, let to) in effects { target = to }
        }
        let asked = try #require(target)
        effects = []
        while effects.isEmpty || !effects.contains(where: { if case .send(.pingRequest, _) = $0 { true } else { false } }) {
            effects = node.tick(now: node.nextDeadline)
        }
        var given = 0
        for case .send(.pingRequest(let sequence, let about, let remainingMs, _), let helper) in effects where about == asked {
            #expect(remainingMs == 500, "the asker's remaining time travels in the request")
            if given < nacks { _ = node.handle(.nack(sequence: sequence), from: helper, now: node.nextDeadline - .milliseconds(1)) }
            given += 1
        }
        #expect(given == 3)
        // Somebody is heard, so that it is not this node that is cut off.
        let other = try #require(peers.first { $0 != asked })
        _ = node.heard(from: other.identity, now: node.nextDeadline - .milliseconds(1))
        var accused = false
        let end = node.nextDeadline + .milliseconds(600)
        while node.nextDeadline <= end {
            for event in node.tick(now: node.nextDeadline).events {
                if case .suspected(let member) = event, member.name == asked.identity.name { accused = true }
            }
            if accused { break }
        }
        return (node, accused)
    }

    @Test func aCrashWitnessedByHealthyHelpersLeavesTheProberWell() throws {
        let (node, accused) = try failAProbe(nacks: 3)
        #expect(accused && node.healthScore == 0)
    }

    @Test func silentHelpersMakeTheProberDoubtItself() throws {
        let (node, accused) = try failAProbe(nacks: 1)
        #expect(accused && node.healthScore == 2)
    }

    @Test func aLateTimerRaisesTheScoreAndStretchesTheSchedule() throws {
        var (node, peers) = try TestNode.among(12)
        _ = node.run(until: .at(0.9))
        let due = node.nextDeadline
        _ = node.tick(now: due + .milliseconds(600))
        #expect(node.healthScore == 1)
        // Twice one second until the next probe.
        var probes: [Instant] = []
        while probes.count < 4 {
            let now = node.nextDeadline
            for peer in peers { _ = node.heard(from: peer.identity, now: now) }
            for case .send(.ping, _) in node.tick(now: now) { probes.append(now) }
        }
        let gaps = zip(probes.dropFirst(), probes).map { $0 - $1 }
        #expect(gaps.allSatisfy { $0 >= .seconds(2) }, "\(gaps)")
    }

    /// A frame that waited with everything else says as much as a timer.
    @Test func aFrameThatWasHandledLateRaisesTheScoreToo() throws {
        var (node, peers) = try TestNode.among(4)
        let due = node.nextDeadline
        _ = node.heard(from: peers[0].identity, now: due + .milliseconds(20))
        #expect(node.healthScore == 0)
        _ = node.heard(from: peers[0].identity, now: node.nextDeadline + .milliseconds(700))
        #expect(node.healthScore == 1)
    }

    /// Stopped for two seconds in the middle of a suspicion, a node gives the suspect these two seconds more.
    @Test func timeInWhichANodeDidNotRunIsNoTimeInWhichOthersWereSilent() throws {
        var (node, peers) = try TestNode.among(4)
        let accusers = ["self", "p2", "p3"].map { Accuser(name: $0, refused: false) }
        _ = node.handle(.gossip(rumours: [TestNode.claim(peers[0], .suspect, accusers: accusers)]), from: peers[1], now: .at(0.05))
        for peer in peers.dropFirst() { _ = node.heard(from: peer.identity, now: .at(2.0)) }
        let woken = node.tick(now: .at(2.9))
        #expect(!woken.events.contains { if case .failed = $0 { true } else { false } })
        #expect(node.member(named: "p1")?.status == .suspect)
    }
}

import Membership
import Testing
import World

/// Which claim holds, over all combinations of life, address, incarnation and status.
@Suite struct PrecedenceTests {
    static let here = MemberAddress(host: "10.0.0.1", port: 10000)
    static let there = MemberAddress(host: "10.0.0.2", port: 10000)

    static let claims: [Precedence] = (1...2).flatMap { life in
        [here, there].flatMap { address in
            (0...2).flatMap { incarnation in
                MemberStatus.allCases.map { Precedence(life: UInt64(life), address: address, incarnation: UInt64(incarnation), status: $0) }
            }
        }
    }

    /// Written out rule by rule, apart from the implementation.
    private func holds(_ new: Precedence, over old: Precedence) -> Bool {
        if new.life > old.life { return true }
        if new.life < old.life { return false }
        if new.address != old.address { return new.address == Self.here }
        if old.status == .left { return false }
        if new.status == .left { return true }
        switch (old.status, new.status) {
        case (.alive, .alive), (.suspect, .alive), (.dead, .alive), (.suspect, .suspect), (.dead, .suspect), (.dead, .dead):
            return new.incarnation > old.incarnation
        default: return new.incarnation >= old.incarnation
        }
    }

    @Test func everyCombinationOfLifeIncarnationAndStatusFollowsTheRules() {
        var decided = 0
        for old in Self.claims {
            for new in Self.claims {
                #expect((new > old) == holds(new, over: old), "\(new) over \(old)")
                decided += 1
            }
        }
        #expect(decided == 48 * 48)
    }

    @Test func precedenceIsATotalOrder() {
        for a in Self.claims {
            for b in Self.claims {
                #expect([a < b, b < a, a == b].count { $0 } == 1)
                for c in Self.claims where a < b && b < c { #expect(a < c) }
            }
        }
    }

    /// What a node holds after hearing two claims does not depend on their order, through the whole of Membership.
    @Test func theOrderOfNewsDoesNotMatter() throws {
        for first in Self.claims {
            for second in Self.claims {
                let ab = try hold([first, second]), ba = try hold([second, first])
                #expect(ab == ba, "\(first) and \(second)")
                #expect(ab == max(first, second), "\(first) and \(second)")
            }
        }
    }

    private func hold(_ claims: [Precedence]) throws -> Precedence {
        var node = try TestNode.make(name: "observer", host: "10.0.0.9")
        for claim in claims {
            let metadata = PackedMetadata(MemberMetadata(roles: ["store"]))
            let record = MemberRecord(
                identity: NodeIdentity(name: "subject", life: claim.life), address: claim.address, incarnation: claim.incarnation,
                status: claim.status, accusers: claim.status == .dead ? TestNode.twoRefusals : [], metadataVersion: 1, metadata: metadata)
            _ = node.handle(.gossip(rumours: [record]), from: TestNode.stranger, now: .zero + .seconds(1))
        }
        let member = try #require(node.member(named: "subject"))
        return Precedence(life: member.identity.life, address: member.address, incarnation: member.incarnation, status: member.status)
    }
}

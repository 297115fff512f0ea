import Membership
import Testing
import World

@Suite struct AntiEntropyTests {
    /// Two nodes talk until nobody has anything to say; every message really packed. Gives the kinds of messages in order.
    private func talk(_ a: inout Membership, _ b: inout Membership, opening: [MembershipEffect]) throws -> [MembershipMessage] {
        let peerA = a.ownMember.peer, peerB = b.ownMember.peer
        var waiting = opening.messages(to: peerB).map { (true, $0) }
        var said: [MembershipMessage] = []
        while !waiting.isEmpty {
            let (toB, message) = waiting.removeFirst()
            let received = try MembershipMessage(unpacking: message.packed())
            said.append(received)
            if toB {
                waiting += b.handle(received, from: peerA, now: .at(1)).messages(to: peerA).map { (false, $0) }
            } else {
                waiting += a.handle(received, from: peerB, now: .at(1)).messages(to: peerB).map { (true, $0) }
            }
            try #require(said.count < 200, "the exchange does not end")
        }
        return said
    }

    private func pair(_ aKnows: [MemberRecord], _ bKnows: [MemberRecord]) throws -> (Membership, Membership) {
        var a = try TestNode.make(name: "a", host: "10.1.0.1"), b = try TestNode.make(name: "b", host: "10.1.0.2", seed: 2)
        _ = a.handle(.gossip(rumours: [TestNode.alive(b.ownMember.peer, metadata: MemberMetadata(roles: ["store"]))] + aKnows), from: TestNode.stranger, now: .zero)
        _ = b.handle(.gossip(rumours: [TestNode.alive(a.ownMember.peer, metadata: MemberMetadata(roles: ["store"]))] + bKnows), from: TestNode.stranger, now: .zero)
        return (a, b)
    }

    private func exchange(_ a: inout Membership, _ b: inout Membership) throws -> [MembershipMessage] {
        try talk(&a, &b, opening: [.send(.digest(hash: a.contentHash, count: UInt32(a.liveMemberCount)), to: b.ownMember.peer)])
    }

    static let many = (0..<200).map { TestNode.alive(TestNode.peer("m\($0)", host: "10.2.0.\($0)")) }

    @Test func theDigestDoesNotDependOnTheOrderOfNews() throws {
        let (a, _) = try pair(Self.many, [])
        let (b, _) = try pair(Self.many.reversed(), [])
        #expect(a.contentHash == b.contentHash)
    }

    @Test func theDigestChangesWithEverythingThatMatters() throws {
        let base = TestNode.peer("x")
        let variants = [
            TestNode.alive(base), TestNode.alive(base, incarnation: 1), TestNode.alive(base, version: 2), TestNode.alive(TestNode.peer("x", life: 2)),
            TestNode.alive(TestNode.peer("x", host: "10.0.0.3")), TestNode.alive(TestNode.peer("y")), TestNode.claim(base, .left),
        ]
        let hashes = try variants.map { try pair([$0], []).0.contentHash }
        #expect(Set(hashes).count == variants.count)
    }

    @Test func equalDigestsEndTheConversation() throws {
        var (a, b) = try pair(Self.many, Self.many)
        #expect(try exchange(&a, &b).count == 1)
    }

    @Test(arguments: [10, 200]) func aDifferenceIsFoundAndMadeGoodBothWays(count: Int) throws {
        let all = Self.many.prefix(count)
        let newer = TestNode.alive(TestNode.peer("m3", host: "10.2.0.3"), incarnation: 4, version: 2)
        var (a, b) = try pair(Array(all.dropFirst(2)), Array(all.dropLast(2)) + [newer])
        let said = try exchange(&a, &b)
        #expect(a.contentHash == b.contentHash && a.liveMemberCount == count + 2 && b.liveMemberCount == count + 2)
        #expect(a.member(named: "m3")?.incarnation == 4)
        let bytes = said.reduce(0) { $0 + $1.packed().count }
        #expect(bytes < 5000, "\(bytes) bytes for five differences among \(count)")
        if count == 200 { #expect(said.contains { if case .buckets = $0 { true } else { false } }) }
    }

    @Test func aNewcomerLearnsEverybodyInBoundedPieces() throws {
        var (a, b) = try pair([], Self.many + [TestNode.claim(TestNode.peer("late", host: "10.3.0.1"), .dead, ageMs: 5000)])
        let said = try exchange(&a, &b)
        #expect(a.contentHash == b.contentHash && a.liveMemberCount == 202)
        #expect(a.member(named: "late")?.status == .dead)
        #expect(said.allSatisfy { $0.packed().count <= MembershipConfiguration.lan.exchangeBytes + 600 })
    }

    /// With the largest figures and the longest names every message still fits a frame of the pulse lane.
    @Test func noPieceOfAnExchangeExceedsAFrameOfThePulseLane() throws {
        var figures = MembershipConfiguration.lan
        figures.exchangeBytes = 100 << 10
        figures.memberLimit = 65536
        try figures.validate()
        let host = String(repeating: "h", count: MembershipLimits.hostBytes)
        let labels = Dictionary(uniqueKeysWithValues: (0..<7).map { ("\($0)", String(repeating: "v", count: 500)) })
        func records(_ names: Range<Int>) -> [MemberRecord] {
            names.map { i in
                let name = "\(i)" + String(repeating: "n", count: MembershipLimits.nameBytes - "\(i)".utf8.count)
                return TestNode.alive(TestNode.peer(name, life: 1 << 60, host: host), incarnation: 1 << 60, version: 1 << 60,
                    metadata: MemberMetadata(labels: i % 100 == 0 ? labels : [:]))
            }
        }
        var a = try TestNode.make(name: "a", host: "10.1.0.1", figures: figures)
        var b = try TestNode.make(name: "b", host: "10.1.0.2", figures: figures, seed: 2)
        _ = a.handle(.gossip(rumours: records(0..<3000)), from: TestNode.stranger, now: .zero)
        _ = b.handle(.gossip(rumours: records(2990..<6000)), from: TestNode.stranger, now: .zero)
        let said = try exchange(&a, &b)
        let largest = said.map { $0.packed().count }.max() ?? 0
        #expect(largest > 90 << 10 && largest <= 110 << 10, "\(largest)")
        #expect(a.liveMemberCount == 6002 && a.contentHash == b.contentHash)
    }

    @Test func aNameIsAnsweredOnceHoweverOftenItIsAskedFor() throws {
        var (a, _) = try pair(Self.many, [])
        let asked = MembershipMessage.records([], wants: Array(repeating: "m7", count: 1000))
        #expect(a.handle(asked, from: TestNode.stranger, now: .at(1)).records(about: "m7").count == 1)
    }

    @Test func aStaleAliveIsAnsweredWithTheAccusation() throws {
        let peer = TestNode.peer("x")
        var (a, b) = try pair([TestNode.alive(peer)], [TestNode.claim(peer, .dead, accusers: TestNode.twoRefusals)])
        _ = try exchange(&a, &b)
        #expect(a.member(named: "x")?.status == .dead && a.contentHash == b.contentHash)
    }

    @Test func whatAnExchangeBringsIsPassedOnInOneRound() throws {
        var (a, b) = try pair([], Self.many)
        _ = try exchange(&a, &b)
        var told = 0
        for effect in a.run(until: .at(30)) { if case .send(.gossip(let rumours), _) = effect { told += rumours.count { $0.identity.name == "m7" } } }
        #expect(told == MembershipConfiguration.lan.gossipFanout)
    }
}

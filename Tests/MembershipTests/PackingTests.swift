import Membership
import MessagePack
import Testing
import World

@Suite struct PackingTests {
    static let metadata = MemberMetadata(
        roles: ["store", "edge", "edge"], labels: ["rack": "7", "a": "ü"], capacity: 250, zone: "eu-1",
        versions: MemberVersions(software: "1.2.3", wireMin: 1, wireMax: 3, schema: 70000), adminURL: "http://10.0.0.1:9000",
        edgeURL: nil, load: 730)
    static let peer = TestNode.peer("n0001", life: 300)
    static let alive = TestNode.alive(peer, incarnation: 70000, version: 9, metadata: metadata)
    static let suspect = TestNode.claim(peer, .suspect, incarnation: 2, accusers: [Accuser(name: "a", refused: false), Accuser(name: "b", refused: true)])
    static let dead = TestNode.claim(peer, .dead, incarnation: 2, ageMs: 1 << 40, accusers: [Accuser(name: "a", refused: false)])
    static let line = MemberOutline(identity: peer.identity, addressMark: .max, incarnation: 1 << 61, status: .left, metadataVersion: 3)

    static let messages: [MembershipMessage] = [
        .ping(sequence: 0, rumours: []), .ping(sequence: .max, rumours: [alive, suspect]), .ack(sequence: 77, rumours: [dead]),
        .pingRequest(sequence: 5, target: peer, remainingMs: 480, rumours: [suspect]), .nack(sequence: 1 << 20), .gossip(rumours: [alive, dead, suspect]),
        .digest(hash: .max, count: 1000), .buckets((0..<64).map { UInt64($0) << 50 }), .outline(mask: .max, [line, line]),
        .records([alive, dead], wants: ["n0002", "n0003"]), .records([], wants: []), .outline(mask: 1, []),
    ]

    @Test(arguments: messages) func everyMessageSurvivesTheWire(message: MembershipMessage) throws {
        #expect(try MembershipMessage(unpacking: message.packed()) == message)
    }

    @Test func metadataSurvivesTheWire() throws { #expect(try PackedMetadata(Self.metadata).unpacked() == Self.metadata) }

    @Test(arguments: messages) func aTruncatedMessageIsMalformed(message: MembershipMessage) {
        let bytes = message.packed()
        for length in 0..<bytes.count {
            #expect(throws: MembershipError.self) { try MembershipMessage(unpacking: Array(bytes[..<length])) }
        }
    }

    @Test(arguments: messages) func trailingBytesAreMalformed(message: MembershipMessage) {
        #expect(throws: MembershipError.self) { try MembershipMessage(unpacking: message.packed() + [0xc0]) }
    }

    /// Every byte replaced by every value: a message of the same bytes again, or the typed error, and what was accepted can be handled.
    @Test(arguments: messages) func aMutatedMessageIsReadStrictlyAndNeverTraps(message: MembershipMessage) throws {
        let bytes = message.packed()
        var refused = 0
        var (node, _) = try TestNode.among(3)
        for i in bytes.indices where i < 200 {
            for value in stride(from: UInt8.zero, to: 255, by: bytes.count > 100 ? 7 : 1) {
                var mutated = bytes
                mutated[i] = value
                do {
                    let read = try MembershipMessage(unpacking: mutated)
                    _ = node.handle(read, from: TestNode.stranger, now: .zero)
                } catch { refused += 1 }
            }
        }
        #expect(refused > 0)
    }

    @Test func randomBytesNeverTrap() {
        var random = RandomStream(seed: 11)
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(60)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = try? MembershipMessage(unpacking: [0x92 + UInt8(random.below(7)), UInt8(random.below(9))] + bytes)
        }
    }

    @Test func aDeclaredSizeAllocatesNothing() {
        // [4, array of 2^32-1 records]
        #expect(throws: MembershipError.self) { try MembershipMessage(unpacking: [0x92, 4, 0xdd, 0xff, 0xff, 0xff, 0xff]) }
    }

    @Test func boundsOfTheLayoutAreKept() {
        let long = String(repeating: "x", count: 65)
        for bad in [
            TestNode.alive(TestNode.peer(long)), TestNode.alive(TestNode.peer("")), TestNode.alive(TestNode.peer("a", life: 1 << 62)),
            TestNode.alive(TestNode.peer("a"), incarnation: .max), TestNode.alive(TestNode.peer("a", host: "")),
            TestNode.claim(Self.peer, .dead, ageMs: .max), TestNode.alive(Self.peer, version: 0),
            TestNode.claim(Self.peer, .suspect, accusers: Array(repeating: Accuser(name: "a", refused: false), count: 5)),
            TestNode.alive(Self.peer, metadata: MemberMetadata(zone: String(repeating: "z", count: 513))),
            TestNode.alive(Self.peer, metadata: MemberMetadata(roles: (0..<65).map { "r\($0)" })),
        ] {
            #expect(throws: MembershipError.self) { try MembershipMessage(unpacking: MembershipMessage.gossip(rumours: [bad]).packed()) }
        }
    }

    @Test func anIdlePingTakesFewBytes() {
        #expect(MembershipMessage.ping(sequence: 200, rumours: []).packed().count <= 5)
        #expect(MembershipMessage.digest(hash: .max, count: 5).packed().count <= 12)
    }

    /// Written out by hand from the layout, so that a change of it does not go unnoticed: two releases must talk.
    @Test func theLayoutIsTheOneWrittenDown() {
        func text(_ string: String) -> [UInt8] { [0xa0 + UInt8(string.utf8.count)] + Array(string.utf8) }
        let peer = TestNode.peer("n1", life: 7, host: "h")
        let suspect = TestNode.claim(peer, .suspect, incarnation: 2, accusers: [Accuser(name: "n2", refused: true)])
        let record: [UInt8] = [0x9a] + text("n1") + [7] + text("h") + [0xcd, 0x27, 0x10, 2, 1, 0, 0x92] + text("n2") + [0xc3, 0, 0xc0]
        #expect(MembershipMessage.ping(sequence: 1, rumours: [suspect]).packed() == [0x93, 0, 1, 0x91] + record)
        #expect(MembershipMessage.ack(sequence: 1, rumours: []).packed() == [0x93, 1, 1, 0x90])
        #expect(
            MembershipMessage.pingRequest(sequence: 1, target: peer, remainingMs: 300, rumours: []).packed()
                == [0x98, 2, 1] + text("n1") + [7] + text("h") + [0xcd, 0x27, 0x10, 0xcd, 0x01, 0x2c, 0x90])
        #expect(MembershipMessage.nack(sequence: 1).packed() == [0x92, 3, 1])
        #expect(MembershipMessage.gossip(rumours: []).packed() == [0x92, 4, 0x90])
        #expect(MembershipMessage.digest(hash: 5, count: 6).packed() == [0x93, 5, 5, 6])
        #expect(MembershipMessage.buckets(Array(repeating: 1, count: 64)).packed() == [0x92, 6, 0xdc, 0, 64] + Array(repeating: 1, count: 64))
        let line = MemberOutline(identity: peer.identity, addressMark: 9, incarnation: 2, status: .left, metadataVersion: 4)
        #expect(MembershipMessage.outline(mask: 8, [line]).packed() == [0x93, 7, 8, 0x91, 0x96] + text("n1") + [7, 9, 2, 3, 4])
        #expect(MembershipMessage.records([], wants: ["n1"]).packed() == [0x93, 8, 0x90, 0x91] + text("n1"))
        let metadata = MemberMetadata(
            roles: ["b", "a"], labels: ["y": "2", "x": "1"], capacity: 100, zone: "z", versions: MemberVersions(software: "v", wireMin: 1, wireMax: 2, schema: 3),
            adminURL: "u", edgeURL: nil, load: 5)
        let packed: [UInt8] = [0x9b, 0x92] + text("a") + text("b") + [0x94] + text("x") + text("1") + text("y") + text("2") + [100]
            + text("z") + text("v") + [1, 2, 3] + text("u") + [0xc0, 5]
        let alive = TestNode.alive(peer, incarnation: 2, version: 4, metadata: metadata)
        #expect(
            MembershipMessage.gossip(rumours: [alive]).packed()
                == [0x92, 4, 0x91, 0x9a] + text("n1") + [7] + text("h") + [0xcd, 0x27, 0x10, 2, 0, 0, 0x90, 4] + packed)
    }

    @Test func aMessageKeepsItsBudgetOfBytes() throws {
        var (node, peers) = try TestNode.among(60)
        var gossip = 0
        for effect in node.run(until: .at(3)) {
            guard case .send(let message, _) = effect else { continue }
            #expect(message.packed().count <= MembershipConfiguration.lan.rumourBytes + 40)
            if case .gossip(let rumours) = message, rumours.count > 10 { gossip += 1 }
        }
        #expect(gossip > 3 && peers.count == 60)
    }
}

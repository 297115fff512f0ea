import TestSupport
import Testing
import Transport
import Wire
import World

@Suite(.serialized, .bounded) struct CurveTests {
    private func keys() throws -> CurveKeyPair { try #require(CurveKeyPair.generate(), "libzmq has no CURVE") }

    @Test func keysAreWrittenAndReadAsZ85() throws {
        let pair = try keys()
        #expect(pair.publicKey.text.utf8.count == 40 && pair.secretKey.utf8.count == 40)
        #expect(CurvePublicKey(pair.publicKey.text) == pair.publicKey)
        #expect(CurveKeyPair(publicKey: pair.publicKey.text, secretKey: pair.secretKey) != nil)
        #expect(CurveKeyPair(publicKey: try keys().publicKey.text, secretKey: pair.secretKey) == nil, "keys of two pairs")
        #expect(CurvePublicKey("short") == nil)
        #expect(CurvePublicKey(String(repeating: "~", count: 40)) == nil)
        #expect(try keys().publicKey != pair.publicKey)
    }

    @Test func nodesWithListedKeysTalk() async throws {
        let (first, second) = (try keys(), try keys())
        let peers = ["n1": first.publicKey, "n2": second.publicKey]
        let one = try await RealNode("n1", security: CurveSecurity(keyPair: first, peers: peers))
        let two = try await RealNode("n2", security: CurveSecurity(keyPair: second, peers: peers))
        await one.dial(two)
        let session = try await one.session(to: two)
        _ = await one.node.sendNumbers(0..<100, lane: .work, to: session)
        try await two.until("all numbers") { _, delegate in delegate.heard.frames.count == 100 }
        #expect(await two.node.with { links, _ in links.metrics.keysRefused } == 0)
        await one.stop()
        await two.stop()
    }

    @Test func anUnknownKeyIsRefused() async throws {
        let (first, second, stranger) = (try keys(), try keys(), try keys())
        let one = try await RealNode("n1", security: CurveSecurity(keyPair: stranger, peers: ["n2": second.publicKey]))
        let two = try await RealNode(
            "n2", security: CurveSecurity(keyPair: second, peers: ["n1": first.publicKey, "n2": second.publicKey]))
        await one.dial(two)
        try await one.until("a refusal for the key") { _, delegate in delegate.heard.refusals.contains { $0.code == .wrongKey } }
        #expect(await one.node.heard.established.isEmpty)
        #expect(await two.node.heard.established.isEmpty)
        #expect(one.node.logs.all.contains { $0.contains("key") })
        // The side that refuses counts it and says from where it came, once though a second stranger tries.
        try await two.until("a count of the refusal") { links, _ in links.metrics.keysRefused > 0 }
        let other = try await RealNode("n1", security: CurveSecurity(keyPair: stranger, peers: ["n2": second.publicKey]))
        await other.dial(two)
        try await two.until("a count of the second refusal") { links, _ in links.metrics.keysRefused > 1 }
        await other.stop()
        #expect(two.node.logs.all.count { $0.contains("refused a connection from") && $0.contains("127.0.0.1") && $0.contains("key") } == 1)
        #expect(await one.node.with { links, _ in links.metrics.keysRefused } == 0)
        // Keys are corrected while nodes run, so the refused one tries again.
        try await one.until("another try") { links, _ in links.metrics.handshakesRefused > 1 }
        await one.stop()
        await two.stop()
    }

    @Test func aListedKeyUnderAnotherNameIsRefused() async throws {
        let (first, second) = (try keys(), try keys())
        let peers = ["n1": first.publicKey, "n2": second.publicKey]
        let liar = try await RealNode("n3", security: CurveSecurity(keyPair: first, peers: peers))
        let two = try await RealNode("n2", security: CurveSecurity(keyPair: second, peers: peers))
        await liar.dial(two)
        try await liar.until("a refusal for the key") { _, delegate in delegate.heard.refusals.contains { $0.code == .wrongKey } }
        #expect(two.node.logs.all.contains { $0.contains("has the key of n1, but says it is n3") })
        #expect(await two.node.heard.established.isEmpty)
        await liar.stop()
        await two.stop()
    }

    @Test func aWelcomeUnderAnotherNameThanThatOfTheKeyIsRefused() async throws {
        let (first, second, third) = (try keys(), try keys(), try keys())
        let peers = ["n1": first.publicKey, "n2": second.publicKey, "n3": third.publicKey]
        let port = RealNode.freePort()
        let liarsPlace = PeerAddress(host: "127.0.0.1", port: port)
        let two = try await RealNode("n2", security: CurveSecurity(keyPair: second, peers: peers))
        let liar = try await RealNode("n2", life: 99, port: port, security: CurveSecurity(keyPair: first, peers: peers))
        let three = try await RealNode(
            "n3", security: CurveSecurity(keyPair: third, peers: peers, names: [liarsPlace: "n1"]))
        await three.dial(two)
        let session = try await three.session(to: two)
        // Known by its address only, as a seed is.
        await three.node.with { links, _ in links.dial(liarsPlace) }
        try await three.until("a refusal for the key") { _, delegate in delegate.heard.refusals.contains { $0.code == .wrongKey } }
        #expect(three.node.logs.all.contains { $0.contains("has the key of n1, but says it is n2") })
        #expect(await three.node.heard.lost.isEmpty)
        #expect(await three.node.with { links, _ in links.session(to: NodeIdentity(name: "n2", life: 1)) } == session)
        for node in [two, liar, three] { await node.stop() }
    }

    @Test func aNodeWithoutKeysDoesNotReachOneWithKeys() async throws {
        let pair = try keys()
        let plain = try await RealNode("n1")
        let secure = try await RealNode("n2", security: CurveSecurity(keyPair: pair, peers: ["n1": pair.publicKey]))
        let other = try await RealNode("n3")
        await plain.dial(secure)
        // Whom it can reach it reaches, though it was dialled later.
        await plain.dial(other)
        _ = try await plain.session(to: other)
        try await plain.world.sleep(for: .milliseconds(300))
        #expect(await plain.node.heard.established.map(\.peer.name) == ["n3"])
        #expect(await secure.node.heard.established.isEmpty)
        await other.stop()
        await plain.stop()
        await secure.stop()
    }
}

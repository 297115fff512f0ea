import Testing
import Transport
import Wire
import World

@Suite(.serialized) struct CurveTests {
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

    @Test func aNodeWithoutKeysDoesNotReachOneWithKeys() async throws {
        let pair = try keys()
        let plain = try await RealNode("n1")
        let secure = try await RealNode("n2", security: CurveSecurity(keyPair: pair, peers: ["n1": pair.publicKey]))
        await plain.dial(secure)
        try await plain.until("a failed connection") { links, _ in links.metrics.handshakesRefused > 0 || links.metrics.pulse.messagesSent == 0 }
        try await plain.world.sleep(for: .milliseconds(300))
        #expect(await plain.node.heard.established.isEmpty)
        #expect(await secure.node.heard.established.isEmpty)
        await plain.stop()
        await secure.stop()
    }
}

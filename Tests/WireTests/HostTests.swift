import MessagePack
import Testing
import Wire
import World

@Suite struct HostTests {
    private func decoded(host: String, port: UInt16) -> PeerAddress? {
        let hello = Hello(
            mesh: "m", identity: NodeIdentity(name: "n", life: 1), address: PeerAddress(host: host, port: port),
            versions: WireVersions(1, 1), software: "s", fingerprint: 0, capabilities: [], token: 1, attempt: 1, expected: nil)
        return try? Hello.unpack(hello.packed[...]).address
    }

    @Test(arguments: ["10.0.0.1", "::1", "fe80::a:1", "node-1.example.org", "db_1", "N1"])
    func aHostThatCanBeOneIsAccepted(_ host: String) {
        #expect(decoded(host: host, port: 7000)?.host == host)
    }

    @Test(arguments: ["", " ", "a b", "tcp://x", "n1;rm", "n1\0", "nöde", "*", "[::1]", "n1/x"])
    func whatCannotBeAHostIsMalformed(_ host: String) {
        #expect(decoded(host: host, port: 7000) == nil)
        #expect(decoded(host: host, port: 0) != nil, "who cannot be dialled needs no host")
    }
}

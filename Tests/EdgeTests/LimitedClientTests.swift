import Edge
import HTTPTypes
import Hummingbird
import Limits
import Lookup
import Testing

/// To whom a request is counted.
@Suite struct LimitedClientTests {
    /// The digest of "open sesame", as `printf 'open sesame' | sha256sum` gives it.
    static let digest = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb"

    private static func settings(proxies: [String] = []) -> LimitSettings {
        let one = LimitPolicy(limit: 1)
        return LimitSettings(
            post: one, get: one, all: one, keys: [digest: .init(name: "ali", post: one, get: one)],
            proxies: proxies.compactMap { AddressPrefix($0) })
    }

    private static func name(_ peer: String?, _ headers: HTTPFields = [:], proxies: [String] = []) -> String {
        LimitedClient(peer: peer, headers: headers, settings(proxies: proxies)).name
    }

    private static func forwarded(_ value: String) throws -> HTTPFields {
        [try #require(HTTPField.Name("X-Forwarded-For")): value]
    }

    @Test(arguments: [
        ("192.0.2.7", "address 192.0.2.7"), ("::ffff:192.0.2.7", "address 192.0.2.7"), ("::1", "address ::/64"),
        ("2001:db8:1:2:3:4:5:6", "address 2001:db8:1:2::/64"), ("2001:db8:1:2:ffff::", "address 2001:db8:1:2::/64"),
        ("2001:db8:1:3::", "address 2001:db8:1:3::/64"), ("nonsense", "address unknown"),
    ])
    func anAddressIsOneClientAndSoIsANetworkOfIPv6(_ peer: String, _ name: String) {
        #expect(Self.name(peer) == name)
    }

    @Test func aClientWithoutAnAddressIsOneOfAll() { #expect(Self.name(nil) == "address unknown") }

    @Test func aKeyThatIsDeclaredIsItsOwner() throws {
        let own = try #require(HTTPField.Name("X-API-Key"))
        #expect(Self.name("192.0.2.7", [own: "open sesame"]) == "key ali")
        #expect(Self.name("192.0.2.7", [.authorization: "Bearer open sesame"]) == "key ali")
        #expect(Self.name("192.0.2.7", [.authorization: "bearer  open sesame"]) == "key ali")
        #expect(Self.name("192.0.2.7", [own: "made up", .authorization: "Bearer open sesame"]) == "key ali")
    }

    @Test func aKeyThatIsMadeUpSaysNothing() throws {
        let own = try #require(HTTPField.Name("X-API-Key"))
        let strange: [HTTPFields] = [
            [own: "made up"], [own: Self.digest], [.authorization: "Basic open sesame"], [.authorization: "Bearer"],
        ]
        for headers in strange {
            #expect(Self.name("192.0.2.7", headers) == "address 192.0.2.7")
        }
    }

    @Test func whatNobodyTrustedHasForwardedIsNotBelieved() throws {
        let headers = try Self.forwarded("198.51.100.9")
        #expect(Self.name("192.0.2.7", headers) == "address 192.0.2.7")
        #expect(Self.name("192.0.2.7", headers, proxies: ["10.0.0.0/8"]) == "address 192.0.2.7")
    }

    @Test(arguments: [
        ("198.51.100.9", "198.51.100.9"), ("203.0.113.1, 198.51.100.9", "198.51.100.9"), ("198.51.100.9:4711", "198.51.100.9"),
        ("203.0.113.1,198.51.100.9, 10.1.1.1", "198.51.100.9"), ("[2001:db8::1]:80", "2001:db8::/64"), ("2001:db8::1", "2001:db8::/64"),
        ("10.1.1.1, 10.2.2.2", "10.1.1.1"), ("198.51.100.9, unknown", "10.0.0.1"), ("", "10.0.0.1"),
    ])
    func behindTrustedProxiesTheLastThatIsNoneOfThemAsks(_ header: String, _ client: String) throws {
        #expect(Self.name("10.0.0.1", try Self.forwarded(header), proxies: ["10.0.0.0/8"]) == "address \(client)")
    }
}

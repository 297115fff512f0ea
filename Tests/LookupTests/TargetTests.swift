import Foundation
import JSONDocument
import Lookup
import Testing

@Suite struct TargetTests {
    /// The examples of the lookup contract, each with the answer to a submission of it.
    private static let examples: [JSON] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vectors/target-examples.json").path
        let bytes = FileManager.default.contents(atPath: path).map(Array.init) ?? []
        return (try? JSON(parsing: bytes))?.elements ?? []
    }()

    @Test func everyExampleOfTheContractIsAnsweredAsThere() throws {
        #expect(Self.examples.count >= 35)
        for example in Self.examples {
            let text = example["target"]?.string ?? ""
            do throws(LookupTargetRefusal) {
                let target = try LookupTarget(text)
                #expect(example["status"]?.integer() == 202, "\(text) is accepted as \(target)")
                #expect(target.kind.rawValue == example["targetType"]?.string, "\(text)")
            } catch {
                #expect(example["status"]?.integer() == 400, "\(text) is refused: \(error)")
                #expect(error.isValidation)
                #expect(example["message"]?.string == error.description, "\(text)")
            }
        }
    }

    @Test(arguments: [
        (" 8.8.8.8\n", "8.8.8.8"), ("2001:0DB8:85A3:0000:0000:8A2E:0370:7334", "2001:db8:85a3::8a2e:370:7334"),
        ("0:0:0:0:0:0:0:0", "::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"), ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("::FFFF:192.0.2.1", "::ffff:192.0.2.1"),
        ("[2001:DB8::1]", "2001:db8::1"), ("[2001:db8::1]:443", "2001:db8::1"), ("fe80::1%eth0", "fe80::1%eth0"),
        ("[fe80::1%3]:80", "fe80::1%3"), ("Example.COM.", "example.com"), ("BÜCHER.de", "xn--bcher-kva.de"),
        ("xn--bcher-kva.de", "xn--bcher-kva.de"), ("straße.de", "xn--strae-oqa.de"), ("例え。テスト", "xn--r8jz45g.xn--zckzah"),
        ("例え。テスト。", "xn--r8jz45g.xn--zckzah"), ("bücher．de｡", "xn--bcher-kva.de"), ("\u{A0}a.test\u{2003}", "a.test"),
        ("a-b.c0", "a-b.c0"), ("3com.com", "3com.com"),
    ])
    func aTargetIsKeptInCanonicalForm(_ text: String, _ canonical: String) throws {
        #expect(try LookupTarget(text).text == canonical)
    }

    @Test(arguments: [
        "localhost", "http://example.com/", "AS15169", "10.0.0.0/8", "[8.8.8.8]", "[2001:db8::1]:65536", "[2001:db8::1]443",
        "[2001:db8::1]:", "[2001:db8::1]:+1", "1:2:3:4:5:6:7:8:9", "a.test%eth0", "a..b.com", "..", ".", "xn--a\u{80}.com",
        "xn--0000000000000.com", "1.1.1.1\u{0}", "2001:db8::1\u{0}", "0x7f.1", "127.1", "4294967295", "1.2.3.4.5", "８.８.８.８.８",
        "a\u{0}b.com", "com.", "a.test..", "例え。テスト。。",
        "localhost.", "//a.test", "a.test/", "::1/128", "1::2::3", "01.1.1.1", "1.1.1.1.",
        "mailto:a@b.test", String(repeating: "a.", count: 5_000) + "com", String(repeating: "1", count: 5_000),
    ])
    func whatIsNeitherIsRefusedByValidation(_ text: String) {
        do throws(LookupTargetRefusal) {
            Issue.record("\(text) is accepted as \(try LookupTarget(text))")
        } catch {
            #expect(error.isValidation)
            #expect(error.description.utf8.count < 1_000)
        }
    }

    @Test(arguments: ["8.8.8.8%eth0", "127.0.0.1%1", "8.8.8.8%", "fe80::1%", "fe80::1%a/b", "fe80::1%averylonginterface"])
    func aZoneThatCannotBePassesValidationAndIsRefusedAllTheSame(_ text: String) {
        #expect(throws: LookupTargetRefusal.unusable) { try LookupTarget(text) }
        #expect(LookupTargetRefusal.unusable.description == "Target must be a valid IP address or domain name")
    }

    @Test(arguments: [
        ("10.1.2.3", AddressRange.Kind.private, "RFC 1918"),
        ("172.31.255.255", .private, "RFC 1918"), ("192.168.0.1", .private, "RFC 1918"),
        ("100.64.0.1", .private, "RFC 6598"), ("127.0.0.1", .loopback, "RFC 1122"), ("::1", .loopback, "RFC 4291"),
        ("169.254.169.254", .linkLocal, "RFC 3927"), ("192.0.2.1", .reserved, "RFC 5737"), ("224.0.0.1", .reserved, "RFC 5771"),
        ("255.255.255.255", .reserved, "RFC 1112"), ("fd00::1", .private, "RFC 4193"), ("fe80::1", .linkLocal, "RFC 4291"),
        ("2001:db8::1", .reserved, "RFC 3849"), ("::ffff:10.0.0.1", .private, "RFC 1918"), ("64:ff9b::7f00:1", .loopback, "RFC 1122"),
        ("2002:a9fe:a9fe::", .linkLocal, "RFC 3927"), ("2001:0:1::f5ff:fffe", .private, "RFC 1918"), ("1::", .reserved, "RFC 4291"),
        ("::", .reserved, "RFC 4291"),
    ])
    func specialRangesAreKnownInEveryForm(_ text: String, _ kind: AddressRange.Kind, _ source: String) throws {
        let range = try #require(IPAddress(text)?.specialRange)
        #expect(range.kind == kind && range.source == source, "\(text) is in \(range)")
    }

    @Test(arguments: [
        "8.8.8.8", "172.32.0.1", "100.128.0.1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::",
    ])
    func publicAddressesAreInNone(_ text: String) throws {
        #expect(try #require(IPAddress(text)).specialRange == nil)
    }

    @Test func anAddressHasANameForReverseLookups() {
        #expect(IPAddress("192.0.2.1")?.reverseName == "1.2.0.192.in-addr.arpa")
        let name = "8.8.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.ip6.arpa"
        #expect(IPAddress("2001:4860:4860::8888")?.reverseName == name)
    }

    @Test func aServiceIsFoundByNumberAndByNameInAnyCase() {
        #expect(LookupService(value: 2) == .rdap && LookupService(name: "reversedns") == .reverseDNS)
        #expect(LookupService(value: 4) == nil && LookupService(value: -1) == nil && LookupService(name: "whois") == nil)
    }
}

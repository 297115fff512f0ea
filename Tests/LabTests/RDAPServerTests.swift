import JSONDocument
import Lab
import Logging
import Synchronization
import Testing
import TestSupport
import Web
import WebTestSupport
import World

/// The RDAP servers of the lab, in this process and on a port of its own.
@Suite struct RDAPServerTests {
    private final class Base: Sendable { let text = Mutex("") }

    private func withServer(_ body: (String) async throws -> Void) async throws {
        let base = Base()
        let server = RDAPServer(.tcp(host: "127.0.0.1", port: 0), world: SystemWorld(), logger: Logger(label: "test")) { _ in
            base.text.withLock { $0 }
        }
        let url = "http://127.0.0.1:\(try await server.start())"
        base.text.withLock { $0 = url }
        let result: Result<Void, any Error>
        do { result = .success(try await body(url)) } catch { result = .failure(error) }
        await server.stop()
        try result.get()
    }

    @Test func theRegistriesLeadToServers() async throws {
        try await withServer { base in
            for name in ["dns", "ipv4", "ipv6"] {
                let answer = try await ask("GET", base + "/rdap/\(name).json")
                let services = try #require(answer.json?["services"]?.elements)
                #expect(answer.status == 200 && !services.isEmpty && answer.json?["version"] == "1.0")
                for service in services {
                    #expect(service[0]?.elements?.isEmpty == false, "\(service.text())")
                    #expect(service[1]?[0]?.string?.hasPrefix("http://") == true, "\(service.text())")
                }
            }
            let domains = try await ask("GET", base + "/rdap/dns.json")
            #expect(!domains.text.contains("unserved.hostile.test") && domains.text.contains("dead-first.hostile.test"))
            #expect(try await ask("GET", base + "/rdap/asn.json").status == 404)
        }
    }

    @Test func objectsHaveTheShapesOfTheProtocol() async throws {
        try await withServer { base in
            let network = try await ask("GET", base + "/ip/8.8.8.8")
            #expect(network.headers["content-type"] == "application/rdap+json" && network.headers["cache-control"] == "max-age=60")
            let json = try #require(network.json)
            #expect(json["objectClassName"] == "ip network" && json["handle"] == "NET-8-8-8-0-1" && json["ipVersion"] == "v4")
            #expect(json["startAddress"] == "8.8.8.0" && json["endAddress"] == "8.8.8.255")
            #expect(json["rdapConformance"] == ["rdap_level_0"])
            let six = try await ask("GET", base + "/ip/2001:4860:4860::8888").json
            #expect(six?["startAddress"] == "2001:4860::" && six?["endAddress"] == "2001:4860:ffff:ffff:ffff:ffff:ffff:ffff")
            let domain = try await ask("GET", base + "/domain/GOOGLE.com").json
            #expect(domain?["objectClassName"] == "domain" && domain?["ldhName"] == "google.com")
            let fn = domain?["entities"]?[0]?["vcardArray"]?[1]?[1]
            #expect(fn == ["fn", [:], "text", "Google LLC"])
            let missing = try await ask("GET", base + "/domain/nobody.com")
            #expect(missing.status == 404 && missing.json?["errorCode"] == 404)
            #expect(try await ask("GET", base + "/ip/21.21.21.21").status == 404)
            #expect(try await ask("GET", base + "/ip/none").status == 400)
        }
    }

    @Test func whatIsHostileIsHostile() async throws {
        try await withServer { base in
            func get(_ conduct: RDAPConduct) async throws -> Answer { try await ask("GET", base + "/domain/" + conduct.domain) }
            #expect(try await get(.missing).status == 404)
            let seconds = try await get(.busySeconds), date = try await get(.busyDate), mute = try await get(.busy)
            #expect([seconds.status, date.status, mute.status] == [429, 429, 429])
            #expect(seconds.headers["retry-after"] == "30" && mute.headers["retry-after"] == nil)
            #expect(date.headers["retry-after"]?.hasSuffix(" GMT") == true)
            #expect(try await get(.failing).status == 500)
            #expect(try await get(.page).headers["content-type"]?.hasPrefix("text/html") == true)
            let garbled = try await get(.garbled)
            #expect(garbled.status == 200 && garbled.headers["content-type"] == "application/rdap+json" && garbled.json == nil)
            #expect(try await get(.list).json?.elements?.count == 1)
            #expect(try await get(.huge).text.utf8.count > 4 << 20)
            for (conduct, end) in [
                (RDAPConduct.loop, "/domain/loop.hostile.test"), (.endless, "/hop/100"), (.inside, "http://10.0.0.1/latest/meta-data/"),
                (.metadata, "http://169.254.169.254/latest/meta-data/"),
                (.metadataByName, "http://metadata.hostile.test/latest/meta-data/"),
                (.metadataMapped, "http://[::ffff:169.254.169.254]/latest/meta-data/"), (.elsewhere, "ftp://192.0.43.9/domain.txt"),
            ] {
                // The client of the others would follow.
                let answer = try await askAsWritten("GET", base, "/domain/" + conduct.domain)
                #expect(answer.status == 302 && answer.headers["location"] == end, "\(conduct): \(answer)")
            }
            await #expect(throws: (any Error).self) { _ = try await get(.cutOff) }
        }
    }

    @Test func aChainEndsWithTheDocument() async throws {
        try await withServer { base in
            var answer = try await askAsWritten("GET", base, "/domain/" + RDAPConduct.chain.domain), hops = 0
            while answer.status == 302, hops < 10 {
                // All the lab's names of RDAP servers lead to this one.
                let location = try #require(answer.headers["location"])
                let path = location.hasPrefix("/") ? location : "/" + location.split(separator: "/").dropFirst(2).joined(separator: "/")
                answer = try await askAsWritten("GET", base, path)
                hops += 1
            }
            #expect(hops == 3 && answer.json?["ldhName"] == "chain.hostile.test")
        }
    }

    /// The head comes at once, the body does not end.
    @Test func aSlowDocumentBegins() async throws {
        try await withServer { base in
            let (head, isOpen) = try await onOwnThread {
                let connection = try RawConnection(base)
                connection.send("GET /domain/slow.hostile.test HTTP/1.1\r\nHost: h\r\n\r\n")
                return (connection.readAnswer().lowercased(), connection.isOpen)
            }
            #expect(head.contains("200 ok") && head.contains("transfer-encoding: chunked") && isOpen, "\(head)")
        }
    }

    @Test func whoIsLedAstrayIsCounted() async throws {
        try await withServer { base in
            let before = try await ask("GET", base + "/trespasses").json
            let secret = try await ask("GET", base + "/latest/meta-data/").text
            let after = try await ask("GET", base + "/trespasses").json
            #expect(before?["trespasses"]?.integer() == 0 && secret == "secret\n" && after?["trespasses"]?.integer() == 1)
        }
    }
}

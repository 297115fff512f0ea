import Lab
import Lookup
import Testing
import Topology
import World

/// The declared world holds together.
@Suite struct FixtureTests {
    private static let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")

    @Test func noAddressIsDeclaredTwice() {
        let all = LabFixtures.addresses.map { $0.address.description }
        #expect(Set(all).count == all.count)
        #expect(LabFixtures.addresses.allSatisfy { $0.text == $0.address.description }, "addresses are in their canonical form")
    }

    /// What lookups are led to is judged, so whoever plays a server of the Internet must have an address of it.
    @Test func theServersHaveAddressesOfTheInternet() throws {
        for text in RDAPHosts.addresses {
            let address = try #require(IPAddress(text))
            #expect(address.specialRange == nil, "\(text)")
        }
        #expect(Set(RDAPHosts.addresses).count == RDAPHosts.addresses.count)
        for entry in LabFixtures.addresses { #expect(entry.address.specialRange == nil, "\(entry.text)") }
        for text in [LabTrap.metadata, LabTrap.private] {
            let address = try #require(IPAddress(text))
            #expect(address.specialRange?.kind.isLocal == true, "\(text)")
        }
    }

    @Test func everyNameLeadsToAnAddressOfTheLab() {
        let known = LabFixtures.addresses.map(\.text) + [LabTrap.metadata, LabTrap.private]
        for (name, address) in LabFixtures.names { #expect(known.contains(address), "\(name)") }
        for conduct in RDAPConduct.allCases { #expect(LabFixtures.names.contains { $0.name == conduct.domain }, "\(conduct)") }
        let names = LabFixtures.names.map(\.name) + LabFixtures.aliases.map(\.alias)
        for (alias, name) in LabFixtures.aliases { #expect(names.contains(name), "\(alias)") }
    }

    @Test func everyTargetOfTheLabIsOne() throws {
        for name in LabFixtures.names.map(\.name) + LabFixtures.troubles.map(\.name) { _ = try LookupTarget(name) }
        for entry in LabFixtures.addresses { _ = try LookupTarget(entry.text) }
    }

    /// The addresses of the interface are those that answer and those of the servers; IPv6 has its own form.
    @Test func theInterfaceHasTheAddressesThatAnswer() {
        let lines = LabNetwork.loopback
        #expect(lines.first == "link set lo up")
        #expect(lines.contains("address add 8.8.8.8/32 dev lo"))
        #expect(lines.contains("address add 2001:4860:4860::8888/128 dev lo nodad"))
        #expect(lines.contains("address add \(RDAPHosts.bootstrap)/32 dev lo"))
        #expect(lines.filter { $0.contains("18.18.18.18") } == ["route add 18.18.18.18/32 dev lo"])
        #expect(!lines.contains { $0.contains("19.19.19.19") })
        #expect(LabNetwork.remove("8.8.8.8") == "address del 8.8.8.8/32 dev lo")
    }

    /// The shipped topology asks the servers that the lab has.
    @Test func theTopologyAsksTheServersOfTheLab() throws {
        let lookup = try Topology.load(Self.root + "/topology/lab.yaml", from: SystemFileSystem()).lookup
        #expect(lookup.dns.map(\.description) == [LabNameServer.dnsmasq.address + ":53"])
        #expect(lookup.rdapURL == "http://\(RDAPHosts.bootstrap)/rdap")
        #expect(lookup.geoFiles.map { GeoIPDatabases.Kind(path: $0) } == GeoIPDatabases.Kind.allCases)
    }

    /// The map of the lab leaves nothing out.
    @Test func theMapHasEveryAddressNameAndServer() throws {
        let map = String(decoding: try SystemFileSystem().read(Self.root + "/docs/LAB.md"), as: UTF8.self)
        let rows = map.split(separator: "\n").filter { $0.hasPrefix("| ") }.compactMap { $0.split(separator: "|").first }
        let first = Set(rows.flatMap { $0.split { " ,`".contains($0) } }.map(String.init))
        for entry in LabFixtures.addresses { #expect(first.contains(entry.text), "\(entry.text)") }
        for conduct in RDAPConduct.allCases { #expect(first.contains(conduct.domain), "\(conduct.domain)") }
        for name in LabFixtures.troubles.map(\.name) + LabFixtures.aliases.map(\.alias) { #expect(first.contains(name), "\(name)") }
        for server in LabNameServer.allCases {
            #expect(first.contains(server.rawValue) && map.contains(server.address), "\(server)")
        }
    }

    @Test func eachNameServerIsToldOfItsZones() throws {
        func file(_ server: LabNameServer, _ name: String) throws -> [Substring] {
            let file = try #require(server.files(in: "/lab").first { $0.path == "/lab/" + name })
            return file.text.split(separator: "\n", omittingEmptySubsequences: false)
        }
        let zone = try file(.knot, "root.zone")
        for line in [
            "8.8.8.8.in-addr.arpa. PTR dns.google.", "dns.google. A 8.8.8.8", "dns.google. AAAA 2001:4860:4860::8888",
            "9.9.9.9.in-addr.arpa. CNAME 9.0-15.9.9.9.in-addr.arpa.", "9.0-15.9.9.9.in-addr.arpa. PTR dns9.quad9.net.",
            "chain.names.test. CNAME alias.names.test.", "metadata.hostile.test. A 169.254.169.254",
        ] { #expect(zone.contains(line[...]), "\(line)") }
        #expect(!zone.contains { $0.hasPrefix("13.13.13.13.") || $0.hasPrefix("15.15.15.15.") })
        let knot = try file(.knot, "knot.conf")
        #expect(knot.contains("  - domain: \".\"") && knot.contains("  - domain: \"15.15.15.15.in-addr.arpa.\""))
        #expect(knot.contains("    file: \"/lab/root.zone\"") && knot.contains("    listen: 127.0.0.54@53"))
        let unbound = try file(.unbound, "unbound.conf")
        #expect(unbound.contains("    local-zone: \"17.17.17.17.in-addr.arpa.\" always_deny"))
        #expect(unbound.contains("    local-zone: \"refused.names.test.\" always_refuse") && unbound.contains("remote-control:"))
        let dnsmasq = LabNameServer.dnsmasq.arguments(in: "/lab")
        #expect(dnsmasq.contains("--server=/17.17.17.17.in-addr.arpa/127.0.0.55") && dnsmasq.contains("--server=127.0.0.54"))
    }
}

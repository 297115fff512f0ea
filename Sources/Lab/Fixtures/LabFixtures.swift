import Lookup

// THE WORLD OF THE LAB
//
// Everything that a lookup can meet in the lab is declared here once; the files of the GeoIP service, the zones, the registries and the
// addresses of the loopback interface are made from it. Addresses and names of the Internet stand for themselves as far as that helps
// whoever tries the lab out (8.8.8.8 is dns.google), with figures of the lab's own. What is hostile has names below hostile.test and
// addresses whose four bytes are the same.

/// Addresses, names and registrations of the lab.
package enum LabFixtures {
    private static let mountainView = LabAddress.Place(
        city: "Mountain View", region: ("CA", "California"), country: ("US", "United States"), postalCode: "94043",
        latitude: 37.422, longitude: -122.085, timeZone: "America/Los_Angeles", system: 15_169, holder: "Google LLC")
    private static let sydney = LabAddress.Place(
        city: "Sydney", region: ("NSW", "New South Wales"), country: ("AU", "Australia"), postalCode: "2000",
        latitude: -33.8688, longitude: 151.209, timeZone: "Australia/Sydney", system: 13_335, holder: "Cloudflare, Inc.")
    private static let zurich = LabAddress.Place(
        city: "Zürich", region: ("ZH", "Zurich"), country: ("CH", "Switzerland"), postalCode: "8001",
        latitude: 47.3769, longitude: 8.5417, timeZone: "Europe/Zurich", system: 19_281, holder: "Quad9")
    private static let amsterdam = LabAddress.Place(
        city: "Amsterdam", region: ("NH", "North Holland"), country: ("NL", "Netherlands"), postalCode: "1016",
        latitude: 52.3702, longitude: 4.8952, timeZone: "Europe/Amsterdam", system: 64_496, holder: "The Lab")

    private static func network(
        _ handle: String, _ name: String, _ prefix: String, _ holder: String, _ country: String
    ) -> LabAddress.Network {
        .init(handle: handle, name: name, prefix: prefix, holder: holder, country: country)
    }

    private static func laboratory(_ prefix: String) -> LabAddress.Network {
        network("LAB-" + prefix.prefix { $0 != "/" }.replacing(".", with: "-"), "LAB", prefix, "The Lab", "NL")
    }

    private static let google6 = network("NET6-2001-4860-1", "GOOGLE-IPV6", "2001:4860::/32", "Google LLC", "US")

    /// What may be looked up by address.
    package static let addresses: [LabAddress] = [
        LabAddress(
            "8.8.8.8", "all four services succeed, and the name leads back", place: mountainView, reverse: .names(["dns.google"]),
            network: network("NET-8-8-8-0-1", "GOGL", "8.8.8.0/24", "Google LLC", "US")),
        LabAddress(
            "8.8.4.4", "the second address of dns.google", place: mountainView, reverse: .names(["dns.google"]),
            network: network("NET-8-8-4-0-1", "GOGL", "8.8.4.0/24", "Google LLC", "US")),
        LabAddress(
            "2001:4860:4860::8888", "the same over IPv6", place: mountainView, reverse: .names(["dns.google"]), network: google6),
        LabAddress(
            "1.1.1.1", "a name that leads back, one address alone", place: sydney, reverse: .names(["one.one.one.one"]),
            network: network("1.1.1.0 - 1.1.1.255", "APNIC-LABS", "1.1.1.0/24", "APNIC Research and Development", "AU")),
        LabAddress(
            "9.9.9.9", "a PTR record behind an alias (RFC 2317)", place: zurich,
            reverse: .alias("9.0-15.9.9.9.in-addr.arpa", name: "dns9.quad9.net"),
            network: network("NET-9-9-9-0-1", "CLEAN-97", "9.9.9.0/24", "Quad9", "US")),
        LabAddress(
            "23.192.228.80", "the address of example.com and example.org", place: amsterdam, reverse: .names(["www.example.com"]),
            network: laboratory("23.192.228.0/24")),
        LabAddress(
            "142.250.72.14", "the address of google.com", place: mountainView, reverse: .names(["den.1e100.net"]),
            network: network("NET-142-250-0-0-1", "GOOGLE", "142.250.0.0/15", "Google LLC", "US")),
        LabAddress("2607:f8b0:4005:80a::200e", "google.com over IPv6", place: mountainView, network: google6),
        LabAddress(
            "11.11.11.11", "several names", place: amsterdam,
            reverse: .names(["first.names.test", "second.names.test", "third.names.test"]), network: laboratory("11.11.11.0/24")),
        LabAddress(
            "12.12.12.12", "a name that leads elsewhere", place: amsterdam, reverse: .names(["elsewhere.names.test"]),
            network: laboratory("12.12.12.0/24")),
        LabAddress(
            "13.13.13.13", "no name (NXDOMAIN), which is an answer", place: amsterdam, reverse: .noName,
            network: laboratory("13.13.13.0/24")),
        LabAddress(
            "14.14.14.14", "no data, which is an answer too", place: amsterdam, reverse: .noData, network: laboratory("14.14.14.0/24")),
        LabAddress(
            "15.15.15.15", "a zone that is broken (SERVFAIL)", place: amsterdam, reverse: .broken, network: laboratory("15.15.15.0/24")),
        LabAddress(
            "16.16.16.16", "a zone that is refused (REFUSED)", place: amsterdam, reverse: .refused, network: laboratory("16.16.16.0/24")),
        LabAddress(
            "17.17.17.17", "a zone whose server is silent", place: amsterdam, reverse: .silent, network: laboratory("17.17.17.0/24")),
        LabAddress("18.18.18.18", "no echo comes back", place: amsterdam, reach: .silent, network: laboratory("18.18.18.0/24")),
        LabAddress("19.19.19.19", "no way leads there", place: amsterdam, reach: .nowhere, network: laboratory("19.19.19.0/24")),
        LabAddress("20.20.20.20", "in no file of the GeoIP service", network: laboratory("20.20.20.0/24")),
        LabAddress("21.21.21.21", "registered to nobody: no RDAP server is responsible", place: amsterdam),
    ]

    /// Where names lead; several of one name are several addresses.
    package static let names: [(name: String, address: String)] = [
        ("dns.google", "8.8.8.8"), ("dns.google", "8.8.4.4"), ("dns.google", "2001:4860:4860::8888"),
        ("one.one.one.one", "1.1.1.1"), ("dns9.quad9.net", "9.9.9.9"),
        ("google.com", "142.250.72.14"), ("google.com", "2607:f8b0:4005:80a::200e"), ("den.1e100.net", "142.250.72.14"),
        ("example.com", "23.192.228.80"), ("www.example.com", "23.192.228.80"), ("example.org", "23.192.228.80"),
        ("first.names.test", "11.11.11.11"), ("second.names.test", "11.11.11.11"), ("third.names.test", "11.11.11.11"),
        ("elsewhere.names.test", "13.13.13.13"),
        ("silent.hostile.test", "18.18.18.18"), ("nowhere.hostile.test", "19.19.19.19"),
        ("private.hostile.test", "10.0.0.1"), (LabTrap.name, LabTrap.metadata),
    ] + RDAPConduct.allCases.map { ($0.domain, "23.192.228.80") }

    /// Names that are another's.
    package static let aliases: [(alias: String, name: String)] = [
        ("alias.names.test", "dns.google"), ("chain.names.test", "alias.names.test"),
        ("ring-a.names.test", "ring-b.names.test"), ("ring-b.names.test", "ring-a.names.test"),
    ]

    /// Names that cannot be found out, each in a zone of its own.
    package static let troubles: [(name: String, reverse: LabAddress.Reverse)] = [
        ("broken.names.test", .broken), ("refused.names.test", .refused), ("silent.names.test", .silent),
    ]

    /// The domains that the good RDAP server knows, and who holds them.
    package static let domains: [(name: String, holder: String)] = [
        ("google.com", "Google LLC"), ("example.com", "Internet Assigned Numbers Authority"), ("dns.google", "Google LLC"),
        ("quad9.net", "Quad9"), ("xn--bcher-kva.example.com", "Bücher"),
    ]
}

/// Addresses that no lookup may be led to. They are there, and the RDAP server answers on them, so that who is led to them is seen.
package enum LabTrap {
    /// Where clouds keep what belongs to a machine alone.
    package static let metadata = "169.254.169.254"
    package static let `private` = "10.0.0.1"
    /// A name that leads to the metadata.
    package static let name = "metadata.hostile.test"

    static let addresses = [metadata, `private`]
}

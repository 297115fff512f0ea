import Lookup
import Testing
import World

/// Which addresses are asked, and about which.
@Suite struct AddressPolicyTests {
    @Test(arguments: [
        "169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "2001:0:1::5601:5601", "::a9fe:a9fe",
        "::ffff:0:a9fe:a9fe", "2600::5efe:a9fe:a9fe", "2600::200:5efe:a9fe:a9fe", "64:ff9b:1::a9fe:a9fe", "64:ff9b:1:a9fe:a9:fe00::",
        "64:ff9b:1:aa:00a9:fea9:fe00:0", "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "192.0.0.192", "168.63.129.16",
        "::ffff:168.63.129.16",
    ])
    func aMetadataServiceIsKnownInEveryFormAndAlwaysRefused(_ text: String) throws {
        let address = try #require(IPAddress(text)), everything: Set<AddressRange.Kind> = [.loopback, .private, .linkLocal, .reserved]
        for policy in [AddressPolicy(), AddressPolicy(refusesPrivateTargets: true)] {
            #expect(policy.refusal(ofTarget: address)?.reason == .metadata)
            #expect(policy.refusal(ofServer: address, among: everything)?.reason == .metadata)
        }
    }

    @Test(arguments: [
        ("::10.0.0.1", AddressRange.Kind.private, "RFC 1918"), ("::127.0.0.1", .loopback, "RFC 1122"), ("::8.8.8.8", .reserved, "RFC 4291"),
        ("::ffff:0:192.168.0.1", .private, "RFC 1918"), ("2600::5efe:10.0.0.1", .private, "RFC 1918"),
        ("2600::200:5efe:127.0.0.1", .loopback, "RFC 1122"), ("2600::5efe:192.0.2.1", .reserved, "RFC 5737"),
        ("64:ff9b:1::808:808", .private, "RFC 8215"), ("fe80::5efe:10.0.0.1", .linkLocal, "RFC 4291"),
    ])
    func whatMayBeTurnedIntoAnotherAddressIsJudgedByBoth(_ text: String, _ kind: AddressRange.Kind, _ source: String) throws {
        let range = try #require(IPAddress(text)?.specialRange)
        #expect(range.kind == kind && range.source == source, "\(text) is in \(range)")
    }

    @Test func anAddressOfTheInternetIsNeverRefused() throws {
        for text in ["8.8.8.8", "2600::5efe:8.8.8.8", "64:ff9b::808:808", "2001:4860:4860::8888", "168.63.129.17"] {
            let address = try #require(IPAddress(text))
            #expect(AddressPolicy(refusesPrivateTargets: true).refusal(ofTarget: address) == nil, "\(text)")
            #expect(AddressPolicy().refusal(ofServer: address) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        ("10.0.0.1", AddressRefusal.Reason.private, "private range"), ("fd00::1", .private, "private range"),
        ("127.0.0.1", .loopback, "reserved range"), ("fe80::1", .linkLocal, "reserved range"), ("192.0.2.1", .reserved, "reserved range"),
        ("0.0.0.0", .reserved, "reserved range"), ("169.254.169.254", .metadata, "reserved range"),
        ("fd00:ec2::254", .metadata, "private range"),
    ])
    func aTargetIsRefusedWithTheWordsOfTheContract(_ text: String, _ reason: AddressRefusal.Reason, _ sentence: String) throws {
        let address = try #require(IPAddress(text))
        let refusal = try #require(AddressPolicy(refusesPrivateTargets: true).refusal(ofTarget: address))
        #expect(refusal.reason == reason && refusal.sentence == sentence)
    }

    /// Whoever connects to no address in particular reaches himself, so that is no range in which servers are expected.
    @Test(arguments: ["0.0.0.0", "::", "::ffff:0.0.0.0"]) func theUnspecifiedAddressIsExcusedByNothing(_ text: String) throws {
        let address = try #require(IPAddress(text)), other = try #require(IPAddress("192.0.2.1"))
        #expect(AddressPolicy().refusal(ofServer: address, among: [.reserved])?.reason == .reserved)
        #expect(AddressPolicy().refusal(ofServer: other, among: [.reserved]) == nil)
    }

    private static func door(_ refuses: Bool) -> OutsideHosts {
        OutsideHosts(world: SystemWorld(), addresses: AddressPolicy(refusesPrivateTargets: refuses))
    }

    private static func workers(_ outside: OutsideHosts) async throws -> [any LookupWorker] {
        let resolver = try await Names.resolver(through: outside), nobody = "http://" + Names.deadAddress
        return [
            GeoIPWorker(resolver, files: [], base: nobody),
            PingWorker(resolver, settings: PingSettings(methods: [.tcp], count: 1), world: SystemWorld()),
            ReverseDNSWorker(try await Names.client(through: outside)),
        ]
    }

    private static func failure(_ worker: any LookupWorker, _ target: String) async throws -> LookupFailure? {
        do { _ = try await worker.lookUp(try LookupTarget(target), SystemWorld()) } catch let failure as LookupFailure { return failure }
        return nil
    }

    /// Nobody is asked: neither the dead service, nor the host, nor the name server, of which the door would know.
    @Test(arguments: [
        ("127.0.0.1", AddressRefusal.Reason.loopback, "reserved range"), ("10.1.2.3", .private, "private range"),
        ("::ffff:192.168.0.1", .private, "private range"), ("fe80::1%lo", .linkLocal, "reserved range"),
        ("64:ff9b::a9fe:a9fe", .metadata, "reserved range"),
    ])
    func everyWorkerRefusesWhatThePolicyRefuses(_ target: String, _ reason: AddressRefusal.Reason, _ sentence: String) async throws {
        let outside = Self.door(true), workers = try await Self.workers(outside)
        for worker in workers {
            #expect(try await Self.failure(worker, target) == LookupFailure(sentence, source: .target), "\(worker.service.name)")
        }
        #expect(outside.addresses.refused(reason) == Double(workers.count) && outside.hosts.isEmpty)
    }

    /// One bad address of a name is enough: the next time the good one may not be among them.
    @Test(arguments: [
        ("mixed.lookup.test", AddressRefusal.Reason.private, "private range"), ("loop.lookup.test", .loopback, "reserved range"),
    ])
    func aNameIsRefusedForAnyAddressThatItLeadsTo(_ name: String, _ reason: AddressRefusal.Reason, _ sentence: String) async throws {
        let outside = Self.door(true), workers = try await Self.workers(outside).prefix(2)
        for worker in workers {
            #expect(try await Self.failure(worker, name) == LookupFailure(sentence, source: .target), "\(worker.service.name)")
        }
        #expect(outside.addresses.refused(reason) == 2)
    }

    @Test func aNameOfAMetadataServiceIsRefusedEvenWherePrivateTargetsAreNot() async throws {
        let outside = Self.door(false), workers = try await Self.workers(outside)
        for worker in workers.prefix(2) {
            #expect(try await Self.failure(worker, "meta.lookup.test")?.message == "reserved range", "\(worker.service.name)")
        }
        #expect(outside.addresses.refused(.metadata) == 2)
        let ping = try await workers[1].lookUp(try LookupTarget("127.0.0.1"), SystemWorld())
        #expect(ping.address == IPAddress("127.0.0.1") && outside.addresses.refused(.loopback) == 0)
    }

    /// That it is registered to nobody says more; that it was refused is counted all the same.
    @Test func rdapCountsWhatIsRefusedToo() async throws {
        let outside = Self.door(true)
        let worker = RDAPWorker(try await Names.resolver(through: outside), base: "http://" + Names.deadAddress)
        let failure = try await Self.failure(worker, "10.1.2.3")
        #expect(failure?.message.contains("is registered to nobody") == true && failure?.source == .target)
        #expect(outside.addresses.refused(.private) == 1 && outside.hosts.isEmpty)
    }

    @Test func theConfigurationReachesTheDoor() async throws {
        let configuration = LookupConfiguration(addresses: AddressPolicy(refusesPrivateTargets: true))
        let outside = OutsideHosts(world: SystemWorld(), addresses: configuration.addresses)
        let worker = try #require(configuration.makeWorkers(through: outside).first { $0.service == .ping })
        #expect(try await Self.failure(worker, "127.0.0.1")?.message == "reserved range")
    }
}

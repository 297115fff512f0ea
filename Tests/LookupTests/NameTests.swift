import Glibc
import JSONDocument
import Lookup
import Synchronization
import Testing
import TestSupport
import World

@Suite struct NameTests {
    @Test func allAddressesOfANameAreFoundThoseOfIPv4First() async throws {
        let resolver = try await Names.resolver()
        #expect(try await resolver.addresses(of: "host.lookup.test", SystemWorld()).map(\.description) == ["192.0.2.1", "2001:db8::1"])
        #expect(try await resolver.addresses(of: "alias.lookup.test", SystemWorld()).map(\.description) == ["127.0.0.1"])
        #expect(try await resolver.addresses(of: "none.lookup.test", SystemWorld()).isEmpty)
        #expect(try await resolver.addresses(of: "text.lookup.test", SystemWorld()).isEmpty)
    }

    /// Sixty addresses do not fit into a packet of 512 bytes, so the answer is cut and asked for again.
    @Test func anAnswerTooLongForAPacketComesOverTCP() async throws {
        let addresses = try await Names.resolver().addresses(of: "many.lookup.test", SystemWorld())
        #expect(Set(addresses.map(\.description)) == Set((1...60).map { "198.51.100.\($0)" }))
    }

    @Test func anAddressLeadsToItsNameAndBack() async throws {
        let worker = ReverseDNSWorker(try await Names.client())
        let document = try #require(try await look(worker, "192.0.2.1").json)
        #expect(document["input"] == "192.0.2.1" && document["found"] == true)
        #expect(document["hostName"] == "host.lookup.test" && document["aliases"] == [])
        #expect(document["addresses"] == ["192.0.2.1", "2001:db8::1"] && document["forwardConfirmed"] == true)
        #expect(document["timeToLiveSeconds"] == 120)
        #expect(document["queriedAtUtc"]?.string?.hasSuffix("Z") == true)
        let six = try #require(try await look(worker, "2001:DB8::1").json)
        #expect(six["hostName"] == "host.lookup.test" && six["input"] == "2001:db8::1")
    }

    @Test func ofSeveralNamesOneIsTheHostAndTheOthersAreAliases() async throws {
        let document = try #require(try await look(ReverseDNSWorker(try await Names.client()), "192.0.2.9").json)
        let names = [document["hostName"]?.string].compactMap { $0 } + (document["aliases"]?.elements ?? []).compactMap(\.string)
        #expect(names.sorted() == ["first.lookup.test", "second.lookup.test"])
        #expect(document["forwardConfirmed"] == false && document["addresses"] == [])
    }

    @Test func anAddressWithoutANameIsAnAnswer() async throws {
        let document = try #require(try await look(ReverseDNSWorker(try await Names.client()), "192.0.2.77").json)
        #expect(document["found"] == false && document["hostName"] == .null && document["aliases"] == [])
    }

    @Test func aNameHasNoReverse() async throws {
        let complaint = try await look(ReverseDNSWorker(try await Names.client()), "host.lookup.test").complaint
        #expect(complaint == "Reverse DNS lookup requires an IP address target.")
    }

    @Test(arguments: [(1, "FORMERR"), (2, "SERVFAIL"), (4, "NOTIMP"), (5, "REFUSED")])
    func aServerThatFailsIsNamedWithItsReason(_ code: UInt8, _ name: String) async throws {
        let server = try TinyNameServer { TinyNameServer.reply($0, code: code) }
        defer { server.stop() }
        let worker = ReverseDNSWorker(DNSClient(.init(servers: [server.address])))
        let complaint = try await look(worker, "192.0.2.1").complaint
        #expect(complaint?.contains(name) == true && complaint?.contains(server.address) == true, "\(complaint ?? "an answer")")
    }

    /// A dnsmasq refuses what it knows nothing of, and has nobody to ask.
    @Test func theNextServerIsAskedWhenOneFailsOrRefuses() async throws {
        let refusing = try await NameServer.start(records: ["--local=/other.test/"])
        let good = try await NameServer.start(records: ["--local=/in-addr.arpa/", "--host-record=second.lookup.test,192.0.2.55"])
        let failing = try TinyNameServer { TinyNameServer.reply($0, code: 2) }
        defer { failing.stop() }
        let silent = try TinyNameServer { _ in nil }
        defer { silent.stop() }
        for servers in [[refusing.address, good.address], [failing.address, refusing.address, good.address],
                        [Names.deadAddress, good.address], [silent.address, good.address]] {
            let client = DNSClient(.init(servers: servers, patience: .milliseconds(300)))
            let result = try await look(ReverseDNSWorker(client), "192.0.2.55")
            #expect(result.json?["hostName"] == "second.lookup.test", "\(servers): \(result)")
        }
    }

    @Test func eachServerIsNamedWithItsOwnReason() async throws {
        let refusing = try await NameServer.start(records: ["--local=/other.test/"])
        let failing = try TinyNameServer { TinyNameServer.reply($0, code: 2) }
        defer { failing.stop() }
        let complaint = try await look(
            ReverseDNSWorker(DNSClient(.init(servers: [failing.address, refusing.address]))), "192.0.2.1").complaint
        let reasons = "the name server \(failing.address) could not find out (SERVFAIL); "
            + "the name server \(refusing.address) refused to answer (REFUSED)"
        #expect(complaint == "the name of 192.0.2.1 is unknown: \(reasons)")
        #expect(failing.questions == 1, "what has answered is not asked again")
    }

    /// That there is no such name is an answer: nobody else is asked.
    @Test func aNameThatIsNotThereIsAskedForOnce() async throws {
        let first = try TinyNameServer { TinyNameServer.reply($0, code: 3) }
        defer { first.stop() }
        let second = try TinyNameServer { TinyNameServer.reply($0, code: 2) }
        defer { second.stop() }
        let client = DNSClient(.init(servers: [first.address, second.address]))
        #expect(try await look(ReverseDNSWorker(client), "192.0.2.1").json?["found"] == false)
        #expect(first.questions == 1 && second.questions == 0)
    }

    /// It is late for its first question, but not too late: the next server has been asked meanwhile and says nothing.
    @Test func aSlowServersAnswerCountsAfterTheNextHasBeenAsked() async throws {
        let host = TinyNameServer.name("slow.lookup.test")
        let slow = try TinyNameServer { question in
            usleep(600_000)
            return TinyNameServer.reply(question, records: [TinyNameServer.record(type: 12, data: host)])
        }
        defer { slow.stop() }
        let silent = try TinyNameServer { _ in nil }
        defer { silent.stop() }
        let client = DNSClient(.init(servers: [slow.address, silent.address], patience: .milliseconds(200), rounds: 5))
        #expect(try await look(ReverseDNSWorker(client), "192.0.2.1").json?["hostName"] == "slow.lookup.test")
        #expect(silent.questions > 0)
    }

    @Test func aChainOfAliasesIsFollowed() async throws {
        let target = TinyNameServer.name("1.sub.2.0.192.in-addr.arpa")
        let host = TinyNameServer.name("delegated.lookup.test")
        let pointer = target + [0, 12, 0, 1, 0, 0, 0, 30, 0, UInt8(host.count)] + host
        let server = try TinyNameServer { question in
            TinyNameServer.reply(question, records: [TinyNameServer.record(type: 5, data: target), pointer])
        }
        defer { server.stop() }
        let document = try await look(ReverseDNSWorker(DNSClient(.init(servers: [server.address]))), "192.0.2.1").json
        #expect(document?["hostName"] == "delegated.lookup.test")
        #expect(document?["timeToLiveSeconds"] == 30, "the least on the way")
    }

    @Test func aServerThatIsNotThereIsNamed() async throws {
        let dead = Names.deadAddress
        let complaint = try await look(ReverseDNSWorker(DNSClient(.init(servers: [dead]))), "192.0.2.1").complaint
        #expect(complaint?.contains(dead) == true, "\(complaint ?? "an answer")")
    }

    @Test func aServerThatIsSilentIsNamedAfterItsRounds() async throws {
        let server = try TinyNameServer { _ in nil }
        defer { server.stop() }
        let client = DNSClient(.init(servers: [server.address], patience: .milliseconds(50), rounds: 2))
        let complaint = try await look(ReverseDNSWorker(client), "192.0.2.1").complaint
        #expect(complaint?.contains("did not answer") == true, "\(complaint ?? "an answer")")
        #expect(server.questions == 2)
    }

    @Test func aSilentServerTimesTheLookupOutInTheWordsOfTheContract() async throws {
        let server = try TinyNameServer { _ in nil }
        defer { server.stop() }
        let world = SystemWorld()
        let worker = ReverseDNSWorker(DNSClient(.init(servers: [server.address], patience: .seconds(10))), timeout: .milliseconds(300))
        let bench = LookupBench(world: world, node: "n1", workers: [worker], store: MemoryLookupResultStore())
        let order = LookupOrder(service: 3, target: try LookupTarget("192.0.2.1"))
        let outcome = try await bench.perform(order: order, job: WorkIDGenerator(world).next())
        #expect(outcome.errorMessage == "Reverse DNS lookup timed out after 300ms.")
    }

    /// Whoever needs an address is not told that the time of the lookup is over, but who was silent.
    @Test func aSilentServerIsNamedByWhomeverNeedsAnAddress() async throws {
        let server = try TinyNameServer { _ in nil }
        defer { server.stop() }
        let client = DNSClient(.init(servers: [server.address], patience: .seconds(10)))
        let resolver = LookupResolver(client, patience: .milliseconds(200))
        let ping = try await wholeLook(PingWorker(resolver, world: SystemWorld()), "host.lookup.test")
        let words = "the address of host.lookup.test is unknown: no answer of \(server.address) within 200 ms"
        #expect(ping.failure == LookupFailure(words, source: .server))
        let geoIP = try await wholeLook(GeoIPWorker(resolver, files: [], base: ""), "host.lookup.test")
        #expect(geoIP.failure == LookupFailure("Failed to resolve domain to IP", source: .server))
    }

    /// Some servers never answer a question for addresses of IPv6.
    @Test func addressesOfOneKindAreEnoughWhereTheServerIsSilentAboutTheOther() async throws {
        let server = try TinyNameServer { question in
            guard TinyNameServer.asked(question).type == 1 else { return nil }
            return TinyNameServer.reply(question, records: [TinyNameServer.record(type: 1, data: [127, 0, 0, 1])])
        }
        defer { server.stop() }
        let client = DNSClient(.init(servers: [server.address], patience: .seconds(10)))
        let resolver = LookupResolver(client, patience: .seconds(2))
        #expect(try await resolver.addresses(of: "half.test", SystemWorld()).map(\.description) == ["127.0.0.1"])
    }

    @Test func aWrongListOfServersIsRefusedByName() async throws {
        let complaint = try await look(ReverseDNSWorker(DNSClient(.init(servers: ["no address"]))), "192.0.2.1").complaint
        #expect(complaint?.contains("no address") == true)
    }

    /// Whatever a server sends, the lookup ends, with a document or a sentence.
    @Test func answersThatAreBrokenEverywhereHarmNothing() async throws {
        let host = TinyNameServer.name("host.lookup.test")
        let random = Mutex(SeededRandom(seed: 7))
        let server = try TinyNameServer { question in
            var reply = TinyNameServer.reply(question, records: [
                TinyNameServer.record(type: 12, data: host), TinyNameServer.record(type: 1, data: [192, 0, 2, 1]),
                TinyNameServer.record(type: 12, data: [0xC0, 12]),
            ])
            return random.withLock { random in
                // Never the id, or the answer would not be taken for one.
                for _ in 0..<3 where reply.count > 2 { reply[2 + random.below(reply.count - 2)] = UInt8(random.below(256)) }
                return random.below(4) == 0 && reply.count > 2 ? Array(reply.prefix(2 + random.below(reply.count - 2))) : reply
            }
        }
        defer { server.stop() }
        // Asked on and on, whatever comes.
        let outside = OutsideHosts(world: SystemWorld(), figures: OutsideFigures(failures: .max))
        let client = DNSClient(.init(servers: [server.address], patience: .milliseconds(20), rounds: 1), through: outside)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<60 { _ = try? await look(ReverseDNSWorker(client), "192.0.2.1") } }
            }
        }
        #expect(server.questions >= 480)
        #expect(try await Names.resolver().addresses(of: "host.lookup.test", SystemWorld()).count == 2, "others are still answered")
    }
}

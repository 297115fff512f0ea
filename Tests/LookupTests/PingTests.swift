import Glibc
import JSONDocument
import Lookup
import Testing
import TestSupport
import World

@Suite struct PingTests {
    private static func worker(
        _ methods: [PingMethod] = PingMethod.allCases, ports: [UInt16] = [443, 80, 7], count: Int = 4, patience: Duration = .seconds(30)
    ) async throws -> PingWorker {
        let settings = PingSettings(methods: methods, count: count, interval: .milliseconds(20), patience: patience, ports: ports)
        return PingWorker(try await Names.resolver(), settings: settings, world: SystemWorld())
    }

    private static let keys = [
        "target", "resolvedAddress", "method", "methodRefusals", "packetsSent", "packetsReceived", "packetLoss", "averageRoundtripMs",
        "minRoundtripMs", "maxRoundtripMs", "stddevRoundtripMs", "p50RoundtripMs", "p90RoundtripMs", "p99RoundtripMs", "duplicates", "late",
        "results",
    ]

    private func number(_ document: JSON, _ key: String) -> Double {
        if case .number(let literal)? = document[key] { Double(literal) ?? .nan } else { .nan }
    }

    private func expectAllAnswered(_ document: JSON, address: String) {
        #expect(document.members?.map(\.key) == Self.keys)
        #expect(document["resolvedAddress"]?.string == address)
        #expect(document["packetsSent"]?.integer() == 4 && document["packetsReceived"]?.integer() == 4, "\(document)")
        #expect(number(document, "packetLoss") == 0)
        let (least, most) = (number(document, "minRoundtripMs"), number(document, "maxRoundtripMs"))
        let average = number(document, "averageRoundtripMs")
        #expect(0 < least && least <= average && average <= most && number(document, "stddevRoundtripMs") <= most)
        #expect(number(document, "p90RoundtripMs") == most && number(document, "p99RoundtripMs") == most)
        #expect(least <= number(document, "p50RoundtripMs") && number(document, "p50RoundtripMs") <= most)
        #expect(document["duplicates"] == 0 && document["late"] == 0)
        for result in document["results"]?.elements ?? [] {
            #expect(result["success"] == true && result["status"] == "Success")
            // What arrives from the host itself has lost no hop; connections do not tell.
            let hops = result["ttl"]?.integer(Int.self)
            #expect(document["method"] == "tcp" ? hops == 0 : hops.map { 1...255 ~= $0 } == true)
        }
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func theHostItselfAnswersAndTheMethodIsNamed(_ address: String) async throws {
        let document = try #require(try await look(try await Self.worker(), address).json)
        expectAllAnswered(document, address: address)
        #expect(PingMethod(rawValue: document["method"]?.string ?? "") != nil)
    }

    @Test(arguments: [("loop.lookup.test", "127.0.0.1"), ("six.lookup.test", "::1"), ("alias.lookup.test", "127.0.0.1")])
    func aNameIsPingedByItsAddress(_ name: String, _ address: String) async throws {
        let document = try #require(try await look(try await Self.worker(), name).json)
        expectAllAnswered(document, address: address)
        #expect(document["target"]?.string == name)
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func connectionsAreMadeWhereNothingElseIsPermitted(_ address: String) async throws {
        let document = try #require(try await look(try await Self.worker([.tcp], ports: [TestPorts.block(of: 1)]), address).json)
        expectAllAnswered(document, address: address)
        #expect(document["method"] == "tcp", "a refusal is an answer")
    }

    @Test(.enabled(if: getuid() == 0, "a raw socket needs root"), arguments: ["127.0.0.1", "::1"])
    func rawEchoesAnswerToRoot(_ address: String) async throws {
        let document = try #require(try await look(try await Self.worker([.icmpRaw]), address).json)
        expectAllAnswered(document, address: address)
        #expect(document["method"] == "icmp-raw")
    }

    /// True where net.ipv4.ping_group_range has the group of this process.
    private static var mayPingUnprivileged: Bool {
        let bytes = (try? SystemWorld().files.read("/proc/sys/net/ipv4/ping_group_range")) ?? []
        let range = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
        return range.count == 2 && range[0] <= getegid() && getegid() <= range[1]
    }

    @Test(arguments: ["127.0.0.1", "::1"])
    func echoesWithoutARightAreSentExactlyWhereTheSystemPermitsThem(_ address: String) async throws {
        let result = try await look(try await Self.worker([.icmp]), address)
        if Self.mayPingUnprivileged {
            let document = try #require(result.json)
            expectAllAnswered(document, address: address)
            #expect(document["method"] == "icmp")
        } else {
            #expect(result.complaint?.contains("may not ping (tried: icmp)") == true, "\(result)")
        }
    }

    /// What was refused before the method that was used is in the document, and of connections the operator is told beforehand.
    @Test func whyAMethodIsNotUsedIsSaid() async throws {
        let refused = Self.mayPingUnprivileged ? [] : ["icmp"]
        let worker = try await Self.worker([.icmp, .tcp], ports: [TestPorts.block(of: 1)])
        let document = try #require(try await look(worker, "127.0.0.1").json)
        let refusals = (document["methodRefusals"]?.elements ?? []).compactMap(\.string)
        #expect(refusals.map { String($0.prefix { $0 != ":" }) } == refused, "\(refusals)")
        #expect(document["method"]?.string == (refused.isEmpty ? "icmp" : "tcp"))
        let obstacles = worker.obstacles(SystemWorld())
        #expect(obstacles.isEmpty == refused.isEmpty, "\(obstacles)")
        #expect(obstacles.allSatisfy { $0.contains("are beginnings of connections, for icmp: ") && $0.contains("ping_group_range") })
        #expect(try await Self.worker([.tcp]).obstacles(SystemWorld()).isEmpty, "whoever has chosen it needs not be told")
        let none = try await Self.worker([]).obstacles(SystemWorld())
        #expect(none.count == 2 && none.allSatisfy { $0.hasPrefix("this node may not ping IPv") }, "\(none)")
    }

    @Test func eachRunIsCountedUnderItsMethod() async throws {
        let worker = try await Self.worker([.tcp], ports: [TestPorts.block(of: 1)], count: 1)
        _ = try await look(worker, "::1")
        let counted = worker.metrics.filter { $0.value > 0 }
        #expect(counted.map(\.labels) == [[.init("ip", "6"), .init("method", "tcp")]] && counted.first?.value == 1)
    }

    @Test func itIsSaidWhereAFailureLies() async throws {
        let worker = try await Self.worker()
        let answer = try await wholeLook(worker, "loop.lookup.test").answer
        #expect(answer?.address == IPAddress("127.0.0.1") && answer != nil && answer?.keep == nil, "a ping is of its moment")
        #expect(try await wholeLook(worker, "none.lookup.test").failure?.source == .target)
        #expect(try await wholeLook(worker, "fe80::1").failure?.source == .node)
        let lost = PingWorker(LookupResolver(DNSClient(.init(servers: [Names.deadAddress]))), world: SystemWorld())
        #expect(try await wholeLook(lost, "host.lookup.test").failure?.source == .server)
        #expect(try await wholeLook(try await Self.worker([]), "127.0.0.1").failure?.source == .node)
    }

    @Test func settingsBeyondTheirRangesCountAsTheNearest() async throws {
        let low = PingSettings(methods: [.tcp], count: 0, interval: .zero, patience: .zero, ports: [1])
        #expect(PingWorker(try await Names.resolver(), settings: low, world: SystemWorld()).timeout == .milliseconds(5_010))
        let high = PingSettings(methods: [.tcp], count: 101, interval: .seconds(11), patience: .seconds(16), ports: [1])
        #expect(PingWorker(try await Names.resolver(), settings: high, world: SystemWorld()).timeout == .seconds(99 * 10 + 15 + 5))
        let document = try await look(PingWorker(try await Names.resolver(), settings: low, world: SystemWorld()), "127.0.0.1").json
        #expect(document?["packetsSent"] == 1)
    }

    /// Many at a time share the host's echoes; each must count only its own.
    @Test func pingsAtTheSameTimeDoNotTakeEachOthersAnswers() async throws {
        let worker = try await Self.worker()
        try await withThrowingTaskGroup(of: JSON?.self) { group in
            for _ in 0..<30 { group.addTask { try await look(worker, "127.0.0.1").json } }
            for try await document in group { expectAllAnswered(try #require(document), address: "127.0.0.1") }
        }
    }

    /// A listener that takes no connection and whose queue is full lets further ones wait for ever.
    @Test func aHostThatDoesNotAnswerIsAResultWithAllLost() async throws {
        let port = TestPorts.block(of: 1)
        let full = try FullListener(port: port)
        defer { full.close() }
        let worker = try await Self.worker([.tcp], ports: [port], count: 2, patience: .milliseconds(200))
        let document = try #require(try await look(worker, "127.0.0.1").json)
        #expect(document["packetsSent"]?.integer() == 2 && document["packetsReceived"]?.integer() == 0)
        #expect(number(document, "packetLoss") == 100 && number(document, "averageRoundtripMs") == 0)
        #expect(document["results"]?.elements?.allSatisfy { $0["status"] == "TimedOut" && $0["success"] == false } == true)
    }

    @Test(arguments: [
        ("fe80::1%nosuchface", "it has no interface nosuchface"), ("::1%nosuchface", "it has no interface nosuchface"),
        ("fe80::1%4294967295", "it has no interface 4294967295"), ("fe80::1%99999999999", "it has no interface 99999999999"),
        ("fe80::1", "a link-local address needs a zone, such as fe80::1%eth0"),
    ])
    func whereNoWayLeadsIsAFailureThatNamesTheAddressAndTheReason(_ address: String, _ reason: String) async throws {
        for method in PingMethod.allCases {
            let complaint = try await look(try await Self.worker([method]), address).complaint
            #expect(complaint == "\(address) cannot be reached from this node: \(reason)", "\(method)")
        }
    }

    @Test(arguments: ["::1%lo", "::1%1"]) func aZoneIsTheNameOfAnInterfaceOrItsNumber(_ address: String) async throws {
        let document = try #require(try await look(try await Self.worker([.tcp]), address).json)
        expectAllAnswered(document, address: address)
    }

    @Test func aNameWithoutAnAddressIsAFailureThatSaysSo() async throws {
        #expect(try await look(try await Self.worker(), "none.lookup.test").complaint == "none.lookup.test has no address")
    }

    @Test func aCancelledPingEnds() async throws {
        let world = SystemWorld()
        let worker = PingWorker(try await Names.resolver(), settings: PingSettings(interval: .seconds(600)), world: world)
        let target = try LookupTarget("127.0.0.1")
        let task = world.spawn("ping") {
            await #expect(throws: CancellationError.self) { try await worker.lookUp(target, world) }
        }
        try await world.sleep(for: .milliseconds(100))
        task.cancel()
        await task.finished()
    }

    @Test func anEchoHasTheFormOfTheRFC() throws {
        let echo = ICMPEcho(identifier: 0x1234, sequence: 1, payload: [0xAB])
        let four = echo.request(.v4)
        #expect(four.prefix(2) == [8, 0] && four.suffix(5) == [0x12, 0x34, 0, 1, 0xAB])
        #expect(ICMPEcho.checksum(four) == 0, "the sum over a message with its checksum is nothing")
        #expect(echo.request(.v6).prefix(4) == [128, 0, 0, 0])
        var reply = four
        reply[0] = 0
        #expect(ICMPEcho(reply: reply[...], .v4, hasHeader: false) == echo)
        let header: [UInt8] = [0x46] + [UInt8](repeating: 0, count: 23)
        #expect(ICMPEcho(reply: (header + reply)[...], .v4, hasHeader: true) == echo)
        for count in 0..<8 { #expect(ICMPEcho(reply: reply[..<count], .v4, hasHeader: false) == nil) }
        for count in 0..<32 { #expect(ICMPEcho(reply: (header + reply)[..<count], .v4, hasHeader: true) == nil) }
        #expect(ICMPEcho(reply: [0x40] + reply[...], .v4, hasHeader: true) == nil)
    }
}

/// A listener with one place in its queue, and that taken.
private struct FullListener {
    private var descriptors: [Int32] = []

    init(port: UInt16) throws {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        try withUnsafePointer(to: &address) { pointer in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                let length = socklen_t(MemoryLayout<sockaddr_in>.size)
                let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                descriptors.append(listener)
                try #require(bind(listener, address, length) == 0 && listen(listener, 0) == 0)
                // Those that find no place stay on their way.
                for _ in 0..<4 {
                    let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                    descriptors.append(client)
                    _ = connect(client, address, length)
                }
            }
        }
    }

    func close() { for descriptor in descriptors { Glibc.close(descriptor) } }
}

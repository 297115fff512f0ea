import MessagePack
import Testing
import Wire
import World

@Suite struct FrameTests {
    @Test func aFrameThatIsCutIsRefusedAtEveryLength() throws {
        for (name, bytes) in try Vector.all("frames.json") {
            let frame = try #require(frames[name])
            for length in 0..<bytes.count {
                #expect(throws: WireError.self, "\(name) cut to \(length)") { try type(of: frame).reread(Array(bytes[..<length])) }
            }
            #expect(throws: WireError.self, "\(name) with a byte too many") { try type(of: frame).reread(bytes + [0]) }
        }
    }

    @Test func damagedFramesNeverTrap() throws {
        var random = RandomStream(seed: 7)
        var refused = 0
        for (name, bytes) in try Vector.all("frames.json").sorted(by: { $0.key < $1.key }) {
            let frame = try #require(frames[name])
            for _ in 0..<2000 {
                var damaged = bytes
                for _ in 0...random.below(3) { damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next()) }
                do { _ = try type(of: frame).reread(damaged) } catch { refused += 1 }
            }
        }
        #expect(refused > 10_000)
    }

    @Test func fieldsThatANewerPeerAddsAreSteppedOver() throws {
        var writer = MessagePackWriter()
        writer.packArrayHeader(4)
        writer.pack(FrameKind.reject.rawValue)
        writer.pack(1)
        writer.packMapHeader(1)
        writer.pack("new")
        writer.pack([1, 2].count)
        writer.packNil()
        #expect(try Reject.unpack(writer.finish()[...]) == Reject(token: 1))
    }

    @Test func tooManyAddedFieldsAreRefused() {
        var writer = MessagePackWriter()
        writer.packArrayHeader(40)
        writer.pack(FrameKind.ack.rawValue)
        for _ in 0..<39 { writer.packNil() }
        let bytes = writer.finish()
        #expect(throws: WireError.self) { try Ack.unpack(bytes[...]) }
    }

    @Test func missingFieldsAreNamed() throws {
        let error = #expect(throws: WireError.self) { try Ack.unpack([0x92, 0x05, 0x01]) }
        #expect(error == .missingFields(.ack, expected: 4, found: 1))
    }

    @Test func anotherKindIsNamed() throws {
        let error = #expect(throws: WireError.self) { try Ack.unpack(Cancel(id: 1).packed[...]) }
        #expect(error == .wrongKind(expected: .ack, found: 19))
    }

    @Test func aHelloWithVersionsInTheWrongOrderIsMalformed() {
        let good = Hello(
            mesh: "m", identity: NodeIdentity(name: "n", life: 1), address: PeerAddress(host: "h", port: 1), versions: WireVersions(1, 2),
            software: "", fingerprint: 0, capabilities: [], token: 1, attempt: 1, expected: nil)
        var bytes = good.packed
        let place = bytes.firstIndex(of: 0x02)!
        bytes.swapAt(place, place - 1)
        #expect(throws: WireError.self) { try Hello.unpack(bytes[...]) }
    }

    @Test func aTokenOfZeroNamesNoSession() {
        #expect(throws: WireError.self) { try Reject.unpack([0x92, 0x04, 0x00]) }
    }

    @Test func namesHaveALimit() {
        var hello = frames["hello of a node"] as! Hello
        hello.mesh = String(repeating: "m", count: WireLimits.nameBytes + 1)
        #expect(throws: WireError.self) { try Hello.unpack(hello.packed[...]) }
    }

    @Test func anErrorMessageBeyondTheLimitIsCutAndArrives() throws {
        let error = ReplyError(id: 1, code: .other, message: String(repeating: "ä", count: 10_000))
        #expect(try ReplyError.unpack(error.packed[...]).message.hasPrefix("ää"))
    }

    @Test func unknownCodesOfANewerPeerReadAsOther() throws {
        #expect(try ReplyError.unpack([0x96, 18, 1, 99, 0xa0, 0xc0, 0xc0]).code == .other)
    }

    @Test func aSixteenByteEchoTakesAtMostSixtyBytesEachWay() {
        let payload = [UInt8](repeating: 1, count: 16)
        var arguments = MessagePackWriter()
        arguments.packArrayHeader(1)
        arguments.packBinary(payload)
        var result = MessagePackWriter()
        result.packBinary(payload)
        var there = MessagePackWriter()
        BatchHeader(token: .max, clock: UInt64(UInt32.max), sequence: UInt64(UInt32.max), ack: UInt64(UInt32.max)).pack(into: &there)
        var back = there
        Call(id: UInt64(UInt32.max), actor: UInt64(UInt32.max), target: 100, deadlineMs: 30_000, arguments: arguments.finish()[...])
            .pack(into: &there)
        Reply(id: UInt64(UInt32.max), result: result.finish()[...]).pack(into: &back)
        // ZMTP 3.1 frames a message below 256 bytes with flags and a length, a byte each.
        #expect(there.count + 2 <= 60)
        #expect(back.count + 2 <= 60)
    }

    @Test(arguments: [[], [0x90], [0x91], [0xdc], [0xdc, 0, 1], [0xc4, 1], [0x91, 0x80], [0x91, 0xcc], [0xdd, 0, 0, 0, 1, 1]] as [[UInt8]])
    func whatBeginsNoFrameHasNoKind(_ bytes: [UInt8]) {
        #expect(FrameKind.peek(bytes[...]) == nil)
    }

    @Test func kindsAreOneByteAndUnique() {
        #expect(Set(FrameKind.allCases.map(\.rawValue)).count == FrameKind.allCases.count)
        #expect(FrameKind.allCases.allSatisfy { $0.rawValue < 128 })
        #expect(FrameKind.allCases.filter(\.belongsToLinks) == [.hello, .welcome, .refuse, .reject, .ack, .goodbye, .mark])
    }
}

@Suite struct LaneTests {
    @Test func everyKindTravelsOnItsLaneAndRegistersOnTwo() {
        for kind in FrameKind.allCases {
            let lanes = Lane.allCases.filter(kind.travels(on:))
            #expect(lanes == (kind == .registers ? [.truth, .work] : [kind.lane]), "\(kind)")
        }
    }

    @Test func aLargeFrameOfRegistersMakesWayForVotes() {
        for bytes in [1, 65_536] { #expect(Lane.ofRegisters(bytes: bytes) == .truth) }
        for bytes in [65_537, 1 << 20] { #expect(Lane.ofRegisters(bytes: bytes) == .work) }
    }
}

@Suite struct ContractTableTests {
    @Test func theOrderOfNamesIsThatOfTheirBytes() throws {
        let table = try ContractTable(["b", "Z", "a", "ä", "b"])
        #expect(table.targets == ["Z", "a", "b", "ä"])
        #expect(table.index(of: "b") == 2 && table[2] == "b")
        #expect(table.index(of: "c") == nil && table[4] == nil)
    }

    @Test func theFingerprintTellsTablesApart() throws {
        #expect(try ContractTable(["ab", "c"]).fingerprint != ContractTable(["a", "bc"]).fingerprint)
        #expect(try ContractTable(["a", "b"]).fingerprint == ContractTable(["b", "a"]).fingerprint)
        #expect(try ContractTable([String]()).fingerprint != 0)
    }

    @Test func aReceivedTableKeepsItsOrderAndMayNotRepeat() {
        #expect(ContractTable(received: ["b", "a"])?.index(of: "a") == 1)
        #expect(ContractTable(received: ["a", "a"]) == nil)
    }

    @Test func theLargestTableFitsIntoAHandshake() throws {
        func names(_ count: Int, bytes: Int) -> [String] {
            (0..<count).map { index in
                let number = "\(index)"
                return number + String(repeating: "x", count: bytes - number.utf8.count)
            }
        }
        // Names of 32 bytes or more take two bytes besides, so the most of the shorter ones is the worst case.
        let table = try ContractTable(names(WireLimits.targets, bytes: WireLimits.targetBytes / WireLimits.targets))
        let welcome = Welcome(
            identity: NodeIdentity(name: String(repeating: "n", count: WireLimits.nameBytes), life: .max),
            address: PeerAddress(host: String(repeating: "h", count: WireLimits.hostBytes), port: .max), version: .max,
            software: String(repeating: "s", count: WireLimits.textBytes), fingerprint: table.fingerprint,
            capabilities: [String](repeating: String(repeating: "c", count: WireLimits.textBytes), count: 64), token: .max,
            targets: table.targets)
        #expect(welcome.packed.count <= WireLimits.frameBytes(.pulse))
        #expect(throws: ContractTableError.tooLarge(bytes: 1500 * 90)) { try ContractTable(names(1500, bytes: 90)) }
        #expect(throws: ContractTableError.tooMany(4097)) { try ContractTable(names(4097, bytes: 5)) }
        let long = names(1, bytes: 1025)[0]
        #expect(throws: ContractTableError.nameTooLong(long)) { try ContractTable([long]) }
        #expect("\(ContractTableError.tooLarge(bytes: 135_000))".contains("135000 bytes together and may have 98304"))
    }
}

@Suite struct WireVersionTests {
    @Test(arguments: [
        (WireVersions(1, 1), WireVersions(1, 1), 1), (WireVersions(1, 2), WireVersions(2, 3), 2), (WireVersions(1, 5), WireVersions(2, 3), 3),
        (WireVersions(1, 1), WireVersions(2, 2), nil), (WireVersions(4, 6), WireVersions(1, 3), nil),
    ] as [(WireVersions, WireVersions, UInt16?)])
    func theHighestCommonVersionIsSpoken(_ a: WireVersions, _ b: WireVersions, _ common: UInt16?) {
        #expect(a.common(with: b) == common)
        #expect(b.common(with: a) == common)
    }
}

@Suite struct PeerAddressTests {
    @Test(arguments: ["n1:7000", "127.0.0.1:1", "[::1]:65533", "host.example:80"])
    func addressesReadAsTheyAreWritten(_ text: String) {
        #expect(PeerAddress(text)?.description == text)
    }

    @Test(arguments: ["", ":", "n1", "n1:", ":7000", "n1:0", "n1:65534", "n1:70000", "::1:7000", "n1:x", "[]:1"])
    func otherTextsAreNone(_ text: String) {
        #expect(PeerAddress(text) == nil)
    }

    @Test func lanesAreNeighbouringPorts() {
        let address = PeerAddress(host: "h", port: 7000)
        #expect(Lane.allCases.map { address.port(of: $0) } == [7000, 7001, 7002])
    }
}

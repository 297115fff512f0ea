import MessagePack
import Testing
import Transport
import Wire
import World

/// Peers that break the rules of docs/WIRE.md, or bend them.
@Suite struct StrangerTests {
    /// A node `n2`, and a client of it that has shaken hands on the first channel.
    private func client() throws -> (mesh: SimulatedMesh, peer: RawPeer, pulse: ChannelID, token: UInt32) {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n2")
        let peer = RawPeer("client", on: mesh, to: "n2")
        let pulse = peer.connect(.pulse)
        return (mesh, peer, pulse, try peer.shakeHands(as: "client", on: pulse))
    }

    private func losses(_ mesh: SimulatedMesh) throws -> [String] { try mesh.heard("n2").lost.map { "\($0.reason)" } }

    @Test func aClockThatCannotBeRightIsMalformed() throws {
        let (mesh, peer, pulse, token) = try client()
        peer.send(BatchHeader(token: token, clock: 1), [MembershipFrame(payload: [1])], on: pulse)
        peer.wait()
        peer.send(BatchHeader(token: token, clock: 1 << 31), [MembershipFrame(payload: [2])], on: pulse)
        peer.wait()
        #expect(try mesh.heard("n2").frames.count == 1)
        #expect(try losses(mesh).first?.contains("a clock of 2147483648 ms") == true)
    }

    @Test func aKindOnAnotherLaneThanItsOwnIsMalformed() throws {
        for (lane, frame) in [(Lane.truth, Cancel(id: 1)), (.work, MembershipFrame(payload: [])), (.work, Goodbye(message: ""))] as [(Lane, any Frame)] {
            let (mesh, peer, _, token) = try client()
            peer.send(BatchHeader(token: token, clock: 1, sequence: 1), [frame], on: peer.connect(lane))
            peer.wait()
            #expect(try mesh.heard("n2").frames.isEmpty)
            #expect(try losses(mesh).first?.contains("on the \(lane) lane; it belongs on") == true)
        }
    }

    /// The links know of register frames no more than their kind.
    private struct Registers: Frame {
        static let kind = FrameKind.registers
        func pack(into writer: inout MessagePackWriter) {
            writer.packArrayHeader(1)
            writer.pack(Self.kind.rawValue)
        }
        static func unpack(_ bytes: ArraySlice<UInt8>) -> Registers { Registers() }
    }

    @Test func registersTravelOnTruthAndOnWork() throws {
        for lane in [Lane.truth, .work] {
            let (mesh, peer, _, token) = try client()
            peer.send(BatchHeader(token: token, clock: 1, sequence: 1), [Registers()], on: peer.connect(lane))
            peer.wait()
            #expect(try mesh.heard("n2").frames.map(\.kind) == [.registers] && mesh.heard("n2").frames.map(\.lane) == [lane])
            #expect(try losses(mesh).isEmpty)
        }
        let (mesh, peer, pulse, token) = try client()
        peer.send(BatchHeader(token: token, clock: 1), [Registers()], on: pulse)
        peer.wait()
        #expect(try losses(mesh).first?.contains("on the pulse lane; it belongs on truth") == true)
    }

    @Test func aMessageWithoutAFrameIsMalformed() throws {
        for lane in Lane.allCases {
            let (mesh, peer, pulse, token) = try client()
            let channel = lane == .pulse ? pulse : peer.connect(lane)
            peer.send(BatchHeader(token: token, clock: 1, sequence: lane.isReliable ? 1 : 0), [], on: channel)
            peer.wait()
            #expect(try losses(mesh).count == 1, "\(lane)")
        }
    }

    @Test func aMarkIsAnsweredByAnAckThatRepeatsIt() throws {
        let (mesh, peer, _, token) = try client()
        let work = peer.connect(.work)
        peer.send(BatchHeader(token: token, clock: 1, sequence: 1), [Cancel(id: 1)], on: work)
        peer.send(BatchHeader(token: token, clock: 1, sequence: 3), [Cancel(id: 3)], on: work)
        peer.send(BatchHeader(token: token, clock: 1), [Mark(number: 9)], on: work)
        peer.wait()
        let acks = try peer.received.map { received in
            var reader = MessagePackReader(received.packet)
            _ = try BatchHeader.unpack(&reader)
            return try Ack.unpack(reader.skipValue())
        }
        #expect(acks.last == Ack(truth: 0, work: 1, truthMark: 0, workMark: 9))
        #expect(try losses(mesh).isEmpty)
    }

    @Test func answeringAMarkThatWasNeverSentIsMalformed() throws {
        let (mesh, peer, pulse, token) = try client()
        peer.send(BatchHeader(token: token, clock: 1), [Ack(truth: 0, work: 0, workMark: 1)], on: pulse)
        peer.wait()
        #expect(try losses(mesh).count == 1)
    }

    @Test func aHelloOutsideThePulseLaneBeginsNoSession() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n2")
        let peer = RawPeer("client", on: mesh, to: "n2")
        for lane in [Lane.truth, .work] { peer.send(BatchHeader(token: 0, clock: 0), [RawPeer.hello("client")], on: peer.connect(lane)) }
        peer.wait()
        #expect(try mesh.heard("n2").established.isEmpty)
        #expect(try mesh.on("n2") { links, _ in links.metrics.malformed } == 2)
    }

    @Test func theRestOfAnOldConnectionDoesNotTakeTheWayBack() throws {
        let (mesh, peer, _, token) = try client()
        let (old, new) = (peer.connect(.work), peer.connect(.work))
        peer.send(BatchHeader(token: token, clock: 10, sequence: 1), [Cancel(id: 0)], on: old)
        peer.wait()
        let session = try mesh.heard("n2").established[0].id
        _ = try mesh.on("n2") { links, _ in links.send(on: session, lane: .work) { Cancel(id: 7).pack(into: &$0) } }
        peer.wait()
        peer.send(BatchHeader(token: token, clock: 100), [Ack(truth: 0, work: 0)], on: new)
        peer.wait()
        let resent = try mesh.on("n2") { links, _ in links.metrics.work.resent }
        #expect(resent == 1, "to the new connection, once")
        for number in 2..<20 as Range<UInt64> {
            let (clock, channel) = number.isMultiple(of: 2) ? (10 + number, old) : (100 + number, new)
            peer.send(BatchHeader(token: token, clock: clock, sequence: number), [Cancel(id: number)], on: channel)
            peer.wait()
        }
        #expect(try mesh.heard("n2").frames.count == 19)
        #expect(try mesh.on("n2") { links, _ in links.metrics.work.resent } == resent)
        let answers = peer.received.filter { $0.channel == new || $0.channel == old }.map(\.channel)
        #expect(answers == [old, new])
    }
}

/// Hellos are cheap, sessions are not.
@Suite struct RoomTests {
    @Test func theHellosOfOneConnectionLeaveRoomForNodes() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n1")
        try mesh.start("n2") { $0.limits.inboundSessions = 200 }
        let peer = RawPeer("stranger", on: mesh, to: "n2")
        let pulse = peer.connect(.pulse)
        for number in 0..<1000 { peer.send(BatchHeader(token: 0, clock: 0), [RawPeer.hello("s\(number)", port: 9)], on: pulse) }
        peer.wait()
        #expect(try mesh.on("n2") { links, _ in links.snapshot().count } <= 16)
        #expect(try mesh.heard("n2").established.count == 1000)
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("n1").established.count == 1)
    }

    @Test func aFullTableMakesRoomByWhatWasSilentForLongest() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n2") { $0.limits.inboundSessions = 6 }
        for name in ["n3", "n4"] {
            try mesh.start(name)
            try mesh.dial(name, "n2")
        }
        mesh.simulation.run(for: .seconds(1))
        for name in ["n3", "n4"] { _ = try mesh.sendNumbers(0..<1, from: name, to: "n2") }
        mesh.simulation.run(for: .seconds(1))
        var peers: [RawPeer] = []
        for number in 0..<20 {
            let peer = RawPeer("stranger\(number)", on: mesh, to: "n2")
            peers.append(peer)
            _ = try peer.shakeHands(as: "s\(number)", on: peer.connect(.pulse))
        }
        let stand = try mesh.on("n2") { links, _ in links.snapshot().map(\.peer) }
        #expect(stand == ["n3", "n4", "s16", "s17", "s18", "s19"])
        #expect(try mesh.heard("n2").lost.allSatisfy { $0.reason == .displaced })
    }

    @Test func aTableFullOfNodesRefuses() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n2") { $0.limits.inboundSessions = 1 }
        try mesh.start("n3")
        try mesh.dial("n3", "n2")
        mesh.simulation.run(for: .seconds(1))
        _ = try mesh.sendNumbers(0..<1, from: "n3", to: "n2")
        mesh.simulation.run(for: .seconds(1))
        try mesh.start("n4")
        try mesh.dial("n4", "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("n4").refusals.first?.code == .tooManySessions)
        #expect(try mesh.heard("n3").lost.isEmpty)
    }

    @Test func aStrangerWithManyNamesDoesNotFillTheLog() throws {
        let mesh = SimulatedMesh(seed: 1)
        let two = try mesh.start("n2")
        let peer = RawPeer("stranger", on: mesh, to: "n2")
        let pulse = peer.connect(.pulse)
        for number in 0..<3000 { peer.send(BatchHeader(token: 0, clock: 0), [RawPeer.hello("s\(number)", mesh: "x")], on: pulse) }
        peer.wait()
        #expect(try mesh.on("n2") { links, _ in links.metrics.handshakesRefused } == 3000)
        #expect(two.logs.all.count == 1)
    }

    @Test func manyStrangersHaveABudgetOfLinesTogether() throws {
        let mesh = SimulatedMesh(seed: 1)
        let two = try mesh.start("n2")
        for number in 0..<150 {
            let peer = RawPeer("stranger\(number)", on: mesh, to: "n2")
            peer.send(BatchHeader(token: 0, clock: 0), [RawPeer.hello("s", mesh: "x")], on: peer.connect(.pulse))
            peer.wait()
        }
        #expect(two.logs.all.count == LogThrottle.budget)
        #expect(two.logs.all.last?.contains("further lines about peers are left out") == true)
    }
}

@Suite struct LogThrottleTests {
    @Test func asSubjectsComeOnceAMinuteAndAllTogetherToABudget() {
        var throttle = LogThrottle()
        func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }
        var verdicts = [throttle.judge("a", now: at(100)), throttle.judge("a", now: at(101)), throttle.judge("b", now: at(101))]
        #expect(verdicts == [.log, .leaveOut, .log])
        verdicts = (0..<200).map { throttle.judge("c\($0)", now: at(102)) }
        #expect(verdicts.count { $0 == .log } == LogThrottle.budget - 3 && verdicts.count { $0 == .logAsLast } == 1)
        verdicts = [throttle.judge("b", now: at(160)), throttle.judge("a", now: at(160)), throttle.judge("d", now: at(160))]
        #expect(verdicts == [.leaveOut, .log, .log])
    }
}

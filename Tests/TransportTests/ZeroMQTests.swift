import CZeroMQ
import MessagePack
import TestSupport
import Testing
import Transport
import Wire
import World

/// The same links over real sockets on 127.0.0.1.
@Suite(.serialized, .bounded) struct ZeroMQTests {
    @Test func framesGoThereAndBackOnEveryLane() async throws {
        let (one, two) = (try await RealNode("n1"), try await RealNode("n2"))
        await two.node.with { _, delegate in
            delegate.onFrame = { links, _, frame, session, lane in
                _ = links.send(on: session.id, lane: lane, as: .control) { $0.append(frame) }
            }
        }
        await one.dial(two)
        let session = try await one.session(to: two)
        await one.node.with { links, _ in
            for lane in Lane.allCases {
                #expect(links.send(on: session, lane: lane) { lane.pack(5, into: &$0) } == .queued)
            }
        }
        try await one.until("three echoes") { _, delegate in delegate.heard.frames.count == 3 }
        let heard = await one.node.heard.frames
        #expect(Set(heard.map(\.lane)) == [.pulse, .truth, .work])
        await one.stop()
        await two.stop()
    }

    @Test func underLoadEverythingArrivesInOrderAndFramesShareMessages() async throws {
        let (one, two) = (try await RealNode("n1"), try await RealNode("n2"))
        await one.dial(two)
        let session = try await one.session(to: two)
        for start in stride(from: 0, to: 15_000, by: 500) as StrideTo<UInt64> {
            _ = await one.node.sendNumbers(start..<start + 500, lane: .work, to: session)
        }
        try await two.until("all numbers") { _, delegate in delegate.heard.frames.count == 15_000 }
        #expect(await two.node.numbers(on: .work) == Array(0..<15_000))
        try await one.until("all acknowledged") { links, _ in links.snapshot().allSatisfy { $0.queuedFrames == 0 } }
        let metrics = await one.node.with { links, _ in links.metrics.work }
        #expect(metrics.framesSent == 15_000 && metrics.messagesSent < 5000)
        #expect(await two.node.heard.lost.isEmpty)
        await one.stop()
        await two.stop()
    }

    @Test func twoAddressesOfOneNodeShareASession() async throws {
        let one = try await RealNode("n1")
        let two = try await RealNode("n2") { $0.bindHost = "0.0.0.0" }
        await one.dial(two)
        _ = try await one.session(to: two)
        let other = PeerAddress(host: "127.0.0.2", port: two.address.port)
        await one.node.with { links, _ in
            _ = links.sendPulse(to: other) { MembershipFrame(payload: [1]).pack(into: &$0) }
            links.dial(other)
        }
        try await two.until("the frame, over the session that stands") { _, delegate in
            delegate.heard.frames.map(\.session.id) == delegate.heard.established.prefix(1).map(\.id)
        }
        try await two.until("the end of the second session") { links, delegate in
            delegate.heard.established.count == 2 && links.snapshot().count == 1
        }
        #expect(await one.node.heard.established.count == 1)
        // From now on the address is known for another one of the node.
        await one.node.with { links, _ in
            _ = links.sendPulse(to: other) { MembershipFrame(payload: [2]).pack(into: &$0) }
        }
        try await two.until("the second frame") { _, delegate in delegate.heard.frames.count == 2 }
        #expect(await two.node.heard.established.count == 2)
        await one.stop()
        await two.stop()
    }

    @Test func aTakenPortIsNamedWithItsLane() async throws {
        let ports = TestPorts.block(of: 5)
        let one = try await RealNode("n1", port: ports + 2)
        // The work lane of the second node would fall on the pulse lane of the first.
        let error = await #expect(throws: BindError.self) { try await RealNode("n2", port: ports) }
        #expect(error?.code == .portInUse)
        #expect(error?.lane == .work)
        #expect(error?.description.contains("127.0.0.1:\(one.address.port)") == true)
        await one.stop()
    }

    @Test func anAddressOfAnotherMachineCannotBeBound() async throws {
        let error = await #expect(throws: BindError.self) {
            try await RealNode("n1", port: RealNode.freePort()) { $0.bindHost = "192.0.2.1" }
        }
        #expect(error?.code == .addressUnavailable)
    }

    @Test func aProcessThatIsGoneIsRefusedEvidence() async throws {
        let (one, two) = (try await RealNode("n1"), try await RealNode("n2"))
        await one.dial(two)
        _ = try await one.session(to: two)
        // Without a goodbye, as a killed process leaves.
        await two.node.with { links, _ in links.abandon() }
        two.reactor.stop()
        try await one.until("a refused connection") { _, delegate in !delegate.heard.refusedConnections.isEmpty }
        let evidence = await one.node.heard.refusedConnections[0]
        #expect(evidence.0 == two.address && evidence.1 == two.identity)
        await one.stop()
    }

    @Test func aStoppingNodesGoodbyeReachesThoseWhoDialledIt() async throws {
        for _ in 0..<10 {
            let (one, two) = (try await RealNode("n1"), try await RealNode("n2"))
            await one.dial(two)
            _ = try await one.session(to: two)
            await two.stop()
            try await one.until("the goodbye") { _, delegate in
                delegate.heard.lost.contains { $0.reason == .goodbye("the test is over") }
            }
            await one.stop()
        }
    }

    @Test func whatWasSentInTheTurnOfTheStopStillLeaves() async throws {
        let (one, two) = (try await RealNode("n1"), try await RealNode("n2"))
        await one.dial(two)
        let session = try await one.session(to: two)
        _ = await one.node.sendNumbers(0..<1, lane: .work, to: session)
        try await two.until("the first number") { _, delegate in delegate.heard.frames.count == 1 }
        await one.node.with { links, _ in
            links.send(on: session, lane: .work) { Cancel(id: 1).pack(into: &$0) }
            links.stop(saying: "enough")
        }
        one.reactor.stop()
        try await two.until("the second number") { _, delegate in delegate.heard.frames.count == 2 }
        await two.stop()
    }

    @Test func aRestartedNodeGetsNothingOfItsOldLife() async throws {
        let (one, two) = (try await RealNode("n1"), try await RealNode("n2"))
        await one.dial(two)
        let old = try await one.session(to: two)
        await two.node.with { links, _ in links.abandon() }
        two.reactor.stop()
        two.reactor.join()
        _ = await one.node.sendNumbers(0..<100, lane: .work, to: old)
        let reborn = try await RealNode("n2", life: 2, port: two.address.port)
        let session = try await one.session(to: reborn)
        _ = await one.node.sendNumbers(500..<503, lane: .work, to: session)
        try await reborn.until("three numbers") { _, delegate in delegate.heard.frames.count >= 3 }
        #expect(await reborn.node.numbers(on: .work) == [500, 501, 502])
        #expect(await one.node.heard.lost.map(\.info.peer.life) == [1])
        #expect(await one.node.heard.established.map(\.peer.life) == [1, 2])
        await one.stop()
        await reborn.stop()
    }

    @Test func lossBothWaysCostsOnlyTime() async throws {
        let (one, two) = (try await RealNode("n1", chaos: true), try await RealNode("n2", chaos: true))
        await one.dial(two)
        let session = try await one.session(to: two)
        for node in [one, two] {
            let objection = await node.node.with { links, _ in
                links.setFault(FaultRule(name: "loss", direction: .outbound, action: .drop, probability: 0.3, ttlMs: 60_000))
            }
            #expect(objection == nil)
        }
        _ = await one.node.sendNumbers(0..<300, lane: .work, to: session)
        try await two.until("all numbers") { _, delegate in delegate.heard.frames.count >= 300 }
        #expect(await two.node.numbers(on: .work) == Array(0..<300))
        await one.stop()
        await two.stop()
    }

    @Test func malformedFramesCostOneLinkAndNothingElse() async throws {
        let (one, two, three) = (try await RealNode("n1"), try await RealNode("n2"), try await RealNode("n3"))
        await one.dial(three)
        await two.dial(three)
        let bad = try await one.session(to: three)
        let good = try await two.session(to: three)
        // A frame whose kind is known and whose layout is not: the layer above finds it and says so.
        await three.node.with { _, delegate in
            delegate.onFrame = { links, kind, frame, session, lane in
                do throws(WireError) {
                    _ = try Call.unpack(frame)
                } catch {
                    links.malformed(on: session.id, error)
                }
            }
        }
        await one.node.with { links, _ in
            _ = links.send(on: bad, lane: .work) { writer in
                writer.packArrayHeader(2)
                writer.pack(FrameKind.call.rawValue)
                writer.pack("nonsense")
            }
        }
        try await one.until("the loss of the session") { _, delegate in !delegate.heard.lost.isEmpty }
        #expect(await three.node.with { links, _ in links.metrics.malformed } == 1)
        #expect(three.node.logs.all.filter { $0.contains("n1#1") && $0.contains("malformed") }.count == 1)
        let call = Call(id: 1, actor: 0, target: 0, deadlineMs: 1000, arguments: [0x90])
        #expect(await two.node.with { links, _ in links.send(on: good, lane: .work) { call.pack(into: &$0) } } == .queued)
        try await two.until("its acknowledgement") { links, _ in links.snapshot().map(\.queuedFrames) == [0] }
        #expect(await two.node.heard.lost.isEmpty)
        await one.stop()
        await two.stop()
        await three.stop()
    }

    @Test func aStrangersGarbageIsCountedAndHarmsNobody() async throws {
        let (one, two) = (try await RealNode("n1"), try await RealNode("n2"))
        await one.dial(two)
        let session = try await one.session(to: two)
        let context = zmq_ctx_new()
        let garbage: [[UInt8]] = [
            [], [0xc1], [0x92], [0x92, 0x00], [0x92, 0x00, 0x00], [0x92, 0x00, 0x00, 0xff], [0x92, 0x00, 0x00, 0x91, 0x01],
            [0x94, 0xce, 1, 2, 3, 4, 0, 1, 0, 0x91, 0x10], [UInt8](repeating: 0x91, count: 4000), Array("GET / HTTP/1.1\r\n\r\n".utf8),
            [0xdd, 0xff, 0xff, 0xff, 0xff], [0x92, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00],
        ]
        for lane in Lane.allCases {
            let socket = zmq_socket(context, ZMQ_DEALER)
            zmq_connect(socket, "tcp://127.0.0.1:\(two.address.port(of: lane))")
            for packet in garbage { zmq_send(socket, packet, packet.count, 0) }
            zmq_close(socket)
        }
        try await two.until("garbage counted") { links, _ in links.metrics.malformed >= 20 }
        _ = await one.node.sendNumbers(0..<10, lane: .work, to: session)
        try await two.until("ten numbers") { _, delegate in delegate.heard.frames.count == 10 }
        #expect(await two.node.heard.lost.isEmpty)
        #expect(two.node.logs.all.count == 1)
        zmq_ctx_term(context)
        await one.stop()
        await two.stop()
    }

    @Test func theDeadlinesOfALoopComeInTimeThoughNothingArrives() async throws {
        let one = try await RealNode("n1")
        // A dialled address without a listener: only timers move the handshake.
        await one.node.with { links, _ in links.dial(PeerAddress(host: "127.0.0.1", port: RealNode.freePort())) }
        try await one.until("three refusals") { _, delegate in delegate.heard.refusedConnections.count >= 3 }
        #expect(one.reactor.metrics.turns > 0 && one.reactor.metrics.sleeps > 0)
        await one.stop()
        one.reactor.join()
    }
}

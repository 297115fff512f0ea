import MessagePack
import Testing
import Transport
import Wire
import World

@Suite struct SessionTests {
    @Test func everythingArrivesOnceAndInOrderThoughAThirdIsLost() throws {
        for seed in 0..<8 as Range<UInt64> {
            let mesh = try SimulatedMesh.pair(seed: seed)
            var conditions = SimulatedNetwork.Conditions()
            (conditions.loss, conditions.duplication, conditions.reordering) = (0.3, 0.2, 0.3)
            mesh.network.setConditions(conditions)
            for start in stride(from: 0, to: 400, by: 20) as StrideTo<UInt64> {
                _ = try mesh.sendNumbers(start..<start + 10, from: "n1", to: "n2", lane: .work)
                _ = try mesh.sendNumbers(start + 10..<start + 20, from: "n1", to: "n2", lane: .truth)
                mesh.simulation.run(for: .milliseconds(3))
            }
            mesh.simulation.run(for: .seconds(60))
            let expected = (0..<400 as Range<UInt64>)
            #expect(try mesh.numbers(at: "n2", lane: .work) == expected.filter { $0 % 20 < 10 })
            #expect(try mesh.numbers(at: "n2", lane: .truth) == expected.filter { $0 % 20 >= 10 })
            #expect(try mesh.heard("n1").lost.isEmpty)
            #expect(try mesh.on("n1") { links, _ in links.metrics.work.resent } > 0)
        }
    }

    @Test func aBrokenConnectionEndsNoSession() throws {
        let mesh = try SimulatedMesh.pair()
        _ = try mesh.sendNumbers(0..<10, from: "n1", to: "n2")
        mesh.network.partition(["n1"], ["n2"])
        _ = try mesh.sendNumbers(10..<20, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(10))
        mesh.network.heal()
        mesh.simulation.run(for: .seconds(5))
        #expect(try mesh.numbers(at: "n2") == Array(0..<20))
        #expect(try mesh.heard("n1").lost.isEmpty)
        #expect(try mesh.heard("n2").established.count == 1)
    }

    @Test func whatWasSentToAnOldLifeNeverReachesTheNewOne() throws {
        for seed in 0..<10 as Range<UInt64> {
            let mesh = try SimulatedMesh.pair(seed: seed)
            let old = try mesh.session("n1", "n2")
            _ = try mesh.sendNumbers(0..<5, from: "n1", to: "n2")
            mesh.simulation.run(for: .seconds(1))
            mesh.kill("n2")
            _ = try mesh.on("n1") { links, _ in
                (100..<150).map { number in links.send(on: old, lane: .work) { Cancel(id: UInt64(number)).pack(into: &$0) } }
            }
            try mesh.start("n2", life: 2)
            mesh.simulation.run(for: .seconds(5))
            #expect(try mesh.numbers(at: "n2").isEmpty)
            let heard = try mesh.heard("n1")
            #expect(heard.lost.map(\.info.peer.life) == [1])
            #expect(heard.established.map(\.peer.life) == [1, 2])
            #expect(try mesh.on("n1") { links, _ in links.send(on: old, lane: .work) { Cancel(id: 1).pack(into: &$0) } } == .noSession)
            _ = try mesh.sendNumbers(7..<9, from: "n1", to: "n2")
            mesh.simulation.run(for: .seconds(1))
            #expect(try mesh.numbers(at: "n2") == [7, 8])
        }
    }

    @Test func aRestartedDiallerIsANewLife() throws {
        let mesh = try SimulatedMesh.pair()
        mesh.kill("n1")
        try mesh.start("n1", life: 2)
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(2))
        let heard = try mesh.heard("n2")
        #expect(heard.lost.map(\.info.peer) == [NodeIdentity(name: "n1", life: 1)])
        #expect(heard.lost.first?.reason == .replaced)
        #expect(heard.established.map(\.peer.life) == [1, 2])
    }

    @Test func aKilledProcessIsRefusedEvidence() throws {
        let mesh = try SimulatedMesh.pair()
        mesh.kill("n2")
        let killed = mesh.simulation.now
        var waited = Duration.zero
        while try mesh.heard("n1").refusedConnections.isEmpty, waited < .seconds(5) {
            mesh.simulation.run(for: .milliseconds(1))
            waited = mesh.simulation.now - killed
        }
        #expect(waited < .milliseconds(10))
        let evidence = try mesh.heard("n1").refusedConnections.first
        #expect(evidence?.0 == SimulatedMesh.address("n2"))
        #expect(evidence?.1 == NodeIdentity(name: "n2", life: 1))
    }

    @Test func aCutIsNoEvidence() throws {
        let mesh = try SimulatedMesh.pair()
        mesh.network.partition(["n1"], ["n2"])
        mesh.simulation.run(for: .seconds(10))
        #expect(try mesh.heard("n1").refusedConnections.isEmpty)
    }

    @Test func aQueueHasALimitAndSaysSo() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n1") { $0.limits.queuedFrames = 100 }
        try mesh.start("n2")
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(1))
        mesh.network.partition(["n1"], ["n2"])
        let results = try mesh.sendNumbers(0..<150, from: "n1", to: "n2")
        #expect(results == Array(repeating: .queued, count: 100) + Array(repeating: .overloaded, count: 50))
        mesh.network.heal()
        mesh.simulation.run(for: .seconds(5))
        #expect(try mesh.numbers(at: "n2") == Array(0..<100))
        #expect(try mesh.sendNumbers(200..<201, from: "n1", to: "n2") == [.queued])
    }

    @Test func controlTrafficPastItsLimitDropsTheLink() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n1") { $0.limits.queuedFrames = 10 }
        try mesh.start("n2")
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(1))
        mesh.network.partition(["n1"], ["n2"])
        let session = try mesh.session("n1", "n2")
        let results = try mesh.on("n1") { links, _ in
            (0..<41).map { _ in links.send(on: session, lane: .work, as: .control) { Cancel(id: 1).pack(into: &$0) } }
        }
        #expect(results.dropLast().allSatisfy { $0 == .queued } && results.last == .overloaded)
        mesh.simulation.run(for: .milliseconds(1))
        #expect(try mesh.heard("n1").lost.map(\.reason) == [.overrun])
    }

    @Test func aFrameBeyondTheLimitIsRefusedByName() throws {
        let mesh = try SimulatedMesh.pair()
        let session = try mesh.session("n1", "n2")
        let huge = [UInt8](repeating: 1, count: WireLimits.frameBytes(.work))
        let result = try mesh.on("n1") { links, _ in
            links.send(on: session, lane: .work) { Reply(id: 1, result: huge[...]).pack(into: &$0) }
        }
        #expect(result == .tooLarge)
        _ = try mesh.sendNumbers(0..<3, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.numbers(at: "n2") == [0, 1, 2])
    }

    @Test func oneWayTrafficIsAcknowledged() throws {
        let mesh = try SimulatedMesh.pair()
        for start in stride(from: 0, to: 5000, by: 50) as StrideTo<UInt64> {
            _ = try mesh.sendNumbers(start..<start + 50, from: "n1", to: "n2")
            mesh.simulation.run(for: .milliseconds(1))
        }
        mesh.simulation.run(for: .milliseconds(100))
        let snapshot = try mesh.on("n1") { links, _ in links.snapshot() }
        #expect(snapshot.map(\.queuedFrames) == [0] && snapshot.map(\.queuedBytes) == [0])
        #expect(try mesh.on("n1") { links, _ in links.metrics.work.resent } == 0)
        #expect(try mesh.numbers(at: "n2").count == 5000)
    }

    @Test func framesOfOneTurnShareAMessage() throws {
        let mesh = try SimulatedMesh.pair()
        let before = try mesh.on("n1") { links, _ in links.metrics.work.messagesSent }
        _ = try mesh.sendNumbers(0..<500, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.on("n1") { links, _ in links.metrics.work.messagesSent } == before + 1)
        #expect(try mesh.numbers(at: "n2") == Array(0..<500))
    }

    @Test func answersGoBackOnTheSessionOfTheQuestion() throws {
        let mesh = try SimulatedMesh.pair()
        try mesh.on("n2") { _, delegate in
            delegate.onFrame = { links, kind, frame, session, lane in
                guard let call = try? Call.unpack(frame) else { return }
                links.send(on: session.id, lane: lane, as: .control) { Reply(id: call.id, result: call.arguments).pack(into: &$0) }
            }
        }
        let session = try mesh.session("n1", "n2")
        _ = try mesh.on("n1") { links, _ in
            links.send(on: session, lane: .work) {
                Call(id: 5, actor: 0, target: 0, deadlineMs: 100, arguments: [1, 2, 3]).pack(into: &$0)
            }
        }
        mesh.simulation.run(for: .milliseconds(5))
        let frame = try mesh.heard("n1").frames.first
        #expect(try frame.map { try Reply.unpack($0.frame[...]) } == Reply(id: 5, result: [1, 2, 3]))
    }

    @Test func anInboundSessionCannotUseALaneThatThePeerDidNot() throws {
        let mesh = try SimulatedMesh.pair()
        let inbound = try mesh.heard("n2").established[0].id
        #expect(try mesh.on("n2") { links, _ in links.send(on: inbound, lane: .work) { Cancel(id: 1).pack(into: &$0) } } == .noSession)
    }

    @Test func hangingUpEndsBothDirectionsAndDialsNoMore() throws {
        let mesh = try SimulatedMesh.pair()
        try mesh.dial("n2", "n1")
        mesh.simulation.run(for: .seconds(1))
        try mesh.on("n1") { links, _ in links.hangUp(NodeIdentity(name: "n2", life: 1)) }
        mesh.simulation.run(for: .milliseconds(500))
        #expect(try mesh.heard("n1").lost.map(\.reason) == [.hungUp, .hungUp])
        #expect(try mesh.heard("n2").lost.map(\.reason) == [.goodbye("hung up"), .goodbye("hung up")])
        #expect(try mesh.on("n1") { links, _ in links.session(to: NodeIdentity(name: "n2", life: 1)) } == nil)
    }

    @Test func aPulseDialsAndWaitsForTheHandshake() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n1")
        try mesh.start("n2")
        try mesh.on("n1") { links, _ in
            for number in 0..<3 as Range<UInt8> {
                links.sendPulse(to: SimulatedMesh.address("n2"), expecting: "n2") { MembershipFrame(payload: [number]).pack(into: &$0) }
            }
        }
        mesh.simulation.run(for: .milliseconds(50))
        #expect(try mesh.heard("n2").frames.map(\.kind) == [.membership, .membership, .membership])
    }

    @Test func aPulseToNobodyIsGivenUp() throws {
        let mesh = SimulatedMesh(seed: 1)
        try mesh.start("n1")
        _ = try mesh.on("n1") { links, _ in
            links.sendPulse(to: SimulatedMesh.address("n9")) { MembershipFrame(payload: []).pack(into: &$0) }
        }
        mesh.simulation.run(for: .seconds(20))
        let before = mesh.simulation.steps
        mesh.simulation.run(for: .seconds(60))
        #expect(mesh.simulation.steps - before < 5, "the address is still tried")
        #expect(try mesh.heard("n1").refusedConnections.count > 3)
    }

    @Test func aFreshProbeGetsThroughOnANewConnection() throws {
        let mesh = try SimulatedMesh.pair()
        _ = try mesh.on("n1") { links, _ in
            links.probeFresh(SimulatedMesh.address("n2"), expecting: "n2") { MembershipFrame(payload: [9]).pack(into: &$0) }
        }
        mesh.simulation.run(for: .milliseconds(20))
        #expect(try mesh.heard("n2").frames.map(\.kind) == [.membership])
        #expect(try mesh.heard("n1").lost.isEmpty)
    }

    @Test func pulsesHeldForLongAreDroppedWhileCallsStillArrive() throws {
        let mesh = try SimulatedMesh.pair()
        // A first message of each lane sets the clocks.
        let session = try mesh.session("n1", "n2")
        _ = try mesh.on("n1") { links, _ in links.send(on: session, lane: .pulse) { MembershipFrame(payload: [1]).pack(into: &$0) } }
        _ = try mesh.sendNumbers(0..<1, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(1))
        mesh.network.partition(["n1"], ["n2"], .hold)
        _ = try mesh.on("n1") { links, _ in links.send(on: session, lane: .pulse) { MembershipFrame(payload: [2]).pack(into: &$0) } }
        _ = try mesh.sendNumbers(1..<2, from: "n1", to: "n2")
        mesh.simulation.run(for: .seconds(8))
        mesh.network.heal()
        mesh.simulation.run(for: .seconds(3))
        #expect(try mesh.heard("n2").frames.filter { $0.kind == .membership }.count == 1)
        #expect(try mesh.numbers(at: "n2") == [0, 1])
        #expect(try mesh.on("n2") { links, _ in links.metrics.pulse.tooOld } >= 1)
    }
}

@Suite struct ReconnectTests {
    /// Two nodes, the second of which keeps the calls it gets instead of answering them.
    @Test func anAnswerFindsItsWayBackOverANewConnection() throws {
        let mesh = try SimulatedMesh.pair()
        let session = try mesh.session("n1", "n2")
        _ = try mesh.on("n1") { links, _ in
            links.send(on: session, lane: .work) { Call(id: 5, actor: 0, target: 0, deadlineMs: 9000, arguments: []).pack(into: &$0) }
        }
        mesh.simulation.run(for: .seconds(1))
        mesh.network.breakConnections("n1", "n2")
        let inbound = try mesh.heard("n2").established[0].id
        let result = try mesh.on("n2") { links, _ in
            links.send(on: inbound, lane: .work, as: .control) { Reply(id: 5, result: []).pack(into: &$0) }
        }
        #expect(result == .queued)
        mesh.simulation.run(for: .seconds(3))
        #expect(try mesh.heard("n1").frames.map(\.kind) == [.reply])
        #expect(try mesh.heard("n1").lost.isEmpty && mesh.heard("n2").lost.isEmpty)
    }

    @Test func connectionsThatBreakAllTheTimeLoseNothing() throws {
        for seed in 0..<5 as Range<UInt64> {
            let mesh = try SimulatedMesh.pair(seed: seed)
            for start in stride(from: 0, to: 300, by: 10) as StrideTo<UInt64> {
                _ = try mesh.sendNumbers(start..<start + 10, from: "n1", to: "n2")
                mesh.simulation.run(for: .microseconds(Int64(start) * 7))
                mesh.network.breakConnections("n1", "n2")
                mesh.simulation.run(for: .milliseconds(Int64(start)))
            }
            mesh.simulation.run(for: .seconds(10))
            #expect(try mesh.numbers(at: "n2") == Array(0..<300))
            #expect(try mesh.heard("n1").lost.isEmpty)
        }
    }

    @Test func aClientThatVanishedIsForgotten() throws {
        let mesh = try SimulatedMesh.pair()
        mesh.kill("n1")
        mesh.simulation.run(for: .seconds(590))
        #expect(try mesh.heard("n2").lost.isEmpty)
        mesh.simulation.run(for: .seconds(10))
        #expect(try mesh.heard("n2").lost.map(\.reason) == [.idle])
    }
}

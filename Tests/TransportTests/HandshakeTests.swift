import Testing
import Transport
import Wire
import World

@Suite struct HandshakeTests {
    @Test func bothSidesLearnWhoTheOtherIs() throws {
        let mesh = try SimulatedMesh.pair()
        let one = try mesh.heard("n1").established
        let two = try mesh.heard("n2").established
        #expect(one.map(\.peer) == [NodeIdentity(name: "n2", life: 1)])
        #expect(one.first?.direction == .outbound)
        #expect(one.first?.contracts?.targets == ["Echo.echo"])
        #expect(two.map(\.peer) == [NodeIdentity(name: "n1", life: 1)])
        #expect(two.first?.direction == .inbound)
        #expect(two.first?.address == SimulatedMesh.address("n1"))
    }

    @Test func aTableTravelsOnlyWhenItDiffers() throws {
        let mesh = SimulatedMesh(seed: 2)
        try mesh.start("n1") { $0.contracts = try ContractTable(["A.a"]) }
        try mesh.start("n2") { $0.contracts = try ContractTable(["B.b", "A.a"]) }
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("n1").established.first?.contracts?.index(of: "B.b") == 1)
        #expect(try mesh.heard("n2").established.first?.contracts == nil)
    }

    @Test func meshesOfDifferentNamesNeverMix() throws {
        let mesh = SimulatedMesh(seed: 3)
        let one = try mesh.start("n1", mesh: "red")
        let two = try mesh.start("n2", mesh: "blue")
        try mesh.dial("n1", "n2")
        try mesh.dial("n2", "n1")
        mesh.simulation.run(for: .seconds(30))
        for name in ["n1", "n2"] {
            let heard = try mesh.heard(name)
            #expect(heard.established.isEmpty)
            #expect(heard.refusals.first?.code == .wrongMesh)
        }
        #expect(one.logs.all.contains { $0.contains("refused the handshake of n2#1") && $0.contains("red") })
        #expect(two.logs.all.contains { $0.contains("refused the handshake of n1#1") && $0.contains("blue") })
        // Said once a minute, though it was tried again all the time.
        #expect(one.logs.all.count == 2)
    }

    @Test func withoutACommonWireVersionBothSidesSaySo() throws {
        let mesh = SimulatedMesh(seed: 4)
        let one = try mesh.start("n1") { $0.versions = WireVersions(1, 2) }
        let two = try mesh.start("n2") { $0.versions = WireVersions(3, 4) }
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(3))
        #expect(try mesh.heard("n1").refusals.first?.code == .noCommonVersion)
        #expect(try mesh.heard("n2").established.isEmpty)
        for logs in [one.logs, two.logs] {
            #expect(logs.all.count == 1)
            #expect(logs.all[0].contains("1 to 2") && logs.all[0].contains("3 to 4"))
        }
    }

    @Test func neighbouringVersionsSpeakTheHighestCommonOne() throws {
        let mesh = SimulatedMesh(seed: 5)
        try mesh.start("n1") { $0.versions = WireVersions(1, 2) }
        try mesh.start("n2") { $0.versions = WireVersions(2, 3) }
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("n1").established.first?.version == 2)
        #expect(try mesh.heard("n2").established.first?.version == 2)
    }

    @Test func anotherNodeThanTheOneMeantIsRefused() throws {
        let mesh = SimulatedMesh(seed: 6)
        try mesh.start("n1")
        try mesh.start("n4")
        try mesh.on("n1") { links, _ in links.dial(SimulatedMesh.address("n4"), expecting: "n3") }
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("n1").refusals.first?.code == .wrongNode)
        #expect(try mesh.heard("n1").established.isEmpty)
    }

    @Test func aNodeDoesNotDialItself() throws {
        let mesh = SimulatedMesh(seed: 7)
        try mesh.start("n1")
        try mesh.on("n1") { links, _ in links.dial(SimulatedMesh.address("n1")) }
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("n1").refusals.first?.code == .ownIdentity)
        #expect(try mesh.heard("n1").established.isEmpty)
    }

    @Test func handshakesSurviveLossDuplicatesAndReordering() throws {
        for seed in 0..<20 as Range<UInt64> {
            var conditions = SimulatedNetwork.Conditions()
            (conditions.loss, conditions.duplication, conditions.reordering) = (0.4, 0.3, 0.3)
            let mesh = SimulatedMesh(seed: seed, conditions: conditions)
            for name in ["n1", "n2", "n3"] { try mesh.start(name) }
            for from in ["n1", "n2", "n3"] { for to in ["n1", "n2", "n3"] where from != to { try mesh.dial(from, to) } }
            mesh.simulation.run(for: .seconds(20))
            for from in ["n1", "n2", "n3"] {
                for to in ["n1", "n2", "n3"] where from != to {
                    let stands = try mesh.on(from) { links, _ in links.session(to: NodeIdentity(name: to, life: 1)) != nil }
                    #expect(stands, "seed \(seed): no session from \(from) to \(to)")
                }
            }
        }
    }

    @Test func dialingAnAddressAgainChangesNothing() throws {
        let mesh = try SimulatedMesh.pair(seed: 8)
        try mesh.on("n1") { links, _ in links.dial(SimulatedMesh.address("n2")) }
        mesh.simulation.run(for: .seconds(1))
        for name in ["n1", "n2"] { #expect(try mesh.on(name) { links, _ in links.snapshot().count } == 1) }
    }

    @Test func callersThatMeanDifferentNodesDoNotKeepEachOtherFromAHandshake() throws {
        let mesh = SimulatedMesh(seed: 9)
        try mesh.start("n1")
        try mesh.start("n2")
        for number in 0..<100 {
            _ = try mesh.on("n1") { links, _ in
                links.sendPulse(to: SimulatedMesh.address("n2"), expecting: number.isMultiple(of: 2) ? "n2" : "n9") {
                    MembershipFrame(payload: []).pack(into: &$0)
                }
            }
            mesh.simulation.run(for: .microseconds(100))
        }
        #expect(try mesh.heard("n1").established.count == 1)
    }

    @Test func aPulseForOneNodeNeverGoesToAnotherAtItsAddress() throws {
        let mesh = try SimulatedMesh.pair()
        for expected in ["n9", "n2"] {
            let results = try mesh.on("n1") { links, _ in
                let address = SimulatedMesh.address("n2")
                return [
                    links.sendPulse(to: address, expecting: expected) { MembershipFrame(payload: [1]).pack(into: &$0) },
                    links.probeFresh(address, expecting: expected) { MembershipFrame(payload: [2]).pack(into: &$0) },
                ]
            }
            #expect(results == (expected == "n2" ? [.queued, .queued] : [.noSession, .noSession]))
            mesh.simulation.run(for: .seconds(1))
            #expect(try mesh.heard("n2").frames.count == (expected == "n2" ? 2 : 0))
        }
    }

    @Test func theWelcomeOfAnEarlierLifeIsRefused() throws {
        let mesh = SimulatedMesh(seed: 10)
        try mesh.start("n1")
        try mesh.start("n2", life: 2)
        try mesh.start("old") { $0.identity = NodeIdentity(name: "n2", life: 1) }
        try mesh.dial("n1", "n2")
        mesh.simulation.run(for: .seconds(1))
        try mesh.on("n1") { links, _ in links.dial(SimulatedMesh.address("old")) }
        mesh.simulation.run(for: .seconds(1))
        #expect(try mesh.heard("n1").refusals.map(\.code) == [.staleLife])
        #expect(try mesh.heard("old").refusals.map(\.code) == [.staleLife])
        #expect(try mesh.on("old") { links, _ in links.snapshot().isEmpty })
        #expect(try mesh.on("n1") { links, _ in links.snapshot().map(\.life) } == [2])
        // The address is no other one of the life that stands.
        _ = try mesh.on("n1") { links, _ in
            links.sendPulse(to: SimulatedMesh.address("old")) { MembershipFrame(payload: []).pack(into: &$0) }
        }
        mesh.simulation.run(for: .milliseconds(100))
        #expect(try mesh.heard("n2").frames.isEmpty)
    }

    @Test func whoDialsAgainWhenToldOfTheEndIsNotForgotten() throws {
        let address = SimulatedMesh.address("n2")
        for hangUp in [{ $0.hangUp(address) }, { $0.hangUp(NodeIdentity(name: "n2", life: 1)) }] as [@Sendable (Links) -> Void] {
            let mesh = try SimulatedMesh.pair()
            try mesh.on("n1") { links, delegate in
                delegate.onLoss = { links, _ in links.dial(address) }
                hangUp(links)
            }
            mesh.simulation.run(for: .seconds(3))
            #expect(try mesh.heard("n1").established.count == 2)
        }
    }

    @Test func aSnapshotIsOfThisMoment() throws {
        let mesh = try SimulatedMesh.pair()
        mesh.simulation.run(for: .seconds(10))
        #expect(try mesh.on("n1") { links, _ in links.snapshot().map(\.silentMs) }.allSatisfy { $0 > 9000 })
    }

    @Test func aRunIsAFunctionOfItsSeed() throws {
        func hash(_ seed: UInt64) throws -> UInt64 {
            let mesh = try SimulatedMesh.pair(seed: seed)
            _ = try mesh.sendNumbers(0..<100, from: "n1", to: "n2")
            mesh.simulation.run(for: .seconds(5))
            return mesh.simulation.traceHash
        }
        #expect(try hash(11) == hash(11))
        #expect(try hash(11) != hash(12))
    }
}

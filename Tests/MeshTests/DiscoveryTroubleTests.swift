import Distributed
import Mesh
import TestSupport
import Testing
import Transport
import World

/// The receptionist and the watches when links break or are full, and when peers or users do not behave.
@Suite struct DiscoveryTroubleTests {
    private static let pupils = ReceptionKey<Pupil>("pupils")

    @Test(arguments: UInt64(0)..<3) func aCheckOutThatWasLostWithItsSessionIsMadeGood(seed: UInt64) throws {
        let mesh = SimulatedMesh(seed: seed)
        for name in SimulatedMesh.names(3) { try mesh.start(name) }
        _ = mesh.timeToAgree(limit: .seconds(10))
        let system = try #require(mesh.nodes["n1"]?.system)
        let ann = Pupil("ann", actorSystem: system)
        try mesh.run(at: "n1") { try await $0.receptionist.checkIn(ann, as: Self.pupils) }
        mesh.simulation.run(for: .seconds(2))
        #expect(try mesh.run(at: "n2") { await $0.receptionist.lookup(Self.pupils).count } == 1)
        mesh.network.partition(["n1"], ["n2"], .drop)
        mesh.simulation.run(for: .seconds(2))
        try mesh.run(at: "n1") { await $0.receptionist.checkOut(ann, from: Self.pupils) }
        // Until the session between the two is given up, while n3 keeps both from calling the other dead.
        mesh.simulation.run(for: .seconds(60))
        mesh.network.heal()
        mesh.simulation.run(for: .seconds(60))
        for name in ["n1", "n2", "n3"] {
            #expect(try mesh.run(at: name) { await $0.receptionist.lookup(Self.pupils).count } == 0, "seed \(seed): \(name)")
        }
    }

    @Test func watchesPassAFullLink() async throws {
        let mesh = try await TestMesh(2) { $0.links.queuedFrames = 32 }
        try await mesh.start()
        let pupils = Keeper((0..<100).map { Pupil("p\($0)", actorSystem: mesh[1].system) })
        let ids = pupils.value?.map(\.id) ?? [], ended = Tally()
        for id in ids {
            let watch = mesh[0].system.watch(id)
            mesh[0].world.spawn("watcher") { for await end in watch where end == .stopped { ended.count() } }
        }
        let last = try Pupil.resolve(id: try #require(ids.last), using: mesh[0].system)
        try await eventually("a call that follows is answered") { (try? await last.hello()) == "p99" }
        #expect(ended.sum == 0)
        pupils.letGo()
        try await eventually("all ends are told: \(ended.sum) of 100") { ended.sum == 100 }
        await mesh.stop()
    }

    @Test func aKeyThatPeersWouldRejectIsRefusedHere() async throws {
        let mesh = try await TestMesh(2)
        let callee = Probe(actorSystem: mesh[1].system), ann = Pupil("ann", actorSystem: mesh[0].system)
        try await mesh.start()
        let probe = try mesh[0].system.singleton(Probe.self, on: mesh[1].identity)
        #expect(try await probe.whoAmI() == "n2")
        let lost = await sessionsLost(mesh[0])
        let long = ReceptionKey<Pupil>(String(repeating: "k", count: 1100))
        let error = await #expect(throws: MeshError.self) { try await mesh[0].system.receptionist.checkIn(ann, as: long) }
        #expect(error?.code == .tooLarge)
        #expect(error?.outcome == .failed)
        #expect(try await probe.whoAmI() == "n2")
        #expect(await sessionsLost(mesh[0]) == lost)
        withExtendedLifetime(callee) {}
        await mesh.stop()
    }

    @Test func aBookLargerThanAFrameArrivesInPieces() async throws {
        let mesh = try await TestMesh(2)
        try await mesh[0].start()
        let pupils = (0..<1500).map { Pupil("p\($0)", actorSystem: mesh[0].system) }
        func key(_ index: Int) -> ReceptionKey<Pupil> { ReceptionKey("\(index)-" + String(repeating: "k", count: 900)) }
        for (index, pupil) in pupils.enumerated() { try await mesh[0].system.receptionist.checkIn(pupil, as: key(index)) }
        try await mesh[1].start()
        for index in [0, 749, 1499] {
            try await eventually("number \(index) is seen") {
                await mesh[1].system.receptionist.lookup(key(index)).map(\.id) == [pupils[index].id]
            }
        }
        await mesh.stop()
    }

    @Test func whatANodeSaysAfterItsFarewellGoesWithItsLastSession() async throws {
        let mesh = try await TestMesh(2)
        let ann = Pupil("ann", actorSystem: mesh[0].system)
        try await mesh.start()
        try await mesh[0].system.receptionist.checkIn(ann, as: Self.pupils)
        try await eventually("ann is seen") { await mesh[1].system.receptionist.lookup(Self.pupils).count == 1 }
        await mesh[0].leave()
        try await eventually("the node has left") { mesh[1].members.member(named: "n1")?.status == .left }
        #expect(await mesh[1].system.receptionist.lookup(Self.pupils).isEmpty)
        // It has not stopped: it dials again, and tells of its actors to whoever answers.
        try await eventually("ann is seen again") { await mesh[1].system.receptionist.lookup(Self.pupils).count == 1 }
        await mesh[0].stop()
        try await eventually("ann is gone") { await mesh[1].system.receptionist.lookup(Self.pupils).isEmpty }
        withExtendedLifetime(ann) {}
        await mesh.stop()
    }

    @Test func onlyAnActorsOwnNodeChecksItIn() async throws {
        let mesh = try await TestMesh(2)
        let ann = Pupil("ann", actorSystem: mesh[0].system), bob = Pupil("bob", actorSystem: mesh[1].system)
        try await mesh.start()
        try await mesh[0].system.receptionist.checkIn(ann, as: Self.pupils)
        // Both have the same number at their nodes.
        let reference = try Pupil.resolve(id: bob.id, using: mesh[0].system)
        let error = await #expect(throws: MeshError.self) {
            try await mesh[0].system.receptionist.checkIn(reference, as: ReceptionKey<Pupil>("others"))
        }
        #expect(error?.code == .incompatible)
        #expect(await mesh[0].system.receptionist.lookup(ReceptionKey<Pupil>("others")).isEmpty)
        await mesh[0].system.receptionist.checkOut(reference, from: Self.pupils)
        #expect(await mesh[0].system.receptionist.lookup(Self.pupils).map(\.id) == [ann.id])
        await mesh.stop()
    }

    @Test func aReaderThatIsGoneBeforeItsStreamBeginsLeavesNothing() async throws {
        let mesh = try await TestMesh(1)
        try await mesh.start()
        let node = mesh[0], readers = 200, ended = Tally()
        for _ in 0..<readers {
            node.world.spawn("reader") {
                _ = node.membershipEvents()
                _ = node.system.receptionist.listing(of: Self.pupils)
                _ = node.system.watch(node.system.node.nobody)
                ended.count()
            }
        }
        try await eventually("all readers are gone") { ended.sum == readers }
        try await eventually("nothing is left of them") {
            await node.metrics().first { $0.name == "gossamer_subscriptions" }?.value == 0
        }
        await mesh.stop()
    }

    private func sessionsLost(_ node: Node) async -> Double? {
        await node.metrics().first { $0.name == "gossamer_link_sessions_lost_total" }?.value
    }
}

extension NodeIdentity {
    /// An id of this node that no actor has.
    fileprivate var nobody: MeshActorID { MeshActorID(node: self, type: ActorType(Pupil.self), number: 9999) }
}

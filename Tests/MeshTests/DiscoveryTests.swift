import Distributed
import Mesh
import TestSupport
import Testing
import World

@Suite struct DiscoveryTests {
    private static let pupils = ReceptionKey<Pupil>("pupils")

    @Test func aCheckInIsSeenByAllAndACheckOutToo() async throws {
        let mesh = try await TestMesh(3)
        try await mesh.start()
        let ann = Pupil("ann", actorSystem: mesh[0].system), bob = Pupil("bob", actorSystem: mesh[1].system)
        try await mesh[0].system.receptionist.checkIn(ann, as: Self.pupils)
        try await mesh[1].system.receptionist.checkIn(bob, as: Self.pupils)
        for node in mesh.nodes {
            try await eventually("\(node.identity) sees both") {
                await node.system.receptionist.lookup(Self.pupils).count == 2
            }
        }
        var names: [String] = []
        for pupil in await mesh[2].system.receptionist.lookup(Self.pupils) { names.append(try await pupil.hello()) }
        #expect(names == ["ann", "bob"])
        await mesh[0].system.receptionist.checkOut(ann, from: Self.pupils)
        try await eventually("only bob is left") {
            await mesh[2].system.receptionist.lookup(Self.pupils).map(\.id) == [bob.id]
        }
        await mesh.stop()
    }

    @Test func alateReaderSeesWhatWasThereAndWhatChanges() async throws {
        let mesh = try await TestMesh(2)
        try await mesh.start()
        var pupil: Pupil? = Pupil("ann", actorSystem: mesh[0].system)
        try await mesh[0].system.receptionist.checkIn(try #require(pupil), as: Self.pupils)
        var counts: [Int] = []
        for await listing in mesh[1].system.receptionist.listing(of: Self.pupils) {
            counts.append(listing.count)
            if listing.count == 1 { pupil = nil }
            if listing.isEmpty && counts.contains(1) { break }
        }
        #expect(counts.last == 0, "an actor that was let go is checked out")
        await mesh.stop()
    }

    @Test func aDeadNodesCheckInsGo() async throws {
        let mesh = try await TestMesh(3)
        try await mesh.start()
        let ann = Pupil("ann", actorSystem: mesh[0].system)
        try await mesh[0].system.receptionist.checkIn(ann, as: Self.pupils)
        try await eventually("ann is seen") { await mesh[2].system.receptionist.lookup(Self.pupils).count == 1 }
        await mesh[0].stop()
        try await eventually("ann is gone") { await mesh[2].system.receptionist.lookup(Self.pupils).isEmpty }
        await mesh.stop()
    }

    @Test func aWatchTellsOfTheActorsEnd() async throws {
        let mesh = try await TestMesh(2)
        try await mesh.start()
        var pupil: Pupil? = Pupil("ann", actorSystem: mesh[0].system)
        let id = try #require(pupil).id
        let watch = mesh[1].system.watch(id)
        // A call on the same session: when it is answered, the watch has arrived.
        #expect(try await Pupil.resolve(id: id, using: mesh[1].system).hello() == "ann")
        pupil = nil
        var ends: [Termination] = []
        for await end in watch { ends.append(end) }
        #expect(ends == [.stopped])
        await mesh.stop()
    }

    @Test func aWatchOnSomeoneGoneEndsAtOnce() async throws {
        let mesh = try await TestMesh(2)
        try await mesh.start()
        let nobody = MeshActorID(node: mesh[0].identity, type: ActorType(Pupil.self), number: 77)
        for await end in mesh[1].system.watch(nobody) { #expect(end == .stopped) }
        for await end in mesh[0].system.watch(nobody) { #expect(end == .stopped) }
        let stranger = MeshActorID(node: NodeIdentity(name: "x", life: 1), type: ActorType(Pupil.self), number: 1)
        for await end in mesh[1].system.watch(stranger) { #expect(end == .nodeDown) }
        await mesh.stop()
    }

    @Test func aWatchTellsOfTheNodesDeath() async throws {
        let mesh = try await TestMesh(3)
        try await mesh.start()
        let pupil = Pupil("ann", actorSystem: mesh[0].system)
        let watch = mesh[1].system.watch(pupil.id)
        #expect(try await Pupil.resolve(id: pupil.id, using: mesh[1].system).hello() == "ann")
        await mesh[0].stop()
        for await end in watch { #expect(end == .nodeDown) }
        await mesh.stop()
    }
}

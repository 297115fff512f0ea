import Distributed
import Mesh
import TestSupport
import Testing
import World

/// Whatever waits for something of a node ends when the node does.
@Suite struct StopTests {
    @Test func callersEndWhenTheirOwnNodeStops() async throws {
        for _ in 0..<8 {
            let mesh = try await TestMesh(2)
            let callee = Probe(actorSystem: mesh[1].system)
            try await mesh.start()
            let probe = try mesh[0].system.singleton(Probe.self, on: mesh[1].identity)
            let callers = 16, ended = Tally(), answers = Tally()
            for _ in 0..<callers {
                // In a world that goes on, or the callers would be cancelled with their node.
                mesh[1].world.spawn("caller") {
                    do {
                        while true {
                            _ = try await probe.sum(1, 2, [:])
                            answers.count()
                        }
                    } catch {
                        #expect((error as? MeshError)?.code == .nodeDown)
                        ended.count()
                    }
                }
            }
            try await eventually("calls are made") { answers.sum > 100 }
            await mesh[0].stop()
            try await eventually("all callers have an error") { ended.sum == callers }
            withExtendedLifetime(callee) {}
            await mesh.stop()
        }
    }

    @Test func aWatchEndsWhenItsOwnNodeStops() async throws {
        let mesh = try await TestMesh(2)
        let pupil = Pupil("ann", actorSystem: mesh[1].system)
        try await mesh.start()
        let remote = mesh[0].system.watch(pupil.id)
        #expect(try await Pupil.resolve(id: pupil.id, using: mesh[0].system).hello() == "ann")
        let own = Pupil("bob", actorSystem: mesh[0].system), local = mesh[0].system.watch(own)
        await mesh[0].stop()
        let late = mesh[0].system.watch(pupil.id)
        for watch in [remote, local, late] {
            let told = Tally()
            #expect(try await ends { for await end in watch where end == .nodeDown { told.count() } })
            #expect(told.sum == 1)
        }
        withExtendedLifetime((pupil, own)) {}
        await mesh.stop()
    }

    @Test func streamsOfNewsEndWithTheNode() async throws {
        let mesh = try await TestMesh(1)
        try await mesh.start()
        let key = ReceptionKey<Pupil>("pupils"), system = mesh[0].system
        let events = mesh[0].membershipEvents(), listing = system.receptionist.listing(of: key)
        await mesh[0].stop()
        let lateEvents = mesh[0].membershipEvents(), lateListing = system.receptionist.listing(of: key)
        for stream in [events, lateEvents] { #expect(try await ends { for await _ in stream {} }) }
        for stream in [listing, lateListing] { #expect(try await ends { for await _ in stream {} }) }
        await mesh.stop()
    }

    @Test func leavingEndsWhenTheNodeStops() async throws {
        let mesh = try await TestMesh(3)
        try await mesh.start()
        // In a world that goes on, or the wait would be cancelled with the node.
        let node = mesh[0], left = Tally(), world = SystemWorld()
        world.spawn("leaver") {
            await node.leave()
            left.count()
        }
        try await world.sleep(for: .milliseconds(20))
        await node.stop()
        try await eventually("leave has returned") { left.sum == 1 }
        await mesh.stop()
    }
}

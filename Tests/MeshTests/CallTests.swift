import Distributed
import Mesh
import TestSupport
import Testing
import World

@Suite struct CallTests {
    /// Two nodes with the callees on the second.
    private func withPair(mailboxLimit: Int = 1024, _ body: (_ mesh: TestMesh, _ probe: Probe) async throws -> Void) async throws {
        let mesh = try await TestMesh(2) { $0.mailboxLimit = mailboxLimit }
        let callee = Probe(actorSystem: mesh[1].system)
        let prompt = Prompt(actorSystem: mesh[1].system)
        try await mesh.start()
        try await body(mesh, try mesh[0].system.singleton(Probe.self, on: mesh[1].identity))
        withExtendedLifetime((callee, prompt)) {}
        await mesh.stop()
    }

    @Test func argumentsAndResultsCrossTheWire() async throws {
        try await withPair { mesh, probe in
            #expect(try await probe.echo([1, 2, 3]) == [1, 2, 3])
            #expect(try await probe.sum(1, nil, ["x": 2, "y": 3]) == 6)
            #expect(try await probe.sum(1, 10, [:]) == 11)
            #expect(try await probe.whoAmI() == "n2")
            let prompt = try mesh[0].system.singleton(Prompt.self, on: mesh[1].identity)
            #expect(try await prompt.echo([9]) == [9])
        }
    }

    @Test func aLocalReferenceIsTheActorItself() async throws {
        try await withPair { mesh, _ in
            let local = try mesh[1].system.singleton(Probe.self, on: mesh[1].identity)
            #expect(try await local.whoAmI() == "n2")
        }
    }

    @Test func registeredErrorsTravelAsThemselves() async throws {
        try await withPair { _, probe in
            await #expect(throws: TestError(reason: "no")) { try await probe.fail("no") }
            let error = await #expect(throws: MeshError.self) { try await probe.failOddly() }
            #expect(error?.code == .calleeFailed)
            #expect(error?.message.contains("UnregisteredError") == true)
        }
    }

    @Test func callsOfOneCallerStartInOrder() async throws {
        try await withPair(mailboxLimit: 4096) { _, probe in
            await withTaskGroup(of: Void.self) { group in
                // The first hop of each child task is ordered by the group; what counts is the order of sending.
                group.addTask {
                    for number in 0..<2000 { try? await probe.actorSystem.oneWay { try await probe.note(number) } }
                }
            }
            try await eventually("all notes arrive") { (try? await probe.noted().count) == 2000 }
            #expect(try await probe.noted() == Array(0..<2000))
        }
    }

    /// What a function takes is found out at its first call, on a longer way: it must not be overtaken.
    @Test func callsOfSeveralFunctionsStartInOrder() async throws {
        try await withPair(mailboxLimit: 4096) { mesh, probe in
            try await probe.note(0)
            let callers = (0..<4).map { caller in
                mesh[0].world.spawn("caller") {
                    for number in 0..<200 {
                        let mark = caller * 1000 + number
                        try? await probe.actorSystem.oneWay {
                            switch (number + caller) % 3 {
                            case 0: try await probe.note(mark)
                            case 1: try await probe.noteAlso(mark)
                            default: try await probe.noteText("\(mark)")
                            }
                        }
                    }
                }
            }
            for caller in callers { await caller.finished() }
            try await eventually("all notes arrive") { (try? await probe.noted().count) == 801 }
            let noted = try await probe.noted().dropFirst()
            for caller in 0..<4 {
                #expect(noted.filter { $0 / 1000 == caller } == Array(caller * 1000..<caller * 1000 + 200))
            }
        }
    }

    @Test func whatNobodyWaitsForIsNotStarted() async throws {
        let mesh = try await TestMesh(2)
        let clerk = Clerk(actorSystem: mesh[1].system)
        try await mesh.start()
        let remote = try mesh[0].system.singleton(Clerk.self, on: mesh[1].identity)
        try await remote.work(0)
        let ended = Tally()
        for _ in 0..<200 {
            mesh[0].world.spawn("caller") {
                _ = try? await mesh[0].system.withDeadline(.milliseconds(100)) { try await remote.work(20) }
                ended.count()
            }
        }
        try await eventually("all callers have an answer") { ended.sum == 200 }
        // Behind all others in the mailbox: when it has its turn, they have had theirs.
        #expect(try await remote.count() < 100)
        withExtendedLifetime(clerk) {}
        await mesh.stop()
    }

    @Test func aLengthyErrorIsCutAndHurtsNobody() async throws {
        try await withPair { mesh, probe in
            let bystander = Tally()
            let task = mesh[0].world.spawn("bystander") {
                if (try? await probe.sleep(1500)) == 1500 { bystander.count() }
            }
            try await eventually("the bystander's call runs") { mesh[1].actors().contains { $0.unfinishedCalls > 0 } }
            let error = await #expect(throws: MeshError.self) { try await probe.failAtLength() }
            #expect(error?.code == .calleeFailed)
            #expect(error?.message.hasPrefix("👨‍👩‍👧‍👦") == true)
            await task.finished()
            #expect(bystander.sum == 1)
        }
    }

    @Test func aPassedDeadlineIsUnknownAndCancelsTheCallee() async throws {
        try await withPair { mesh, probe in
            let error = await #expect(throws: MeshError.self) {
                try await mesh[0].system.withDeadline(.milliseconds(100)) { try await probe.sleep(60_000) }
            }
            #expect(error?.code == .unknown)
            #expect(error?.outcome == .unknown)
            try await eventually("the callee is cancelled") { (try? await probe.cancellations()) == 1 }
        }
    }

    @Test func aDeadlineBindsTheCallsThatTheCalleeMakes() async throws {
        let mesh = try await TestMesh(3)
        let probes = mesh.nodes.map { Probe(actorSystem: $0.system) }
        try await mesh.start()
        let second = try mesh[0].system.singleton(Probe.self, on: mesh[1].identity)
        let third = try mesh[0].system.singleton(Probe.self, on: mesh[2].identity)
        await #expect(throws: MeshError.self) {
            try await mesh[0].system.withDeadline(.milliseconds(200)) { try await second.relay(third, 60_000) }
        }
        try await eventually("the last callee is cancelled too") { (try? await third.cancellations()) == 1 }
        withExtendedLifetime(probes) {}
        await mesh.stop()
    }

    @Test func cancellingTheCallerCancelsTheCallee() async throws {
        try await withPair { mesh, probe in
            let task = mesh[0].world.spawn("caller") {
                await #expect(throws: (any Error).self) { try await probe.sleep(60_000) }
            }
            try await eventually("the call runs") { mesh[1].actors().contains { $0.unfinishedCalls > 0 } }
            task.cancel()
            await task.finished()
            try await eventually("the callee is cancelled") { (try? await probe.cancellations()) == 1 }
            // The worker that was cancelled is not used again: later calls are not born cancelled.
            for _ in 0..<20 { #expect(try await probe.sleep(1) == 1) }
        }
    }

    @Test func actorsMayCallEachOtherInCircles() async throws {
        let mesh = try await TestMesh(2)
        let probes = mesh.nodes.map { Probe(actorSystem: $0.system) }
        try await mesh.start()
        let other = try mesh[0].system.singleton(Probe.self, on: mesh[1].identity)
        #expect(try await other.bounce(probes[0], 7) == 7)
        withExtendedLifetime(probes) {}
        await mesh.stop()
    }

    @Test func aOneAtATimeActorRunsOneCall() async throws {
        let mesh = try await TestMesh(2)
        let strict = Strict(actorSystem: mesh[1].system)
        try await mesh.start()
        let remote = try mesh[0].system.singleton(Strict.self, on: mesh[1].identity)
        let most = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<10 { group.addTask { try await remote.work() } }
            return try await group.reduce(0, max)
        }
        #expect(most == 1)
        withExtendedLifetime(strict) {}
        await mesh.stop()
    }

    @Test func aFullMailboxRefuses() async throws {
        let mesh = try await TestMesh(2) { $0.mailboxLimit = 2 }
        let callee = Probe(actorSystem: mesh[1].system)
        try await mesh.start()
        let probe = try mesh[0].system.singleton(Probe.self, on: mesh[1].identity)
        let sleepers = (0..<2).map { _ in mesh[0].world.spawn("sleeper") { _ = try? await probe.sleep(60_000) } }
        try await eventually("two calls run") { mesh[1].actors().map(\.unfinishedCalls).max() == 2 }
        let error = await #expect(throws: MeshError.self) { try await probe.whoAmI() }
        #expect(error?.code == .overloaded)
        #expect(error?.outcome == .failed)
        for sleeper in sleepers { sleeper.cancel() }
        withExtendedLifetime(callee) {}
        await mesh.stop()
    }

    @Test func aMissingActorIsNamed() async throws {
        try await withPair { mesh, _ in
            let nobody = MeshActorID(node: mesh[1].identity, type: ActorType(Pupil.self), number: 99)
            let pupil = try Pupil.resolve(id: nobody, using: mesh[0].system)
            let error = await #expect(throws: MeshError.self) { try await pupil.hello() }
            #expect(error?.code == .noSuchActor)
            #expect(error?.outcome == .failed)
        }
    }

    @Test func aWrongTypeIsRefusedBeforeAnythingRuns() async throws {
        try await withPair { mesh, _ in
            let pupil = Pupil("ann", actorSystem: mesh[1].system)
            // The id of a pupil, called an impostor by someone who lies.
            let forged = MeshActorID(node: mesh[1].identity, type: ActorType(Impostor.self), number: pupil.id.number)
            let impostor = try Impostor.resolve(id: forged, using: mesh[0].system)
            let error = await #expect(throws: MeshError.self) { try await impostor.reveal() }
            #expect(error?.code == .incompatible)
            #expect(error?.outcome == .failed)
            let honest = try Pupil.resolve(id: pupil.id, using: mesh[0].system)
            #expect(try await honest.hello() == "ann")
            #expect(throws: MeshError.self) { try Impostor.resolve(id: pupil.id, using: mesh[0].system) }
        }
    }

    @Test func anActorInsideAnActorIsAnotherType() async throws {
        try await withPair { mesh, _ in
            let outer = Outer(actorSystem: mesh[1].system), inner = Outer.Inner(actorSystem: mesh[1].system)
            let forged = MeshActorID(node: mesh[1].identity, type: ActorType(Outer.Inner.self), number: outer.id.number)
            let error = await #expect(throws: MeshError.self) {
                let reference = try Outer.Inner.resolve(id: forged, using: mesh[0].system)
                return try await reference.reveal()
            }
            #expect(error?.code == .incompatible)
            #expect(error?.outcome == .failed)
            let honest = try Outer.resolve(id: outer.id, using: mesh[0].system)
            let within = try Outer.Inner.resolve(id: inner.id, using: mesh[0].system)
            #expect(try await honest.own() == 7)
            #expect(try await within.reveal() == 42)
        }
    }

    @Test func aFrameThatIsTooLargeIsRefusedByName() async throws {
        try await withPair { _, probe in
            let arguments = await #expect(throws: MeshError.self) { try await probe.echo([UInt8](repeating: 0, count: 3 << 20)) }
            #expect(arguments?.code == .tooLarge)
            #expect(arguments?.outcome == .failed)
            let result = await #expect(throws: MeshError.self) { try await probe.blob(3 << 20) }
            #expect(result?.code == .tooLarge)
            let whole = try await probe.blob(100_000)
            #expect(whole.count == 100_000)
        }
    }

    @Test func aCallToAStrangerFailsAtOnce() async throws {
        try await withPair { mesh, _ in
            let stranger = try mesh[0].system.singleton(Probe.self, on: NodeIdentity(name: "nobody", life: 1))
            let error = await #expect(throws: MeshError.self) { try await stranger.whoAmI() }
            #expect(error?.code == .nodeDown)
            #expect(error?.outcome == .failed)
        }
    }

    @Test func aKilledNodeFailsTheCallsInFlight() async throws {
        try await withPair { mesh, probe in
            let outcome = mesh[0].world.spawn("caller") {
                let error = await #expect(throws: MeshError.self) { try await probe.sleep(60_000) }
                #expect(error?.code == .nodeDown)
                #expect(error?.outcome == .unknown)
            }
            try await eventually("the call runs") { mesh[1].actors().contains { $0.unfinishedCalls > 0 } }
            await mesh[1].stop()
            await outcome.finished()
        }
    }

    @Test func manyCallersAtOnceAreAllAnswered() async throws {
        try await withPair { _, probe in
            let sum = try await withThrowingTaskGroup(of: Int.self) { group in
                for caller in 0..<64 {
                    group.addTask {
                        var sum = 0
                        for call in 0..<50 { sum += try await probe.sum(caller, call, [:]) }
                        return sum
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == (0..<64).reduce(0) { $0 + $1 * 50 } + 64 * (0..<50).reduce(0, +))
        }
    }
}

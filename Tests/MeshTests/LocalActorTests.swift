import Distributed
import Mesh
import TestSupport
import Testing

/// Which type declares a function, and singletons that follow each other.
@Suite struct LocalActorTests {
    @Test func aFunctionIsDeclaredByTheInnermostTypeAlone() {
        // As the compiler names them.
        let outer = ActorType(mangledName: "4Demo5OuterC"), inner = ActorType(mangledName: "4Demo5OuterC5InnerC")
        #expect(outer.declares(target: "$s4Demo5OuterC3own_1bS2i_SStYaKFTE"))
        #expect(!outer.declares(target: "$s4Demo5OuterC5InnerC6revealSiyYaKFTE"))
        #expect(inner.declares(target: "$s4Demo5OuterC5InnerC6revealSiyYaKFTE"))
        #expect(!inner.declares(target: "$s4Demo5OuterC3own_1bS2i_SStYaKFTE"))
        // A type inside an enum inside, a private function, a name of words that came before, and one with a dot.
        #expect(!outer.declares(target: "$s4Demo5OuterC1EO3InEC6revealSiyYaKFTE"))
        #expect(outer.declares(target: "$s4Demo5OuterC6hidden33_132D18D14250E3FAFD4592E516BCF6A0LLyyYaKFTE"))
        #expect(outer.declares(target: "$s4Demo5OuterC05plainB0yyYaKFTE"))
        #expect(outer.declares(target: "$s4Demo5OuterC0016abc_zdaCCAHysiafSiyYaKFTE"))
        // A type inside a function is not the type around the function.
        #expect(!outer.declares(target: "$s4Demo5OuterC1fyySiF5InnerL_C6revealySiSSYaKFTE"))
        // From an extension in another module: of the type itself, and of a type in it.
        #expect(outer.declares(target: "$s4Demo5OuterC5OtherE3extyyYaKFTE"))
        #expect(!outer.declares(target: "$s4Demo5OuterC5OtherE5InnerC3extyyYaKFTE"))
        // What is no distributed function, or no name at all.
        for other in ["", "$s", "$s4Demo5OuterC", "$s4Demo5OuterC3ownSiyF", "own", "$s4Demo5OuterC9"] {
            #expect(!outer.declares(target: other), "\(other)")
        }
    }

    @Test func theEndOfASingletonLeavesItsSuccessorAlone() async throws {
        let mesh = try await TestMesh(2)
        try await mesh.start()
        let first = Keeper(Prompt(actorSystem: mesh[1].system))
        let second = Prompt(actorSystem: mesh[1].system)
        let remote = try mesh[0].system.singleton(Prompt.self, on: mesh[1].identity)
        #expect(try await remote.echo([1]) == [1])
        first.letGo()
        #expect(mesh[1].actors().map(\.type) == [second.id.type])
        #expect(try await remote.echo([2]) == [2])
        await mesh.stop()
    }

    @Test func aSingletonMayFollowOneThatStillAnswers() async throws {
        let mesh = try await TestMesh(2)
        let first = Keeper(Probe(actorSystem: mesh[1].system))
        try await mesh.start()
        let remote = try mesh[0].system.singleton(Probe.self, on: mesh[1].identity)
        let slow = Tally()
        mesh[0].world.spawn("caller") {
            await #expect(throws: Never.self) { try await remote.noteAndSleep(1, 500) }
            slow.count()
        }
        try await eventually("the call runs") { (try? await first.value?.noted()) == [1] }
        first.letGo()
        let second = Probe(actorSystem: mesh[1].system)
        try await second.note(5)
        #expect(try await remote.noted() == [5], "the newer one answers")
        try await eventually("the older one has ended its call") { slow.sum == 1 }
        #expect(try await remote.noted() == [5])
        withExtendedLifetime(second) {}
        await mesh.stop()
    }
}

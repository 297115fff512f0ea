import Choreography
import Testing
import World

@Suite struct ActorNameTests {
    @Test func anActorOfWorkBearsItsId() {
        let name = ActorName("clerk", of: .first)
        #expect(name.kind == "clerk" && name.name == "\(WorkID.first)" && name.work == .first)
        #expect("\(name)" == "clerk/\(WorkID.first)")
        #expect(name.key.hour != nil, "it is freed with its hour")
    }

    @Test func anActorThatLivesOnIsNamedByPeople() throws {
        let name = try #require(ActorName("box", named: "a/b"))
        #expect(name.kind == "box" && name.name == "a/b" && name.work == nil && name.key.hour == nil)
        // Even one that is called as a piece of work is.
        let odd = try #require(ActorName("clerk", named: "\(WorkID.first)"))
        #expect(odd.work == nil && odd != ActorName("clerk", of: .first))
    }

    @Test func aNameThatCannotBeWrittenIsNone() {
        #expect(ActorName("", named: "x") == nil)
        #expect(ActorName("box", named: "") == nil)
        #expect(ActorName("a/b", named: "x") == nil)
        let most = ActorName.maximumBytes - 4
        #expect(ActorName("box", named: String(repeating: "x", count: most)) != nil)
        #expect(ActorName("box", named: String(repeating: "x", count: most + 1)) == nil)
    }

    @Test func namesAreInTheOrderOfTheirLetters() {
        let names: [ActorName] = [.box("a"), .box("b"), ActorName("clerk", of: .first), ActorName("clerk", of: .second), .ann, .ben]
        #expect(names.reversed().sorted() == names)
    }
}

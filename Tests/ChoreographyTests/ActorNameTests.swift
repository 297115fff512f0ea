import Choreography
import Registers
import Testing
import World

@Suite struct ActorNameTests {
    @Test func anActorOfWorkIsOfTheHourOfItsWork() throws {
        let work = WorkID(milliseconds: 1_800_000_000_000, randomA: 0, randomB: 1)
        let name = ActorName("order", of: work)
        #expect(name.kind == "order" && name.name == "\(work)" && name.work == work)
        #expect(name.key.hour == CreationHour(of: work))
    }

    @Test func anActorThatLivesOnIsOfNoHourAndNoWork() throws {
        let name = try #require(ActorName("account", named: "a/b"))
        #expect(name.kind == "account" && name.name == "a/b" && name.work == nil && name.key.hour == nil)
    }

    @Test func namesThatAreNoneAreRefused() {
        #expect(ActorName("account", named: "") == nil)
        #expect(ActorName("", named: "alice") == nil)
        #expect(ActorName("a/b", named: "alice") == nil)
        #expect(ActorName("account", named: String(repeating: "x", count: 512)) == nil)
    }
}

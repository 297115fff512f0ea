import Registers
import Testing
import World

/// How a home answers whoever looks after its registers on its own node.
@Suite struct LookingTests {
    private static let own = LoneReplica.own, second = LoneReplica.second, third = LoneReplica.third

    private let key = RegisterKey("count/1")!
    private let home = LoneReplica.voting()

    private func look(_ replica: LoneReplica) -> UInt64 { replica.wish(.look([9]), of: key) }

    private func told(_ replica: LoneReplica, _ token: UInt64) throws -> [UInt8]? { try replica.answers[token]?.get() }

    /// A change of which the other replicas have told that it is theirs too, or only one that was begun.
    private func change(_ value: UInt8, isChosen: Bool) {
        home.wish(.change(operation: nil, command: [value]), of: key)
        let question = home.takeRequests(to: Self.second).last
        if case .prepare = question?.action {
            home.answer(question, .promised(base: .none, pending: nil, closed: nil), from: Self.second)
            if isChosen { home.answer(home.takeRequests(to: Self.second).last, .accepted, from: Self.second) }
        } else if isChosen {
            home.answer(question, .accepted, from: Self.second)
        }
        _ = home.takeSent()
    }

    @Test func whatIsKnownToBeChosenIsToldWithoutAsking() throws {
        change(4, isChosen: true)
        #expect(try told(home, look(home)) == [4])
        change(5, isChosen: true)
        #expect(try told(home, look(home)) == [4, 5])
        #expect(home.takeSent().isEmpty)
    }

    @Test func aLookThatComesWhileAChangeIsUnderWayWaitsForItAndAsksNobody() throws {
        change(4, isChosen: true)
        home.wish(.change(operation: nil, command: [5]), of: key)
        let proposal = home.takeRequests(to: Self.second).last
        let looking = look(home), reading = home.wish(.read([9]), of: key)
        #expect(home.takeSent().isEmpty && home.answers[looking] == nil)
        home.answer(proposal, .accepted, from: Self.second)
        #expect(try told(home, looking) == [4, 5])
        // A read that came after the round began needs one of its own.
        #expect(home.answers[reading] == nil && home.takeRequests(to: Self.second).count == 1)
    }

    @Test func whatIsNotKnownToBeChosenIsAskedFor() throws {
        let delta = RegisterDelta(base: .none, ballot: Sample.ballot(7), state: RegisterState(bytes: [4]), rows: [])
        home.accept(delta, of: key)
        _ = home.takeSent()
        let looking = look(home)
        #expect(home.answers[looking] == nil)
        #expect(home.takeRequests(to: Self.second).count == 1)
    }

    @Test func ofWhatIsNotHereOthersAreAsked() {
        let looking = look(home)
        #expect(home.answers[looking] == nil)
        #expect(home.takeRequests(to: Self.second).count == 1)
    }

    @Test func whoIsNotTheHomeAsks() {
        let other = LoneReplica.voting(replicas: [Self.second, Self.own, Self.third])
        for number: UInt64 in 1...2 {
            let base = number == 1 ? RegisterVersion.none : Sample.version(number - 1, number)
            other.accept(RegisterDelta(base: base, ballot: Sample.ballot(number + 1), state: RegisterState(bytes: [1]), rows: []), of: key)
        }
        _ = other.takeSent()
        let looking = look(other)
        #expect(other.answers[looking] == nil)
        #expect(!other.takeRequests(to: Self.second).isEmpty)
    }

    @Test func fromAfarALookIsARead() {
        #expect(RegisterWish.Action.look([1]).fromAfar == .read([1]))
        #expect(RegisterWish.Action.glance([1], seen: 2).fromAfar == .glance([1], seen: 2))
        #expect(RegisterWish.Action.change(operation: nil, command: [1]).fromAfar == .change(operation: nil, command: [1]))
    }
}

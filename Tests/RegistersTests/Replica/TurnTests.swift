import Registers
import Testing

/// What comes in one turn.
@Suite struct TurnTests {
    private let key = RegisterKey("count/1")!

    @Test func whatIsWishedOfARegisterInOneTurnIsOneChange() throws {
        let home = LoneReplica.voting()
        let tokens = home.wish([[4], [5], [6]], of: key)
        let prepare = home.takeRequests(to: LoneReplica.second)
        #expect(prepare.count == 1)
        home.answer(prepare.first, .promised(base: .none, pending: nil, closed: nil), from: LoneReplica.second)
        let proposals = home.takeRequests(to: LoneReplica.second)
        #expect(proposals.count == 1)
        home.answer(proposals.first, .accepted, from: LoneReplica.second)
        #expect(try tokens.map { try home.answers[$0]?.get() } == [[4], [4, 5], [4, 5, 6]])
        // With the grant that is left, too.
        _ = home.wish([[7], [8]], of: key)
        #expect(home.takeRequests(to: LoneReplica.second).count == 1)
        #expect(home.record(of: key)?.accepted.number == 2)
    }
}

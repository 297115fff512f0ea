import Registers
import Testing
import World

/// Who looks after a register that is due, and when.
@Suite struct AttendingTests {
    private typealias S = Sample
    private let key = RegisterKey("order/1")!

    private func replica(_ replicas: [StoreID] = [LoneReplica.own, LoneReplica.second, LoneReplica.third]) -> LoneReplica {
        LoneReplica.voting(replicas: replicas)
    }

    /// A peer has the replica accept the first version, or one after it.
    private func put(_ due: UInt64?, _ replica: LoneReplica, number: UInt64 = 1, isFinished: Bool = false) {
        let base = number == 1 ? .none : S.version(number - 1, number)
        let state = RegisterState(bytes: [UInt8(number)], isFinished: isFinished, due: due)
        replica.accept(RegisterDelta(base: base, ballot: S.ballot(number + 1), state: state, rows: []), of: key)
    }

    @Test func theHomeLooksAtOnce() {
        let replica = replica()
        put(0, replica)
        #expect(replica.attended == [key])
    }

    @Test func whatIsDueLaterIsLookedAfterThen() {
        let replica = replica()
        put(UInt64(replica.wall.millisecondsSince1970) + 60_000, replica)
        replica.wait(.milliseconds(59_900))
        #expect(replica.attended.isEmpty)
        replica.wait(.milliseconds(200))
        #expect(replica.attended == [key])
    }

    @Test func whatIsNotDueIsLeftAlone() {
        let replica = replica()
        put(nil, replica)
        replica.wait(.seconds(60))
        #expect(replica.attended.isEmpty)
    }

    /// Nothing comes after the last change of a register, so nothing says that it was chosen: it is proposed once more.
    @Test func whatHasEndedIsLookedAfterNoMore() throws {
        let replica = replica()
        put(0, replica)
        put(nil, replica, number: 2, isFinished: true)
        let before = replica.attended.count
        replica.wait(.milliseconds(1))
        _ = replica.takeSent()
        replica.wait(.seconds(6))
        #expect(replica.attended.count == before, "nobody has to look after what has ended")
        let prepare = replica.takeRequests(to: LoneReplica.second).last
        let base = S.version(2, 3)
        replica.answer(prepare, .promised(base: base, pending: nil, closed: nil), from: LoneReplica.second)
        #expect(replica.record(of: key)?.due == nil)
        replica.wait(.seconds(120))
        #expect(replica.attended.count == before)
    }

    /// Whoever looks after it may have work done of which nothing in the register tells any more.
    @Test(arguments: [nil, RegisterState.someday, 1_800_000_600_000])
    func whoLooksAfterItIsToldWhenNobodyHasToAnyMore(_ due: UInt64?) {
        let replica = replica()
        put(0, replica)
        #expect(replica.rested.isEmpty)
        put(0, replica, number: 2)
        #expect(replica.rested.isEmpty, "it is due all the same")
        put(due, replica, number: 3)
        #expect(replica.rested == [key], "most likely, though nobody has said that the change was chosen")
        put(due, replica, number: 4)
        #expect(replica.rested == [key, key], "that settles it")
        put(due, replica, number: 5)
        #expect(replica.rested == [key, key], "once")
    }

    @Test func ofWhatWasNeverDueNobodyIsToldAnything() {
        let replica = replica()
        for number in 1...3 { put(nil, replica, number: UInt64(number)) }
        put(0, replica, number: 4)
        #expect(replica.rested.isEmpty)
    }

    @Test func whatWaitsForAnOperatorIsLookedAfterByNobody() throws {
        let replica = replica()
        put(RegisterState.someday, replica)
        for _ in 0..<100 { replica.wait(.seconds(3_600)) }
        #expect(replica.attended.isEmpty)
    }

    /// What was due before the last change is due no more, if that was chosen: it is proposed once more.
    @Test(arguments: [RegisterState.someday, 1_800_000_600_000])
    func whatIsDueOnlyLaterByItsLastChangeIsSettled(_ due: UInt64) throws {
        let replica = replica()
        put(0, replica)
        put(due, replica, number: 2)
        let before = replica.attended.count
        replica.wait(.milliseconds(1))
        _ = replica.takeSent()
        replica.wait(.seconds(6))
        #expect(replica.attended.count == before)
        let prepare = replica.takeRequests(to: LoneReplica.second).last
        replica.answer(prepare, .promised(base: S.version(2, 3), pending: nil, closed: nil), from: LoneReplica.second)
        #expect(replica.record(of: key)?.due == due)
        replica.wait(.seconds(120))
        #expect(replica.attended.count == before)
    }

    @Test func whatIsDueMuchLaterIsReadFromTheStoreInTime() {
        let replica = replica()
        put(UInt64(replica.wall.millisecondsSince1970) + 600_000, replica)
        for _ in 0..<20 { replica.wait(.seconds(29)) }
        #expect(replica.attended.isEmpty)
        replica.wait(.seconds(21))
        #expect(replica.attended == [key])
    }

    @Test func itIsSaidAgainWhileNothingComesOfIt() {
        let replica = replica()
        put(0, replica)
        replica.wait(.seconds(4))
        #expect(replica.attended.count == 1)
        replica.wait(.seconds(2))
        #expect(replica.attended.count == 2)
    }

    @Test func othersGiveTheHomeTimeFromTheLastChangeOn() {
        let replica = replica([LoneReplica.second, LoneReplica.own, LoneReplica.third])
        put(0, replica)
        replica.wait(.milliseconds(1_500))
        put(0, replica, number: 2)
        replica.wait(.milliseconds(1_500))
        #expect(replica.attended.isEmpty)
        replica.wait(.milliseconds(600))
        #expect(replica.attended == [key])
    }

    @Test func whoIsNoLongerBehindAnybodyWaitsForNobody() {
        let replica = replica([LoneReplica.second, LoneReplica.own, LoneReplica.third])
        put(0, replica)
        replica.give(.seen(live: [LoneReplica.own, LoneReplica.third], gone: []))
        replica.wait(.milliseconds(1))
        #expect(replica.attended == [key])
    }

    // MARK: Clocks that are off

    private func clocksAreOff(_ stores: [StoreID], at replica: LoneReplica) {
        replica.give(.seen(live: [LoneReplica.own, LoneReplica.second, LoneReplica.third], gone: [], astray: stores))
    }

    /// Without waiting for its silence: it is not silent.
    @Test func theNextIsHomeWhileTheClockOfTheFirstIsOff() {
        let replica = replica([LoneReplica.second, LoneReplica.own, LoneReplica.third])
        clocksAreOff([LoneReplica.second], at: replica)
        put(UInt64(replica.wall.millisecondsSince1970) + 60_000, replica)
        replica.wait(.milliseconds(59_900))
        #expect(replica.attended.isEmpty)
        replica.wait(.milliseconds(200))
        #expect(replica.attended == [key])
    }

    @Test func whoLearnsItLateWaitsNoLonger() {
        let replica = replica([LoneReplica.second, LoneReplica.own, LoneReplica.third])
        put(0, replica)
        replica.wait(.milliseconds(500))
        #expect(replica.attended.isEmpty)
        clocksAreOff([LoneReplica.second], at: replica)
        replica.wait(.milliseconds(1))
        #expect(replica.attended == [key])
    }

    @Test func whoseOwnClockIsOffStandsBehindTheOthers() {
        let replica = replica()
        clocksAreOff([LoneReplica.own], at: replica)
        put(0, replica)
        replica.wait(.milliseconds(3_900))
        #expect(replica.attended.isEmpty)
        replica.wait(.milliseconds(200))
        #expect(replica.attended == [key], "letters and parts must not wait for ever, should the others be of no use")
        clocksAreOff([], at: replica)
        replica.wait(.milliseconds(1))
        #expect(replica.attended == [key, key], "it is the home again")
    }

    @Test func whereAllClocksAreOffTheFirstIsHomeAllTheSame() {
        let replica = replica()
        clocksAreOff([LoneReplica.own, LoneReplica.second, LoneReplica.third], at: replica)
        put(0, replica)
        #expect(replica.attended == [key])
    }

    @Test func theNextLifeKnowsWhatIsDue() {
        let first = replica()
        put(0, first)
        let second = LoneReplica(first.store.disk)
        #expect(second.attended.isEmpty, "a store that asks its witnesses does nothing yet")
        second.give(.seen(live: [LoneReplica.own, LoneReplica.second, LoneReplica.third], gone: []))
        for peer in [LoneReplica.second, LoneReplica.third] { second.hear(.witnessAnswer(0), from: peer) }
        second.wait(.milliseconds(200))
        #expect(second.attended == [key])
    }

    @Test func aRegisterThatOthersHoldNowIsNobodysBusinessHere() {
        let replica = replica([LoneReplica.second, LoneReplica.own, LoneReplica.third])
        put(0, replica)
        let fourth = S.store(4)
        let before = ReplicaMap(
            epoch: 1, replicas: Array(repeating: [LoneReplica.second, LoneReplica.own, LoneReplica.third], count: Shard.count))
        let target = Array(repeating: [LoneReplica.second, fourth, LoneReplica.third], count: Shard.count)
        let joint = before.joint(with: target, keepers: [LoneReplica.second])
        replica.give(.map(joint))
        replica.give(.map(joint.settled()))
        replica.wait(.seconds(30))
        #expect(replica.attended.isEmpty)
    }
}

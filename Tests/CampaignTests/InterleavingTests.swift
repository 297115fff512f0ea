import Campaign
import Testing
import World

/// The gate: a fault that no schedule finds fails the build, and so does a complaint about the sound product.
@Suite struct InterleavingTests {
    @Test func everyFaultHasASchedule() {
        let faults = Mutation.allCases
        #expect(Set(Interleaving.all.map(\.mutation)) == Set(faults))
        #expect(Set(Interleaving.all.map(\.description)).count == Interleaving.all.count, "no two are the same")
        #expect(Set(Interleaving.all.filter { $0.work.isEmpty }.map(\.mutation)) == Set(faults), "each breaks the promise that it names")
    }

    /// What breaks a promise of all work is seen where that work is the product's own.
    @Test func faultsOfAllWorkHaveASchedulePerKind() {
        let kinds = Dictionary(grouping: Interleaving.all.filter { !$0.work.isEmpty }, by: \.work).mapValues { Set($0.map(\.mutation)) }
        #expect(kinds == [
            "a delivery": [.noInbox, .dedupeByTime], "a tenant": [.acknowledgedBeforeCommit],
            "a job": [.noResend, .gatherByCounting, .twoDeciders], "a key": [.acknowledgedBeforeCommit],
        ])
    }

    @Test(arguments: Interleaving.all) func theFaultIsFound(_ interleaving: Interleaving) {
        #expect(interleaving.play(mutated: true) != nil, "survives: \(interleaving.story)")
    }

    @Test(arguments: Interleaving.all) func theSoundProductBearsIt(_ interleaving: Interleaving) {
        #expect(interleaving.play(mutated: false) == nil, "\(interleaving.story)")
    }
}

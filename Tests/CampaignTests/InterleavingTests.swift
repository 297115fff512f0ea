import Campaign
import Testing
import World

/// The gate: a fault that no schedule finds fails the build, and so does a complaint about the sound product.
@Suite struct InterleavingTests {
    @Test func everyFaultHasASchedule() {
        let faults = Mutation.allCases
        #expect(Set(Interleaving.all.map(\.mutation)) == Set(faults))
        #expect(Interleaving.all.count == faults.count)
    }

    @Test(arguments: Interleaving.all) func theFaultIsFound(_ interleaving: Interleaving) {
        #expect(interleaving.play(mutated: true) != nil, "survives: \(interleaving.story)")
    }

    @Test(arguments: Interleaving.all) func theSoundProductBearsIt(_ interleaving: Interleaving) {
        #expect(interleaving.play(mutated: false) == nil, "\(interleaving.story)")
    }
}

import Jobs
import Mesh
import Testing

@Suite struct CallFailureTests {
    /// Whoever repeats what may have run does the work twice.
    @Test(arguments: MeshError.Code.allCases)
    func whatMayHaveRunIsNeverTakenForWhatHasNot(_ code: MeshError.Code) {
        #expect(JobCallFailure(MeshError(code, outcome: .unknown, "a reason")).mayHaveBegun)
    }

    @Test(arguments: [
        (MeshError.Code.nodeDown, JobCallFailure.nodeDown), (.overloaded, .overloaded), (.noSuchActor, .absent),
        (.incompatible, .failed("a reason")), (.tooLarge, .failed("a reason")), (.calleeFailed, .failed("a reason")),
    ])
    func whatHasCertainlyNotRunMayBeAskedOfAnother(_ code: MeshError.Code, _ expected: JobCallFailure) {
        let failure = JobCallFailure(MeshError(code, outcome: .failed, "a reason"))
        #expect(failure == expected && !failure.mayHaveBegun)
    }
}

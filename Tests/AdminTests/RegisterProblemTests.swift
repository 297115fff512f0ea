import Registers
import Testing
import Web
import WebTestSupport
import World

/// Errors of registers as the admin port tells them.
@Suite struct RegisterProblemTests {
    private static let operation = WorkID(milliseconds: 1_800_000_000_000, randomA: 1, randomB: 1)

    @Test func aChangeWhoseHourIsClosedIsOfAClockOrOfAnOldID() {
        let error = RegisterError(.expired, .unknown, "it is older than what is remembered")
        let own = Problem(error, operation: Self.operation), old = Problem(error, operation: Self.operation, isClients: true)
        #expect(own.status == 503 && own.headers.map(\.value) == ["10"] && own.detail.contains("this node's clock is behind"))
        #expect(old.status == 409 && old.headers.isEmpty && old.detail == error.sentence)
        for problem in [own, old] {
            #expect(problem.extensions.map(\.key) == ["code", "outcome", "operation"] && problem.extensions[0].value == "expired")
        }
        let read = Problem(reading: error)
        #expect(read.status == 404 && read.detail == error.sentence)
    }

    @Test(arguments: RegisterError.Code.allCases.filter { $0 != .expired })
    func whoReadsIsToldTheSameOfAllElse(_ code: RegisterError.Code) {
        let error = RegisterError(code, .failed, "no", retryAfter: .seconds(2))
        #expect(Problem(reading: error) == Problem(error) && Problem(error) == Problem(error, isClients: true))
    }
}

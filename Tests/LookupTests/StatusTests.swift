import Jobs
import Lookup
import Testing
import World

@Suite struct StatusTests {
    private static func status(_ bytes: Int, warnings: [String] = []) throws -> LookupStatus {
        let text = "\"" + String(repeating: "x", count: bytes - 2) + "\""
        return LookupStatus(
            jobId: WorkIDGenerator(SystemWorld()).next(),
            request: LookupRequest(target: try LookupTarget("192.0.2.7"), services: [2, 3]), status: .completed, createdAtMs: 7,
            completedAtMs: 9,
            results: [
                LookupOutcome(service: 2, result: .success(text), completedAtMs: 8, durationMs: 1, node: "n1"),
                LookupOutcome(service: 3, result: .failure(LookupFailure(text)), completedAtMs: 9, durationMs: 2, node: "n2"),
            ], warnings: warnings, resent: 1, version: 17)
    }

    @Test func aDocumentIsAsLargeAsWhatItsResultsHold() throws {
        let small = try Self.status(10).approximateBytes, large = try Self.status(250_000).approximateBytes
        #expect(large - small == 2 * (250_000 - 10))
        #expect(small < 2_000)
        #expect(try Self.status(10, warnings: [String(repeating: "w", count: 1_000)]).approximateBytes > small + 1_000)
    }

    @Test func aDocumentAtAcceptanceHasNothingOfWhatCameLater() throws {
        let status = try Self.status(250_000)
        let accepted = status.atAcceptance
        #expect(accepted == LookupStatus(jobId: status.jobId, request: status.request, status: .pending, createdAtMs: 7))
        #expect(accepted == accepted.atAcceptance && accepted.version == 1 && accepted.approximateBytes < 1_000)
    }
}

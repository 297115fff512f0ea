import Testing
import World

@Suite struct FullJitterTests {
    private static let jitter = FullJitter(first: .milliseconds(50), longest: .seconds(10))

    /// How long a pause may be after so many failures.
    @Test(arguments: [(0, 50), (1, 50), (2, 100), (3, 200), (8, 6_400), (9, 10_000), (17, 10_000), (1_000_000, 10_000), (Int.max, 10_000)])
    func aPauseIsAnywhereBelowABoundThatDoubles(_ failures: Int, _ bound: Int) {
        var random = RandomStream(seed: 1, name: "jitter")
        let pauses = (0..<400).map { _ in Self.jitter.pause(after: failures, &random) }
        #expect(pauses.allSatisfy { $0 >= .zero && $0 < .milliseconds(bound) })
        for quarter in 0..<4 {
            let range = Duration.milliseconds(bound * quarter) / 4..<Duration.milliseconds(bound * (quarter + 1)) / 4
            #expect(pauses.contains { range.contains($0) }, "\(range)")
        }
    }

    @Test func theLongestMayBeShorterThanTheFirst() {
        var random = RandomStream(seed: 1, name: "jitter")
        let jitter = FullJitter(first: .seconds(5), longest: .seconds(1))
        #expect((0..<100).allSatisfy { _ in jitter.pause(after: 1, &random) < .seconds(1) })
    }
}

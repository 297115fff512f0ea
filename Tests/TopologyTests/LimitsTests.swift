import Testing
import Topology
import World

@Suite struct LimitsSectionTests {
    private static let digest = String(repeating: "0123456789abcdef", count: 4)

    private static func limits(_ text: String) throws -> LimitOptions {
        try Topology.parse(Files.good + "\nlimits: {\(text)}", file: "t.yaml").limits
    }

    @Test func whatIsNotGivenIsNil() throws {
        #expect(try Topology.parse(Files.good, file: "t.yaml").limits == LimitOptions())
        let limits = try Self.limits("post: {limit: 7}")
        #expect(limits.post.limit == 7 && limits.post.window == nil && limits.post.segments == nil && limits.post.queue == nil)
        #expect(limits.get == LimitOptions.Figures() && limits.all == LimitOptions.Figures())
    }

    @Test func everyFigureIsRead() throws {
        let limits = try Self.limits(
            "get: {limit: 1000000000, window: 1h, segments: 60, queue: 10000}, trustedProxies: [\"10.0.0.0/8\", \"::1\"], "
                + "keys: {b: {sha256: \(Self.digest), post: {queue: 1}}}")
        #expect(limits.get.limit == 1_000_000_000 && limits.get.window == .seconds(3_600))
        #expect(limits.get.segments == 60 && limits.get.queue == 10_000)
        #expect(limits.trustedProxies == ["10.0.0.0/8", "::1"])
        #expect(limits.keys.map(\.name) == ["b"] && limits.keys[0].digest == Self.digest)
        #expect(limits.keys[0].post.queue == 1 && limits.keys[0].get == LimitOptions.Figures())
    }

    @Test(arguments: [
        ("post: {limit: 0}", "\"limits.post.limit\" is \"0\"; it must be a whole number from 1 to 1000000000"),
        ("post: {window: 2h}", "\"limits.post.window\" is \"2h\"; it must be a duration from 1s to 1h"),
        ("get: {segments: 61}", "\"limits.get.segments\" is \"61\"; it must be a whole number from 1 to 60"),
        ("all: {queue: 10001}", "\"limits.all.queue\" is \"10001\"; it must be a whole number from 0 to 10000"),
        ("put: {}", "unknown key \"put\" under limits"),
        ("post: {burst: 3}", "unknown key \"burst\" under limits.post"),
        ("keys: {a: {}}", "the client \"a\" has no \"sha256\""),
        ("keys: {a: {sha256: secret}}", "\"limits.keys.a.sha256\" is \"secret\"; it must be the SHA-256 of the client's key"),
        ("keys: {A: {sha256: \(digest)}}", "\"limits.keys.A\" is \"A\"; it is no name"),
        ("keys: {a: {sha256: \(digest)}, b: {sha256: \(digest)}}", "it is the key of \"a\" already"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ sentence: String) {
        let problems = Files.problems(Files.good + "\nlimits: {\(text)}")
        #expect(problems.count == 1 && problems[0].contains(sentence), "\(problems)")
    }
}

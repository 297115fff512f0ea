import Testing
import Topology
import World

@Suite struct NearestNameTests {
    @Test(arguments: [
        ("rols", "roles"), ("naem", "name"), ("ROLES", "roles"), ("advertize", "advertise"), ("ports", "port"),
        ("datadir", "dataDir"), ("edg", "edge"),
    ])
    func aSlipIsRecognized(typed: String, meant: String) {
        let keys = ["name", "bind", "advertise", "port", "admin", "edge", "roles", "zone", "capacity", "labels", "dataDir"]
        #expect(NearestName.suggest(typed, among: keys) == meant)
    }

    @Test func whatIsNothingLikeAnyIsNotGuessed() {
        #expect(NearestName.suggest("colour", among: ["name", "port"]) == nil)
        #expect(NearestName.suggest("", among: ["name"]) == nil)
        #expect(NearestName.suggest("x", among: ["y"]) == nil)
        #expect(NearestName.suggest("x", among: [String]()) == nil)
    }

    @Test func ofEquallyNearNamesTheFirstIsTaken() {
        #expect(NearestName.suggest("n0", among: ["n3", "n1", "n2"]) == "n1")
    }

    @Test func anEndlessNameCostsLittle() {
        #expect(NearestName.suggest(String(repeating: "a", count: 1_000_000), among: ["a", "b"]) == nil)
    }
}

@Suite struct ValueTextTests {
    @Test(arguments: [
        ("200ms", 200_000_000), ("1s", 1_000_000_000), ("1.5s", 1_500_000_000), ("0.001s", 1_000_000), ("5m", 300_000_000_000),
        ("1h", 3_600_000_000_000), ("2d", 172_800_000_000_000), ("10us", 10_000), ("0s", 0),
    ] as [(String, Int64)])
    func durationsAreReadAsPeopleWriteThem(text: String, nanoseconds: Int64) {
        #expect(DurationNotation.parse(text)?.nanoseconds == nanoseconds)
    }

    @Test func whatIsWrittenIsReadBack() {
        var random = RandomStream(seed: 1)
        for _ in 0 ..< 1_000 {
            let scale = [1_000, 1_000_000, 1_000_000_000, 3_600_000_000_000][random.below(4)]
            let duration = Duration.nanoseconds(random.below(10_000) * scale)
            #expect(DurationNotation.parse(DurationNotation.format(duration)) == duration)
        }
        #expect(DurationNotation.format(.milliseconds(1_500)) == "1500ms" && DurationNotation.format(.seconds(90)) == "90s")
        #expect(DurationNotation.format(.seconds(86_400)) == "1d" && DurationNotation.format(.seconds(-5)) == "0s")
    }

    @Test func sizesAreReadAsPeopleWriteThem() {
        #expect(ByteCountText.parse("1400") == 1_400 && ByteCountText.parse("64KiB") == 65_536)
        #expect(ByteCountText.parse("16MiB") == 16 << 20 && ByteCountText.parse("1GiB") == 1 << 30)
        for bad in ["", "KiB", "1KB", "-1", "1.5MiB", "9999999999999GiB", "99999999999999999999"] {
            #expect(ByteCountText.parse(bad) == nil, "\(bad)")
        }
    }

    @Test func addressesAreSplitAtTheirLastColon() {
        #expect(HostText.parseEndpoint("a.b:80") == Endpoint(host: "a.b", port: 80))
        #expect(HostText.parseEndpoint("[::1]:80")?.description == "[::1]:80")
        for bad in ["a", "a:", ":80", "a:0", "a:65536", "::1:80", "[a]:80", "a:+8", "[]:80", "a:b:80"] {
            #expect(HostText.parseEndpoint(bad) == nil, "\(bad)")
        }
    }
}

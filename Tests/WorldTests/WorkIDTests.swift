import Testing
import World

@Suite struct WorkIDTests {
    @Test func anIDIsAVersionSevenUUIDInLowerCase() throws {
        let world = SimulatedWorld(Simulation(seed: 1), name: "a")
        let text = WorkIDGenerator(world).next().description
        #expect(text.utf8.count == 36)
        let groups = text.split(separator: "-").map(\.count)
        #expect(groups == [8, 4, 4, 4, 12])
        #expect(Array(text)[14] == "7")
        #expect("89ab".contains(Array(text)[19]))
        #expect(text == text.lowercased())
    }

    @Test func theExampleOfTheRFCReadsBack() throws {
        // RFC 9562, appendix A.6.
        let id = try #require(WorkID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"))
        #expect(id.description == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(id.createdAt.millisecondsSince1970 == 1_645_557_742_000)
        #expect(id.createdAt.iso8601 == "2022-02-22T19:22:22.000Z")
    }

    @Test(arguments: [
        "", "x", "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
        "017f22e2-79b0-4cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-18c4-dc0c0c07398f",
        "017f22e2079b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2-79b0-7cc3-98c4-dc0c0c0739\u{e4}",
    ])
    func whatIsNoSuchUUIDIsRefused(_ text: String) {
        #expect(WorkID(text) == nil)
    }

    @Test func idsRiseWhileTheClockStandsStillOrGoesBack() {
        let world = SimulatedWorld(Simulation(seed: 7), name: "a")
        let generator = WorkIDGenerator(world)
        var last = generator.next()
        for step in 0..<20_000 {
            if step == 10_000 { world.wallClockOffset = .seconds(-3_600) }
            let next = generator.next()
            #expect(last < next)
            #expect(last.description < next.description)
            last = next
        }
    }

    @Test func idsCarryTheTimeOfTheirMaking() {
        let world = SimulatedWorld(Simulation(seed: 7), name: "a")
        let generator = WorkIDGenerator(world)
        #expect(generator.next().createdAt.millisecondsSince1970 == world.wallTime.millisecondsSince1970)
        world.wallClockOffset = .seconds(5)
        #expect(generator.next().createdAt.millisecondsSince1970 == world.wallTime.millisecondsSince1970)
    }

    @Test func itsBytesReadBackAndSortAsItDoes() throws {
        let example = try #require(WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
        #expect(example.bytes == [
            0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0, 0x7c, 0xc3, 0x98, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f,
        ])
        var random = RandomStream(seed: 5)
        var last = example
        for _ in 0..<2_000 {
            let id = WorkID(milliseconds: random.next(), randomA: random.next(), randomB: random.next())
            #expect(WorkID(bytes: id.bytes) == id)
            #expect(WorkID(bytes: ([0] + id.bytes)[1...]) == id, "a slice does")
            #expect((id < last) == id.bytes.lexicographicallyPrecedes(last.bytes))
            last = id
        }
    }

    @Test func bytesOfNoSuchUUIDAreRefused() throws {
        let bytes = try #require(WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f")).bytes
        #expect(WorkID(bytes: []) == nil && WorkID(bytes: bytes.dropLast()) == nil && WorkID(bytes: bytes + [0]) == nil)
        for (place, wrong) in [(6, 0x4c), (6, 0x8c), (8, 0x18), (8, 0x58), (8, 0xd8)] as [(Int, UInt8)] {
            var other = bytes
            other[place] = wrong
            #expect(WorkID(bytes: other) == nil)
        }
    }

    @Test func aTimeThatNoClockShowsIsTheLastOne() {
        #expect(WorkID(milliseconds: 1 << 48 - 1, randomA: 0, randomB: 0).createdAt == WallTime(nanosecondsSince1970: .max))
    }

    @Test func wallTimeIsWrittenAsRFC3339() {
        func text(_ seconds: Int64, _ nanoseconds: Int64 = 0) -> String {
            WallTime(nanosecondsSince1970: seconds * 1_000_000_000 + nanoseconds).iso8601
        }
        #expect(text(0) == "1970-01-01T00:00:00.000Z")
        #expect(text(951_782_400) == "2000-02-29T00:00:00.000Z")
        #expect(text(1_767_225_599, 999_999_999) == "2025-12-31T23:59:59.999Z")
        #expect(text(-1) == "1969-12-31T23:59:59.000Z")
        #expect(text(4_107_542_400) == "2100-03-01T00:00:00.000Z")
    }
}

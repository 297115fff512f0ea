import Placement
import Registers
import Testing
import World

@Suite struct RegisterKeyTests {
    private func key(_ name: String, _ hour: UInt32? = nil) throws -> RegisterKey {
        try #require(RegisterKey(name, hour: hour.map(CreationHour.init(number:))))
    }

    @Test func itsShardIsThatOfThePlacement() throws {
        for name in ["kv/colour", "a", "tenant/ä", "job/017f22e2-79b0-7cc3-98c4-dc0c0c07398f"] + (0..<2_000).map({ "key-\($0)" }) {
            let key = try key(name)
            #expect(key.shard == ShardMap.shard(of: name))
            #expect((0..<Shard.count).contains(key.shard))
            #expect(try self.key(name, 7).shard == key.shard, "the hour does not move it")
        }
    }

    @Test func aNameHas1To512Bytes() {
        #expect(RegisterKey("") == nil && RegisterKey(bytes: []) == nil)
        #expect(RegisterKey(String(repeating: "x", count: 512)) != nil)
        #expect(RegisterKey(String(repeating: "x", count: 513)) == nil)
        #expect(RegisterKey(String(repeating: "ä", count: 257)) == nil, "bytes count, not letters")
        #expect(RegisterKey(bytes: [0]) != nil)
    }

    @Test func keysStandInTheOrderOfShardNameAndHour() throws {
        var random = RandomStream(seed: 4)
        let names = (0..<300).map { "key-\($0)" } + ["key-1\0", "key", "k"]
        let keys = try names.flatMap { [try key($0), try key($0, 0), try key($0, 9)] }
        let sorted = keys.shuffled(using: &random).sorted()
        for (a, b) in zip(sorted, sorted.dropFirst()) {
            #expect(a < b && !(b < a) && a != b)
            #expect(a.shard <= b.shard)
            if a.shard == b.shard { #expect(a.bytes == b.bytes || a.bytes.lexicographicallyPrecedes(b.bytes)) }
            if a.bytes == b.bytes, let later = b.hour { #expect(a.hour.map { $0 < later } ?? true) }
        }
    }

    @Test func aNameOfAnotherHourIsAnotherRegister() throws {
        let keys = [try key("k"), try key("k", 0), try key("k", 1)]
        #expect(Set(keys).count == 3)
        #expect(try keys[1] == key("k", 0))
    }

    @Test func workIsNamedByItsIDAndHour() throws {
        let id = try #require(WorkID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
        let key = RegisterKey(kind: "job", of: id)
        #expect(key.description == "job/017f22e2-79b0-7cc3-98c4-dc0c0c07398f")
        #expect(key.hour == CreationHour(number: 1_645_557_742 / 3_600))
        #expect(try key == self.key("job/\(id)", 1_645_557_742 / 3_600))
    }
}

@Suite struct CreationHourTests {
    @Test(arguments: [
        (0, 0), (3_599_999, 0), (3_600_000, 1), (1_645_557_742_000, 457_099), (-1, 0), (-3_600_000, 0),
    ] as [(Int64, UInt32)])
    func anHourBeginsWithItsFirstMillisecond(_ milliseconds: Int64, _ hour: UInt32) {
        #expect(CreationHour(WallTime(millisecondsSince1970: milliseconds)).number == hour)
    }

    /// Also where a clock's nanoseconds have no room for it.
    @Test func laterWorkIsNeverOfAnEarlierHour() {
        var last = CreationHour(number: 0)
        for bit in 0..<48 {
            for milliseconds in [UInt64(1) << bit - 1, UInt64(1) << bit] {
                let hour = CreationHour(of: WorkID(milliseconds: milliseconds, randomA: 0, randomB: 0))
                #expect(hour >= last)
                #expect(UInt64(hour.number) == (milliseconds & 0xffff_ffff_ffff) / 3_600_000)
                last = hour
            }
        }
    }

    @Test func hoursAreOrderedByTheirNumbers() {
        #expect(CreationHour(number: 3) < CreationHour(number: 4))
        #expect("\(CreationHour(number: 3))" == "hour 3")
    }
}

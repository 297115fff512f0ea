import Registers
import TestSupport
import Testing
import World

/// How stores find registers by their names, whatever their shards.
extension RegisterStoreConformance {
    private static func record(_ stage: RegisterStage) -> RegisterRecord {
        switch stage {
        case .ended: RegisterRecord(state: RegisterState(bytes: [1], isFinished: true))
        case .open: RegisterRecord(state: RegisterState(bytes: [1], due: 5))
        case .someday: RegisterRecord(state: RegisterState(bytes: [1], due: RegisterState.someday))
        }
    }

    private static func bytes(_ name: String) -> [UInt8] { Array(name.utf8) }

    @Test(arguments: StoreKind.all)
    func namesAreListedTheLastFirstByStage(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk()
        var expected: [(key: RegisterKey, stage: RegisterStage)] = []
        for (prefix, hours) in [("a", 0), ("job", 3), ("job0", 0), ("kv", 0)] {
            for number in 0..<9 {
                let hour = hours == 0 ? nil : UInt32(number % hours)
                expected.append((registerKey("\(prefix)/\(number)", hour: hour), RegisterStage.allCases[number % 3]))
            }
        }
        expected.append((registerKey("job"), .open))
        expected.append((try #require(RegisterKey(bytes: Array(repeating: .max, count: RegisterKey.maximumBytes))), .open))
        try disk.write(expected.map { .init(key: $0.key, record: Self.record($0.stage)) })
        expected.sort { $1.key.bytes.lexicographicallyPrecedes($0.key.bytes) }
        for _ in 0..<2 {
            for stages in [[.open], [.someday], [.ended], [.open, .someday], RegisterStage.allCases] as [[RegisterStage]] {
                for (start, end) in [("", nil), ("job/", "job0"), ("job/", "job/4"), ("job/4", "job0"), ("x", "b"), ("a/0", "a/0")] {
                    let all = expected.filter { key, stage in
                        if let end, !key.bytes.lexicographicallyPrecedes(Self.bytes(end)) { return false }
                        return stages.contains(stage) && !key.bytes.lexicographicallyPrecedes(Self.bytes(start))
                    }.map(\.key)
                    for limit in [1, 4, 1_000] {
                        let found = disk.store.keys(at: stages, from: Self.bytes(start), before: end.map(Self.bytes), limit: limit)
                        #expect(found == Array(all.prefix(limit)), "\(stages) from \(start) to \(end ?? "the end")")
                    }
                }
            }
            try disk.reopen()
        }
    }

    @Test(arguments: StoreKind.all)
    func aRegisterIsListedAtTheStageOfItsLastRecord(_ kind: StoreKind) throws {
        let disk = try kind.makeDisk(), key = registerKey("job/1", hour: 4)
        func stages() -> [RegisterStage] {
            RegisterStage.allCases.filter { disk.store.keys(at: [$0], from: [], before: nil, limit: 9) == [key] }
        }
        #expect(stages().isEmpty)
        for stage in [RegisterStage.open, .someday, .open, .ended, .someday] {
            try disk.write([.init(key: key, record: Self.record(stage))])
            #expect(stages() == [stage])
            try disk.reopen()
            #expect(stages() == [stage])
        }
        try disk.write([.init(key: key, record: nil)])
        #expect(stages().isEmpty)
        try disk.write([.init(key: key, record: Self.record(.open))])
        try disk.write([], dropped: [key.shard])
        #expect(stages().isEmpty)
    }

    @Test func ofAChangeThatMayBeChosenAndItsBaseTheStageThatMoreListsShowCounts() {
        func stage(_ base: RegisterStage, _ pending: RegisterStage) -> RegisterStage {
            var record = Self.record(base)
            record.pending = RegisterDelta(base: .none, ballot: ballot(1), state: Self.record(pending).state, rows: [])
            return record.stage
        }
        #expect(stage(.open, .ended) == .open)
        #expect(stage(.open, .someday) == .someday)
        #expect(stage(.someday, .open) == .someday)
        #expect(stage(.ended, .ended) == .ended)
    }
}

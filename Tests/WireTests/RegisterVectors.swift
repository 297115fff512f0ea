import Registers
import World

/// What the vectors of registers.json mean, written a second time in Swift.
enum RegisterVectors {
    private static let one = StoreID(high: 0x0001_0203_0405_0607, low: 0x0809_0a0b_0c0d_0e0f)
    private static let two = StoreID(high: 0xffee_ddcc_bbaa_9988, low: 0x7766_5544_3322_1100)
    private static let three = StoreID(high: 0x3f9a_0000_0000_0000, low: 1)

    private static func frame(_ store: StoreID, _ life: UInt64, commit: UInt64, _ items: [RegisterItem]) -> RegisterFrame {
        RegisterFrame(sender: store, life: life, commit: commit, items: items)
    }

    private static func ballot(_ counter: UInt64, _ store: StoreID = one, _ life: UInt64 = 3) -> Ballot {
        Ballot(counter: counter, store: store, life: life)
    }

    private static func version(_ number: UInt64, _ ballot: Ballot) -> RegisterVersion {
        RegisterVersion(number: number, ballot: ballot)
    }

    private static func ask(
        _ round: UInt64, _ key: RegisterKey, _ ballot: Ballot, _ action: RegisterRequest.Action, epoch: UInt64 = 2
    ) -> RegisterItem {
        .request(RegisterRequest(round: round, epoch: epoch, key: key, ballot: ballot, action: action))
    }

    private static func ask(_ round: UInt64, shard: Int, _ action: ShardRequest.Action, epoch: UInt64 = 2) -> RegisterItem {
        .shardRequest(ShardRequest(round: round, epoch: epoch, shard: shard, action: action))
    }

    private static func answer(_ round: UInt64, _ body: RegisterAnswer.Body) -> RegisterItem {
        .answer(RegisterAnswer(round: round, body: body))
    }

    static func all() -> [String: RegisterFrame] {
        let name = Array("job/017f22e2-79b0-7cc3-98c4-dc0c0c07398f".utf8), largest = UInt64(Int64.max)
        func job(_ hour: UInt32) -> RegisterKey { key(name, hour) }
        let colour = key(Array("kv/colour".utf8)), hour = CreationHour(number: 457_094)
        let late = version(301, ballot(65536))
        let top = Ballot(counter: largest, store: StoreID(high: .max, low: .max), life: largest)
        let first = RegisterDelta(base: .none, ballot: ballot(1), state: RegisterState(bytes: [0xc0]), rows: [])
        let last = RegisterDelta(
            base: version(300, ballot(65000, three, 1)), ballot: ballot(65536), state: RegisterState(bytes: [0x91, 2], isFinished: true),
            rows: [
                RegisterRow(key: [1, 0xaa], value: []), RegisterRow(key: [2], value: nil),
                RegisterRow(key: [2, 0], value: [0xff, 0, 0xff]),
            ])
        let pending = RegisterDelta(
            base: late, ballot: ballot(65540, two, 2), state: RegisterState(bytes: [1]), rows: [RegisterRow(key: [3], value: [4])])
        return [
            "nothing to say": frame(one, 1, commit: 0, []),
            "witness question": frame(one, 3, commit: 7, [.witnessQuestion]),
            "witness answers": frame(two, 1, commit: 70000, [.witnessAnswer(0), .witnessAnswer(300)]),
            "requests under two ballots": frame(
                one, 3, commit: 5,
                [ask(1, colour, ballot(12), .prepare), ask(70000, colour, ballot(128, two, 300), .confirm)]),
            "accept of a first change": frame(
                one, 3, commit: 6, [ask(2, job(457_095), ballot(1), .accept(first, next: ballot(2), isRepeated: false))]),
            "accept with rows": frame(
                one, 3, commit: 9, [ask(3, job(457_095), ballot(65536), .accept(last, next: ballot(65537), isRepeated: true))]),
            "fetches": frame(
                two, 1, commit: 9,
                [[], [2, 0]].enumerated().map { index, start in
                    ask(UInt64(8 + index), job(457_095), ballot(65536), .fetch(after: 299, from: start))
                }),
            "last piece": frame(one, 3, commit: 10, [answer(9, .piece(RegisterPiece(
                version: late, state: RegisterState(bytes: [0x91, 2], isFinished: true), pending: nil,
                rows: [
                    StoredRow(key: [2, 0], value: [0xff, 0, 0xff], changed: 301),
                    StoredRow(key: [2, 1], value: nil, changed: 300),
                ], next: nil)))]),
            "piece with a pending change": frame(one, 3, commit: 10, [answer(8, .piece(RegisterPiece(
                version: late, state: .empty, pending: pending, rows: [], next: [2, 0])))]),
            "votes": frame(two, 1, commit: 4_294_967_296, [
                answer(1, .promised(base: .none, pending: nil, closed: nil)),
                answer(128, .promised(base: version(300, ballot(65000)), pending: late, closed: hour)), answer(2, .accepted),
                answer(3, .confirmed), answer(4, .outbid(ballot(65536))), answer(5, .behind(version(299, ballot(64999, two, 1)))),
                answer(6, .wrongEpoch(3)),
                answer(7, .closed(CreationHour(number: 457_095))), answer(8, .unable),
            ]),
            "steps of a horizon": frame(one, 3, commit: 11, [
                ask(20, shard: 17, .horizon(hour: hour, step: .close)),
                ask(21, shard: 1_024, .horizon(hour: CreationHour(number: 0), step: .free)),
            ]),
            "steps of a horizon, answered": frame(two, 1, commit: 11, [
                answer(20, .horizon(inTheWay: nil)), answer(21, .horizon(inTheWay: job(457_094))),
                answer(22, .horizon(inTheWay: colour)),
            ]),
            "questions of a reconfiguration": frame(one, 3, commit: 12, [
                ask(30, shard: 17, .list(after: nil)), ask(31, shard: 1_023, .list(after: job(457_094))),
                ask(32, shard: 1_024, .list(after: colour)), ask(33, shard: 17, .inherit(closed: hour, freed: nil)),
                ask(34, shard: 17, .inherit(closed: hour, freed: CreationHour(number: 457_093))),
                .carriedQuestion(CarriedShards(epoch: 2, shards: [8, 1_024], registers: 300)),
            ]),
            "answers of a reconfiguration": frame(two, 1, commit: 12, [
                answer(30, .listed(ShardListing(keys: [], isLast: true, closed: nil, freed: nil))),
                answer(31, .listed(ShardListing(
                    keys: [colour, job(457_094), job(457_095)], isLast: false, closed: hour, freed: CreationHour(number: 457_093)))),
                .carriedAnswer(CarriedShards(epoch: 2, shards: [0, 9, 1_024], registers: 70000)),
                .carriedAnswer(CarriedShards(epoch: 2)),
            ]),
            "largest numbers": frame(top.store, largest, commit: largest, [
                ask(largest, key([0xff], .max), top, .prepare, epoch: largest), .witnessAnswer(largest),
                answer(largest, .outbid(top)), answer(largest, .behind(version(largest, top))), answer(largest, .wrongEpoch(largest)),
                answer(largest, .closed(CreationHour(number: .max))),
                ask(largest, shard: 1_024, .inherit(closed: CreationHour(number: .max), freed: CreationHour(number: .max)), epoch: largest),
                .carriedQuestion(CarriedShards(epoch: largest, shards: [], registers: largest)),
            ]),
        ]
    }

    private static func key(_ name: [UInt8], _ hour: UInt32? = nil) -> RegisterKey {
        guard let key = RegisterKey(bytes: name, hour: hour.map(CreationHour.init(number:))) else {
            preconditionFailure("a name of \(name.count) bytes")
        }
        return key
    }
}

import Registers
import World

/// Frames of all sorts within the limits, always the same for a seed.
struct FrameSamples {
    private var random: RandomStream
    /// The most items of a frame.
    private let items: Int
    private let stores: [StoreID]

    init(seed: UInt64, items: Int = 12) {
        var random = RandomStream(seed: seed)
        stores = (0..<4).map { _ in StoreID(high: random.next(), low: random.next()) } + [StoreID(high: 0, low: 0)]
        self.random = random
        self.items = items
    }

    mutating func frame() -> RegisterFrame {
        RegisterFrame(sender: store(), life: number(), commit: number(), items: (0..<random.below(items + 1)).map { _ in item() })
    }

    mutating func item() -> RegisterItem {
        switch random.below(24) {
        case 0: .witnessQuestion
        case 1: .witnessAnswer(number())
        case 2: .carriedQuestion(carried())
        case 3: .carriedAnswer(carried())
        case 4, 5: .shardRequest(shardRequest())
        case 6..<13: .request(request())
        default: .answer(RegisterAnswer(round: number(), body: answer()))
        }
    }

    private mutating func request() -> RegisterRequest {
        let ballot = ballot()
        let action: RegisterRequest.Action = switch random.below(5) {
        case 0: .prepare
        case 1: .confirm
        case 2: .fetch(after: number(), from: bytes(0...20))
        default: .accept(delta(under: ballot), next: self.ballot(), isRepeated: random.chance(0.5))
        }
        return RegisterRequest(round: number(), epoch: number(), key: key(), ballot: ballot, action: action)
    }

    private mutating func carried() -> CarriedShards {
        CarriedShards(epoch: number(), shards: Set((0..<random.below(20)).map { _ in shard() }), registers: number())
    }

    private mutating func shardRequest() -> ShardRequest {
        let action: ShardRequest.Action = switch random.below(3) {
        case 0: .horizon(hour: hour(), step: HorizonStep.allCases[random.below(3)])
        case 1: .list(after: random.chance(0.5) ? key() : nil)
        default: .inherit(closed: hour(), freed: optionalHour())
        }
        return ShardRequest(round: number(), epoch: number(), shard: shard(), action: action)
    }

    private mutating func shard() -> Int { random.below(Shard.configuration + 1) }

    private mutating func listing() -> ShardListing {
        ShardListing(
            keys: Set((0..<random.below(5)).map { _ in key() }).sorted(), isLast: random.chance(0.5), closed: optionalHour(),
            freed: optionalHour())
    }

    private mutating func optionalHour() -> CreationHour? { random.chance(0.5) ? hour() : nil }

    private mutating func answer() -> RegisterAnswer.Body {
        switch random.below(11) {
        case 0: .promised(base: version(), pending: random.chance(0.5) ? version() : nil, closed: optionalHour())
        case 1: .accepted
        case 2: .confirmed
        case 3: .outbid(ballot())
        case 4: .behind(version())
        case 5: .piece(piece())
        case 6: .wrongEpoch(number())
        case 7: .closed(hour())
        case 9: .listed(listing())
        case 8: .horizon(inTheWay: random.chance(0.5) ? key() : nil)
        default: .unable
        }
    }

    private mutating func piece() -> RegisterPiece {
        let rows = rowKeys().map { StoredRow(key: $0, value: value(), changed: number()) }
        let pending = random.chance(0.5) ? delta(under: ballot()) : nil
        let next = random.chance(0.5) ? (rows.last?.key ?? []) + [0] : nil
        return RegisterPiece(version: version(), state: state(), pending: pending, rows: rows, next: next)
    }

    private mutating func delta(under ballot: Ballot) -> RegisterDelta {
        let rows = rowKeys().map { RegisterRow(key: $0, value: value()) }
        return RegisterDelta(base: version(), ballot: ballot, state: state(), rows: rows)
    }

    private mutating func rowKeys() -> [[UInt8]] {
        Set((0..<random.below(6)).map { _ in bytes(1...30) }).sorted { $0.lexicographicallyPrecedes($1) }
    }

    private mutating func value() -> [UInt8]? { random.chance(0.2) ? nil : bytes(0...300) }

    private mutating func state() -> RegisterState {
        let isFinished = random.chance(0.3), isDue = !isFinished && random.chance(0.3)
        return RegisterState(bytes: bytes(0...80), isFinished: isFinished, due: isDue ? random.next() >> UInt64(1 + random.below(63)) : nil)
    }

    private mutating func key() -> RegisterKey {
        let hour = random.chance(0.5) ? hour() : nil
        let named = RegisterKey(bytes: bytes(1...60), hour: hour)
        return named ?? RegisterKey(kind: "x", of: WorkID(milliseconds: 0, randomA: 0, randomB: 0))
    }

    private mutating func hour() -> CreationHour { CreationHour(number: UInt32(truncatingIfNeeded: number())) }

    private mutating func version() -> RegisterVersion {
        random.chance(0.3) ? .none : RegisterVersion(number: number(), ballot: ballot())
    }

    private mutating func ballot() -> Ballot {
        random.chance(0.1) ? .zero : Ballot(counter: number(), store: store(), life: UInt64(random.below(3)))
    }

    private mutating func store() -> StoreID { stores[random.below(stores.count)] }

    /// Below 2^63, as often small as large.
    private mutating func number() -> UInt64 { random.next() >> UInt64(1 + random.below(63)) }

    private mutating func bytes(_ counts: ClosedRange<Int>) -> [UInt8] {
        let count = counts.lowerBound + random.below(counts.count)
        return (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }
}

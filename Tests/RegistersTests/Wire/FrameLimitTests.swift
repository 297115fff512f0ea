import Registers
import Testing
import World

/// Every limit of a frame: what reaches it passes, what is one beyond is refused by name.
@Suite struct FrameLimitTests {
    /// The fields that every request begins with: kind, round, epoch, name, hour, counter, proposer.
    private static func request(
        _ kind: UInt64, round: UInt64 = 1, epoch: UInt64 = 1, name: Plain = .bytes(count: 3), hour: Plain = nil,
        counter: UInt64 = 1, proposer: UInt64 = 1, _ rest: Plain...
    ) -> Plain {
        .list([.number(kind), .number(round), .number(epoch), name, hour, .number(counter), .number(proposer)] + rest)
    }

    private static func accept(state: Plain = .bytes(count: 0), rows: [Plain]) -> Plain {
        request(1, 2, 1, 0, 0, 0, state, false, .list(rows))
    }

    private static func piece(state: Plain = .bytes(count: 0), pending: Plain = nil, rows: [Plain], next: Plain = nil) -> Plain {
        [21, 1, 5, 2, 1, state, false, pending, .list(rows), next]
    }

    /// The key of a row, in order with those of other numbers.
    private static func key(_ number: Int) -> Plain { .bytes([UInt8(number >> 16), UInt8(number >> 8 & 255), UInt8(number & 255)]) }

    private func check(
        _ part: RegisterFormatError.Part, limit: Int, least: Int = 0, at items: [Plain], beyond: [Plain], found: Int? = nil,
        _ location: SourceLocation = #_sourceLocation
    ) {
        #expect(Plain.refusal(of: .frame(items)) == nil, sourceLocation: location)
        let expected = RegisterFormatError.wrongSize(of: part, found: found ?? limit + 1, least: least, limit: limit)
        #expect(Plain.refusal(of: .frame(beyond)) == expected, sourceLocation: location)
    }

    @Test func items() {
        func frame(_ count: Int) -> [Plain] { .init(repeating: [8], count: count) }
        check(.items, limit: RegisterLimits.frameItems, at: frame(1_024), beyond: frame(1_025))
    }

    @Test func names() {
        func frame(_ count: Int) -> [Plain] { [Self.request(0, name: .bytes(count: count))] }
        check(.key, limit: 512, least: 1, at: frame(512), beyond: frame(513))
        check(.key, limit: 512, least: 1, at: frame(1), beyond: frame(0), found: 0)
    }

    @Test func states() {
        func accept(_ count: Int) -> [Plain] { [Self.accept(state: .bytes(count: count), rows: [])] }
        check(.state, limit: 65_536, at: accept(65_536), beyond: accept(65_537))
        func piece(_ count: Int) -> [Plain] { [Self.piece(state: .bytes(count: count), rows: [])] }
        check(.state, limit: 65_536, at: piece(65_536), beyond: piece(65_537))
    }

    @Test func rowKeys() {
        let places: [(RegisterFormatError.Part, (Plain) -> Plain)] = [
            (.rowKey, { Self.accept(rows: [$0, nil]) }), (.rowKey, { Self.piece(rows: [$0, nil, 1]) }),
            (.rowKey, { Self.piece(pending: [3, 1, 0, 0, 0, .bytes(count: 0), true, [$0, nil]], rows: []) }),
            (.rowKey, { Self.piece(rows: [], next: $0) }),
        ]
        for (part, item) in places {
            check(part, limit: 512, least: 1, at: [item(.bytes(count: 512))], beyond: [item(.bytes(count: 513))])
            check(part, limit: 512, least: 1, at: [item(.bytes(count: 1))], beyond: [item(.bytes(count: 0))], found: 0)
        }
        func fetch(_ count: Int) -> [Plain] { [Self.request(3, 0, .bytes(count: count))] }
        check(.start, limit: 512, at: fetch(512), beyond: fetch(513))
        #expect(Plain.refusal(of: .frame(fetch(0))) == nil, "a fetch begins with all rows")
    }

    @Test func rowValues() {
        func accept(_ count: Int) -> [Plain] { [Self.accept(rows: [Self.key(1), .bytes(count: count)])] }
        check(.rowValue, limit: 65_536, at: accept(65_536), beyond: accept(65_537))
        func piece(_ count: Int) -> [Plain] { [Self.piece(rows: [Self.key(1), .bytes(count: count), 1])] }
        check(.rowValue, limit: 65_536, at: piece(65_536), beyond: piece(65_537))
    }

    @Test func rowsOfAChange() {
        func accept(_ count: Int) -> [Plain] { [Self.accept(rows: (0..<count).flatMap { [Self.key($0), nil] })] }
        check(.deltaRows, limit: 4_096, at: accept(4_096), beyond: accept(4_097))
    }

    @Test func bytesOfAChange() {
        // 64 around the state, 8 + 3 around each value.
        func accept(_ total: Int) -> [Plain] {
            let last = total - 64 - 5 * 11 - 4 * 60_000
            return [Self.accept(rows: (0..<5).flatMap { [Self.key($0), .bytes(count: $0 < 4 ? 60_000 : last)] })]
        }
        check(.delta, limit: 262_144, at: accept(262_144), beyond: accept(262_145))
    }

    @Test func rowsOfAPiece() {
        func piece(_ count: Int) -> [Plain] { [Self.piece(rows: (0..<count).flatMap { [Self.key($0), nil, 1] })] }
        check(.pieceRows, limit: 4_096, at: piece(4_096), beyond: piece(4_097))
    }

    @Test func bytesOfAPiece() {
        // 16 + 3 around each value.
        func piece(_ total: Int) -> [Plain] {
            let last = total - 5 * 19 - 4 * 60_000
            return [Self.piece(rows: (0..<5).flatMap { [Self.key($0), .bytes(count: $0 < 4 ? 60_000 : last), 1] })]
        }
        check(.piece, limit: 262_144, at: piece(262_144), beyond: piece(262_145))
    }

    @Test func proposers() {
        func frame(_ count: Int) -> Plain {
            [32, 9, .list((0..<count).flatMap { [.bytes(count: 16), .number(UInt64($0))] as [Plain] }), []]
        }
        #expect(Plain.refusal(of: frame(3_073)) == nil)
        #expect(Plain.refusal(of: frame(3_074)) == .wrongSize(of: .proposers, found: 3_074, least: 1, limit: 3_073))
        #expect(Plain.refusal(of: frame(0)) == .wrongSize(of: .proposers, found: 0, least: 1, limit: 3_073), "a frame has a sender")
        for count in [0, 15, 17] {
            let error = Plain.refusal(of: [32, 9, [.bytes(count: count), 1], []])
            #expect(error == .wrongSize(of: .store, found: count, least: 16, limit: 16))
        }
        for number: UInt64 in [0, 1] { #expect(Plain.refusal(of: .frame([Self.request(0, proposer: number)])) == nil) }
        for number: UInt64 in [2, 3_073, .max] {
            let error = Plain.refusal(of: .frame([Self.request(0, proposer: number)]))
            #expect(error == .unknownNumber(of: .proposer, found: number))
        }
    }

    /// A frame in which every ballot has a proposer of its own can be read.
    @Test func aFrameMayNameAsManyProposersAsItHasBallots() throws {
        var lives = (UInt64(1)...).makeIterator()
        func ballot() -> Ballot { Ballot(counter: 1, store: StoreID(high: 1, low: 1), life: lives.next() ?? 0) }
        let key = try #require(RegisterKey("k"))
        let items = (0..<1_024).map { _ in
            let base = RegisterVersion(number: 1, ballot: ballot())
            let delta = RegisterDelta(base: base, ballot: ballot(), state: .empty, rows: [])
            return RegisterItem.request(
                RegisterRequest(
                    round: 1, epoch: 1, key: key, ballot: delta.ballot, action: .accept(delta, next: ballot(), isRepeated: false)))
        }
        let frame = RegisterFrame(sender: StoreID(high: 1, low: 1), life: 0, commit: 1, items: items)
        #expect(try RegisterFrame(unpacking: frame.packed()) == frame)
    }

    @Test func counters() {
        let beyond = UInt64(1) << 63
        let places: [(RegisterFormatError.Part, (UInt64) -> Plain)] = [
            (.commit, { [32, .number($0), [.bytes(count: 16), 1], []] }), (.life, { [32, 1, [.bytes(count: 16), .number($0)], []] }),
            (.round, { .frame([Self.request(2, round: $0)]) }), (.round, { .frame([[17, .number($0)]]) }),
            (.epoch, { .frame([Self.request(2, epoch: $0)]) }), (.epoch, { .frame([[22, 1, .number($0)]]) }),
            (.round, { .frame([[5, .number($0), 1, 0, nil]]) }), (.epoch, { .frame([[5, 1, .number($0), 0, nil]]) }),
            (.epoch, { .frame([[10, .number($0), .bytes(count: 129), 1]]) }), (.epoch, { .frame([[11, .number($0), .bytes(count: 129), 1]]) }),
            (.number, { .frame([[11, 1, .bytes(count: 129), .number($0)]]) }),
            (.counter, { .frame([Self.request(2, counter: $0)]) }), (.counter, { .frame([[19, 1, .number($0), 0]]) }),
            (.number, { .frame([[20, 1, .number($0), 1, 1]]) }), (.counter, { .frame([[20, 1, 1, .number($0), 1]]) }),
            (.number, { .frame([[16, 1, 1, 1, 1, [.number($0), 1, 1], nil]]) }), (.witnessed, { .frame([[9, .number($0)]]) }),
            (.after, { .frame([Self.request(3, .number($0), .bytes(count: 0))]) }),
            (.changed, { .frame([Self.piece(rows: [Self.key(1), nil, .number($0)])]) }),
        ]
        for (index, (part, frame)) in places.enumerated() {
            #expect(Plain.refusal(of: frame(beyond - 1)) == nil, "place \(index)")
            #expect(Plain.refusal(of: frame(beyond)) == .absurdCounter(of: part, found: beyond), "place \(index)")
            #expect(Plain.refusal(of: frame(.max)) == .absurdCounter(of: part, found: .max), "place \(index)")
        }
    }

    @Test func hoursAndSteps() {
        let hours: [(UInt64) -> Plain] = [
            { Self.request(0, hour: .number($0)) }, { [4, 1, 1, 0, .number($0), 0] }, { [23, 1, .number($0)] },
            { [6, 1, 1, 0, .number($0), nil] }, { [6, 1, 1, 0, 1, .number($0)] }, { [16, 1, 0, 0, 0, nil, .number($0)] },
            { [26, 1, [], true, .number($0), nil] }, { [26, 1, [], true, nil, .number($0)] },
            { [25, 1, [.bytes(count: 2), .number($0)]] },
        ]
        let beyond = UInt64(UInt32.max) + 1
        for item in hours {
            #expect(Plain.refusal(of: .frame([item(beyond - 1)])) == nil)
            #expect(Plain.refusal(of: .frame([item(beyond)])) == .unknownNumber(of: .hour, found: beyond))
        }
        for step: UInt64 in [0, 1, 2] { #expect(Plain.refusal(of: .frame([[4, 1, 1, 0, 1, .number(step)]])) == nil) }
        for step: UInt64 in [3, 256, .max] {
            #expect(Plain.refusal(of: .frame([[4, 1, 1, 0, 1, .number(step)]])) == .unknownNumber(of: .step, found: step))
        }
    }

    @Test func shards() {
        let items: [(UInt64) -> Plain] = [
            { [4, 1, 1, .number($0), 1, 0] }, { [5, 1, 1, .number($0), nil] }, { [6, 1, 1, .number($0), 1, nil] },
        ]
        for item in items {
            #expect(Plain.refusal(of: .frame([item(1_024)])) == nil)
            for shard in [1_025, UInt64.max] {
                #expect(Plain.refusal(of: .frame([item(shard)])) == .unknownNumber(of: .shard, found: shard))
            }
        }
        func carried(_ count: Int) -> [Plain] { [[11, 1, .bytes(count: count), 1]] }
        #expect(Plain.refusal(of: .frame(carried(129))) == nil)
        for count in [0, 128, 130] {
            #expect(Plain.refusal(of: .frame(carried(count))) == .wrongSize(of: .shard, found: count, least: 129, limit: 129))
        }
    }

    /// Bits that stand for no shard are not taken for one.
    @Test func noMoreShardsAreCarriedThanThereAre() throws {
        let all = Plain.frame([[11, 1, .bytes([UInt8](repeating: 255, count: 129)), 1]])
        let frame = try RegisterFrame(unpacking: all.packed)
        #expect(frame.items == [.carriedAnswer(CarriedShards(epoch: 1, shards: Set(0...1_024), registers: 1))])
    }

    @Test func listings() {
        func listing(_ keys: [Plain]) -> [Plain] { [[26, 1, .list(keys), true, nil, nil]] }
        // Names of one shard and another: their order is by shard, then by name.
        let keys = (0..<257).compactMap { RegisterKey("k\($0)") }.sorted().flatMap { [.bytes($0.bytes), nil] as [Plain] }
        check(.listing, limit: 256, at: listing(Array(keys.prefix(512))), beyond: listing(keys))
        #expect(Plain.refusal(of: .frame(listing(Array(keys.prefix(5))))) == .wrongFields(of: .listing, expected: 4, found: 5))
        for order in [[1, 0], [0, 0]] {
            let refusal = Plain.refusal(of: .frame(listing(order.flatMap { Array(keys[$0 * 2..<$0 * 2 + 2]) })))
            #expect(refusal == .unsorted(.listing, index: 1), "\(order)")
        }
        func behind(_ count: Int) -> [Plain] { [[5, 1, 1, 0, [.bytes(count: count), nil]]] }
        check(.key, limit: 512, least: 1, at: behind(512), beyond: behind(513))
    }

    @Test func kindsAreKnown() {
        let known = Set<UInt64>(0...7).union(8...11).union(16...26)
        for kind in (UInt64(0)...300) where !known.contains(kind) {
            #expect(Plain.refusal(of: .frame([[.number(kind)]])) == .unknownNumber(of: .kind, found: kind))
        }
        for kind in known where kind != 8 {
            guard case .wrongFields(.item, _, 1) = Plain.refusal(of: .frame([[.number(kind)]])) else {
                Issue.record("kind \(kind) without its fields")
                continue
            }
        }
        #expect(Plain.refusal(of: [31, 9, [.bytes(count: 16), 1], []]) == .wrongKind(found: 31))
    }

    @Test func anotherNumberOfFieldsIsRefused() {
        let items: [[Plain]] = [
            [8], [9, 1], [17, 1], [18, 1], [24, 1], [19, 1, 1, 1], [20, 1, 1, 1, 1], [22, 1, 1], [23, 1, 1], [25, 1, nil],
            [16, 1, 0, 0, 0, nil, nil], [0, 1, 1, .bytes(count: 1), nil, 1, 1], [2, 1, 1, .bytes(count: 1), nil, 1, 1],
            [3, 1, 1, .bytes(count: 1), nil, 1, 1, 1, .bytes(count: 0)], [4, 1, 1, 0, 1, 1],
            [5, 1, 1, 0, nil], [6, 1, 1, 0, 1, nil], [10, 1, .bytes(count: 129), 1], [11, 1, .bytes(count: 129), 1], [26, 1, [], true, nil, nil],
            [1, 1, 1, .bytes(count: 1), nil, 1, 1, 2, 1, 0, 0, 0, .bytes(count: 0), true, []],
            [7, 1, 1, .bytes(count: 1), nil, 1, 1, 2, 1, 0, 0, 0, .bytes(count: 0), true, []],
            [21, 1, 1, 1, 1, .bytes(count: 0), true, nil, [], nil],
        ]
        for fields in items {
            let count = fields.count
            #expect(Plain.refusal(of: .frame([.list(fields)])) == nil, "\(fields)")
            let longer = Plain.refusal(of: .frame([.list(fields + [nil])]))
            #expect(longer == .wrongFields(of: .item, expected: count, found: count + 1))
            guard count > 1 else { continue }
            let shorter = Plain.refusal(of: .frame([.list(fields.dropLast())]))
            #expect(shorter == .wrongFields(of: .item, expected: count, found: count - 1))
        }
        #expect(Plain.refusal(of: [32, 9, [.bytes(count: 16), 1], [], nil]) == .wrongFields(of: .frame, expected: 4, found: 5))
        #expect(Plain.refusal(of: [32, 9, [.bytes(count: 16), 1]]) == .wrongFields(of: .frame, expected: 4, found: 3))
        let odd = Plain.refusal(of: [32, 9, [.bytes(count: 16), 1, .bytes(count: 16)], []])
        #expect(odd == .wrongFields(of: .proposers, expected: 2, found: 3))
        let rows = Plain.refusal(of: .frame([Self.accept(rows: [Self.key(1), nil, Self.key(2)])]))
        #expect(rows == .wrongFields(of: .deltaRows, expected: 2, found: 3))
        let stored = Plain.refusal(of: .frame([Self.piece(rows: [Self.key(1), nil, 1, Self.key(2)])]))
        #expect(stored == .wrongFields(of: .pieceRows, expected: 3, found: 4))
    }

    @Test func rowsStandInTheStrictOrderOfTheirKeys() {
        let keys = (0..<3).map { Self.key($0) }
        for (order, place) in [([0, 2, 1], 2), ([1, 0, 2], 1), ([0, 0, 1], 1), ([0, 1, 1], 2)] {
            let delta = Plain.refusal(of: .frame([Self.accept(rows: order.flatMap { [keys[$0], nil] })]))
            #expect(delta == .unsorted(.deltaRows, index: place))
            let piece = Plain.refusal(of: .frame([Self.piece(rows: order.flatMap { [keys[$0], nil, 1] })]))
            #expect(piece == .unsorted(.pieceRows, index: place))
        }
        #expect(Plain.refusal(of: .frame([Self.piece(rows: [keys[0], nil, 1], next: keys[1])])) == nil)
        for next in [keys[0], keys[1]] {
            let error = Plain.refusal(of: .frame([Self.piece(rows: [keys[1], nil, 1], next: next)]))
            #expect(error == .unsorted(.next, index: 1), "going on there would come back here")
        }
    }
}

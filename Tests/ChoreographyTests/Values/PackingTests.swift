import Choreography
import MessagePack
import Registers
import Testing
import World

/// What actors keep and carry, as bytes.
@Suite struct PackingTests {
    /// One type of values, with what can be done to its bytes.
    private struct Kind: Sendable, CustomTestStringConvertible {
        let name: String
        let samples: [[UInt8]]
        /// Reads bytes and writes what was read; throws when they are none.
        let rewrite: @Sendable ([UInt8]) throws -> [UInt8]
        /// Whether a sample is the same after a way through its bytes.
        let survives: @Sendable (Int) throws -> Bool
        var testDescription: String { name }

        init<Value: Packable & Equatable & Sendable>(_ name: String, _ values: [Value]) {
            self.name = name
            samples = values.map(\.packed)
            rewrite = { try Value(packed: $0).packed }
            survives = { try Value(packed: values[$0].packed) == values[$0] }
        }
    }

    private static let letters: [Letter] = [
        Letter(sequence: 1, nature: .step, event: "put", payload: [1, 2], trace: .first, cause: 7, sentAtMs: Stage.startMs),
        Letter(sequence: .max, nature: .compensation, event: "", payload: [], trace: .second, cause: .max, sentAtMs: .min),
        Letter(
            sequence: 300, nature: .void, event: String(repeating: "é", count: 64), payload: [UInt8](repeating: 0, count: 300),
            trace: .first,
            cause: 0, sentAtMs: -1),
    ]
    private static let timer = ActorHeader.Timer(
        name: "tea", atMs: Stage.startMs, trace: .first, cause: 2, event: "ring", payload: [3])
    private static let order = OrderRow(work: "count", payload: [9, 9], trace: .second, cause: 70_000)

    private static var header: ActorHeader {
        var header = ActorHeader()
        (header.receivers, header.timers, header.openOrders) = ([.clerk, .box("x")], [timer], 65_536)
        (header.traced, header.isEnding, header.counts) = (.max, true, [.init(event: "nudge", number: 2)])
        return header
    }

    private static var outbox: OutboxRow {
        var row = OutboxRow()
        (row.last, row.letters, row.dead) = (300, letters, "box/x: the box is locked")
        return row
    }

    private static var duties: ActorDuties {
        var duties = ActorDuties()
        duties.pairs = [
            .init(receiver: .box("x"), letters: letters, dead: nil, received: 4), .init(receiver: .clerk, letters: [], dead: "",
            received: 0),
        ]
        (duties.timers, duties.orders) = ([timer, timer], [.init(part: "p", row: order), .init(part: "q", row: placed)])
        (duties.next, duties.isEnding) = ("p", true)
        return duties
    }

    private static var outline: ActorOutline {
        func awaited(_ what: Awaited.What, since: Int64?, _ hindrance: Awaited.Hindrance? = nil) -> Awaited {
            Awaited(owner: .clerk, what: what, work: .first, cause: 3, sinceMs: since, hindrance: hindrance)
        }
        var outline = ActorOutline()
        (outline.word, outline.isEnding, outline.entries, outline.isCut, outline.lastMs) = ("Paid", true, 7, true, 9)
        let letter = Awaited.What.letter(event: "say", to: .box("x"), sequence: 12, isCompensation: true)
        outline.awaited = [
            awaited(letter, since: Stage.startMs, .dead("no")), awaited(letter, since: nil, .behindDead),
            awaited(.timer("tea", event: "ring", atMs: .min), since: nil), awaited(.part("p", work: "count"), since: .max),
        ]
        return outline
    }

    private static func entry(_ origin: TraceEntry.Origin, _ outcome: TraceEntry.Outcome) -> TraceEntry {
        TraceEntry(
            number: 5, event: "do", origin: origin, atMs: Stage.startMs, host: "n1/4", ballot: 9, outcome: outcome,
            sent: [.init(event: "say", receiver: .box("x"), sequence: 12)], orders: ["p", "q"], isLast: true)
    }

    private static var closed: OrderRow {
        var row = OrderRow(work: "", payload: [], trace: .first, cause: 0, expectedMs: 7)
        (row.isClosed, row.dead) = (true, "nobody")
        return row
    }

    private static let placed = OrderRow(work: "count", payload: [9], trace: .second, cause: 1, expectedMs: 3, place: "n3")

    private static let kinds: [Kind] = [
        Kind("commands", [
            ActorCommand.tell(event: "do", payload: [1], trace: .first), .deliver(from: .ann, letters[0], received: 3,
            attempt: .max),
            .settle([]), .settle([.init(.box("x"), 1), .init(.clerk, .max)]), .bury(to: .box("x"), sequence: 2, cause: "no"),
            .redrive(to: .clerk, sequence: 3), .discard(to: .box("x"), sequence: .max), .fire(timer: "tea", atMs: .min),
            .answer(part: "p", WorkReport(result: .done([UInt8](repeating: 1, count: 70_000 >> 2)), node: "n2")),
            .answer(part: "p", WorkReport(result: .stored(ResultLocation(digest: [1, 2], size: 9, nodes: ["n1", "n2"])), node: "n2", resent: 3)),
            .answer(part: "p", WorkReport(result: .failed("no"), node: "")), .buryTimer("tea", atMs: 3, cause: "no"),
            .buryPart("p", cause: "silent"), .revive(.timer("tea")), .revive(.part("p")), .abandon(.timer("t")), .abandon(.part("p")),
        ]),
        Kind("answers", [DeliveryAnswer.received(3), .outOfOrder(next: .max)]),
        Kind("queries", [
            ActorQuery.state, .rows(from: [], limit: 0), .rows(from: [1, 2], limit: .max), .duties(after: ""), .duties(after: "p"),
            .trace(.first, after: .max), .outline(of: nil, limit: 3), .outline(of: .second, limit: .max),
        ]),
        Kind("letters", letters),
        Kind("names", [ActorName.clerk, .ann, .box(String(repeating: "x", count: 300))]),
        Kind("headers", [ActorHeader(), header]),
        Kind("states", [StoredActor(header: header, state: [1, 2, 3])]),
        Kind("outboxes", [OutboxRow(), outbox]),
        Kind("orders", [order, closed, placed]),
        Kind("duties", [ActorDuties(), duties]),
        Kind("entries", [
            entry(.outside, .done), entry(.letter(from: .clerk, sequence: 2, cause: 3, attempt: 4), .declined("too many")),
            entry(.timer("tea", cause: 1), .repeated), entry(.worker(part: "p", node: "n2", cause: 3), .undoneBefore),
            entry(.operator(cause: 3), .nothingToUndo), entry(.outside, .void), entry(.outside, .late),
            entry(.burial(cause: 2), .died("no")), entry(.operator(cause: 1), .redriven), entry(.operator(cause: 1), .discarded),
        ]),
        Kind("outlines", [ActorOutline(), outline]),
    ]

    @Test(arguments: kinds) private func everythingSurvivesItsBytes(kind: Kind) throws {
        for index in kind.samples.indices { #expect(try kind.survives(index), "sample \(index)") }
        #expect(Set(kind.samples).count == kind.samples.count, "no two look the same")
    }

    @Test(arguments: kinds) private func whatIsCutIsRefusedAtEveryLength(kind: Kind) {
        for sample in kind.samples where sample.count < 4_000 {
            for length in sample.indices { #expect(throws: (any Error).self) { try kind.rewrite(Array(sample[..<length])) } }
        }
    }

    @Test(arguments: kinds) private func whatFollowsIsRefused(kind: Kind) {
        for sample in kind.samples {
            #expect(throws: MessagePackError(.trailingBytes(count: 1), at: sample.count)) { try kind.rewrite(sample + [0xc0]) }
        }
    }

    /// What is accepted all the same means what it was read as.
    @Test(arguments: kinds) private func aFlippedByteNeverTraps(kind: Kind) throws {
        var random = RandomStream(seed: 1, name: kind.name), refused = 0
        for sample in kind.samples where sample.count < 4_000 {
            for index in sample.indices {
                for _ in 0..<4 {
                    var damaged = sample
                    damaged[index] ^= UInt8(1 + random.below(255))
                    do {
                        let read = try kind.rewrite(damaged)
                        #expect(try kind.rewrite(read) == read)
                    } catch { refused += 1 }
                }
            }
        }
        #expect(refused > 0)
    }

    /// What an earlier release wrote and reads.
    @Test func anOrderWithoutAPlaceLooksAsItDidBeforeThereWerePlaces() {
        var writer = MessagePackWriter()
        writer.pack("count")
        writer.packBinary([9, 9])
        writer.packBinary(WorkID.second.bytes)
        writer.pack(UInt64(70_000))
        writer.pack(UInt32(0))
        writer.packNil()
        writer.pack(false)
        #expect(writer.finish() == Self.order.packed)
    }

    @Test func aDeclaredNumberOfLettersAllocatesNothing() {
        let huge: [UInt8] = [0xdd, 0xff, 0xff, 0xff, 0xff]
        #expect(throws: MessagePackError.self) { try OutboxRow(packed: [1, 0xc0] + huge) }
        #expect(throws: MessagePackError.self) { try ActorCommand(packed: [2] + huge) }
        #expect(throws: MessagePackError.self) { try ActorDuties(packed: huge) }
        #expect(throws: MessagePackError.self) { try ActorHeader(packed: [1] + huge) }
    }

    /// Whatever comes to a register that lives, it is answered or refused with its name.
    @Test func noCommandAndNoQueryTrapsAnActor() throws {
        let commands = try #require(Self.kinds.first { $0.name == "commands" }).samples.filter { $0.count < 4_000 }
        let queries = try #require(Self.kinds.first { $0.name == "queries" }).samples
        var random = RandomStream(seed: 2), answered = 0, refused = 0
        for _ in 0..<25 {
            let stage = Stage()
            try stage.tell(.clerk, .say("a", box: "x"), .ask(box: "x"), .order("p"), .timer("tea", afterMs: -1))
            for _ in 0..<60 {
                do {
                    _ = try stage.change(.clerk, bytes: random.damaged(commands[random.below(commands.count)]))
                    _ = try stage.read(.clerk, bytes: random.damaged(queries[random.below(queries.count)]))
                    answered += 1
                } catch let refusal as MachineRefusal {
                    #expect(refusal.sentence.hasPrefix("\(ActorName.clerk)"))
                    refused += 1
                }
            }
        }
        #expect(answered > 100 && refused > 100, "\(answered) answered, \(refused) refused")
    }

    @Test func anActorIsAKindAndAName() throws {
        for key in ["configuration", "/x", "clerk/", "/"] {
            var writer = MessagePackWriter()
            writer.packBinary(Array(key.utf8))
            writer.packNil()
            let error = #expect(throws: (any Error).self) { try ActorName(packed: writer.finish()) }
            #expect(error.map { "\($0)" } == "\(key) is no name of an actor")
        }
    }
}

extension RandomStream {
    /// One byte of it is another, or one is missing, or nothing is wrong.
    fileprivate mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        let index = below(bytes.count)
        switch below(3) {
        case 0: bytes[index] ^= UInt8(1 + below(255))
        case 1: bytes.remove(at: index)
        default: break
        }
        return bytes
    }
}

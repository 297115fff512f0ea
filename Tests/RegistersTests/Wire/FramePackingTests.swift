import MessagePack
import Registers
import Testing
import World

@Suite struct FramePackingTests {
    @Test func everyFrameSurvivesTheWire() throws {
        var samples = FrameSamples(seed: 1)
        var kinds: Set<UInt8> = []
        for _ in 0..<5_000 {
            let frame = samples.frame()
            #expect(try RegisterFrame(unpacking: frame.packed()) == frame)
            for item in frame.items {
                kinds.formUnion(RegisterFrame(sender: frame.sender, life: 0, commit: 0, items: [item]).firstKind.map { [$0] } ?? [])
            }
        }
        #expect(kinds.sorted() == Array(0...11) + Array(16...26), "the samples have items of all kinds")
    }

    @Test func aFrameIsReadFromTheMiddleOfOtherBytes() throws {
        var samples = FrameSamples(seed: 2)
        for _ in 0..<200 {
            let frame = samples.frame()
            let bytes = [1, 2, 3] + frame.packed() + [4, 5]
            #expect(try RegisterFrame(unpacking: bytes[3..<bytes.count - 2]) == frame)
        }
    }

    @Test func aFrameThatIsCutIsRefusedAtEveryLength() {
        var samples = FrameSamples(seed: 3, items: 4)
        for _ in 0..<150 {
            let bytes = samples.frame().packed()
            let refused = bytes.indices.count { length in
                do { _ = try RegisterFrame(unpacking: bytes[..<length]) } catch { return true }
                return false
            }
            #expect(refused == bytes.count)
        }
    }

    @Test func trailingBytesAreRefused() {
        var samples = FrameSamples(seed: 4)
        for _ in 0..<500 {
            let bytes = samples.frame().packed()
            let error = #expect(throws: RegisterFormatError.self) { try RegisterFrame(unpacking: bytes + [0xc0]) }
            #expect(error == .messagePack(MessagePackError(.trailingBytes(count: 1), at: bytes.count)))
        }
    }

    /// What is accepted all the same is a frame within the limits, and survives the wire as what it was read as.
    @Test func aFlippedByteNeverTrapsAndNeverExceedsALimit() throws {
        var samples = FrameSamples(seed: 5, items: 4)
        var random = RandomStream(seed: 6)
        var refused = 0, read = 0
        for _ in 0..<300 {
            let bytes = samples.frame().packed()
            for index in bytes.indices {
                var damaged = bytes
                damaged[index] ^= UInt8(1 + random.below(255))
                do {
                    let frame = try RegisterFrame(unpacking: damaged)
                    #expect(frame.excess == nil)
                    #expect(try RegisterFrame(unpacking: frame.packed()) == frame)
                    read += 1
                } catch { refused += 1 }
            }
        }
        #expect(refused > 10_000 && read > 10_000, "\(refused) refused, \(read) read")
    }

    @Test func randomBytesNeverTrap() {
        var random = RandomStream(seed: 7)
        var refused = 0
        for _ in 0..<50_000 {
            var bytes = Plain.frame([]).packed.dropLast()
            bytes.append(UInt8(0x90 + random.below(4)))
            for _ in 0..<random.below(60) {
                // Small numbers, headers of small arrays and binaries, now and then anything.
                let byte = switch random.below(4) {
                case 0: random.below(32)
                case 1: 0x90 + random.below(16)
                case 2: 0xc0 + random.below(8)
                default: random.below(256)
                }
                bytes.append(UInt8(byte))
            }
            do { _ = try RegisterFrame(unpacking: bytes) } catch { refused += 1 }
        }
        #expect(refused > 40_000)
    }

    @Test(arguments: [0x91, 0x92, 0x93, 0x94] as [UInt8]) func aDeclaredSizeAllocatesNothing(_ header: UInt8) {
        let huge: [UInt8] = [0xdd, 0xff, 0xff, 0xff, 0xff]
        #expect(throws: RegisterFormatError.self) { try RegisterFrame(unpacking: huge) }
        #expect(throws: RegisterFormatError.self) { try RegisterFrame(unpacking: [header, 32] + huge) }
        #expect(throws: RegisterFormatError.self) { try RegisterFrame(unpacking: [header, 32, 1] + huge) }
        #expect(throws: RegisterFormatError.self) { try RegisterFrame(unpacking: Plain.frame([]).packed.dropLast() + huge) }
    }

    @Test func everyErrorIsASentence() {
        let errors: [RegisterFormatError] = [
            .messagePack(MessagePackError(.outOfRange, at: 3)), .wrongKind(found: 16), .wrongFields(of: .item, expected: 7, found: 8),
            .wrongSize(of: .rowKey, found: 513, least: 1, limit: 512), .unknownNumber(of: .kind, found: 99),
            .absurdCounter(of: .round, found: .max), .unsorted(.deltaRows, index: 4),
        ]
        for error in errors { #expect(error.description.hasPrefix("malformed register frame: ") && error.description.count > 40) }
        #expect("\(errors[3])" == "malformed register frame: row key has a size of 513; give 1 to 512")
    }
}

extension RegisterFrame {
    /// The kind of the first item, as it stands in the bytes.
    var firstKind: UInt8? {
        var reader = MessagePackReader(packed())
        _ = try? reader.readArrayHeader()
        for _ in 0..<3 { _ = try? reader.skipValue() }
        guard let count = try? reader.readArrayHeader(), count > 0, (try? reader.readArrayHeader()) != nil else { return nil }
        return try? reader.readInt(as: UInt8.self)
    }

    /// What exceeds a limit, if anything does: a second opinion on what a reader lets through.
    var excess: String? {
        if items.count > RegisterLimits.frameItems { return "items" }
        return items.lazy.compactMap(\.excess).first
    }
}

extension RegisterItem {
    var excess: String? {
        switch self {
        case .request(let request):
            if request.key.bytes.isEmpty || request.key.bytes.count > 512 { return "key" }
            if case .accept(let delta, let next, _) = request.action { return delta.excess ?? next.excess }
            if case .fetch(_, let start) = request.action { return start.count > 512 ? "start" : nil }
            return request.ballot.excess
        case .shardRequest(let request):
            if case .list(.some(let key)) = request.action, key.bytes.isEmpty || key.bytes.count > 512 { return "key" }
            return request.shard > Shard.configuration ? "shard" : nil
        case .carriedQuestion(let carried), .carriedAnswer(let carried): return carried.shards.allSatisfy { $0 <= Shard.configuration } ? nil : "shard"
        case .answer(let answer):
            if case .listed(let listing) = answer.body {
                return listing.keys.count > 256 || !zip(listing.keys, listing.keys.dropFirst()).allSatisfy(<) ? "listing" : nil
            }
            guard case .piece(let piece) = answer.body else { return nil }
            if piece.rows.count > 4_096 || piece.rows.reduce(0, { $0 + $1.size }) > 256 << 10 { return "piece" }
            if piece.rows.contains(where: { !$0.key.isRowKey || $0.value?.count ?? 0 > 64 << 10 }) { return "row" }
            if !(piece.rows.map(\.key) + (piece.next.map { [$0] } ?? [])).isStrictlySorted { return "order" }
            return piece.pending?.excess ?? (piece.state.bytes.count > 64 << 10 ? "state" : nil)
        case .witnessQuestion, .witnessAnswer: return nil
        }
    }
}

extension RegisterDelta {
    var excess: String? {
        if rows.count > 4_096 || size > 256 << 10 || state.bytes.count > 64 << 10 { return "delta" }
        if rows.contains(where: { !$0.key.isRowKey || $0.value?.count ?? 0 > 64 << 10 }) { return "row" }
        return rows.map(\.key).isStrictlySorted ? ballot.excess ?? base.ballot.excess : "order"
    }
}

extension Ballot {
    var excess: String? { counter >> 63 == 0 && life >> 63 == 0 ? nil : "ballot" }
}

extension [UInt8] {
    var isRowKey: Bool { !isEmpty && count <= 512 }
}

extension [[UInt8]] {
    var isStrictlySorted: Bool { zip(self, dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) } }
}

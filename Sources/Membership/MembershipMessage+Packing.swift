import MessagePack
import World

// Layouts, all arrays of fixed length (docs/WIRE.md). A byte saved here is saved thousands of times a second in a large mesh.
//
//   message   [0, sequence, [record]]                                 ping
//             [1, sequence, [record]]                                 ack
//             [2, sequence, peer fields: name, life, host, port, remaining ms, [record]]   ping request
//             [3, sequence]                                           nack
//             [4, [record]]                                           gossip
//             [5, hash, count]                                        digest
//             [6, [hash]]                                             buckets
//             [7, mask, [outline]]                                    outline
//             [8, [record], [name]]                                   records and wants
//   record    [name, life, host, port, incarnation, status, age ms, accusers, metadata version, metadata or nil]
//   accusers  [name, refused, name, refused, ...]
//   outline   [name, life, address mark, incarnation, status, metadata version]
//   metadata  [[role], [key, value, ...], capacity, zone, software, wire min, wire max, schema, admin or nil, edge or nil, load]

extension MembershipMessage {
    /// Appends the message as one MessagePack value.
    public func pack(into writer: inout MessagePackWriter) {
        switch self {
        case .ping(let sequence, let rumours): Self.pack(0, sequence, rumours, &writer)
        case .ack(let sequence, let rumours): Self.pack(1, sequence, rumours, &writer)
        case .pingRequest(let sequence, let target, let remainingMs, let rumours):
            writer.packArrayHeader(8)
            writer.pack(2)
            writer.pack(sequence)
            writer.pack(target.identity.name)
            writer.pack(target.identity.life)
            writer.pack(target.address.host)
            writer.pack(target.address.port)
            writer.pack(remainingMs)
            Self.pack(rumours, &writer)
        case .nack(let sequence):
            writer.packArrayHeader(2)
            writer.pack(3)
            writer.pack(sequence)
        case .gossip(let rumours):
            writer.packArrayHeader(2)
            writer.pack(4)
            Self.pack(rumours, &writer)
        case .digest(let hash, let count):
            writer.packArrayHeader(3)
            writer.pack(5)
            writer.pack(hash)
            writer.pack(count)
        case .buckets(let buckets):
            writer.packArrayHeader(2)
            writer.pack(6)
            writer.packArrayHeader(buckets.count)
            for bucket in buckets { writer.pack(bucket) }
        case .outline(let mask, let lines):
            writer.packArrayHeader(3)
            writer.pack(7)
            writer.pack(mask)
            writer.packArrayHeader(lines.count)
            for line in lines { line.pack(into: &writer) }
        case .records(let records, let wants):
            writer.packArrayHeader(3)
            writer.pack(8)
            Self.pack(records, &writer)
            writer.packArrayHeader(wants.count)
            for name in wants { writer.pack(name) }
        }
    }

    private static func pack(_ kind: Int, _ sequence: UInt32, _ rumours: [MemberRecord], _ writer: inout MessagePackWriter) {
        writer.packArrayHeader(3)
        writer.pack(kind)
        writer.pack(sequence)
        pack(rumours, &writer)
    }

    private static func pack(_ records: [MemberRecord], _ writer: inout MessagePackWriter) {
        writer.packArrayHeader(records.count)
        for record in records { record.pack(into: &writer) }
    }

    /// The message as bytes of its own.
    public func packed() -> [UInt8] {
        var writer = MessagePackWriter(capacity: 256)
        pack(into: &writer)
        return writer.finish()
    }

    // MARK: Reading

    /// Reads one message and leaves the reader behind it. Throws ``MembershipError/malformed(_:)``: on anything that the layout does not
    /// allow, on bounds of ``MembershipLimits``, on truncation. Nothing is allocated from a declared size.
    public init(from reader: inout MessagePackReader) throws(MembershipError) {
        do {
            self = try Self.read(&reader)
        } catch let error as MembershipError {
            throw error
        } catch {
            throw .malformed("\(error)")
        }
    }

    /// Reads bytes that are exactly one message.
    public init(unpacking bytes: [UInt8]) throws(MembershipError) {
        var reader = MessagePackReader(bytes)
        self = try MembershipMessage(from: &reader)
        do { try reader.expectEnd() } catch { throw .malformed("\(error)") }
    }

    private static func read(_ reader: inout MessagePackReader) throws -> MembershipMessage {
        let fields = try reader.readArrayHeader(max: 8)
        let kind = try reader.readInt(as: UInt8.self)
        func expect(_ count: Int) throws {
            if fields != count { throw MembershipError.malformed("kind \(kind) has \(fields) fields, not \(count)") }
        }
        switch kind {
        case 0, 1:
            try expect(3)
            let sequence = try reader.readInt(as: UInt32.self)
            let rumours = try records(&reader)
            return kind == 0 ? .ping(sequence: sequence, rumours: rumours) : .ack(sequence: sequence, rumours: rumours)
        case 2:
            try expect(8)
            let sequence = try reader.readInt(as: UInt32.self)
            let identity = try NodeIdentity(from: &reader)
            let address = try MemberAddress(from: &reader)
            let remaining = try reader.readInt(as: UInt32.self)
            return .pingRequest(
                sequence: sequence, target: MembershipPeer(identity: identity, address: address), remainingMs: remaining,
                rumours: try records(&reader))
        case 3:
            try expect(2)
            return .nack(sequence: try reader.readInt(as: UInt32.self))
        case 4:
            try expect(2)
            return .gossip(rumours: try records(&reader))
        case 5:
            try expect(3)
            let hash = try reader.readUInt64()
            return .digest(hash: hash, count: try reader.readInt(as: UInt32.self))
        case 6:
            try expect(2)
            let count = try reader.readArrayHeader(max: ContentDigest.bucketCount)
            if count != ContentDigest.bucketCount { throw MembershipError.malformed("\(count) buckets, not \(ContentDigest.bucketCount)") }
            var buckets: [UInt64] = []
            for _ in 0..<count { buckets.append(try reader.readUInt64()) }
            return .buckets(buckets)
        case 7:
            try expect(3)
            let mask = try reader.readUInt64()
            var lines: [MemberOutline] = []
            for _ in 0..<(try reader.readArrayHeader()) { lines.append(try MemberOutline(from: &reader)) }
            return .outline(mask: mask, lines)
        case 8:
            try expect(3)
            let records = try records(&reader)
            var wants: [String] = []
            for _ in 0..<(try reader.readArrayHeader()) { wants.append(try NodeIdentity.readName(&reader)) }
            return .records(records, wants: wants)
        default: throw MembershipError.malformed("kind \(kind), which is not among 0 to 8")
        }
    }

    private static func records(_ reader: inout MessagePackReader) throws -> [MemberRecord] {
        var records: [MemberRecord] = []
        for _ in 0..<(try reader.readArrayHeader()) { records.append(try MemberRecord(from: &reader)) }
        return records
    }
}

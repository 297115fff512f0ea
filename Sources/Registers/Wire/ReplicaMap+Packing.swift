import MessagePack
import World

// A replica map, as MessagePack:
//
//   map       [epoch, [store, ...], [seating, ...]]       1,025 seatings, that of the configuration last
//             [epoch, [store, ...], [seating, ...], schema]          from schema 2 on
//   seating   [[place, since, place, since, ...], nil or the same for the stores of the epoch before]
//
// A place is the number of a store in the list before, from 0 on.

extension ReplicaMap {
    public func pack(into writer: inout MessagePackWriter) {
        let stores = stores, places = Dictionary(uniqueKeysWithValues: stores.enumerated().map { ($0.element, $0.offset) })
        func pack(_ seats: [Seat]) {
            writer.packArrayHeader(seats.count * 2)
            for seat in seats {
                writer.pack(places[seat.store] ?? 0)
                writer.pack(seat.since)
            }
        }
        writer.packArrayHeader(schema == 1 ? 3 : 4)
        writer.pack(epoch)
        writer.packArrayHeader(stores.count)
        for store in stores { writer.packBinary(store.bytes) }
        writer.packArrayHeader(seatings.count)
        for seating in seatings {
            writer.packArrayHeader(2)
            pack(seating.seats)
            if let before = seating.before { pack(before) } else { writer.packNil() }
        }
        if schema != 1 { writer.pack(schema) }
    }

    /// The map as bytes of its own.
    public func packed() -> [UInt8] {
        var writer = MessagePackWriter(capacity: 16 << 10)
        pack(into: &writer)
        return writer.finish()
    }

    /// Reads a map from the front of what is left.
    public init(unpacking reader: inout MessagePackReader) throws(ReplicaMapError) {
        do {
            let parts = try reader.readArrayHeader()
            guard parts == 3 || parts == 4 else { throw ReplicaMapError("a replica map has three parts or four, not \(parts)") }
            let epoch = try reader.readUInt64()
            var stores: [StoreID] = []
            for _ in 0..<(try reader.readArrayHeader()) {
                guard let store = StoreID(bytes: try reader.readBinary()) else { throw ReplicaMapError("a store's id has 16 bytes") }
                stores.append(store)
            }
            let count = try reader.readArrayHeader()
            guard count == Shard.count + 1 else { throw ReplicaMapError("a replica map lists \(Shard.count + 1) shards, not \(count)") }
            var seatings: [Seating] = []
            for _ in 0..<count {
                guard try reader.readArrayHeader() == 2 else { throw ReplicaMapError("a shard has its stores, and those before") }
                let seats = try Self.readSeats(&reader, stores, epoch)
                seatings.append(Seating(seats: seats, before: try reader.readNilIfPresent() ? nil : try Self.readSeats(&reader, stores, epoch)))
            }
            guard epoch > 0, epoch < RegisterLimits.counter, Set(stores).count == stores.count else {
                throw ReplicaMapError("a replica map has an epoch from 1 on, here \(epoch), and every store once")
            }
            let schema: UInt32 = parts == 4 ? try reader.readInt() : 1
            guard schema > 0 else { throw ReplicaMapError("schemas begin at 1; this map has \(schema)") }
            self.init(epoch: epoch, seatings: seatings, schema: schema)
        } catch let error as ReplicaMapError {
            throw error
        } catch {
            throw ReplicaMapError("a replica map is not whole: \(error)")
        }
    }

    private static func readSeats(_ reader: inout MessagePackReader, _ stores: [StoreID], _ epoch: UInt64) throws -> [Seat] {
        let fields = try reader.readArrayHeader()
        guard fields > 0, fields % 2 == 0, fields / 2 <= RegisterLimits.electorate else {
            throw ReplicaMapError("a shard has 1 to \(RegisterLimits.electorate) stores, not \(fields / 2)")
        }
        var seats: [Seat] = []
        for _ in 0..<fields / 2 {
            let place = try reader.readUInt64(), since = try reader.readUInt64()
            guard place < UInt64(stores.count), since <= epoch else {
                throw ReplicaMapError("a shard names store \(place) of \(stores.count) since epoch \(since) of \(epoch)")
            }
            let store = stores[Int(place)]
            guard !seats.contains(where: { $0.store == store }) else { throw ReplicaMapError("a shard names store \(store) twice") }
            seats.append(Seat(store: store, since: since))
        }
        return seats
    }
}

/// Bytes that are no replica map.
public struct ReplicaMapError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String
    init(_ description: String) { self.description = description }
}

extension ReplicaMap: WrittenConfiguration {
    public var map: ReplicaMap { self }
    public var document: [UInt8] { packed() }

    public init?(document: [UInt8]) {
        var reader = MessagePackReader(document[...])
        guard let map = try? ReplicaMap(unpacking: &reader), (try? reader.expectEnd()) != nil else { return nil }
        self = map
    }
}

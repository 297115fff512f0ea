import MessagePack

/// Tells a peer which actors of the sender are checked in under which keys; on the work lane.
public struct ReceptionistUpdate: Frame {
    public static let kind = FrameKind.receptionist

    /// An actor that is checked in.
    public struct Listing: Hashable, Sendable {
        /// The actor's number at the sender; 0 for the singleton of the type.
        public var actor: UInt64
        /// The qualified name of the actor's type.
        public var typeName: String

        public init(actor: UInt64, typeName: String) {
            self.actor = actor
            self.typeName = typeName
        }
    }

    /// One key and everything that is checked in under it now; an empty list withdraws the key.
    public struct Entry: Hashable, Sendable {
        public var key: String
        public var listings: [Listing]

        public init(key: String, listings: [Listing]) {
            self.key = key
            self.listings = listings
        }
    }

    /// Counts the changes of the sender's book. For people who look at the traffic: lanes keep order and lose nothing, so nobody asks for
    /// what is missing, and a session begins with the whole book.
    public var version: UInt64
    /// Whether the entries replace all that the receiver knew of the sender. A book larger than a frame is one such update and others
    /// that are not full.
    public var isFull: Bool
    public var entries: [Entry]

    public init(version: UInt64, isFull: Bool, entries: [Entry]) {
        self.version = version
        self.isFull = isFull
        self.entries = entries
    }

    public func pack(into writer: inout MessagePackWriter) {
        Self.begin(3, &writer)
        writer.pack(version)
        writer.pack(isFull)
        writer.packArrayHeader(entries.count)
        for entry in entries {
            writer.packArrayHeader(2)
            writer.pack(entry.key)
            writer.packArrayHeader(entry.listings.count)
            for listing in entry.listings {
                writer.packArrayHeader(2)
                writer.pack(listing.actor)
                writer.pack(listing.typeName)
            }
        }
    }

    public static func unpack(_ bytes: ArraySlice<UInt8>) throws(WireError) -> ReceptionistUpdate {
        try read(bytes, required: 3) { reader, _ throws(MessagePackError) in
            let version = try reader.readUInt64()
            let isFull = try reader.readBool()
            let count = try reader.readArrayHeader(max: WireLimits.listCount)
            var entries: [Entry] = []
            entries.reserveCapacity(count)
            for _ in 0..<count { entries.append(try readEntry(&reader)) }
            return ReceptionistUpdate(version: version, isFull: isFull, entries: entries)
        }
    }

    private static func readEntry(_ reader: inout MessagePackReader) throws(MessagePackError) -> Entry {
        try reader.expectArray(of: 2)
        var entry = Entry(key: try reader.readString(maxBytes: WireLimits.symbolBytes), listings: [])
        let count = try reader.readArrayHeader(max: WireLimits.listCount)
        entry.listings.reserveCapacity(count)
        for _ in 0..<count {
            try reader.expectArray(of: 2)
            entry.listings.append(
                Listing(
                    actor: try reader.readUInt64(), typeName: try reader.readString(maxBytes: WireLimits.symbolBytes)))
        }
        return entry
    }
}

extension ReceptionistUpdate {
    /// What the entries of one update may take, so that a frame holds them with what stands before.
    public static let pieceBytes = WireLimits.frameBytes(.work) - 64

    /// The entries in as many updates as their size and number ask for; one at least.
    public static func pieces(version: UInt64, isFull: Bool, entries: [Entry]) -> [ReceptionistUpdate] {
        var pieces = [ReceptionistUpdate(version: version, isFull: isFull, entries: [])], bytes = 0
        for entry in entries {
            let size = entry.packedBytes
            if bytes + size > pieceBytes || pieces[pieces.count - 1].entries.count == WireLimits.listCount {
                pieces.append(ReceptionistUpdate(version: version, isFull: false, entries: []))
                bytes = 0
            }
            pieces[pieces.count - 1].entries.append(entry)
            bytes += size
        }
        return pieces
    }
}

extension ReceptionistUpdate.Entry {
    /// What the entry takes in a frame, at most.
    public var packedBytes: Int {
        // Of each header and number the longest form: 5 bytes of a string or an array, 9 of an integer.
        listings.reduce(5 + 5 + key.utf8.count + 5) { $0 + 5 + 9 + 5 + $1.typeName.utf8.count }
    }
}

extension MessagePackReader {
    /// The header of an array of exactly `count` elements.
    mutating func expectArray(of count: Int) throws(MessagePackError) {
        let start = position
        guard try readArrayHeader(max: count) == count else { throw MessagePackError(.outOfRange, at: start) }
    }
}

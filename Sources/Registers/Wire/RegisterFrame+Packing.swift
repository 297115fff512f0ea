import MessagePack
import World

// The layout of a register frame
// ==============================
// Arrays of fixed length, read strictly: a field more, a field less, an unknown number, rows out of order or a size beyond
// RegisterLimits refuse the whole frame. docs/WIRE.md tells the same for those who write another implementation.
//
//   frame      [32, commit, [store, life, store, life, ...], [item]]
//   item       [kind, ...], see RegisterItemKind
//   ballot     counter, proposer                      two fields where it stands, no array of its own
//   version    number, counter, proposer              three fields
//   key        name, hour or nil                      two fields
//   state      bytes, finished                        two fields
//   delta      [counter, proposer, number, counter, proposer, bytes, finished, rows]
//   rows       [key, value or nil, ...] in a delta, [key, value or nil, changed, ...] in a piece
//
// A ballot with its 16 bytes of store and its life would be the larger part of most items, and a frame names few proposers. So
// those stand once at its beginning, the sender first, and a ballot names its own by its number: 1 is the sender, 0 is nobody,
// the proposer of the ballot that is below all. An accept of a job whose key, state and row have 127 bytes takes 163 in a frame of
// many, and would take 214 if its three ballots were written whole; its answer takes 7.

extension RegisterFrame {
    /// The first element of the frame; Wire's `FrameKind.registers`.
    public static let kind: UInt8 = 32
    static let fieldCount = 4

    /// Appends the frame as one MessagePack value.
    ///
    /// An accept's change must be proposed under the ballot of its request, which is written once for both.
    public func pack(into writer: inout MessagePackWriter) {
        var body = RegisterFrameWriter(sender: sender, life: life, capacity: items.reduce(0) { $0 + $1.size })
        for item in items { body.pack(item) }
        writer.packArrayHeader(Self.fieldCount)
        writer.pack(Self.kind)
        writer.pack(commit)
        body.proposers.pack(into: &writer)
        writer.packArrayHeader(items.count)
        body.items.withUnsafeBytes { writer.append($0) }
    }

    /// The frame as bytes of its own.
    public func packed() -> [UInt8] {
        var writer = MessagePackWriter(capacity: items.reduce(64) { $0 + $1.size })
        pack(into: &writer)
        return writer.finish()
    }

    /// Reads bytes that are exactly one frame. Nothing is allocated from a declared size.
    public init(unpacking bytes: ArraySlice<UInt8>) throws(RegisterFormatError) {
        var reader = RegisterFrameReader(bytes)
        self = try reader.readFrame()
    }

    /// Reads bytes that are exactly one frame. Nothing is allocated from a declared size.
    public init(unpacking bytes: [UInt8]) throws(RegisterFormatError) { try self.init(unpacking: bytes[...]) }
}

/// What an item is: the first of its fields. Those that follow it stand beside it.
///
/// `request` stands for `round, epoch, key, ballot`: six fields.
enum RegisterItemKind: UInt8, CaseIterable {
    // 0-15: requests, and questions of no register.
    /// request
    case prepare = 0
    /// request, next (ballot), base (version), state, rows
    case accept = 1
    /// request
    case confirm = 2
    /// request, after, start
    case fetch = 3
    /// round, epoch, shard, hour, step
    case horizon = 4
    /// round, epoch, shard, after: [key] or nil
    case list = 5
    /// round, epoch, shard, closed (hour), freed (hour) or nil
    case inherit = 6
    /// An accept of what was found at an acceptor. A kind of its own, because an array of 16 would take two bytes more than one of 15.
    case acceptAgain = 7
    ///
    case witnessQuestion = 8
    /// witnessed
    case witnessAnswer = 9
    /// epoch, shards, registers
    case carriedQuestion = 10
    /// epoch, shards, registers
    case carriedAnswer = 11

    // 16-31: answers; each begins with the round.
    /// base (version), pending: [version] or nil, closed (hour) or nil
    case promised = 16
    ///
    case accepted = 17
    ///
    case confirmed = 18
    /// ballot
    case outbid = 19
    /// version
    case behind = 20
    /// version, state, pending: delta or nil, rows, next: row key or nil
    case piece = 21
    /// epoch
    case wrongEpoch = 22
    /// hour
    case closed = 23
    ///
    case unable = 24
    /// [key] or nil
    case horizonDone = 25
    /// [key, key, ...], last, closed (hour) or nil, freed (hour) or nil
    case listed = 26

    /// Fields of the item, this one included.
    var fieldCount: Int {
        switch self {
        case .prepare, .confirm: 7
        case .accept, .acceptAgain: 15
        case .fetch: 9
        case .horizon, .inherit: 6
        case .list: 5
        case .witnessQuestion: 1
        case .witnessAnswer: 2
        case .carriedQuestion, .carriedAnswer: 4
        case .promised: 7
        case .listed: 6
        case .accepted, .confirmed, .unable: 2
        case .outbid: 4
        case .behind: 5
        case .piece: 10
        case .wrongEpoch, .closed, .horizonDone: 3
        }
    }
}

import MessagePack

/// Why bytes are no register frame. The link they came by is to be dropped: a peer of this release never sends such.
public enum RegisterFormatError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was expected next is not there, or of another type.
    case messagePack(MessagePackError)
    /// The first element is not ``RegisterFrame/kind``.
    case wrongKind(found: UInt8)
    /// A part has more or fewer fields than its layout.
    case wrongFields(of: Part, expected: Int, found: Int)
    /// A part with more or fewer bytes, rows or items than ``RegisterLimits`` allows.
    case wrongSize(of: Part, found: Int, least: Int, limit: Int)
    /// A number that has no meaning where it stands.
    case unknownNumber(of: Part, found: UInt64)
    /// A counter that nobody reaches by counting: ``RegisterLimits/counter`` or more.
    case absurdCounter(of: Part, found: UInt64)
    /// Rows that are not in the strict order of their keys; `index` is the first that is out of place. The key that a piece is to
    /// go on with counts as one more row.
    case unsorted(Part, index: Int)

    /// The parts of a frame, by the names that docs/WIRE.md uses.
    public enum Part: String, Hashable, Sendable, CaseIterable {
        case frame, commit, proposers, proposer, store, life, items, item, kind, round, epoch, key, hour, counter, number, state
        case delta, deltaRows = "rows of a delta", piece, pieceRows = "rows of a piece", rowKey = "row key", rowValue = "row value"
        case changed, after, start, next, step, witnessed, shard, listing, due
    }

    public var description: String {
        "malformed register frame: " + sentence
    }

    private var sentence: String {
        switch self {
        case .messagePack(let error): "\(error)"
        case .wrongKind(let found): "kind \(found), not \(RegisterFrame.kind); hand only frames of this kind to registers"
        case .wrongFields(let part, let expected, let found):
            "\(part.rawValue) has \(found) fields, not \(expected); both sides must agree on the layout"
        case .wrongSize(let part, let found, let least, let limit):
            "\(part.rawValue) has a size of \(found); give \(least) to \(limit)"
        case .unknownNumber(let part, let found): "\(part.rawValue) \(found) is not known here; send what this release knows"
        case .absurdCounter(let part, let found): "\(part.rawValue) \(found) is not below \(RegisterLimits.counter); count from 1"
        case .unsorted(let part, let index):
            "\(part.rawValue): number \(index) is not above the one before; sort them, each key once"
        }
    }
}

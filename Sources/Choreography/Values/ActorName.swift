import MessagePack
import Registers
import World

/// Which durable actor: a kind, such as `order` or `account`, and a name within it. Each is one register.
public struct ActorName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The longest kind and name together, with the slash, in bytes of UTF-8. As the key of a row it has five more before it.
    public static let maximumBytes = RegisterLimits.rowKeyBytes - 5

    /// The register that holds it: `kind/name`.
    public let key: RegisterKey

    /// An actor that is named by people and lives on, such as an account. Nil when kind and name together have more than
    /// ``maximumBytes``, or one of them is empty.
    public init?(_ kind: String, named name: String) {
        guard !name.isEmpty, Self.isKind(kind), let key = RegisterKey("\(kind)/\(name)"), key.bytes.count <= Self.maximumBytes
        else { return nil }
        self.key = key
    }

    /// An actor that carries out a piece of work, ends, and is freed with all of its hour.
    public init(_ kind: String, of work: WorkID) {
        precondition(Self.isKind(kind) && kind.utf8.count <= 64, "a kind is a short word without a slash, not \"\(kind)\"")
        guard let key = RegisterKey("\(kind)/\(work)", hour: CreationHour(of: work)) else {
            preconditionFailure("a kind and an id are never too long")
        }
        self.key = key
    }

    /// The actor that a register holds; nil when its name is no actor's.
    public init?(key: RegisterKey) {
        guard let slash = key.bytes.firstIndex(of: UInt8(ascii: "/")), slash > 0, slash + 1 < key.bytes.count,
            key.bytes.count <= Self.maximumBytes
        else { return nil }
        self.key = key
    }

    private static func isKind(_ text: String) -> Bool { !text.isEmpty && !text.utf8.contains(UInt8(ascii: "/")) }

    /// What kind of actor.
    public var kind: String { String(decoding: key.bytes.prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self) }

    /// Its name within its kind.
    public var name: String { String(decoding: key.bytes.drop { $0 != UInt8(ascii: "/") }.dropFirst(), as: UTF8.self) }

    /// The piece of work that it is of; nil for one that lives on.
    public var work: WorkID? { key.hour == nil ? nil : WorkID(name) }

    public static func < (a: ActorName, b: ActorName) -> Bool {
        // Not by shard: where an actor lies says nothing.
        a.key.bytes == b.key.bytes ? (a.key.hour?.number ?? 0) < (b.key.hour?.number ?? 0) : a.key.bytes.lexicographicallyPrecedes(b.key.bytes)
    }

    public var description: String { key.description }
}

extension ActorName: Packable {
    package func pack(into writer: inout MessagePackWriter) {
        writer.packBinary(key.bytes)
        if let hour = key.hour { writer.pack(hour.number) } else { writer.packNil() }
    }

    package init(from reader: inout MessagePackReader) throws {
        let bytes = Array(try reader.readBinary(maxBytes: RegisterKey.maximumBytes))
        let hour: CreationHour? = try reader.readNilIfPresent() ? nil : CreationHour(number: try reader.readInt())
        guard let key = RegisterKey(bytes: bytes, hour: hour), let name = ActorName(key: key) else {
            throw PackingError("\(String(decoding: bytes.prefix(64), as: UTF8.self)) is no name of an actor")
        }
        self = name
    }
}

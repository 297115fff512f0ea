import World

/// The hour in which a piece of work was made, counted from 1970. Work of one hour and one shard is freed together.
public struct CreationHour: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Hours since 1970-01-01T00:00:00Z.
    public let number: UInt32

    public init(number: UInt32) { self.number = number }

    /// The hour that an id carries, by the wall clock of whoever made it.
    public init(of id: WorkID) { number = UInt32(clamping: id.millisecondsSince1970 / 3_600_000) }

    public init(_ time: WallTime) { number = UInt32(clamping: time.millisecondsSince1970 / 3_600_000) }

    public static func < (a: CreationHour, b: CreationHour) -> Bool { a.number < b.number }

    public var description: String { "hour \(number)" }
}

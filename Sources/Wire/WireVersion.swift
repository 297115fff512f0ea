/// The versions of the wire format that a node speaks: both ends inclusive.
///
/// Two nodes speak the highest version that both know. A release raises the upper end one release before it raises the
/// lower one, so that two neighbouring releases always talk.
public struct WireVersions: Hashable, Sendable, CustomStringConvertible {
    public let lowest: UInt16
    public let highest: UInt16

    /// `lowest` must not exceed `highest`.
    public init(_ lowest: UInt16, _ highest: UInt16) {
        precondition(lowest <= highest, "wire versions \(lowest)...\(highest): the lowest is above the highest")
        self.lowest = lowest
        self.highest = highest
    }

    /// What this build speaks.
    public static let current = WireVersions(1, 1)

    /// The version that both sides are to speak, or `nil` when they have none in common.
    public func common(with other: WireVersions) -> UInt16? {
        let version = min(highest, other.highest)
        return version >= max(lowest, other.lowest) ? version : nil
    }

    public var description: String { lowest == highest ? "\(lowest)" : "\(lowest) to \(highest)" }
}
